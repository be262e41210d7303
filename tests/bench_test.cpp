// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/bench.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cpp/core/error.hpp"
#include "cpp/study/bench_json.hpp"
#include "cpp/study/clocks.hpp"
#include "tests/folder_fixture.hpp"

namespace anamorph {
namespace {

using Json = nlohmann::json;

/// A backend that does what another one does, but for one thing.
class Wrapped : public Backend {
 public:
  explicit Wrapped(const std::string& name) : inner_(make_backend(name, 2)) {}

  [[nodiscard]] std::string name() const override { return inner_->name(); }
  [[nodiscard]] std::string device() const override { return inner_->device(); }
  [[nodiscard]] double epsilon() const noexcept override { return inner_->epsilon(); }
  [[nodiscard]] Array allocate(const Shape& shape) override { return inner_->allocate(shape); }
  void upload(std::span<const double> host, Array& array) override { inner_->upload(host, array); }
  void download(const Array& array, std::span<double> host) const override { inner_->download(array, host); }
  void fill(double value, Array& x) override { inner_->fill(value, x); }
  void add(double value, Array& x) override { inner_->add(value, x); }
  void axpby(double a, const Array& x, double b, Array& y) override { inner_->axpby(a, x, b, y); }
  [[nodiscard]] double sum(const Array& x) const override { return inner_->sum(x); }
  [[nodiscard]] double max_abs(const Array& x) const override { return inner_->max_abs(x); }
  [[nodiscard]] double dot(const Array& x, const Array& y) const override { return inner_->dot(x, y); }
  void dot_each(double f, const Array& x, const Array& y, Array& out) override { inner_->dot_each(f, x, y, out); }
  void store(const Array& x, int row, Array& table) override { inner_->store(x, row, table); }
  void sigmoid(const Array& x, double steepness, double level, Array& y) override {
    inner_->sigmoid(x, steepness, level, y);
  }
  void sigmoid_adjoint(const Array& y, const Array& y_bar, double steepness, Array& x_bar) override {
    inner_->sigmoid_adjoint(y, y_bar, steepness, x_bar);
  }
  void gaussian(const Array& x, double sigma_px, Array& y) override { inner_->gaussian(x, sigma_px, y); }
  void refine(const Array& x, int factor, Array& y) override { inner_->refine(x, factor, y); }
  [[nodiscard]] Morphology& morphology() override { return inner_->morphology(); }
  void adam(const Array& gradient, const AdamStep& step, Array& m, Array& v, Array& x) override {
    inner_->adam(gradient, step, m, v, x);
  }
  [[nodiscard]] std::unique_ptr<MaskSpectrum> plan_mask_spectrum(int ny, int nx, int ey, int ex,
                                                                 MaskSamples samples) override {
    return inner_->plan_mask_spectrum(ny, nx, ey, ex, samples);
  }
  [[nodiscard]] std::unique_ptr<CoherentSum> plan_coherent_sum(const CoherentStack& stack, int batch) override {
    return inner_->plan_coherent_sum(stack, batch);
  }
  [[nodiscard]] std::unique_ptr<Resample> plan_resample(const ResamplePlan& plan) override {
    return inner_->plan_resample(plan);
  }
  [[nodiscard]] std::unique_ptr<PrintLoss> plan_print_loss(const PrintLossPlan& plan) override {
    return inner_->plan_print_loss(plan);
  }
  void repeat(std::unique_ptr<Recording>& recording, const std::function<void()>& verbs) override {
    inner_->repeat(recording, verbs);
  }
  [[nodiscard]] double seconds(const std::function<void()>& work) override { return inner_->seconds(work); }
  [[nodiscard]] Ceilings ceilings(const CeilingSizes& sizes) override { return inner_->ceilings(sizes); }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> facts() const override { return inner_->facts(); }
  [[nodiscard]] std::size_t take_peak_memory() override { return inner_->take_peak_memory(); }

