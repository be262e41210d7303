// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// The built program from end to end: exit codes, messages, what is written and what is not.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "cpp/io/npy.hpp"
#include "tests/cli_fixture.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// The program with a small clip and its recipe.
class Cli : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    write_text(folder_ / "clip.glp",
               "CNAME clip\nCELL clip PRIME\n   RECT N M1 0 0 60 200\n   RECT N M1 140 0 60 200\nENDMSG\n");
    write_text(folder_ / "clip.toml", recipe());
  }

  /// A clip of 512 nm in 4 nm pixels under an immersion scanner.
  static std::string recipe(const std::string& more = "") {
    return "[layout]\nfile = \"clip.glp\"\ntile_nm = 512\npixel_nm = 4\n"
           "[optics]\nwavelength_nm = 193.368\nna = 1.2\nimmersion_index = 1.437\n"
           "[optics.source]\nstep = 0.3\n" +
           more;
  }

  void expect_recipe_failure(const std::string& text, int code, const std::vector<std::string>& parts) const {
    write_text(folder_ / "clip.toml", text);
    expect_failure({"simulate", "clip.toml", "-o", "out"}, code, parts);
  }
};

TEST_F(Cli, HelpAndVersionSucceed) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--help"}, {"--version"}, {"simulate", "--help"}}) {
    const Outcome o = run(arguments);
    EXPECT_EQ(o.code, 0);
    EXPECT_NE(o.out.find("anamorph"), std::string::npos);
    EXPECT_TRUE(o.err.empty()) << o.err;
  }
  for (const char* verb : {"simulate", "ilt", "opc", "verify", "suite", "bench", "doctor", "schema"})
    EXPECT_NE(run({verb, "--help"}).out.find("Example:"), std::string::npos) << verb;
}

TEST_F(Cli, WrongCommandLinesAreUsageErrors) {
  expect_failure({}, 2, {"CLI-0001", "a verb is missing"});
  expect_failure({"frobnicate"}, 2, {"unknown verb 'frobnicate'"});
  expect_failure({"mask3d", "clip.toml"}, 2, {"'mask3d' is not available in this version"});
  expect_failure({"simulate"}, 2, {"recipe is required"});
  expect_failure({"simulate", "clip.toml", "--frobnicate"}, 2, {"--frobnicate"});
  expect_failure({"simulate", "clip.toml", "-j", "0"}, 2, {"--threads"});
  expect_failure({"simulate", "clip.toml", "-o", "out", "--backend", "abacus"}, 2, {"unknown backend 'abacus'"});
  expect_failure({"suite", "iccad99", "--layouts", ".", "--kernels", "."}, 2, {"iccad13"});
}

TEST_F(Cli, WrongRecipesAreRecipeErrorsWithAPlace) {
  expect_recipe_failure(recipe("[resist]\ntreshold = 0.3\n"), 4,
                        {"RCP-0002", "clip.toml:12:1", "\"threshold\" in [resist]"});
  expect_recipe_failure(recipe("[resist]\nthreshold = \"high\"\n"), 4, {"RCP-0003", "clip.toml:12:13"});
  expect_recipe_failure(recipe("[resist]\nthreshold = nan\n"), 4, {"RCP-0004", "not a finite number"});
  expect_recipe_failure("[layout]\nfile = \"clip.glp\"\npixel_nm = -1\n", 4, {"RCP-0004", "clip.toml:3:12", "nm"});
  expect_recipe_failure("[layout\n", 4, {"RCP-0001", "clip.toml:1"});
  expect_recipe_failure("[optics]\nwavelength_nm = 13.5\nna = 0.33\n", 4, {"layout.file is missing"});
  expect_failure({"simulate", "clip.toml", "-o", "out", "--set", "layout.pixle_nm=2"}, 4,
                 {"--set layout.pixle_nm=2", "\"pixel_nm\""});
}

