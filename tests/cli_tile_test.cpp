// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Tiles from the command line: what is killed, stopped, damaged or full goes on to the same bytes.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "masks/layout.hpp"
#include "masks/region.hpp"
#include "tests/cli_fixture.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class TileProgram : public ProgramTest {
 protected:
  /// Wires over 4 x 3 tiles, no two of which are equal.
  void SetUp() override {
    ProgramTest::SetUp();
    std::string glp = "CNAME wires\nCELL wires PRIME\n";
    for (int i = 0; i < 7; ++i)
      glp += "   RECT N M1 " + std::to_string(160 * i) + " " + std::to_string(40 * (i % 3)) + " 72 " +
             std::to_string(500 + 31 * i) + "\n";
    write_text(folder_ / "wires.glp", glp + "ENDMSG\n");
    write_text(folder_ / "wires.toml", R"([layout]
file = "wires.glp"
window_nm = [0, 0, 1032, 736]
pixel_nm = 4
[optics]
wavelength_nm = 193.368
na = 1.35
immersion_index = 1.437
[optics.source]
shape = "annular"
sigma_inner = 0.55
sigma_outer = 0.9
step = 0.2
[resist]
threshold = 0.3
[tile]
core_nm = 300
halo_nm = 120
[ilt]
iterations = 12
grid_nm = 4
)");
  }

  void plan(const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> words{"tile", "plan", "wires.toml", "--job", "ilt", "--backend", "cpu", "-o", name};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome o = run(words);
    ASSERT_EQ(o.code, 0) << o.err;
  }

  Json json_of(const std::vector<std::string>& words, int code = 0) {
    std::vector<std::string> all = words;
    all.push_back("--json");
    const Outcome o = run(all);
    EXPECT_EQ(o.code, code) << o.err;
    const Json j = Json::parse(o.out, nullptr, false);
    EXPECT_FALSE(j.is_discarded()) << o.out;
    return j;
  }

  std::size_t done(const std::string& name) const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder_ / name / "tiles"))
      count += !entry.path().filename().string().starts_with(".");
    return count;
  }

  /// Everything that must be the same whoever did it: the results and the merged mask.
  std::map<std::string, std::string> bytes(const std::string& name) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder_ / name / "results"))
      files[entry.path().filename()] = read_text(entry.path());
    files["mask.oas"] = read_text(folder_ / name / "mask.oas");
    EXPECT_FALSE(files["mask.oas"].empty());
    return files;
  }

  void wait_for_tiles(const std::string& name, std::size_t count, pid_t child) {
    while (done(name) < count && kill(child, 0) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
};

TEST_F(TileProgram, KilledRunsGoOnToTheSameBytes) {
  plan("straight");
  const Json first = json_of({"tile", "run", "straight", "-j", "1"});
  EXPECT_EQ(first["made"], 12);
  EXPECT_EQ(first["missing"], 0);
  ASSERT_EQ(run({"tile", "merge", "straight"}).code, 0);

  plan("killed");
  std::mt19937 random(20250105);
  for (const std::size_t after : {1, 4, 8}) {
    const pid_t child = start({"tile", "run", "killed", "-j", "3"});
    wait_for_tiles("killed", after, child);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30000));
    kill(child, SIGKILL);
    EXPECT_EQ(finish(child).code, 128 + SIGKILL);
    EXPECT_FALSE(fs::exists(folder_ / "killed" / "mask.oas"));
  }
  const Json last = json_of({"tile", "run", "killed", "-j", "2"});
  EXPECT_GE(last["before"], 8) << "what was done is not done again";
  EXPECT_EQ(last["missing"], 0);
  ASSERT_EQ(run({"tile", "merge", "killed"}).code, 0);
  EXPECT_EQ(bytes("killed"), bytes("straight"));
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "killed"))
    EXPECT_FALSE(entry.path().filename().string().starts_with(".")) << "left behind: " << entry.path();

  const Json again = json_of({"tile", "run", "killed"});
  EXPECT_EQ(again["made"], 0);
  EXPECT_EQ(again["reused"], 0);
  EXPECT_EQ(again["before"], 12);

  const Json metrics = Json::parse(read_text(folder_ / "killed" / "metrics.json"));
  EXPECT_EQ(metrics["tiles"], 12);
  EXPECT_EQ(metrics["seams"], 3 * 3 + 4 * 2);
  EXPECT_GT(metrics["cpu_seconds"], 0);
  EXPECT_NEAR(metrics["cpu_seconds_per_um2"].get<double>() * metrics["area_um2"].get<double>(),
              metrics["cpu_seconds"].get<double>(), 1e-9);
  EXPECT_TRUE(metrics.contains("seam_error_nm"));
}

