// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/tile/worker.hpp"

#include <time.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <utility>

#include "cpp/core/parallel.hpp"
#include "cpp/tile/input.hpp"

namespace anamorph {

namespace {

/// Tiles of a row that are read together: enough that the overlap of their windows costs little, few enough for memory.
constexpr std::size_t together = 16;

class Workers {
 public:
  Workers(const TileStore& store, const std::vector<const ShapeReader*>& sources, const TileWork& work)
      : store_(store), plan_(store.plan()), sources_(sources), work_(work) {}

  TileWorkDone run() {
    const int threads = std::clamp(work_.threads, 1, std::max<int>(1, static_cast<int>(work_.tiles.size())));
    parallel_for(threads, threads, [&](int) { work(); });
    if (failure_) std::rethrow_exception(failure_);
    std::sort(done_.failed.begin(), done_.failed.end());
    return std::move(done_);
  }

 private:
  struct Read {
    int index = 0;
    std::vector<std::vector<DbuPolygon>> layers;
    double cpu_seconds = 0;
  };

  void work() {
    try {
      const TileJob job = work_.job();
      while (std::optional<Read> next = take()) make(job, *next);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      over_ = true;
    }
  }

  /// The next tile with its shapes; nothing when all are given out.
  std::optional<Read> take() {
    const std::lock_guard lock(mutex_);
    if (!over_ && work_.stop && work_.stop()) over_ = done_.stopped = true;
    if (over_) return std::nullopt;
    if (ready_.empty()) read_more();
    if (ready_.empty()) return std::nullopt;
    Read read = std::move(ready_.front());
    ready_.pop_front();
    return read;
  }

  /// The shapes of the next tiles of a row.
  void read_more() {
    const std::vector<int>& tiles = work_.tiles;
    if (next_ == tiles.size()) return;
    const double start = thread_cpu_seconds();
    const auto row_of = [&](std::size_t i) { return tiles[i] / plan_.grid.nx; };
    const std::size_t first = next_;
    // A gap in the row ends the part: what lies in it need not be read.
    while (next_ < tiles.size() && next_ - first < together && row_of(next_) == row_of(first) &&
           tiles[next_] - tiles[first] == static_cast<int>(next_ - first))
      ++next_;
    std::vector<DbuBox> reach;
    std::deque<Read> reads;  // given out when they are whole: reading may fail
    for (std::size_t i = first; i < next_; ++i) {
      reads.push_back({tiles[i], std::vector<std::vector<DbuPolygon>>(sources_.size()), 0});
      reach.push_back(reach_of(plan_.grid, tiles[i]));
    }
    const DbuBox all{reach.front().x0, reach.front().y0, reach.back().x1, reach.back().y1};
    for (std::size_t s = 0; s < sources_.size(); ++s)
      sources_[s]->shapes(all, [&](const DbuPolygon& polygon) {
        DbuBox box;
        for (const DbuPoint& p : polygon) box.include(p);
        for (std::size_t i = 0; i < reach.size(); ++i)
          if (box.touches(reach[i])) reads[i].layers[s].push_back(polygon);
      });
    const double share = (thread_cpu_seconds() - start) / static_cast<double>(next_ - first);
    for (Read& read : reads) read.cpu_seconds = share;
    ready_ = std::move(reads);
  }

  void make(const TileJob& job, const Read& read) {
    const double start = thread_cpu_seconds() - read.cpu_seconds;
    TileInput input = tile_input(plan_.grid, read.index, read.layers);
    const DbuBox window = plan_.grid.tile(read.index).window;
    if (work_.origin) input.origin_nm = work_.origin(input, {window.x0, window.y0});
    const std::string key = store_.key(input);
    {
      const std::lock_guard lock(mutex_);
      const auto [it, first] = in_work_.try_emplace(key);
      if (!first) {  // another thread is at it; it will record this tile too
        it->second.push_back({read.index, thread_cpu_seconds() - start});
        return;
      }
    }
    const bool known = store_.has_result(key);
    std::optional<Error> error;
    if (!known) {
      try {
        store_.write_result(key, job(input));
      } catch (const Error& e) {
        if (e.code() == ErrorCode::resource) throw;
        if (e.code() == ErrorCode::interrupted) {  // this tile, and those that wait for it, stay missing
          const std::lock_guard lock(mutex_);
          over_ = done_.stopped = true;
          return;
        }
        error = e;
      } catch (const std::bad_alloc&) {
        throw Error(ErrorCode::resource, "TIL-0006", "out of memory in tile " + std::to_string(read.index));
      } catch (const std::exception& e) {
        error = Error(ErrorCode::incomplete, "TIL-0007", std::string("unexpected failure: ") + e.what());
      }
    }
    record(read.index, key, known, thread_cpu_seconds() - start, error);
    std::vector<Waiting> others;
    {
      const std::lock_guard lock(mutex_);
      others = std::move(in_work_.extract(key).mapped());
    }
    for (const Waiting& other : others) record(other.index, key, true, other.cpu_seconds, error);
  }

  void record(int index, const std::string& key, bool reused, double cpu_seconds, const std::optional<Error>& error) {
    if (error)
      store_.write_failed(index, *error);
    else
      store_.write_done(index, key, reused, cpu_seconds);
    const std::lock_guard lock(mutex_);
    done_.cpu_seconds += cpu_seconds;
    if (error) {
      if (done_.failed.empty() || index < done_.failed.front()) {
        done_.first_error = error->id() + ": " + error->what();
        done_.failed.insert(done_.failed.begin(), index);
      } else {
        done_.failed.push_back(index);
      }
    } else {
      ++(reused ? done_.reused : done_.made);
    }
    if (work_.progress) work_.progress(done_.made + done_.reused + static_cast<int>(done_.failed.size()));
  }

  struct Waiting {
    int index = 0;
    double cpu_seconds = 0;
  };

  const TileStore& store_;
  const TilePlan& plan_;
  const std::vector<const ShapeReader*>& sources_;
  const TileWork& work_;
  std::mutex mutex_;
  std::deque<Read> ready_;
  std::size_t next_ = 0;
  std::map<std::string, std::vector<Waiting>> in_work_;
  TileWorkDone done_;
  std::exception_ptr failure_;
  bool over_ = false;
};

}  // namespace

double thread_cpu_seconds() noexcept {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

TileWorkDone make_tiles(const TileStore& store, const std::vector<const ShapeReader*>& sources, const TileWork& work) {
  return Workers(store, sources, work).run();
}

}  // namespace anamorph
