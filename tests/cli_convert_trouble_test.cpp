// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "masks/layout_stream.hpp"
#include "tests/cli_fixture.hpp"

// `convert` when something is wrong: one message, its exit code, and what was there stays as it was.

namespace anamorph {
namespace {

namespace fs = std::filesystem;
using Fill = std::function<void(LayoutWriter&)>;

class ConvertTrouble : public ProgramTest {
 protected:
  void write(const char* name, const Fill& fill) const {
    std::string bytes;
    const ByteSink sink = [&](std::string_view part) { bytes += part; };
    const auto to = std::string(name).ends_with(".gds") ? write_gdsii(sink, 1) : write_oasis(sink, 1);
    fill(*to);
    to->finish();
    write_text(folder_ / name, bytes);
  }
  /// One cell of different shapes.
  static Fill squares(std::int64_t count) {
    return [=](LayoutWriter& to) {
      to.begin_cell("TOP");
      for (std::int64_t i = 0; i < count; ++i) to.box({1, 0}, {i * i, 0, i * i + 5 + i % 7, 9 + i % 11}, {}, {});
      to.end_cell();
    };
  }
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_))
      if (const std::string name = entry.path().filename(); name != "stdout" && name != "stderr") names.insert(name);
    return names;
  }
  /// Fails, and adds or changes no file.
  void expect_refusal(std::vector<std::string> arguments, int code, const std::vector<std::string>& parts) const {
    arguments.insert(arguments.begin(), "convert");
    SCOPED_TRACE(testing::PrintToString(arguments));
    const std::set<std::string> before = files();
    const std::string old = read_text(folder_ / "old.gds");
    expect_failure(arguments, code, parts);
    EXPECT_EQ(files(), before);
    EXPECT_EQ(read_text(folder_ / "old.gds"), old);
  }
};

TEST_F(ConvertTrouble, LeavesWhatIsThereAsItIs) {
  write("a.oas", squares(3000));
  write("old.gds", squares(2));
  write_text(folder_ / "empty.gds", "");
  write_text(folder_ / "empty.glp", "");
  const std::string all = read_text(folder_ / "a.oas");
  ASSERT_GT(all.size(), 2000U);
  write_text(folder_ / "short.oas", all.substr(0, all.size() / 2));  // in the middle of a CBLOCK
  std::string broken = all;
  broken[all.size() / 2] = static_cast<char>(~broken[all.size() / 2]);
  write_text(folder_ / "broken.oas", broken);
  fs::create_directory(folder_ / "folder.gds");

  expect_refusal({"empty.gds", "old.gds", "--force"}, 3, {"LAY-0010", "empty.gds"});
  expect_refusal({"empty.glp", "old.gds", "--force"}, 3, {"GLP-", "empty.glp"});
  expect_refusal({"short.oas", "old.gds", "--force"}, 3, {"OAS-", "short.oas", "at byte "});
  expect_refusal({"broken.oas", "old.gds", "--force"}, 3, {"OAS-", "broken.oas", "at byte "});
  expect_refusal({"a.oas", "old.gds"}, 5, {"CLI-0033", "--force", "old.gds"});
  expect_refusal({"a.oas", "folder.gds"}, 5, {"CLI-0038", "folder.gds"});
  expect_refusal({"a.oas", "folder.gds", "--force"}, 5, {"CLI-0038", "folder.gds"});
  expect_refusal({"folder.gds", "new.gds"}, 3, {"LAY-0002"});
  expect_refusal({"a.oas", "none/new.gds"}, 5, {"OUT-0001", "none/new.gds"});
  expect_refusal({"a.oas", "a.oas"}, 5, {"CLI-0033"});
  expect_refusal({"a.txt", "new.gds"}, 2, {"CLI-0030", ".txt"});
  expect_refusal({"a.oas", "new"}, 2, {"CLI-0030"});
  expect_refusal({"a.oas", "old.gds", "--force", "--window", "5,0,5,9"}, 2, {"CLI-0032"});
  expect_refusal({"a.oas", "old.gds", "--force", "--window", "0,0,nan,9"}, 2, {"--window"});
  expect_refusal({"a.oas", "old.gds", "--force", "--layers", "7"}, 3, {"LAY-0007", "\"7\""});
  expect_refusal({"a.oas", "old.gds", "--force", "--flatten", "--layers", "7"}, 3, {"LAY-0007", "\"7\""});
  expect_refusal({"a.oas", "old.gds", "--force", "--flatten", "--most-shapes", "2999"}, 3, {"LAY-0024", "at byte "});
  if (::geteuid() != 0) {  // root may write anywhere
    fs::create_directory(folder_ / "locked");
    fs::permissions(folder_ / "locked", fs::perms::owner_read | fs::perms::owner_exec);
    expect_refusal({"a.oas", "locked/new.gds"}, 5, {"OUT-0001"});
    fs::permissions(folder_ / "locked", fs::perms::owner_all);
  }
}