 protected:
  std::unique_ptr<Backend> inner_;
};

BenchCase small_case() {
  return bench_case("small", immersion_optics({.side_nm = 512, .max_kernels = 4, .threads = 2}), 4);
}

BenchOptions short_options() {
  BenchOptions options;
  options.batches = {1, 3};
  options.seconds = 0.001;
  options.threads = 2;
  options.ceilings = {.copy_bytes = std::size_t{4} << 20, .product = 64};
  return options;
}

BenchResult measured(const MakeBench& make, const BenchOptions& options = short_options()) {
  BenchResult result;
  bench_machine(make, options, [](const std::string&) {}, result);
  bench_stages(make, small_case(), options, [](const std::string&) {}, result);
  return result;
}

const StageResult& stage(const BatchResult& batch, const std::string& name) {
  for (const StageResult& one : batch.stages)
    if (one.name == name) return one;
  throw std::logic_error("no stage " + name);
}

/// Every backend that is compiled in; skipped, or failed with ANAMORPH_REQUIRE_CUDA, where its device is missing.
class BenchOn : public testing::TestWithParam<std::string> {};

TEST_P(BenchOn, EveryStagePassesAndIsTimed) {
  const std::string& name = GetParam();
  try {
    (void)make_backend(name, 2);
  } catch (const Error& error) {
    if (std::getenv("ANAMORPH_REQUIRE_CUDA") != nullptr) FAIL() << error.what();
    GTEST_SKIP() << error.what();
  }
  const BenchResult result = measured([&] { return make_backend(name, 2); });
  EXPECT_TRUE(result.pass());
  EXPECT_EQ(result.backend, name);
  ASSERT_EQ(result.cases.size(), 1U);
  ASSERT_EQ(result.cases[0].batches.size(), 2U);
  for (const BatchResult& batch : result.cases[0].batches) {
    EXPECT_GE(batch.stages.size(), 15U);
    for (const StageResult& one : batch.stages) {
      ASSERT_TRUE(one.check && one.timing) << one.name << ": " << (one.check ? one.check->error : -1);
      EXPECT_LE(one.check->error, one.check->tolerance) << one.name;
      if (name != "cuda-f64") {
        EXPECT_EQ(one.check->error > 0, name != "cpu") << one.name << ": float is not double, double is";
      }
      EXPECT_TRUE(std::isfinite(one.timing->median_s));
      EXPECT_GT(one.timing->min_s, 0);
      EXPECT_LE(one.timing->min_s, one.timing->median_s);
      EXPECT_LE(one.timing->median_s, one.timing->max_s);
      EXPECT_EQ(one.timing->moments_s.size(), 2U);
      EXPECT_GT(one.work.bytes, 0);
      EXPECT_GT(one.work.flops, 0);
      EXPECT_GT(one.floor_s, 0);
      EXPECT_GT(one.peak_memory_bytes, 0U);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, BenchOn, testing::ValuesIn(compiled_backends()), [](const auto& tested) {
  std::string name = tested.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

/// One verb that is off by a factor in one entry of the batch only: a check of the first entries would not see it.
class ScaledLastEntry final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void sigmoid(const Array& x, double steepness, double level, Array& y) override {
    inner_->sigmoid(x, steepness, level, y);
    std::vector<double> values(y.shape().size());
    inner_->download(y, values);
    for (std::size_t i = values.size() - values.size() / 3; i < values.size(); ++i) values[i] *= 1.001;
    inner_->upload(values, y);
  }
};

TEST(Bench, AWrongResultIsNeitherTimedNorPassed) {
  BenchOptions options = short_options();
  options.batches = {3};
  const BenchResult result = measured([] { return std::make_unique<ScaledLastEntry>("cpu-f32"); }, options);
  EXPECT_FALSE(result.pass());
  for (const char* name : {"sigmoid", "iteration", "iteration_recorded", "forward_prints"}) {
    const StageResult& one = stage(result.cases[0].batches[0], name);
    EXPECT_FALSE(one.check->pass()) << name;
    EXPECT_FALSE(one.timing) << name;
  }
  for (const char* name : {"blur", "print_loss", "adam", "mask_spectrum"}) {
    const StageResult& one = stage(result.cases[0].batches[0], name);
    EXPECT_TRUE(one.check->pass()) << name;
    EXPECT_TRUE(one.timing) << name;
  }
}

/// A verb that leaves its output as it is: what was there before must not pass for a result.
class Idle final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void gaussian(const Array&, double, Array&) override {}
};

TEST(Bench, AnOutputThatNobodyWroteDoesNotPass) {
  const BenchResult result = measured([] { return std::make_unique<Idle>("cpu"); });
  const BenchCheck check = *stage(result.cases[0].batches[0], "blur").check;
  EXPECT_TRUE(std::isnan(check.error));
  EXPECT_FALSE(check.pass());
  const Json json = Json::parse(bench_json(result, {}));
  EXPECT_EQ(json["pass"], false);
  EXPECT_FALSE(json["cases"][0]["batches"][0]["stages"][0]["check"].contains("error")) << "no number, no entry";
}

/// Memory runs out at plans for more than two clips.
class Small final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  [[nodiscard]] std::unique_ptr<CoherentSum> plan_coherent_sum(const CoherentStack& stack, int batch) override {
    if (batch > 2) throw Error(ErrorCode::resource, "CUD-0002", "full");
    return inner_->plan_coherent_sum(stack, batch);
  }
};

TEST(Bench, ABatchThatDoesNotFitIsSaidAndTheOthersGoOn) {
  const BenchResult result = measured([] { return std::make_unique<Small>("cpu"); });
  const BatchResult &fits = result.cases[0].batches[0], &full = result.cases[0].batches[1];
  EXPECT_TRUE(stage(fits, "iteration").timing);
  EXPECT_TRUE(stage(full, "iteration").out_of_memory);
  EXPECT_FALSE(stage(full, "iteration").timing);
  EXPECT_TRUE(stage(full, "blur").timing) << "needs no such plan";
  EXPECT_TRUE(result.pass()) << "no check failed";
  const Json json = Json::parse(bench_json(result, {}));
  for (const Json& one : json["cases"][0]["batches"][1]["stages"])
    if (one["name"] == "iteration") {
      EXPECT_EQ(one["out_of_memory"], true);
      EXPECT_FALSE(one.contains("median_s"));
    }
}

TEST(Bench, OtherErrorsAreNotTakenForALackOfMemory) {
  class Broken final : public Wrapped {
   public:
    using Wrapped::Wrapped;
    void sigmoid(const Array&, double, double, Array&) override { throw Error(ErrorCode::resource, "CUD-0003", "broken"); }
  };
  EXPECT_THROW(measured([] { return std::make_unique<Broken>("cpu"); }), Error);
}

TEST(Bench, InputsDependOnTheSeedAlone) {
  const auto error = [](std::uint64_t seed) {
    BenchOptions options = short_options();
    options.batches = {1};
    options.seed = seed;
    return stage(measured([] { return make_backend("cpu-f32", 2); }, options).cases[0].batches[0], "mask_spectrum").check->error;
  };
  EXPECT_EQ(error(3), error(3));
  EXPECT_NE(error(3), error(4));
}

TEST(Bench, WhatWasFinishedSurvivesAStop) {
  BenchResult result;
  const MakeBench make = [] { return make_backend("cpu", 2); };
  int steps = 0;
  const auto stop = [&](const std::string&) {
    if (++steps == 4) throw Error(ErrorCode::interrupted, "TST-0001", "stop");
  };
  EXPECT_THROW(bench_stages(make, small_case(), short_options(), stop, result), Error);
  EXPECT_EQ(result.cases[0].batches[0].stages.size(), 3U);
  EXPECT_TRUE(Json::accept(bench_json(result, {})));
}

TEST(Bench, OptimisationsAreCheckedAndTimed) {
  BenchResult result;
  const BenchCase bench = small_case();
  std::mt19937_64 random(1);
  const std::vector<Bitmap> targets{random_clip(bench.grid, bench.feature_nm, random),
                                    random_clip(bench.grid, bench.feature_nm, random)};
  EXPECT_NE(targets[0], targets[1]);
  bench_ilt([] { return make_backend("cpu-f32", 2); }, "ilt", bench, targets, 3, short_options(),
            [](const std::string&) {}, result);
  ASSERT_EQ(result.jobs.size(), 1U);
  EXPECT_GT(result.jobs[0].check->error, 0);
  EXPECT_TRUE(result.jobs[0].check->pass()) << result.jobs[0].check->error;
  EXPECT_GT(result.jobs[0].timing->median_s, 0);
  bench_ilt([] { return std::make_unique<ScaledLastEntry>("cpu-f32"); }, "ilt", bench, targets, 3, short_options(),
            [](const std::string&) {}, result);
  EXPECT_FALSE(result.jobs[1].check->pass());
  EXPECT_FALSE(result.jobs[1].timing);
}

/// 64 x 32 pixels, 5 x 3 bins, fields of 10 x 6, two stacks of 2 terms, three corners, blur of one pixel; by hand.
TEST(BenchWork, CountsAreThoseOfTheFormulas) {
  CoherentStack stack;
  stack.period_x_nm = 32;
  stack.period_y_nm = 64;
  stack.extent_y = 2;
  stack.extent_x = 1;
  stack.weight = {1, 1};
  stack.transfer.assign(30, 1.0);
  BenchCase bench;
  bench.grid = {0, 0, 32, 64, 1};
  bench.model.stacks = {stack, stack};
  bench.model.conditions.resize(3);
  bench.blur_nm = 1;
  const WorkSizes s(bench, 10, 6, 4, 4);
  constexpr double pixels = 4 * 64 * 32;
  const auto expect = [](const LeastWork& work, double bytes, double flops) {
    EXPECT_DOUBLE_EQ(work.bytes, bytes);
    EXPECT_NEAR(work.flops, flops, 1e-9 * flops);
  };
  expect(blur_work(s), 8 * pixels, 2 * pixels * 16);  // reach 5: 16 flops directly, 16 by recursion
  expect(sigmoid_work(s), 8 * pixels, 20 * pixels);
  expect(sigmoid_adjoint_work(s), 16 * pixels, 5 * pixels);
  expect(adam_work(s), 28 * pixels, 18 * pixels);
  const double spectrum = 64 * 32 * 3 + 3 * 64 * 5;  // products: 3 and 5 columns are fewer than a transform's steps
  expect(mask_spectrum_work(s), 4 * (pixels + 4 * 30), 4 * spectrum);
  expect(mask_spectrum_adjoint_work(s), 4 * (2 * pixels + 4 * 30), 4 * spectrum);
  const double transforms = 5 * 5 * 6 * std::log2(6) + 6 * 5 * 10 * std::log2(10);
  expect(coherent_sum_work(s, 2), 2 * 4 * 15 * 2 + 4 * 4 * (30 + 60), 4 * 2 * (6 * 15 + transforms + 4 * 60));
  expect(coherent_sum_adjoint_work(s, 2), 2 * 4 * 15 * 2 + 4 * 4 * (60 + 60), 4 * 2 * (8 * 15 + transforms + 2 * 60));
  const double resample = 10 * (6.0 * 32) + 32 * (10.0 * 64);  // products again
  expect(resample_work(s), 4 * (pixels + 4 * 60), 4 * resample);
  expect(print_loss_work(s, bench.model.stacks), 4 * (3 * pixels + 4 * 2 * 3 * 60),
         4 * 2 * 2 * resample + pixels * (60 + 12 + 30));
  const double sums = 2 * 4 * 2 * (14 * 15 + 2 * transforms + 6 * 60);
  expect(iteration_work(s, bench.model.stacks), 4 * 10 * pixels + 2 * 2 * 4 * 15 * 2,
         2 * 32 * pixels + 25 * pixels + 8 * spectrum + sums + 16 * resample + 102 * pixels + 18 * pixels);
  expect(forward_work(s, bench.model.stacks), 4 * 4 * pixels + 2 * 2 * 4 * 15 * 2,
         4 * spectrum + 2 * 4 * 2 * (6 * 15 + transforms + 4 * 60) + 8 * resample + 60 * pixels);
}

TEST(BenchWork, LongLinesAreTransformed) {
  BenchCase bench;
  bench.grid = {0, 0, 2048, 2048, 1};
  CoherentStack stack;
  stack.extent_y = stack.extent_x = 27;
  stack.weight = {1};
  bench.model.stacks = {stack};
  const WorkSizes s(bench, 120, 120, 1, 4);
  EXPECT_DOUBLE_EQ(mask_spectrum_work(s).flops, (2048 + 55) * 2.5 * 2048 * 11);  // 27.5 flops a pixel instead of 55
  const double to_twice_as_many = 2.5 * (120 * std::log2(120) + 240 * std::log2(240));
  EXPECT_NEAR(resample_work(s).flops, (120 + 2048) * (to_twice_as_many + 2 * 8 * 2048), 1) << "eight neighbours, not 120";
}

TEST(BenchCase, WindowsAreWholePixels) {
  const BenchOptics optics = immersion_optics({.side_nm = 512, .max_kernels = 2});
  EXPECT_EQ(bench_case("a", optics, 2).grid.nx, 256);
  EXPECT_THROW((void)bench_case("a", optics, 3), Error);
}

class Clocks : public FolderTest {};

TEST_F(Clocks, AreReadFromAnotherProgram) {
  const auto answer = [&](const std::string& line, int code = 0) {
    const auto program = folder / "smi";
    std::ofstream(program) << "#!/bin/sh\necho \"$@\" > " << (folder / "asked").string() << "\necho '" << line << "'\nexit " << code << "\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return device_clocks(program.string(), "0000:65:00.0");
  };
  const auto values = answer("570.1, P0, 1980, 1980, [N/A], 2619, 31, 120.5, 700.00");
  ASSERT_EQ(values.size(), 8U);
  EXPECT_EQ(values[0], (std::pair<std::string, std::string>{"driver", "570.1"}));
  EXPECT_EQ(values[2], (std::pair<std::string, std::string>{"sm_mhz", "1980"}));
  EXPECT_EQ(values[4], (std::pair<std::string, std::string>{"memory_mhz_max", "2619"})) << "what is not known is left out";
  std::string asked;
  std::getline(std::ifstream(folder / "asked"), asked);
  EXPECT_NE(asked.find("-i 0000:65:00.0"), std::string::npos) << asked;
  EXPECT_TRUE(answer("No devices were found").empty());
  EXPECT_TRUE(answer("570.1, P0, 1, 2, 3, 4, 5, 6, 7", 9).empty());
  EXPECT_TRUE(device_clocks((folder / "none").string(), "0000:65:00.0").empty());
  EXPECT_TRUE(device_clocks("echo", "0; rm x").empty());
}

}  // namespace
}  // namespace anamorph