TEST_F(TileProgram, PartsAreSharesAndStatusTellsWhatIsMissing) {
  plan("out");
  EXPECT_EQ(json_of({"tile", "run", "out", "--part", "2/3"})["made"], 4);
  EXPECT_EQ(json_of({"tile", "run", "out", "--tiles", "0,4-6"})["made"], 1) << "4 and 5 and 6 are in part 2";
  const Json status = json_of({"tile", "status", "out"}, 6);
  EXPECT_EQ(status["done"], 5);
  EXPECT_EQ(status["missing"], (Json{1, 2, 3, 8, 9, 10, 11}));
  EXPECT_GT(status["cpu_seconds_left"], 0);
  const Outcome merge = run({"tile", "merge", "out"});
  EXPECT_EQ(merge.code, 6);
  EXPECT_NE(merge.err.find("7 of 12 tiles are missing (1-3,8-11)"), std::string::npos) << merge.err;
  EXPECT_FALSE(fs::exists(folder_ / "out" / "mask.oas"));
  EXPECT_FALSE(fs::exists(folder_ / "out" / "metrics.json"));
  EXPECT_EQ(run({"tile", "run", "out", "--part", "1/2", "--tiles", "3"}).code, 2);
  EXPECT_EQ(run({"tile", "run", "out", "--tiles", "12"}).code, 2);
  EXPECT_EQ(run({"tile", "run", "nowhere"}).code, 3);
  const std::string plan = (folder_ / "out" / "plan.json").string();
  fs::resize_file(plan, fs::file_size(plan) / 2);
  EXPECT_NE(run({"tile", "status", "out"}).err.find("the plan is damaged (at byte "), std::string::npos);
}

