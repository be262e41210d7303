// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cuda_runtime.h>

#include <nlohmann/json.hpp>

#include "cpp/backend/backend.hpp"
#include "cpp/core/error.hpp"
#include "cpp/optimize/ilt.hpp"
#include "optics_models/abbe.hpp"
#include "optics_models/source.hpp"
#include "tests/cli_fixture.hpp"

// Machines where something is missing or goes wrong, on the host stand-in of the device: the paths of errors, in the
// library and in the whole program.

namespace anamorph {
namespace {

namespace fs = std::filesystem;

/// Puts the machine in order again.
class Faults : public testing::Test {
 protected:
  void SetUp() override {
    cuda_host::faults() = {};
    cuda_host::memory().most = 0;
  }
  void TearDown() override { cuda_host::faults() = {}; }

  static Error thrown(const std::function<void()>& body) {
    try {
      body();
    } catch (const Error& error) {
      return error;
    }
    return {ErrorCode::usage, "NONE", "nothing was thrown"};
  }
};

TEST_F(Faults, WithoutADeviceTheCpuIsTakenAndCudaSaysWhy) {
  for (const auto& [devices, why] : {std::pair{0, "there is no device"}, std::pair{-1, "there is no NVIDIA driver"}}) {
    cuda_host::faults().devices = devices;
    const Error error = thrown([] { (void)make_backend("cuda", 1); });
    EXPECT_EQ(error.id(), "CUD-0001");
    EXPECT_EQ(error.code(), ErrorCode::resource);
    EXPECT_NE(std::string(error.what()).find(why), std::string::npos) << error.what();
    EXPECT_EQ(make_backend("auto", 1)->name(), "cpu-f32");
  }
}

TEST_F(Faults, DevicesAreCountedFromZero) {
  cuda_host::faults().devices = 3;
  const auto second = make_backend("cuda:2", 1), first = make_backend("cuda-f64:0", 1);
  const Array on_second = second->allocate({1, 4, 4, 1});
  EXPECT_EQ(cuda_host::faults().device, 2);
  const Array on_first = first->allocate({1, 4, 4, 1});
  EXPECT_EQ(cuda_host::faults().device, 0);
  (void)second->sum(on_second);
  EXPECT_EQ(cuda_host::faults().device, 2) << "every call goes to the device of its backend";
  const Error error = thrown([] { (void)make_backend("cuda:3", 1); });
  EXPECT_EQ(error.id(), "CUD-0001");
  EXPECT_NE(std::string(error.what()).find("0 to 2"), std::string::npos) << error.what();
}

TEST_F(Faults, AKernelThatFailsIsAnErrorAndTheNextCallIsNotBlamed) {
  const auto backend = make_backend("cuda", 1);
  Array x = backend->allocate({1, 8, 8, 1});
  cuda_host::faults().failing_launch = cuda_host::faults().launches;
  EXPECT_EQ(thrown([&] { backend->fill(1, x); }).id(), "CUD-0003");
  backend->fill(1, x);
  EXPECT_EQ(backend->sum(x), 64);
}

TEST_F(Faults, WhatWasAllocatedOutlivesAFullMemory) {
  const auto backend = make_backend("cuda", 1);
  Array x = backend->allocate({1, 512, 512, 1});
  backend->fill(2, x);
  cuda_host::faults().memory = cuda_host::memory().used + (std::size_t{17} << 20);  // scratch memory still fits
  EXPECT_EQ(thrown([&] { (void)backend->allocate({64, 512, 512, 1}); }).id(), kOutOfDeviceMemory);
  EXPECT_EQ(backend->sum(x), 2 * 512 * 512);
}

constexpr std::size_t kBlock = std::size_t{16} << 20;  // of scratch memory, which every batch takes

/// A tile of 512 nm in pixels of 8 nm, one focus.
struct Clips {
  ImagingModel model;
  Grid grid{0, 0, 64, 64, 8};
  std::vector<Bitmap> targets;
  IltOptions options;

