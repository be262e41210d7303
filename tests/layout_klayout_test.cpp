// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "masks/layout_query.hpp"
#include "masks/layout_stream.hpp"
#include "masks/oasis.hpp"
#include "tests/folder_fixture.hpp"
#include "tests/layout_random.hpp"
#include "tests/layout_text.hpp"
#include "tests/oasis_cases.hpp"

// KLayout as the judge, in a process of its own: it draws and writes, we read and write, it looks for differences.

namespace anamorph {
namespace {

using namespace testing;
namespace fs = std::filesystem;

constexpr OasisOptions all_options[] = {{true, true}, {true, false}, {false, true}, {false, false}};

class KLayout : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    if (std::system("klayout -v >/dev/null 2>&1") != 0) GTEST_SKIP() << "no klayout";
  }

  /// Runs a script of tests/klayout, at most ten minutes.
  static bool run(const std::string& script, const std::string& definitions) {
    const std::string command =
        "timeout 600 klayout -b -r '" ANAMORPH_SOURCE "/tests/klayout/" + script + "' " + definitions;
    return std::system(command.c_str()) == 0;
  }

  /// To ours and out again; the name of the new file.
  std::string copied(const std::string& from, const std::string& to, const OasisOptions* oasis) {
    const auto file = open_layout(open_bytes(from));
    const std::string path = (folder / to).string();
    std::ofstream out(path, std::ios::binary);
    const ByteSink sink = [&](std::string_view bytes) {
      out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    };
    const auto writer = oasis ? write_oasis(sink, file->dbu_nm(), file->properties(), *oasis)
                              : write_gdsii(sink, file->dbu_nm(), "COPY", file->properties());
    copy(*file, *writer);
    return path;
  }

  void expect(const std::string& kind, const std::string& a, const std::string& b) {
    list_ += kind + ' ' + a + ' ' + b + '\n';
  }

  /// Asks for all that was expected, at once: starting the program takes longer than most comparisons.
  void judge() {
    const fs::path list = folder / "pairs.txt";
    const fs::path result = folder / "differences.txt";
    std::ofstream(list) << list_;
    ASSERT_TRUE(run("differences.rb", "-rd list='" + list.string() + "' -rd result='" + result.string() + "'"));
    std::ifstream in(result);
    std::size_t lines = 0;
    for (std::string line; std::getline(in, line); ++lines)
      EXPECT_NE(line.find(": 0 differences"), std::string::npos) << line;
    EXPECT_EQ(lines, static_cast<std::size_t>(std::count(list_.begin(), list_.end(), '\n')));
    EXPECT_GT(lines, 0u);
  }

  std::string list_;
};

TEST_F(KLayout, WhatItWroteGoesThroughUsWithoutADifference) {
  ASSERT_TRUE(run("layouts.rb", "-rd folder='" + folder.string() + "'"));
  std::ifstream names(folder / "list.txt");
  int number = 0;
  for (std::string name; std::getline(names, name); ++number) {
    SCOPED_TRACE(name);
    const std::string original = (folder / name).string();
    const std::string plain = std::to_string(number);
    const OasisOptions& options = all_options[number % 4];
    if (name.ends_with(".gds")) {
      // GDSII, OASIS, GDSII.
      const std::string oasis = copied(original, plain + ".oas", &options);
      expect("diff", original, oasis);
      expect("diff", original, copied(oasis, plain + "b.gds", nullptr));
    } else {
      // OASIS, OASIS, GDSII, OASIS.
      const std::string first = copied(original, plain + ".oas", &options);
      expect("diff", original, first);
      const std::string gdsii = copied(first, plain + "b.gds", nullptr);
      const std::string last = copied(gdsii, plain + "c.oas", &all_options[(number + 1) % 4]);
      expect("cells", original, gdsii);
      expect("cells", original, last);
      if (number % 13 != 0) continue;  // flattening takes long
      expect("xor", original, gdsii);
      expect("xor", original, last);
    }
  }
  EXPECT_EQ(number, 43);
  judge();
}

TEST_F(KLayout, ReadsWhatWeWroteAsWeDo) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const RandomLayout layout(seed, 3, 60, 20);
    const std::string oasis = (folder / (std::to_string(seed) + ".oas")).string();
    const std::string gdsii = (folder / (std::to_string(seed) + ".gds")).string();
    std::ofstream oasis_file(oasis, std::ios::binary);
    std::ofstream gdsii_file(gdsii, std::ios::binary);
    const auto into = [](std::ofstream& out) {
      return [&out](std::string_view bytes) { out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())); };
    };
    write_all(layout, *write_oasis(into(oasis_file), 1, layout.properties(), all_options[seed % 4]));
    write_all(layout, *write_gdsii(into(gdsii_file), 1, "LIB", layout.properties()));
    oasis_file.close();
    gdsii_file.close();
    expect("diff", oasis, copied(oasis, std::to_string(seed) + "b.oas", &all_options[(seed + 1) % 4]));
    expect("cells", oasis, gdsii);
  }
  judge();
}

TEST_F(KLayout, ReadsRecordsByHandAsWeDo) {
  // Not what it does otherwise by choice: coordinates of more than 32 bits, kinds of
  // strings and numbers in properties, shapes without area.
  const std::set<std::string> apart = {"wide integers", "property", "trapezoid without height",
                                       "trapezoid that is a line"};
  // Points in the middle of an edge, which it keeps and we do not.
  // ... and circles, which it keeps as paths.
  const std::set<std::string> redundant = {"list2", "trapezoid triangle", "circle", "circles"};
  for (const oas::Case& c : oas::cases()) {
    if (apart.contains(c.name)) continue;
    std::string name = c.name;
    for (char& letter : name)
      if (letter == ' ') letter = '_';
    const std::string path = (folder / (name + ".oas")).string();
    std::ofstream(path, std::ios::binary) << c.bytes;
    const std::string copy = copied(path, name + "-copy.oas", &all_options[0]);
    expect(redundant.contains(c.name) ? "xor" : "diff", path, copy);
    expect("xor", path, copied(path, name + "-copy.gds", nullptr));
  }
  judge();
}

TEST_F(KLayout, ABlockOfStandardCellsStaysAsItIs) {
  const std::string block = ANAMORPH_DATA "/layouts/gcd_45nm.gds";
  if (!fs::exists(block)) GTEST_SKIP() << "no " << block;
  for (const OasisOptions& options : {all_options[0], all_options[3]}) {
    const std::string oasis = copied(block, options.strict ? "a.oas" : "b.oas", &options);
    const std::string gdsii = copied(oasis, options.strict ? "a.gds" : "b.gds", nullptr);
    expect("diff", block, oasis);
    expect("diff", block, gdsii);
    if (options.strict) expect("xor", block, gdsii);
  }
  judge();
}

}  // namespace
}  // namespace anamorph
