// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace anamorph {

[[nodiscard]] std::string read_text(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, const std::string& text);

/// What the program did.
struct Outcome {
  int code = -1;  ///< 128 + signal when killed by one
  std::string out;
  std::string err;
};

/// Runs the built program in a folder of its own per test.
class ProgramTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] pid_t start(const std::vector<std::string>& arguments) const;
  [[nodiscard]] Outcome finish(pid_t child) const;
  [[nodiscard]] Outcome run(const std::vector<std::string>& arguments) const;
  /// The run fails with this code and one message that holds all parts, prints no result and leaves no `out`.
  void expect_failure(const std::vector<std::string>& arguments, int code, const std::vector<std::string>& parts) const;

  std::filesystem::path folder_;
};

}  // namespace anamorph
