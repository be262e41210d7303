// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <stdexcept>
#include <string>

namespace anamorph {

/// Why an operation failed; the numeric value is the exit code of the command line.
enum class ErrorCode {
  usage = 2,         ///< wrong command line
  input = 3,         ///< unreadable or invalid input file
  recipe = 4,        ///< invalid recipe or model parameter
  resource = 5,      ///< device, memory, or output location
  incomplete = 6,    ///< stopped before the end, resumable
  interrupted = 130  ///< the user asked to stop
};

/// Place in an input file. Lines and columns count from 1; 0 means "not known".
struct Location {
  std::string file;
  int line = 0;
  int column = 0;

  /// "file:line:col", without the parts that are not known.
  [[nodiscard]] std::string str() const;
};

/// The one exception type of the library. `id` names the kind of failure for people who search
/// for it ("GLP-0003"); the message says what is wrong and what was expected, control characters as \xNN.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, std::string id, const std::string& message, Location where = {});

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] const Location& where() const noexcept { return where_; }

 private:
  ErrorCode code_;
  std::string id_;
  Location where_;
};

}  // namespace anamorph