TEST_F(Cli, UnreadableInputsAreInputErrors) {
  expect_failure({"simulate", "none.toml", "-o", "out"}, 3, {"RCP-0008", "none.toml"});
  expect_failure({"simulate", "clip.toml", "-o", "out", "--set", "layout.file=none.glp"}, 3, {"none.glp"});
  const std::string glp = read_text(folder_ / "clip.glp");
  write_text(folder_ / "cut.glp", glp.substr(0, glp.find("ENDMSG")));
  expect_failure({"simulate", "clip.toml", "-o", "out", "--set", "layout.file=cut.glp"}, 3, {"GLP-", "cut.glp:"});
  write_text(folder_ / "odd.glp", "CELL a PRIME\n   RECT N M1 0 0 sixty 200\nENDMSG\n");
  expect_failure({"simulate", "clip.toml", "-o", "out", "--set", "layout.file=odd.glp"}, 3, {"GLP-", "odd.glp:2:"});
  expect_failure({"simulate", "clip.toml", "-o", "out", "--set", "layout.tile_nm=160"}, 3,
                 {"CLI-0014", "200 x 200 nm", "160", "layout.window_nm"});
  expect_failure({"simulate", "clip.toml", "-o", "out", "--set", "layout.window_nm=[1000,0,1512,512]"}, 3, {"CLI-0016"});
  expect_failure({"verify", "clip.toml", "-o", "out", "--mask", "none.npy"}, 3, {"none.npy"});
  write_npy(folder_ / "small.npy", Bitmap(16, 16));
  expect_failure({"verify", "clip.toml", "-o", "out", "--mask", "small.npy"}, 3, {"small.npy", "16 x 16", "128 x 128"});
}

TEST_F(Cli, WrongKernelsAreInputErrors) {
  write_text(folder_ / "kernels/focus/scales.txt", "1\n0.5\n");
  write_text(folder_ / "kernels/focus/fh0.bin", "too short");
  write_text(folder_ / "clip.toml", "[layout]\nfile = \"clip.glp\"\n[optics]\nkernels = \"kernels\"\n");
  expect_failure({"simulate", "clip.toml", "-o", "out"}, 3, {"fh0.bin"});
  expect_failure({"simulate", "clip.toml", "-o", "out", "--set", "layout.tile_nm=1024"}, 4, {"2048"});
  expect_failure({"simulate", "clip.toml", "-o", "out", "--set", "optics.kernels=none"}, 3, {"none"});
}

TEST_F(Cli, BenchMeasuresAndChecks) {
  for (const char* backend : {"cpu", "cpu-f32"}) {
    const Outcome o = run({"bench", "--quick", "--backend", backend, "--seed", "7", "--json", "-o", backend});
    ASSERT_EQ(o.code, 0) << o.err;
    EXPECT_NE(o.err.find("seed 7"), std::string::npos) << o.err;
    const Json bench = Json::parse(o.out);
    EXPECT_EQ(bench, Json::parse(read_text(folder_ / backend / "bench.json")));
    EXPECT_EQ(bench["complete"], true);
    EXPECT_EQ(bench["pass"], true);
    EXPECT_EQ(bench["seed"], 7);
    EXPECT_EQ(bench["backend"], backend);
    EXPECT_GT(bench["ceilings"]["copy_bytes_per_s"], 0);
    EXPECT_GT(bench["ceilings"]["gemm_flops_per_s"], 0);
    EXPECT_FALSE(bench["ceilings"].contains("peak_flops_per_s")) << "not measured on the CPU";
    ASSERT_EQ(bench["cases"].size(), 1U);
    ASSERT_EQ(bench["cases"][0]["batches"].size(), 2U);
    for (const Json& batch : bench["cases"][0]["batches"])
      for (const Json& stage : batch["stages"]) {
        for (const char* key : {"bytes", "flops", "floor_s", "median_s", "min_s", "max_s", "seconds_per_clip",
                                "ratio_to_floor", "peak_memory_bytes"})
          EXPECT_GT(stage.at(key), 0) << stage["name"] << " " << key;
        EXPECT_EQ(stage["check"]["pass"], true);
        EXPECT_LE(stage["check"]["error"], stage["check"]["tolerance"]);
        EXPECT_EQ(stage["moments_s"].size(), 2U);
      }
    ASSERT_EQ(bench["jobs"].size(), 2U);
    EXPECT_EQ(bench["jobs"][1]["clips"], 2);
    EXPECT_GT(bench["jobs"][1]["seconds_per_clip"], 0);
    EXPECT_EQ(bench.dump().find("null"), std::string::npos) << "what was not measured is absent";
    EXPECT_NE(read_text(folder_ / backend / "report.html").find("</html>"), std::string::npos);
    EXPECT_EQ(Json::parse(read_text(folder_ / backend / "run.json"))["verb"], "bench");
  }
}

