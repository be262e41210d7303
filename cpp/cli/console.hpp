// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "cpp/core/error.hpp"

namespace anamorph::cli {

/// All that the program says. Results go to stdout; messages, with an ID, and progress go to stderr. The log file gets
/// every message, whatever is shown.
class Console {
 public:
  struct Settings {
    bool quiet = false;    ///< warnings and errors only
    bool verbose = false;  ///< details too
    bool json = false;     ///< stdout is one JSON document
    std::filesystem::path log;
  };

  Console() : Console(Settings{}) {}
  /// Throws Error{resource} when the log file cannot be opened.
  explicit Console(const Settings& settings);

  /// A line of a result for people, on stdout; nothing with --json or --quiet.
  void print(const std::string& line);
  /// The result itself, on stdout: what --json or a verb whose product is a text gives.
  void document(const std::string& text);

  /// While held, neither `print` nor `document` say anything: of a verb that is a step of another one.
  void hold_results(bool held) noexcept { held_ = held; }

  void detail(const std::string& text);
  void info(const std::string& text);
  void warn(const std::string& id, const std::string& text);
  /// One message; with --json also {"error": {...}} on stdout, so that stdout stays one JSON document.
  void error(const Error& error);

  [[nodiscard]] bool json() const noexcept { return settings_.json; }

 private:
  friend class Progress;
  void message(const char* level, const char* colour, const std::string& text, bool shown);
  void show_progress(const std::string& line);
  void clear_progress();

  Settings settings_;
  std::ofstream log_;
  bool terminal_ = false;  ///< stderr is one
  bool progress_shown_ = false;
  bool held_ = false;
};

/// Progress of long work with the time that is left: a bar on a terminal, a line every few seconds elsewhere.
class Progress {
 public:
  Progress(Console& console, std::string what, double total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(double done, const std::string& note = {});

 private:
  using Clock = std::chrono::steady_clock;
  Console& console_;
  std::string what_;
  double total_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point shown_ = start_;
};

}  // namespace anamorph::cli
