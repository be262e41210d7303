// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <bit>
#include <stdexcept>

#include "cpp/backend/cpu/cpu_array.hpp"
#include "cpp/backend/cpu/plans.hpp"
#include "cpp/backend/cpu/refine.hpp"
#include "cpp/backend/islands.hpp"
#include "cpp/core/bit_plane.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/core/run_components.hpp"

namespace anamorph::cpu {

namespace {

using Planes = std::vector<BitPlane>;

const BitPlane& plane(const Bitmaps& x, int entry) {
  return static_cast<const Planes*>(x.storage())->at(static_cast<std::size_t>(entry));
}
BitPlane& plane(Bitmaps& x, int entry) {
  return static_cast<Planes*>(x.storage())->at(static_cast<std::size_t>(entry));
}

/// The discs of the small islands of a plane.
std::vector<IslandDisc> discs_of_small(const BitPlane& x, const IslandGrowth& growth) {
  struct Island {
    int y0 = -1, x0 = 0;
    long long y = 0, x = 0;
  };
  const RunComponents found = run_components(x, Connectivity::four);
  std::vector<Island> islands(found.areas.size());
  const auto small = [&](long area) { return area >= growth.least && area < growth.full; };
  for (const RunComponents::Run& run : found.runs) {
    const auto k = static_cast<std::size_t>(run.component);
    if (!small(found.areas[k])) continue;
    Island& island = islands[k];
    if (island.y0 < 0) {
      island.y0 = run.y;
      island.x0 = run.x.x0;
    }
    island.y += static_cast<long long>(shorter_way(run.y - island.y0, x.ny())) * (run.x.x1 - run.x.x0);
    for (int i = run.x.x0; i < run.x.x1; ++i) island.x += shorter_way(i - island.x0, x.nx());
  }
  std::vector<IslandDisc> discs;
  for (std::size_t k = 0; k < islands.size(); ++k) {
    const Island& i = islands[k];
    if (small(found.areas[k])) discs.emplace_back(i.y0, i.x0, i.y, i.x, found.areas[k], growth.radius);
  }
  return discs;
}

BitPlane small_grown(const BitPlane& x, const IslandGrowth& growth) {
  BitPlane result = x;
  const auto wrapped = [](int i, int n) { return (i % n + n) % n; };
  for (const IslandDisc& disc : discs_of_small(x, growth))
    for (int y = disc.row - growth.reach; y <= disc.row + growth.reach; ++y)
      for (int i = disc.column - growth.reach; i <= disc.column + growth.reach; ++i) {
        const int at = wrapped(i, x.nx());
        if (disc.holds(y, i)) result.set(wrapped(y, x.ny()), {at, at + 1});
      }
  return result;
}

template <typename Real>
class CpuMorphology final : public Morphology {
 public:
  explicit CpuMorphology(int threads) : threads_(threads) {}

  [[nodiscard]] Bitmaps upload(std::span<const Bitmap> host) override {
    require_one_size(host);
    return made(static_cast<int>(host.size()), host.front().ny(), host.front().nx(),
                [&](int entry) { return BitPlane(host[static_cast<std::size_t>(entry)]); });
  }

  [[nodiscard]] Bitmap download(const Bitmaps& x, int entry) const override { return plane(x, entry).bitmap(); }

  [[nodiscard]] Bitmaps selected(const Bitmaps& x, std::span<const int> entries) override {
    return made(static_cast<int>(entries.size()), x.ny(), x.nx(),
                [&](int entry) { return plane(x, entries[static_cast<std::size_t>(entry)]); });
  }

  void copy_entry(const Bitmaps& from, int entry, Bitmaps& to, int to_entry) override {
    require_one_size(from, to);
    plane(to, to_entry) = plane(from, entry);
  }

  [[nodiscard]] Bitmaps positive(const Array& x, int factor) override {
    const Shape& s = x.shape();
    if (s.components != 1) throw std::logic_error("positive: complex numbers");
    Bitmaps result =
        made(s.batch, s.ny * factor, s.nx * factor, [&](int) { return BitPlane(s.ny * factor, s.nx * factor); });
    const std::size_t wide = static_cast<std::size_t>(result.nx());
    refined_rows<float>(data<Real>(x), s, factor, threads_, [&](int entry, int y, const float* row) {
      thread_local std::vector<std::uint8_t> pixels;
      pixels.resize(wide);
      std::transform(row, row + wide, pixels.begin(),
                     [](float v) { return v > 0 ? std::uint8_t{1} : std::uint8_t{0}; });
      plane(result, entry).set_row(y, pixels.data());
    });
    return result;
  }