TEST_F(Cli, BenchSaysWhatItDoesNotTake) {
  expect_failure({"bench", "--quick", "--only", "everything"}, 2, {"there is no 'everything'", "solver"});
  expect_failure({"bench", "--quick", "--set", "ilt.iterations=3"}, 2, {"no recipe"});
  expect_failure({"bench", "--layouts", "."}, 2, {"--kernels"});
  expect_failure({"bench", "--batches", "0"}, 2, {"--batches"});
  expect_failure({"bench", "--quick", "--backend", "abacus"}, 2, {"abacus"});
  const Outcome plan = run({"bench", "--quick", "--dry-run", "--backend", "cpu"});
  EXPECT_EQ(Json::parse(plan.out)["parts"], Json({"solver", "ilt"}));
}

TEST_F(Cli, BenchKeepsWhatItHasWhenItIsStopped) {
  const pid_t child = start({"bench", "--backend", "cpu", "--only", "solver", "--batches", "1", "-v", "-o", "out"});
  for (int i = 0; i < 9000 && read_text(folder_ / "stderr").find("print_loss") == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  kill(child, SIGINT);
  const Outcome o = finish(child);
  ASSERT_EQ(o.code, 130) << o.err;
  const Json bench = Json::parse(read_text(folder_ / "out/bench.json"));
  EXPECT_EQ(bench["complete"], false);
  EXPECT_FALSE(bench["cases"][0]["batches"][0]["stages"].empty());
  EXPECT_FALSE(fs::exists(folder_ / "out/run.json"));
}

TEST_F(Cli, MissingDeviceIsAResourceError) {
  const Outcome doctor = run({"doctor", "--json"});
  ASSERT_EQ(doctor.code, 0) << doctor.err;
  const Json found = Json::parse(doctor.out);
  bool compiled = false;
  for (const Json& backend : found["backends"]) {
    if (backend["name"] != "cuda") continue;
    compiled = true;
    if (backend["usable"] == true) GTEST_SKIP() << "there is a device";
  }
  expect_failure({"simulate", "clip.toml", "-o", "out", "--backend", "cuda:0"}, 5,
                 {compiled ? "CUD-0001" : "not compiled"});
}

TEST_F(Cli, PlacesThatCannotBeWrittenAreResourceErrors) {
  write_text(folder_ / "file", "");  // not a folder, for root as well
  expect_failure({"simulate", "clip.toml", "-o", "file/out"}, 5, {"file"});
  expect_failure({"simulate", "clip.toml", "-o", "out", "--log", "file/log"}, 5, {"file/log"});
  for (const std::string words : {"schema", "--help", "--version"}) {  // the last two fit into a buffer
    const std::string full = "cd '" + folder_.string() + "' && " + ANAMORPH_PROGRAM " " + words + " > /dev/full 2> err";
    EXPECT_EQ(WEXITSTATUS(std::system(full.c_str())), 5) << words;
    EXPECT_NE(read_text(folder_ / "err").find("CLI-0015"), std::string::npos) << words;
  }
}

TEST_F(Cli, SimulateWritesWhatItPromises) {
  const Outcome o = run({"simulate", "clip.toml", "-o", "out", "--backend", "cpu", "--set",
                         "gauge=[{name=\"g\", at_nm=[30, 100], cd_nm=60}]", "--set", "process.dose=[0.9, 1]"});
  ASSERT_EQ(o.code, 0) << o.err;
  for (const char* name : {"mask.npy", "target.npy", "aerial.npy", "resist.npy", "mask.gds", "contours.gds",
                           "report.html", "target.png", "mask.png", "aerial.png", "pvband.png"})
    EXPECT_TRUE(fs::exists(folder_ / "out" / name)) << name;
  // 2 conditions of 128 x 128 float64 after the header
  EXPECT_EQ(fs::file_size(folder_ / "out/aerial.npy") % 4096, 128U);
  EXPECT_EQ(fs::file_size(folder_ / "out/aerial.npy") / (128 * 128 * 8), 2U);
  const Bitmap target = read_npy_bitmap(folder_ / "out/target.npy");
  EXPECT_EQ(std::count(target.begin(), target.end(), 1), 2 * 15 * 50);

  const Json metrics = Json::parse(read_text(folder_ / "out/metrics.json"));
  EXPECT_EQ(metrics["conditions"].size(), 2U);
  EXPECT_EQ(metrics["conditions"][0]["dose"], 1);  // the nominal one comes first
  EXPECT_GT(metrics["cd_g_nm"], 20);
  EXPECT_LT(metrics["cd_g_dose_0.9_focus_0_nm"], metrics["cd_g_nm"]);  // less light, narrower opening
  EXPECT_GT(metrics["pvband_nm2"], 0);

  const Json record = Json::parse(read_text(folder_ / "out/run.json"));
  EXPECT_EQ(record["recipe"]["layout"]["pixel_nm"], 4);
  EXPECT_EQ(record["recipe"]["resist"]["threshold"], 0.225);  // a default
  EXPECT_EQ(record["inputs"].size(), 2U);
  EXPECT_EQ(record["inputs"][1]["sha256"].get<std::string>().size(), 64U);
  EXPECT_GT(record["stages"].size(), 2U);
}

TEST_F(Cli, AnAbsorberIsTheComplementOfAnOpening) {
  ASSERT_EQ(run({"simulate", "clip.toml", "-o", "out", "--backend", "cpu", "--set", "mask.polygons=absorber"}).code, 0);
  const Bitmap mask = read_npy_bitmap(folder_ / "out/mask.npy");
  const Bitmap target = read_npy_bitmap(folder_ / "out/target.npy");
  for (std::size_t i = 0; i < mask.size(); ++i) ASSERT_NE(mask.data()[i], target.data()[i]);
  // The shapes with their exact spectrum give the image of the same shapes in pixels: here the pixels fit the shapes.
  ASSERT_EQ(run({"simulate", "clip.toml", "-o", "again", "--backend", "cpu", "--mask", "out/mask.npy"}).code, 0);
  const auto numbers = [&](const char* file) {
    const std::string bytes = read_text(folder_ / file).substr(128);
    std::vector<double> values(bytes.size() / sizeof(double));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  };
  const std::vector<double> shapes = numbers("out/aerial.npy"), pixels = numbers("again/aerial.npy");
  ASSERT_EQ(shapes.size(), pixels.size());
  for (std::size_t i = 0; i < shapes.size(); ++i)
    ASSERT_NEAR(shapes[i], pixels[i], 1e-10);  // sums of ~1e4 terms of 1e-16
}

TEST_F(Cli, ExistingResultsAreKeptUnlessForced) {
  ASSERT_EQ(run({"simulate", "clip.toml", "-o", "out"}).code, 0);
  const std::string before = read_text(folder_ / "out/run.json");
  const Outcome refused = run({"simulate", "clip.toml", "-o", "out"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("--force"), std::string::npos) << refused.err;
  EXPECT_EQ(read_text(folder_ / "out/run.json"), before);
  EXPECT_EQ(run({"simulate", "clip.toml", "-o", "out", "--force"}).code, 0);
}

TEST_F(Cli, WithoutADirectoryTheRunGetsOneOfItsOwn) {
  ASSERT_EQ(run({"simulate", "clip.toml"}).code, 0);
  ASSERT_TRUE(fs::exists(folder_ / "runs"));
  const fs::path made = fs::directory_iterator(folder_ / "runs")->path();
  EXPECT_TRUE(made.filename().string().starts_with("simulate-clip-")) << made;
  EXPECT_TRUE(fs::exists(made / "run.json"));
}

TEST_F(Cli, JsonIsTheOnlyThingOnStdout) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"simulate", "clip.toml", "-o", "out", "--json", "-v"},
                                             {"verify", "clip.toml", "-o", "out2", "--json"},
                                             {"doctor", "--json"},
                                             {"schema", "--json"},
                                             {"simulate", "clip.toml", "--dry-run", "--json"}})
    EXPECT_TRUE(Json::accept(run(arguments).out)) << arguments.front();
  const Outcome failed = run({"simulate", "none.toml", "--json"});
  EXPECT_EQ(failed.code, 3);
  EXPECT_EQ(Json::parse(failed.out)["error"]["file"], "none.toml");
  EXPECT_FALSE(failed.err.empty());
  EXPECT_EQ(Json::parse(run({"--json", "simulate", "clip.toml", "-o", "out3"}).out)["name"], "clip");
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--json"}, {"frobnicate", "--json"}, {"--json", "simulate"}, {"simulate", "--frobnicate", "--json"}}) {
    const Outcome wrong = run(arguments);
    EXPECT_EQ(wrong.code, 2);
    EXPECT_EQ(Json::parse(wrong.out)["error"]["id"], "CLI-0001") << wrong.err;
  }
}

