// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/folder_fixture.hpp"

namespace anamorph {

/// KLayout as the judge, in a process of its own; the test is skipped where there is none.
class WithKLayout : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    if (std::system("command -v klayout > /dev/null 2>&1") != 0) GTEST_SKIP() << "klayout is not installed";
  }
  /// What a Ruby script of KLayout prints; it runs in the folder.
  [[nodiscard]] std::string klayout(const std::string& script) const {
    write_plain(folder / "script.rb", script);
    const std::string command = "cd " + folder.string() + " && klayout -b -r script.rb > printed.txt 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << read_all(folder / "printed.txt");
    return read_all(folder / "printed.txt");
  }
};

}  // namespace anamorph