TEST_F(TileProgram, DamagedArtifactsAreMadeAgain) {
  plan("out");
  ASSERT_EQ(run({"tile", "run", "out"}).code, 0);
  ASSERT_EQ(run({"tile", "merge", "out"}).code, 0);
  const auto before = bytes("out");
  int kind = 0;
  for (const auto& entry : fs::directory_iterator(folder_ / "out" / "results"))
    if (++kind % 5 == 0) fs::resize_file(entry.path(), fs::file_size(entry.path()) / 2);
  const Json status = json_of({"tile", "status", "out"}, 6);
  const std::size_t damaged = status["damaged"].size();
  EXPECT_GT(damaged, 2U);
  const Outcome o = run({"tile", "run", "out"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(static_cast<std::size_t>(std::count(o.err.begin(), o.err.end(), '[')), damaged)
      << "one warning each: " << o.err;
  ASSERT_EQ(run({"tile", "merge", "out"}).code, 0);
  EXPECT_EQ(bytes("out"), before);
}

TEST_F(TileProgram, AnInterruptKeepsWhatIsFinished) {
  plan("out", {"--set", "ilt.iterations=40"});
  const pid_t child = start({"tile", "run", "out", "-j", "2"});
  wait_for_tiles("out", 2, child);
  kill(child, SIGINT);
  const Outcome o = finish(child);
  EXPECT_EQ(o.code, 6) << o.err;
  EXPECT_NE(o.err.find("the same command goes on"), std::string::npos) << o.err;
  const Json rest = json_of({"tile", "run", "out"});
  EXPECT_GE(rest["before"], 2);
  EXPECT_GT(rest["made"], 0) << "it was stopped before the end";
  EXPECT_EQ(rest["missing"], 0);
}

TEST_F(TileProgram, AFullDiskIsAnErrorAndNothingIsHalfWritten) {
  plan("out");
  const pid_t child = fork();
  if (child == 0) {  // files of at most 200 bytes: no result has room, its first bytes have
    const rlimit limit{200, 200};
    if (chdir(folder_.c_str()) != 0 || setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(127);
    execl(ANAMORPH_PROGRAM, ANAMORPH_PROGRAM, "tile", "run", "out", "-q", static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 5);
  EXPECT_EQ(done("out"), 0U);
  for (const auto& entry : fs::directory_iterator(folder_ / "out" / "results"))
    ADD_FAILURE() << "left behind: " << entry.path();
  EXPECT_EQ(json_of({"tile", "run", "out"})["made"], 12) << "with room it goes on";
}

TEST_F(TileProgram, ChangedPlansAndLayoutsAreRefused) {
  plan("out");
  const Outcome again = run({"tile", "plan", "wires.toml", "--job", "ilt", "-o", "out"});
  EXPECT_EQ(again.code, 2) << "a plan is not overwritten";
  EXPECT_EQ(run({"tile", "run", "out", "--tiles", "0"}).code, 0);

  const std::string text = read_text(folder_ / "out" / "plan.json");
  std::string changed = text;
  changed.replace(changed.find("threshold = 0.3"), 15, "threshold = 0.2");
  write_text(folder_ / "out" / "plan.json", changed);
  Outcome o = run({"tile", "run", "out"});
  EXPECT_EQ(o.code, 3);
  EXPECT_NE(o.err.find("TIL-0003"), std::string::npos) << o.err;
  write_text(folder_ / "out" / "plan.json", text);

  const std::string layout = read_text(folder_ / "wires.glp");
  std::string other = layout;
  other.replace(other.find("RECT N M1 960"), 13, "RECT N M1 964");
  write_text(folder_ / "wires.glp", other);
  o = run({"tile", "run", "out"});
  EXPECT_EQ(o.code, 3);
  EXPECT_NE(o.err.find("not the one that the plan was made for"), std::string::npos) << o.err;

  // A new plan takes over what is the same in it: the left of the layout.
  plan("out", {"--force"});
  const Json rest = json_of({"tile", "run", "out"});
  EXPECT_EQ(rest["reused"], 1) << "tile 0 was made under the old plan";
  EXPECT_EQ(rest["made"], 11);

  std::ofstream(folder_ / "out" / "kernels" / "0" / "weights.npy", std::ios::app) << 'x';
  EXPECT_EQ(run({"tile", "run", "out"}).code, 3);
}

TEST_F(TileProgram, BatchScripts) {
  plan("out");
  ASSERT_EQ(run({"tile", "run", "out", "--tiles", "0-8"}).code, 0);
  const Outcome o = run({"tile", "submit", "out", "--engine", "slurm", "--print", "--options", "--mem=1G"});
  EXPECT_EQ(o.code, 0);
  EXPECT_NE(o.out.find("#SBATCH --array=0-2\n"), std::string::npos) << "three are missing: " << o.out;
  EXPECT_NE(o.out.find("#SBATCH --mem=1G\n"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "out" / "submit"));
  EXPECT_EQ(json_of({"tile", "submit", "out", "--engine", "slurm", "--print", "--options", "--mem=1G"})["script"], o.out);

  // The script for LSF does its share in any shell that has a number for it.
  if (std::system("command -v bsub > /dev/null") == 0) GTEST_SKIP() << "there is an LSF";
  const Outcome none = run({"tile", "submit", "out", "--engine", "lsf", "--jobs", "2", "--json"});
  EXPECT_EQ(none.code, 5);
  EXPECT_NE(none.err.find("nothing was submitted"), std::string::npos) << none.err;
  const Json told = Json::parse(none.out).at("error");
  EXPECT_EQ(told.at("id"), "TIL-0018");
  EXPECT_EQ(told.at("file"), (folder_ / "out/submit/lsf.sh").string());
  const std::string script =
      "PATH=/usr/bin:/bin LSB_JOBINDEX=2 bash '" + (folder_ / "out/submit/lsf.sh").string() + "' -q > /dev/null 2>&1";
  EXPECT_EQ(std::system(script.c_str()), 0);
  EXPECT_EQ(json_of({"tile", "status", "out"}, 6)["missing"], (Json{9}));
  EXPECT_EQ(json_of({"tile", "submit", "out", "--engine", "local"})["made"], 1);
  EXPECT_NE(run({"tile", "submit", "out", "--engine", "slurm"}).out.find("all tiles are done"), std::string::npos);
}

TEST_F(TileProgram, MasksOfIltAreWrittenAsWhatTheRecipeCallsShapes) {
  const auto shapes = [&](const std::string& name) {
    plan(name, {"--set", "mask.polygons=\"" + name + "\""});
    EXPECT_EQ(run({"tile", "run", name}).code, 0);
    EXPECT_EQ(run({"tile", "merge", name}).code, 0);
    return region_of(polygons(read_layout(folder_ / name / "mask.oas")), 1);
  };
  const Region openings = shapes("opening"), absorber = shapes("absorber"), window(DbuBox{0, 0, 1032, 736});
  EXPECT_FALSE(openings.empty());
  EXPECT_TRUE((absorber ^ (window - openings)).empty());
}

TEST_F(TileProgram, WhatTilesCannotDoIsSaidAtOnce) {
  expect_failure({"tile", "plan", "wires.toml", "--job", "magic", "-o", "out"}, 2, {"ilt"});
  expect_failure({"tile", "plan", "wires.toml", "--job", "ilt", "-o", "out", "--set", "optics.flare=0.02"}, 4,
                 {"TIL-0010", "optics.flare_density"});
  expect_failure({"tile", "plan", "wires.toml", "--job", "ilt", "-o", "out", "--set", "layout.window_nm=[5,5,5,9]"}, 4,
                 {});
  expect_failure({"tile", "plan", "wires.toml", "--job", "ilt", "-o", "out", "--set", "ilt.grid_nm=2.7", "--set",
                  "layout.tile_nm=2700", "--set", "layout.pixel_nm=0.8"},
                 4, {"TIL-0011"});
  expect_failure(
      {"tile", "plan", "wires.toml", "--job", "ilt", "-o", "out", "--set", "layout.window_nm=[5000,0,6000,400]"}, 3,
      {"TIL-0024", "[0, 0, 1032, "});
  expect_failure({"tile", "plan", "wires.toml", "--job", "opc", "-o", "out", "--set", "mask.polygons=\"absorber\""}, 4,
                 {"OPC-0005", "openings"});
  expect_failure({"tile", "plan", "wires.toml", "--job", "opc", "-o", "out", "--set", "resist.prints=\"dark\""}, 4,
                 {"OPC-0005", "absorber"});
  expect_failure({"tile", "plan", "wires.toml", "--job", "opc", "-o", "out", "--set", "opc.grid_nm=0.75"}, 4,
                 {"OPC-0006", "0.75", "1 nm"});
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  expect_failure({"tile", "plan", "wires.toml", "-o", "out"}, 2, {"--job", "see anamorph tile plan --help"});
}

TEST_F(TileProgram, TheWindowOfAClipIsNoLimitToTiles) {
  expect_failure({"simulate", "wires.toml", "-o", "out", "--set", "layout.window_nm=[0,0,1032,735]"}, 4,
                 {"RCP-0006", "a side of 735 nm is not a whole number of pixels of 4 nm"});
  expect_failure({"simulate", "wires.toml", "-o", "out", "--set", "layout.window_nm=[0,0,1032,410000]"}, 4,
                 {"RCP-0004", "more than 32768 pixels of 4 nm", "anamorph tile"});
  plan("whole", {"--set", "layout.window_nm=[0,0,1032,410001]", "--set", "tile.core_nm=1104"});
  EXPECT_EQ(json_of({"tile", "status", "whole"}, 6)["tiles"], 372) << "371 cores and a part";
}

TEST_F(TileProgram, LeftoversOfAKilledMergeGo) {
  plan("out");
  ASSERT_EQ(run({"tile", "run", "out"}).code, 0);
  write_text(folder_ / "out" / ".mask.oas.partial-host-1", "half");
  write_text(folder_ / "out" / ".notes", "of somebody");
  ASSERT_EQ(run({"tile", "merge", "out"}).code, 0);
  EXPECT_FALSE(fs::exists(folder_ / "out" / ".mask.oas.partial-host-1"));
  EXPECT_TRUE(fs::exists(folder_ / "out" / ".notes"));
}

}  // namespace
}  // namespace anamorph