TEST_F(Cli, OptionsMayComeBeforeTheVerb) {
  const Outcome o =
      run({"--set", "seed=3", "-j", "1", "--dry-run", "simulate", "clip.toml", "--set", "ilt.iterations=9"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_NE(o.out.find("seed = 3"), std::string::npos);
  EXPECT_NE(o.out.find("iterations = 9"), std::string::npos);
  expect_failure({"-o", "out", "frobnicate"}, 2, {"unknown verb 'frobnicate'"});
  expect_failure({"--frobnicate"}, 2, {"see anamorph --help"});
  expect_failure({"-q", "simulate"}, 2, {"see anamorph simulate --help"});
}

TEST_F(Cli, DryRunPrintsTheRecipeAndDoesNothing) {
  const Outcome o = run({"simulate", "clip.toml", "-o", "out", "--dry-run", "--seed", "9"});
  EXPECT_EQ(o.code, 0);
  EXPECT_NE(o.out.find("seed = 9"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  write_text(folder_ / "again.toml", o.out);
  EXPECT_EQ(run({"simulate", "again.toml", "--dry-run"}).out, o.out);
}

TEST_F(Cli, VerifyTellsWhenALimitIsExceeded) {
  EXPECT_EQ(run({"verify", "clip.toml", "-o", "out"}).code, 0);  // no limits, no findings
  const Outcome o = run({"verify", "clip.toml", "-o", "out", "--force", "--set", "verify.limits.l2_nm2=1"});
  EXPECT_EQ(o.code, 1);
  EXPECT_NE(o.err.find("[WARN "), std::string::npos);
  EXPECT_TRUE(fs::exists(folder_ / "out/report.html"));
  EXPECT_EQ(run({"verify", "clip.toml", "-o", "out", "--force", "--set", "verify.limits.l2_nm2=1e9"}).code, 0);
}

TEST_F(Cli, QuietSaysNothingAndTheLogHasTheWarnings) {
  const Outcome o = run({"verify", "clip.toml", "-o", "out", "-q"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.out + o.err, "");
  static_cast<void>(run({"verify", "clip.toml", "-o", "out", "--force", "--log", "log", "--set", "verify.limits.l2_nm2=1"}));
  EXPECT_NE(read_text(folder_ / "log").find("[WARN CLI-0011] L2"), std::string::npos);
}

TEST_F(Cli, IltWritesAJudgedMask) {
  const Outcome o = run({"ilt", "clip.toml", "-o", "out", "--set", "ilt.iterations=4", "--json"});
  ASSERT_EQ(o.code, 0) << o.err;  // however few the iterations, the mask keeps the rules
  const Json metrics = Json::parse(o.out);
  for (const char* key : {"l2_nm2", "pvband_nm2", "epe_violations", "epe_max_nm", "epe_mean_nm", "mask_shots",
                          "mask_min_area_nm2", "mask_min_distance_nm", "mask_min_width_nm", "iterations", "seconds"})
    EXPECT_TRUE(metrics.contains(key)) << key;
  const auto warned = [&](const char* text) { return o.err.find(text) != std::string::npos; };
  EXPECT_EQ(metrics["extra_prints"] > 0, warned("assist features print at")) << o.err;
  EXPECT_EQ(metrics["missing_prints"] > 0, warned("the target does not print at")) << o.err;
  // verify comes to the same judgement of the same mask.
  const Outcome verified = run({"verify", "clip.toml", "-o", "again", "--mask", "out/mask.npy", "--json"});
  for (const char* key : {"l2_nm2", "pvband_nm2", "epe_violations", "mask_shots"})
    EXPECT_EQ(Json::parse(verified.out)[key], metrics[key]) << key;
  EXPECT_EQ(Json::parse(verified.out)["iterations"], 0);
}

TEST_F(Cli, OpcWritesAJudgedMaskAndItsPolygons) {
  const Outcome o = run({"opc", "clip.toml", "-o", "out", "--set", "opc.iterations=5", "--set", "opc.feedback=2", "--json"});
  ASSERT_EQ(o.code, 0) << o.err;
  const Json metrics = Json::parse(o.out);
  EXPECT_EQ(metrics["iterations"], 7);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/mask.gds"));
  const Outcome verified = run({"verify", "clip.toml", "-o", "again", "--mask", "out/mask.npy", "--json"});
  for (const char* key : {"l2_nm2", "pvband_nm2", "epe_violations", "mask_shots"})
    EXPECT_EQ(Json::parse(verified.out)[key], metrics[key]) << key;
  fs::remove_all(folder_ / "out");
  expect_failure({"opc", "clip.toml", "-o", "out", "--set", "opc.iterations=0"}, 4, {"OPC-0004"});
  expect_failure({"opc", "clip.toml", "-o", "new", "--set", "mask.polygons=\"absorber\""}, 4, {"OPC-0005", "openings"});
}

TEST_F(Cli, VerifyCountsWhatShouldNotPrint) {
  Bitmap mask(128, 128);  // a square of 112 nm away from the target, which itself is missing
  for (int y = 4; y < 32; ++y)
    for (int x = 4; x < 32; ++x) mask(y, x) = 1;
  write_npy(folder_ / "mask.npy", mask);
  const auto verify = [&](const char* limit) {
    return run({"verify", "clip.toml", "-o", "out", "--force", "--mask", "mask.npy", "--set", limit});
  };
  const Outcome extra = verify("verify.limits.extra_prints=0");
  EXPECT_EQ(extra.code, 1) << extra.err;
  EXPECT_NE(extra.err.find("Extra prints is 1.0"), std::string::npos) << extra.err;
  EXPECT_EQ(verify("verify.limits.extra_prints=1").code, 0);
  EXPECT_EQ(verify("verify.limits.missing_prints=1").code, 1);
  EXPECT_EQ(verify("verify.limits.missing_prints=2").code, 0);
}

TEST_F(Cli, TheGridOfTheOptimiserSuitsTheWindowUnlessGiven) {
  const std::vector<std::string> odd{"ilt",   "clip.toml",          "-o",    "out",
                                     "--set", "layout.tile_nm=516", "--set", "layout.pixel_nm=3",
                                     "--set", "ilt.iterations=1"};
  EXPECT_EQ(run(odd).code, 0);
  EXPECT_EQ(Json::parse(read_text(folder_ / "out/run.json"))["recipe"]["ilt"]["grid_nm"], 3);
  fs::remove_all(folder_ / "out");
  write_text(folder_ / "clip.toml", recipe("[ilt]\ngrid_nm = 24\niterations = 1\n"));
  expect_failure({"ilt", "clip.toml", "-o", "out"}, 4, {"ILT-0001", "clip.toml:12:11"});
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(Cli, GaugesWithoutAnEdgeAreWarnedOf) {
  const Outcome o = run({"simulate", "clip.toml", "-o", "out", "--set",
                         "gauge=[{name=\"dark\", at_nm=[100, 300], cd_nm=60}, "
                         "{name=\"away\", at_nm=[1030, 100], cd_nm=60}]"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_NE(o.err.find("gauge 'dark' finds no edges"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("gauge 'away' lies outside the window"), std::string::npos) << o.err;
}

TEST_F(Cli, OpticsThatWouldNotFitAreRefused) {
  expect_failure({"simulate", "clip.toml", "-o", "out", "--set", "optics.source.step=0.002", "--set",
                  "optics.method=abbe"},
                 4,
                 {"RCP-0014", "optics.source.step", "coherent terms", " GB"});
}

/// Waits until the file holds the text.
bool wait_for(const fs::path& file, const std::string& text) {
  for (int i = 0; i < 6000; ++i) {
    if (read_text(file).find(text) != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST_F(Cli, CtrlCStopsTheOptimiserWithoutAHalfWrittenResult) {
  const pid_t child = start({"ilt", "clip.toml", "-o", "out", "-v", "--set", "ilt.iterations=100000"});
  ASSERT_TRUE(wait_for(folder_ / "stderr", "optimising on"));
  kill(child, SIGINT);
  const Outcome o = finish(child);
  EXPECT_EQ(o.code, 130) << o.err;
  EXPECT_NE(o.err.find("[ERROR "), std::string::npos) << o.err;
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

/// Kernels in the contest's format: one pupil of `radius` bins on n x n.
void write_kernels(const fs::path& folder, double radius, int n = 35) {
  const auto big_endian = [](auto value) {
    std::string bytes(reinterpret_cast<const char*>(&value), sizeof value);
    std::reverse(bytes.begin(), bytes.end());
    return bytes;
  };
  std::string file = big_endian(n) + big_endian(n) + std::string(12, '\0');
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x)
      file += big_endian(std::hypot(x - n / 2, y - n / 2) <= radius ? 1.0F : 0.0F) + big_endian(0.0F);
  write_text(folder / "fh0.bin", file + std::string(4, '\0'));
  write_text(folder / "scales.txt", "1\n1.0\n");
}

class CliSuite : public Cli {
 protected:
  void SetUp() override {
    Cli::SetUp();
    write_kernels(folder_ / "kernels/focus", 12);
    write_kernels(folder_ / "kernels/defocus", 11);
    for (const char* name : {"c2", "c10", "sub/d1"})
      write_text(folder_ / "layouts" / (std::string(name) + ".glp"), read_text(folder_ / "clip.glp"));
  }
  std::vector<std::string> suite(const std::vector<std::string>& more) const {
    std::vector<std::string> all{"suite", "iccad13", "--layouts", "layouts",           "--kernels", "kernels",
                                 "-o",    "out",     "--set",     "layout.pixel_nm=8", "--set",     "ilt.grid_nm=16"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

TEST_F(CliSuite, WritesOneDirectoryPerCaseAndATable) {
  const Outcome o = run(suite({"--set", "ilt.iterations=2", "--json"}));
  ASSERT_EQ(o.code, 0) << o.err;
  const Json summary = Json::parse(o.out);
  EXPECT_EQ(summary, Json::parse(read_text(folder_ / "out/suite.json")));
  EXPECT_EQ(summary["complete"], true);
  ASSERT_EQ(summary["cases"].size(), 3U);
  EXPECT_EQ(summary["cases"][0]["name"], "c2");  // natural order
  EXPECT_EQ(summary["cases"][1]["name"], "c10");
  EXPECT_EQ(summary["cases"][2]["name"], "sub/d1");
  EXPECT_TRUE(summary["mean"].contains("seconds"));
  for (const char* name : {"c2", "c10", "sub/d1"})
    for (const char* file : {"mask.npy", "target.npy", "metrics.json", "run.json", "report.html"})
      EXPECT_TRUE(fs::exists(folder_ / "out" / name / file)) << name << "/" << file;
}

TEST_F(CliSuite, CasesAreChosenByNameOrNumber) {
  expect_failure(suite({"--cases", "c3"}), 2, {"no case 'c3'"});
  const Outcome o = run(suite({"--set", "ilt.iterations=1", "--cases", "10,d1", "--unconstrained", "--json"}));
  ASSERT_EQ(o.code, 0) << o.err;
  const Json summary = Json::parse(o.out);
  ASSERT_EQ(summary["cases"].size(), 2U);
  EXPECT_EQ(summary["cases"][0]["name"], "c10");
  EXPECT_EQ(summary["cases"][1]["name"], "sub/d1");
}

TEST_F(CliSuite, CtrlCKeepsWhatIsFinished) {
  const pid_t child = start(suite({"--set", "ilt.iterations=60"}));
  ASSERT_TRUE(wait_for(folder_ / "stdout", "c2 "));  // the first row of the table
  kill(child, SIGTERM);
  const Outcome o = finish(child);
  EXPECT_EQ(o.code, 130) << o.err;
  const Json summary = Json::parse(read_text(folder_ / "out/suite.json"));
  EXPECT_EQ(summary["complete"], false);
  ASSERT_GE(summary["cases"].size(), 1U);
  EXPECT_EQ(summary["cases"][0]["name"], "c2");
  EXPECT_TRUE(fs::exists(folder_ / "out/c2/run.json"));
  EXPECT_FALSE(fs::exists(folder_ / "out/sub/d1/mask.npy"));
  EXPECT_FALSE(fs::exists(folder_ / "out/run.json"));
}

TEST_F(CliSuite, KernelsOfDifferentSizesAreRefused) {
  write_kernels(folder_ / "kernels/defocus", 11, 33);
  expect_failure(suite({}), 4, {"OPT-0002", "one frequency band"});
}

TEST_F(CliSuite, LimitsThatACaseExceedsAreFindings) {
  const std::vector<std::string> one{"--cases", "2", "--set", "ilt.iterations=1", "--set", "verify.limits.l2_nm2=1"};
  const Outcome o = run(suite(one));
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_NE(o.err.find("[WARN CLI-0011] c2: L2"), std::string::npos) << o.err;
  EXPECT_EQ(Json::parse(read_text(folder_ / "out/suite.json"))["cases"][0]["pass"], false);
}

TEST_F(CliSuite, MissingFoldersAreInputErrors) {
  expect_failure({"suite", "iccad13", "--layouts", "none", "--kernels", "kernels", "-o", "out"}, 3, {"none"});
  expect_failure({"suite", "iccad13", "--layouts", "layouts", "--kernels", "none", "-o", "out"}, 3, {"none"});
  fs::remove_all(folder_ / "kernels/defocus");
  expect_failure(suite({}), 3, {"kernels/defocus"});
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

}  // namespace
}  // namespace anamorph
