// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// What the machine can do: the rates from which the floors of the other timings follow.
#include <Eigen/Core>
#include <cstring>
#include <memory>

#include "benchmarks/job.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph::bench {
namespace {

std::string team_text(int threads) { return std::to_string(threads) + (threads == 1 ? " thread" : " threads"); }

/// Reads one array and writes another; both count.
Job copy_job(int mebibytes, int threads) {
  const std::size_t bytes = static_cast<std::size_t>(mebibytes) << 20;
  Job job;
  job.name = "copy/" + std::to_string(mebibytes) + "MiB/" + std::to_string(threads);
  job.what = "copy of " + std::to_string(mebibytes) + " MiB, " + team_text(threads);
  job.bytes = 2.0 * static_cast<double>(bytes);
  job.prepare = [=] {
    const auto from = std::make_shared<std::vector<char>>(bytes, 'a'), to = std::make_shared<std::vector<char>>(bytes);
    return [=] {
      parallel_for(threads, threads, [&](int t) {
        const std::size_t part = bytes / static_cast<std::size_t>(threads), begin = static_cast<std::size_t>(t) * part;
        std::memcpy(to->data() + begin, from->data() + begin, part);
      });
    };
  };
  return job;
}

template <typename Real>
Job gemm_job(const std::string& name, int threads) {
  using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  constexpr int n = 1024;
  Job job;
  job.name = "gemm/" + name + "/" + std::to_string(threads);
  job.what = "product of two matrices of " + std::to_string(n) + " x " + std::to_string(n) + ", " + name + ", " +
             team_text(threads);
  job.single = sizeof(Real) == 4;
  job.flops = 2.0 * n * n * n;
  job.prepare = [=] {
    struct Data {
      Matrix a, b, c;
    };
    const auto m = std::make_shared<Data>(Data{Matrix::Random(n, n), Matrix::Random(n, n), Matrix(n, n)});
    return [=] {
      parallel_for(threads, threads, [&](int t) {
        const int rows = n / threads;
        m->c.middleRows(t * rows, rows).noalias() = m->a.middleRows(t * rows, rows) * m->b;
      });
    };
  };
  return job;
}

}  // namespace

std::vector<Job> machine_jobs(int threads) {
  std::vector<Job> jobs;
  std::vector<int> teams{1};
  if (threads > 1) teams.push_back(threads);
  for (const int team : teams) {
    jobs.push_back(copy_job(32, team));   // the size of an array of the clip, which may stay in the last cache
    jobs.push_back(copy_job(512, team));  // beyond it
    jobs.push_back(gemm_job<double>("double", team));
    jobs.push_back(gemm_job<float>("float", team));
  }
  return jobs;
}

}  // namespace anamorph::bench
