// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace anamorph {

/// A file that appears under its name only when it is complete: it is written as a hidden sibling, flushed to the disk
/// and renamed by commit(). Without commit() the destructor removes it and an earlier file of that name stays.
/// Every failure is Error{resource} that names the path and the reason of the system.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view bytes) { write(std::as_bytes(std::span(bytes))); }
  void commit();

 private:
  [[noreturn]] void fail(const char* what) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

/// Writes a whole file at once.
void write_file_atomic(const std::filesystem::path& path, std::string_view bytes);

}  // namespace anamorph
