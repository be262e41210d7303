// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/console.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "cpp/io/run_directory.hpp"

namespace anamorph::cli {

Console::Console(const Settings& settings) : settings_(settings), terminal_(isatty(STDERR_FILENO) != 0) {
  if (settings_.log.empty()) return;
  log_.open(settings_.log, std::ios::app);
  if (!log_)
    throw Error(ErrorCode::resource, "CLI-0007", "the log file cannot be opened for writing", {settings_.log.string()});
}

void Console::print(const std::string& line) {
  if (settings_.json || settings_.quiet || held_) return;
  clear_progress();
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

void Console::document(const std::string& text) {
  if (held_) return;
  clear_progress();
  std::fputs(text.c_str(), stdout);
  if (!text.ends_with('\n')) std::fputc('\n', stdout);
  std::fflush(stdout);
}

void Console::message(const char* level, const char* colour, const std::string& text, bool shown) {
  const std::string line = (*level != 0 ? "[" + std::string(level) + "] " : "") + text + "\n";
  if (log_) log_ << utc_time(std::time(nullptr)) << ' ' << line << std::flush;
  if (!shown) return;
  clear_progress();
  std::fputs((terminal_ && *colour != 0 ? colour + line.substr(0, line.size() - 1) + "\033[0m\n" : line).c_str(),
             stderr);
}

void Console::detail(const std::string& text) { message("", "", text, settings_.verbose && !settings_.quiet); }

void Console::info(const std::string& text) { message("", "", text, !settings_.quiet); }

void Console::warn(const std::string& id, const std::string& text) {
  message(("WARN " + id).c_str(), "\033[33m", text, true);
}

void Console::error(const Error& error) {
  message(("ERROR " + error.id()).c_str(), "\033[31m", error.what(), true);
  if (!settings_.json) return;
  const nlohmann::ordered_json json = {{"error",
                                        {{"id", error.id()},
                                         {"exit_code", static_cast<int>(error.code())},
                                         {"message", error.what()},
                                         {"file", error.where().file},
                                         {"line", error.where().line},
                                         {"column", error.where().column}}}};
  held_ = false;
  document(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void Console::show_progress(const std::string& line) {
  if (settings_.quiet) return;
  // On a terminal the line replaces the one before it.
  std::fputs(terminal_ ? ("\r\033[K" + line).c_str() : (line + "\n").c_str(), stderr);
  std::fflush(stderr);
  progress_shown_ = terminal_;
}

void Console::clear_progress() {
  if (progress_shown_) std::fputs("\r\033[K", stderr);
  progress_shown_ = false;
}

Progress::Progress(Console& console, std::string what, double total)
    : console_(console), what_(std::move(what)), total_(total) {}

Progress::~Progress() { console_.clear_progress(); }

void Progress::update(double done, const std::string& note) {
  const Clock::time_point now = Clock::now();
  const auto seconds = [](Clock::duration d) { return std::chrono::duration<double>(d).count(); };
  if (seconds(now - shown_) < (console_.terminal_ ? 0.1 : 3.0)) return;
  shown_ = now;
  const double fraction = std::clamp(done / total_, 0.0, 1.0);
  std::string line = what_ + " ";
  if (console_.terminal_) {
    const auto filled = static_cast<std::size_t>(std::lround(24 * fraction));
    line += "[" + std::string(filled, '=') + std::string(24 - filled, ' ') + "] ";
  }
  char numbers[64];
  const double left = fraction > 0 ? seconds(now - start_) * (1 - fraction) / fraction : 0;
  std::snprintf(numbers, sizeof numbers, "%3.0f %%  %.0f s left", 100 * fraction, left);
  console_.show_progress(line + numbers + (note.empty() ? "" : "  " + note));
}

}  // namespace anamorph::cli