  Clips() {
    model.stacks.push_back(abbe_stack({.wavelength_nm = 193.368, .na = 1.2, .immersion_index = 1.437},
                                      annular_source(0.6, 0.9, 0.3).points, 512, 512));
    model.conditions = {{"nominal", 1.0, 0, 0}, {"outer", 1.03, 0, 0}, {"inner", 0.97, 0, 0}};
    for (int clip = 0; clip < 2; ++clip) {
      Bitmap target(64, 64);
      for (int y = 12; y < 48; ++y)
        for (int x = 14 + clip; x < 24 + 3 * clip; ++x) target(y, x) = 1;
      targets.push_back(std::move(target));
    }
    options.iterations = 5;
    options.grid_nm = 8;
    options.schedule.rules_from = 0.2;
    options.schedule.rules_every = 2;
    options.rules = MaskRules{.min_width_nm = 24, .min_space_nm = 24, .min_area_nm2 = 2000};
  }
  [[nodiscard]] std::vector<IltResult> run(Backend& backend) const {
    return run_ilt(backend, model, {.threshold = 0.25}, grid, targets, options);
  }
};

TEST_F(Faults, TooManyClipsForTheMemoryGoInSmallerBatches) {
  const Clips clips;
  std::vector<IltResult> all, some;
  std::size_t needed = 0;
  {
    const auto backend = make_backend("cuda-f64", 1);
    all = clips.run(*backend);
    needed = cuda_host::memory().most;
  }
  EXPECT_EQ(cuda_host::memory().used, 0u) << "memory was lost";
  cuda_host::memory().most = 0;
  {
    const auto backend = make_backend("cuda-f64", 1);
    cuda_host::faults().memory = kBlock + (needed - kBlock) * 7 / 10;
    some = clips.run(*backend);
    EXPECT_LE(cuda_host::memory().most, cuda_host::faults().memory);
  }
  ASSERT_EQ(some.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(all[i].together, 2);
    EXPECT_EQ(some[i].together, 1);
    EXPECT_EQ(all[i].mask, some[i].mask);
    EXPECT_EQ(all[i].history.size(), some[i].history.size());
    EXPECT_NEAR(all[i].history.back().loss, some[i].history.back().loss, 1e-6 * all[i].history.back().loss);
  }
  cuda_host::faults() = {};
  const auto backend = make_backend("cuda-f64", 1);
  cuda_host::faults().memory = kBlock + (needed - kBlock) / 8;
  const Error error = thrown([&] { (void)clips.run(*backend); });
  EXPECT_EQ(error.id(), kOutOfDeviceMemory) << "not even one clip fits";
  EXPECT_EQ(error.code(), ErrorCode::resource);
}

TEST_F(Faults, ABatchOnADeviceFindsTheMasksOfTheCpu) {
  const Clips clips;
  const std::vector<IltResult> expected = clips.run(*make_backend("cpu", 1)),
                               found = clips.run(*make_backend("cuda-f64", 1));
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(expected[i].mask, found[i].mask);
    EXPECT_EQ(expected[i].kept_start, found[i].kept_start);
    for (std::size_t k = 0; k < expected[i].history.size(); ++k)
      EXPECT_NEAR(expected[i].history[k].loss, found[i].history[k].loss, 1e-6 * expected[i].history[k].loss);
  }
}

class FaultyProgram : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    write_text(folder_ / "clip.glp", "CNAME clip\nCELL clip PRIME\n   RECT N M1 0 0 80 200\nENDMSG\n");
    write_text(folder_ / "clip.toml",
               "[layout]\nfile = \"clip.glp\"\ntile_nm = 512\npixel_nm = 8\n[optics]\nwavelength_nm = 193.368\nna = 1.2\n"
               "immersion_index = 1.437\n[optics.source]\nstep = 0.3\n[ilt]\niterations = 3\ngrid_nm = 8\n");
  }
  void TearDown() override {
    for (const char* name : {"CUDA_HOST_DEVICES", "CUDA_HOST_MEMORY_MB", "CUDA_HOST_FAILING_LAUNCH"}) unsetenv(name);
    ProgramTest::TearDown();
  }
};

TEST_F(FaultyProgram, WithoutADeviceDoctorSaysSoAndTheCpuDoesTheWork) {
  setenv("CUDA_HOST_DEVICES", "0", 1);
  const Outcome doctor = run({"doctor"});
  EXPECT_EQ(doctor.code, 0) << doctor.err;
  EXPECT_NE(doctor.out.find("cuda: not usable: CUDA: there is no device"), std::string::npos) << doctor.out;
  EXPECT_NE(doctor.out.find("auto takes cpu-f32"), std::string::npos) << doctor.out;
  expect_failure({"ilt", "clip.toml", "-o", "out", "--backend", "cuda"}, 5, {"CUD-0001", "there is no device"});
  EXPECT_EQ(run({"ilt", "clip.toml", "-o", "out"}).code, 0);
}

TEST_F(FaultyProgram, ADeviceThatFailsHalfWayLeavesNothing) {
  const Outcome whole = run({"ilt", "clip.toml", "-o", "whole", "--backend", "cuda"});
  ASSERT_EQ(whole.code, 0) << whole.err;
  EXPECT_NE(read_text(folder_ / "whole/run.json").find("kernels on the host"), std::string::npos);
  setenv("CUDA_HOST_FAILING_LAUNCH", "60", 1);
  expect_failure({"ilt", "clip.toml", "-o", "out", "--backend", "cuda"}, 5, {"CUD-0003", "launch of a kernel"});
  unsetenv("CUDA_HOST_FAILING_LAUNCH");
  setenv("CUDA_HOST_MEMORY_MB", "16", 1);
  expect_failure({"ilt", "clip.toml", "-o", "out", "--backend", "cuda"}, 5, {"CUD-0002", "memory"});
}

}  // namespace
}  // namespace anamorph