TEST_F(ConvertTrouble, AFileMayBeReplacedByWhatBecomesOfIt) {
  write("a.gds", squares(50));
  ASSERT_EQ(run({"convert", "a.gds", "once.gds", "--map", "1:2"}).code, 0);
  const Outcome outcome = run({"convert", "a.gds", "a.gds", "--map", "1:2", "--force"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(read_text(folder_ / "a.gds"), read_text(folder_ / "once.gds"));
}

TEST_F(ConvertTrouble, FewBytesOfVeryManyShapesEnd) {
  write("doubled.gds", [](LayoutWriter& to) {
    to.begin_cell("LEAF");
    to.box({1, 0}, {0, 0, 9, 9}, {}, {});
    to.end_cell();
    for (int i = 0; i < 60; ++i) {
      to.begin_cell("L" + std::to_string(i));
      for (int k = 0; k < 2; ++k)
        to.placement({i == 0 ? "LEAF" : "L" + std::to_string(i - 1), {0, 0}, 0, false, 1}, {}, {});
      to.end_cell();
    }
  });
  expect_refusal({"doubled.gds", "new.oas", "--flatten"}, 3, {"LAY-0024", "at byte "});
  expect_refusal({"doubled.gds", "new.oas", "--window", "0,0,20,20"}, 3, {"LAY-0024", "at byte "});
  write("dense.oas", [](LayoutWriter& to) {
    to.begin_cell("TOP");
    for (int i = 0; i < 3; ++i)  // two of them are within what is written out
      to.box({1, 0}, {i, 0, 99, 99}, {{1, 0}, {0, 1}, 30'000, 30'000, {}}, {});
    to.end_cell();
  });
  expect_refusal({"dense.oas", "new.oas", "--window", "0,0,1000000,1000000", "--most-shapes", "100000000"}, 3,
                 {"LAY-0024", "at byte "});
  expect_refusal({"dense.oas", "new.glp"}, 3, {"GLP-0025"});
  write("line.oas", [](LayoutWriter& to) {
    to.begin_cell("TOP");
    to.box({1, 0}, {0, 0, 99, 99}, {{1, 0}, {0, 1}, 40'000, 40'000, {}}, {});
    to.end_cell();
  });
  expect_refusal({"line.oas", "new.gds"}, 3, {"GDS-0055"});
}

TEST_F(ConvertTrouble, StoppedItLeavesNothing) {
  write("a.oas", [](LayoutWriter& to) {
    to.begin_cell("TOP");
    to.box({1, 0}, {0, 0, 99, 99}, {{100, 0}, {0, 100}, 10'000, 10'000, {}}, {});
    to.end_cell();
  });
  write_text(folder_ / "new.gds", "as it was");
  const std::set<std::string> before = files();
  const pid_t child = start({"convert", "a.oas", "new.gds", "--force"});
  for (int i = 0; i < 1000 && files() == before; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_NE(files(), before) << "it never began to write";
  ::kill(child, SIGINT);
  const Outcome outcome = finish(child);
  EXPECT_EQ(outcome.code, 130) << outcome.err;
  EXPECT_NE(outcome.err.find("CLI-0131"), std::string::npos) << outcome.err;
  EXPECT_EQ(files(), before);
  EXPECT_EQ(read_text(folder_ / "new.gds"), "as it was");
}

TEST_F(ConvertTrouble, AFullDiskLeavesNothing) {
  write("a.oas", squares(10'000));
  write_text(folder_ / "new.gds", "as it was");
  const std::set<std::string> before = files();
  struct ::rlimit limit {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const struct ::rlimit small { 300'000, limit.rlim_max };
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Outcome outcome = run({"convert", "a.oas", "new.gds", "--force"});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  EXPECT_NE(outcome.err.find("OUT-0001"), std::string::npos) << outcome.err;
  EXPECT_EQ(files(), before);
  EXPECT_EQ(read_text(folder_ / "new.gds"), "as it was");
}

}  // namespace
}  // namespace anamorph
