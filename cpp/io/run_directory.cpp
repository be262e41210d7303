// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/run_directory.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/io/atomic_file.hpp"
#include "cpp/io/sha256.hpp"

namespace anamorph {
namespace fs = std::filesystem;

void RunDirectory::Made::make(const fs::path& path) {
  std::error_code status;
  if (path.empty() || fs::is_directory(path, status)) return;
  make(path.parent_path());
  if (fs::create_directory(path, status)) paths_.push_back(path);
  if (status)
    throw Error(ErrorCode::resource, "OUT-0002", "directory cannot be created: " + status.message(), {path.string()});
}

RunDirectory::Made::~Made() {
  std::error_code not_empty;
  for (auto path = paths_.rbegin(); path != paths_.rend(); ++path) fs::remove(*path, not_empty);
}

RunDirectory::RunDirectory(fs::path directory, bool force) : directory_(std::move(directory)) {
  made_.make(directory_);
  std::error_code status;
  const bool occupied = fs::directory_iterator(directory_, status) != fs::directory_iterator();
  if (status)
    throw Error(ErrorCode::resource, "OUT-0002", "directory cannot be read: " + status.message(),
                {directory_.string()});
  if (occupied && !force)
    throw Error(ErrorCode::usage, "OUT-0003",
                "run directory exists and is not empty; choose another with -o, or replace its results with --force",
                {directory_.string()});
  { AtomicFile probe(directory_ / "run.json"); }  // throws when nothing can be written here; leaves nothing
  fs::remove(directory_ / "run.json", status);
}

fs::path RunDirectory::add(const std::string& name) {
  const fs::path path = directory_ / name;
  made_.make(path.parent_path());
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(name);
  return path;
}

void RunDirectory::write(const std::string& name, std::string_view bytes) { write_file_atomic(add(name), bytes); }

std::vector<RunDirectory::File> RunDirectory::files() const {
  std::vector<File> files;
  for (const std::string& name : names_)
    files.push_back({name, fs::file_size(directory_ / name), sha256_file(directory_ / name)});
  return files;
}

fs::path default_run_directory(const std::string& verb, const std::string& stem, std::int64_t seconds) {
  std::string time = utc_time(seconds);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return fs::path("runs") / (verb + "-" + stem + "-" + time);
}

std::string utc_time(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds time{std::chrono::seconds(seconds)};
  const year_month_day date(floor<days>(time));
  const hh_mm_ss clock(time - floor<days>(time));
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace anamorph
