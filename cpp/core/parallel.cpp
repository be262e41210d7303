// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/core/parallel.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace anamorph {
namespace {

/// Set inside a body, where a further parallel_for runs serially.
thread_local bool inside_body = false;

/// Threads that wait for work. The caller takes part, and nobody waits for a helper that has not woken up: on a busy
/// machine a loop then costs what one thread needs, where a team with barriers would wait for its slowest member.
class Pool {
 public:
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      quit_ = true;
      generation_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    for (std::thread& helper : helpers_) helper.join();
  }

  void run(int count, int team, const std::function<void(int)>& body) {
    const std::unique_lock one_at_a_time(owner_, std::try_to_lock);
    if (!one_at_a_time) {  // another thread of the program has the helpers
      for (int i = 0; i < count; ++i) body(i);
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      try {
        while (static_cast<int>(helpers_.size()) < team - 1) helpers_.emplace_back([this] { help(); });
      } catch (const std::system_error&) {
        // The system allows no more threads: those that there are will do.
      }
      body_ = &body;
      count_ = count;
      places_ = team - 1;
      failure_ = nullptr;
      next_.store(0, std::memory_order_relaxed);
      generation_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    work(body, count);
    std::unique_lock lock(mutex_);
    places_ = 0;  // whoever wakes up now is too late
    idle_.wait(lock, [this] { return busy_ == 0; });
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void work(const std::function<void(int)>& body, int count) {
    inside_body = true;
    for (int i = next_.fetch_add(1); i < count; i = next_.fetch_add(1)) {
      try {
        body(i);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
      }
    }
    inside_body = false;
  }

  void help() {
    constexpr int kSpins = 2000;  // some 30 us: the next loop of an iteration often follows at once
    std::uint64_t seen = 0;
    while (true) {
      for (int spin = 0; spin < kSpins && generation_.load(std::memory_order_acquire) == seen; ++spin) pause();
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return generation_.load(std::memory_order_relaxed) != seen; });
      seen = generation_.load(std::memory_order_relaxed);
      if (quit_) return;
      if (places_ == 0) continue;
      --places_;
      ++busy_;
      const std::function<void(int)>* body = body_;
      const int count = count_;
      lock.unlock();
      work(*body, count);
      lock.lock();
      if (--busy_ == 0) idle_.notify_one();
    }
  }

  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }

  std::mutex owner_;
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::vector<std::thread> helpers_;
  std::atomic<std::uint64_t> generation_ = 0;
  std::atomic<int> next_ = 0;
  const std::function<void(int)>* body_ = nullptr;
  int count_ = 0, places_ = 0, busy_ = 0;
  bool quit_ = false;
  std::exception_ptr failure_;
};

}  // namespace

void parallel_for(int count, int threads, const std::function<void(int)>& body) {
  const int team = std::min(count, std::max(threads, 1));
  if (team <= 1 || inside_body) {
    for (int i = 0; i < count; ++i) body(i);
    return;
  }
  static Pool pool;
  pool.run(count, team, body);
}

int hardware_threads() noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace anamorph
