// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/tile.hpp"
#include "cpp/tile/worker.hpp"

namespace anamorph::cli {

namespace {

using Json = nlohmann::ordered_json;

std::vector<int> share_of(const TileChoice& choice, int count) {
  if (!choice.tiles.empty()) return parse_tiles(choice.tiles, count);
  return parse_part(choice.part.empty() ? "1/1" : choice.part, count);
}

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", seconds);
  return text;
}

std::string tiles_count(std::size_t n) { return std::to_string(n) + (n == 1 ? " tile" : " tiles"); }

}  // namespace

int run_tile_run(const Options& options, const TileChoice& choice, Console& console) {
  const std::unique_ptr<OpenPlan> open = open_plan(choice.directory, options.threads);
  const TileStore store(choice.directory, open->plan);
  const std::vector<int> share = share_of(choice, open->plan.grid.count());

  TileWork work;
  for (const int tile : share) {
    if (stop_requested()) {  // what was not looked at counts as missing
      work.tiles.push_back(tile);
      continue;
    }
    const TileStore::Record record = store.look(tile);
    if (record.state == TileStore::State::damaged)
      console.warn("TIL-0012", "tile " + std::to_string(tile) + " is made again: " + record.error);
    if (record.state != TileStore::State::done) work.tiles.push_back(tile);
  }
  const std::size_t before = share.size() - work.tiles.size();
  work.threads = options.threads;
  work.job = [&] { return open->kind->job(open->context); };
  if (open->kind->origin)
    work.origin = [&](const TileInput& input, const DbuPoint& corner) {
      return open->kind->origin(open->context, input, corner);
    };
  work.stop = stop_requested;
  TileWorkDone done;
  if (!work.tiles.empty()) {
    Progress progress(console, "tiles", static_cast<double>(work.tiles.size()));
    work.progress = [&](int made) {
      progress.update(made, std::to_string(made) + "/" + std::to_string(work.tiles.size()));
    };
    done = make_tiles(store, open->readers(), work);
  }
  const std::size_t finished = static_cast<std::size_t>(done.made + done.reused);
  const std::size_t missing = work.tiles.size() - finished;
  if (!done.failed.empty())
    console.warn("TIL-0013", tiles_count(done.failed.size()) + " failed (" + tiles_text(done.failed) +
                                 "), the first with " + done.first_error);
  if (done.stopped || stop_requested())
    console.warn("TIL-0014", "stopped on request; what is finished is kept, and the same command goes on");
  console.print(std::to_string(done.made) + " made, " + std::to_string(done.reused) + " equal to others, " +
                std::to_string(before) + " were done, " + std::to_string(missing) + " missing; " +
                seconds_text(done.cpu_seconds) + " CPU seconds");
  if (console.json())
    console.document(Json{{"made", done.made},
                          {"reused", done.reused},
                          {"before", before},
                          {"missing", missing},
                          {"failed", done.failed},
                          {"cpu_seconds", done.cpu_seconds}}
                         .dump(2) +
                     "\n");
  return missing == 0 ? 0 : static_cast<int>(ErrorCode::incomplete);
}

int run_tile_status(const TileChoice& choice, Console& console) {
  const TilePlan plan = read_plan(choice.directory);
  const TileStore store(choice.directory, plan);
  using State = TileStore::State;
  std::vector<int> of_state[4];
  double cpu_seconds = 0;
  std::size_t made = 0;
  double made_seconds = 0;
  std::vector<std::string> failures;
  for (int i = 0; i < plan.grid.count(); ++i) {
    const TileStore::Record record = store.look(i);
    of_state[static_cast<int>(record.state)].push_back(i);
    cpu_seconds += record.cpu_seconds;
    if (record.state == State::done && !record.reused) {
      ++made;
      made_seconds += record.cpu_seconds;
    }
    if (record.state == State::failed || record.state == State::damaged)
      failures.push_back("tile " + std::to_string(i) + ": " + record.error);
  }
  const auto of = [&](State state) -> const std::vector<int>& { return of_state[static_cast<int>(state)]; };
  const std::size_t left = static_cast<std::size_t>(plan.grid.count()) - of(State::done).size();
  // What is left may hold repetitions as what is done does.
  const double share =
      of(State::done).empty() ? 0 : static_cast<double>(left) / static_cast<double>(of(State::done).size());
  const double estimate = share * cpu_seconds;
  for (const auto& [state, name] : {std::pair{State::done, "done"},
                                    {State::missing, "missing"},
                                    {State::failed, "failed"},
                                    {State::damaged, "damaged"}})
    console.print(std::string(name) + std::string(10 - std::string(name).size(), ' ') +
                  std::to_string(of(state).size()) +
                  (state == State::done || of(state).empty() ? "" : "  (" + tiles_text(of(state)) + ")"));
  console.print("made      " + std::to_string(made) + " of them, " + seconds_text(cpu_seconds) + " CPU seconds" +
                (left > 0 && share > 0 ? "; about " + seconds_text(estimate) + " to go" : ""));
  for (const std::string& failure : failures) console.print(failure);
  if (console.json()) {
    Json all = {{"job", plan.job},
                {"tiles", plan.grid.count()},
                {"done", of(State::done).size()},
                {"made", made},
                {"missing", of(State::missing)},
                {"failed", of(State::failed)},
                {"damaged", of(State::damaged)},
                {"cpu_seconds", cpu_seconds},
                {"cpu_seconds_made", made_seconds}};
    all["cpu_seconds_left"] = left == 0 ? Json(0) : share > 0 ? Json(estimate) : Json();
    console.document(all.dump(2) + "\n");
  }
  return left == 0 ? 0 : static_cast<int>(ErrorCode::incomplete);
}

}  // namespace anamorph::cli