  void coverage(double a, const Bitmaps& x, int factor, double b, Array& share) override {
    const Shape shape{x.batch(), x.ny() / factor, x.nx() / factor, 1};
    require_shape(share, shape, "coverage");
    const Real one = static_cast<Real>(a / (static_cast<double>(factor) * factor)), old = static_cast<Real>(b);
    Real* const out = data<Real>(share);
    parallel_for(shape.batch * shape.ny, threads_, [&](int task) {
      const BitPlane& in = plane(x, task / shape.ny);
      const int row = task % shape.ny * factor;
      thread_local std::vector<int> ones;
      thread_local std::vector<BitPlane::Run> runs;
      ones.assign(static_cast<std::size_t>(shape.nx), 0);
      for (int y = row; y < row + factor; ++y) {
        runs.clear();
        in.append_runs(y, runs);
        for (const BitPlane::Run& run : runs)
          for (int i = run.x0; i < std::min(run.x1, shape.nx * factor);) {
            const int block = i / factor, end = std::min(run.x1, (block + 1) * factor);
            ones[static_cast<std::size_t>(block)] += end - i;
            i = end;
          }
      }
      Real* const line = out + static_cast<std::ptrdiff_t>(task) * shape.nx;
      for (int i = 0; i < shape.nx; ++i) {
        const Real part = one * static_cast<Real>(ones[static_cast<std::size_t>(i)]);
        line[i] = b == 0 ? part : part + old * line[i];
      }
    });
  }

  [[nodiscard]] Bitmaps minus(const Bitmaps& x, const Bitmaps& y) override {
    require_one_size(x, y);
    if (x.batch() != y.batch()) throw std::logic_error("minus: batches differ");
    return made(x.batch(), x.ny(), x.nx(), [&](int entry) { return plane(x, entry).minus(plane(y, entry)); });
  }

  [[nodiscard]] Bitmaps opened(const Bitmaps& x, int diameter_px, Of of) override {
    require_disc(diameter_px);
    return each(x, of, [&](const BitPlane& in) { return in.opened(diameter_px); });
  }

  [[nodiscard]] Bitmaps dilated(const Bitmaps& x, int diameter_px) override {
    require_disc(diameter_px);
    return each(x, Of::ones, [&](const BitPlane& in) { return in.dilated(diameter_px); });
  }

  [[nodiscard]] Bitmaps without_small(const Bitmaps& x, long min_area_px, Of of) override {
    return each(x, of, [&](const BitPlane& in) { return anamorph::without_small(in, min_area_px); });
  }

  [[nodiscard]] Bitmaps small_grown(const Bitmaps& x, double min_area_px, Of of) override {
    const IslandGrowth growth = island_growth(min_area_px);
    return each(x, of, [&](const BitPlane& in) { return cpu::small_grown(in, growth); });
  }

  [[nodiscard]] std::vector<long> differences(const Bitmaps& x, const Bitmaps& y) const override {
    require_one_size(x, y);
    if (x.batch() != y.batch()) throw std::logic_error("differences: batches differ");
    std::vector<long> counts(static_cast<std::size_t>(x.batch()), 0);
    for (int entry = 0; entry < x.batch(); ++entry) {
      const auto a = plane(x, entry).words(), b = plane(y, entry).words();
      for (std::size_t i = 0; i < a.size(); ++i) counts[static_cast<std::size_t>(entry)] += std::popcount(a[i] ^ b[i]);
    }
    return counts;
  }

 private:
  /// Entry k is make(k).
  template <typename Make>
  Bitmaps made(int batch, int ny, int nx, const Make& make) const {
    auto planes = std::make_shared<Planes>(static_cast<std::size_t>(batch), BitPlane(0, 0));
    parallel_for(batch, threads_, [&](int entry) { (*planes)[static_cast<std::size_t>(entry)] = make(entry); });
    return {batch, ny, nx, std::move(planes)};
  }

  template <typename Verb>
  Bitmaps each(const Bitmaps& x, Of of, const Verb& verb) const {
    return made(x.batch(), x.ny(), x.nx(), [&](int entry) {
      return of == Of::ones ? verb(plane(x, entry)) : verb(plane(x, entry).complement()).complement();
    });
  }

  int threads_;
};

}  // namespace

template <typename Real>
std::unique_ptr<Morphology> make_morphology(int threads) {
  return std::make_unique<CpuMorphology<Real>>(threads);
}

template std::unique_ptr<Morphology> make_morphology<float>(int);
template std::unique_ptr<Morphology> make_morphology<double>(int);

}  // namespace anamorph::cpu
