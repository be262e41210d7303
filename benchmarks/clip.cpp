// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "benchmarks/clip.hpp"

#include "masks/layout.hpp"
#include "masks/raster.hpp"
#include "masks/region.hpp"
#include "optics_models/abbe.hpp"
#include "optics_models/contest_kernels.hpp"
#include "optics_models/source.hpp"

namespace anamorph::bench {

namespace fs = std::filesystem;

namespace {

constexpr int kSide = 2048;  // pixels of 1 nm

Bitmap raster(const fs::path& layout, const Grid& grid) {
  return rasterise_inclusive(centred(polygons(read_layout(layout)), kSide, kSide), grid);
}

}  // namespace

Clip load_clip(const fs::path& data) {
  Clip clip;
  clip.grid = {0, 0, kSide, kSide, 1};
  // The corners of the contest; its dose multiplies the amplitude.
  clip.model.conditions = {{"nominal", 1, 0, 0, false}, {"outer", 1.02 * 1.02, 0, 0}, {"inner", 0.98 * 0.98, 0, 1}};
  if (const fs::path contest = data / "iccad13"; fs::exists(contest / "kernels")) {
    const ContestKernels kernels = read_contest_folder(contest / "kernels");
    clip.name = "ICCAD-2013 M1_test1";
    clip.optics = "ICCAD-2013 kernels";
    clip.model.stacks = {kernels.focus, kernels.defocus};
    clip.target = raster(contest / "M1_test1.glp", clip.grid);
  } else {
    const auto stack = [source = annular_source(0.6, 0.8, 0.21).points](double focus_nm) {
      const Projection optics{.wavelength_nm = 193.368, .na = 1.0, .immersion_index = 1.437, .focus_nm = focus_nm};
      return abbe_stack(optics, source, kSide, kSide);
    };
    clip.name = "masks/patterns/sram_like.glp";
    clip.optics = "own Abbe sum (193 nm, NA 1.0, annular); the contest data are absent";
    clip.model.stacks = {stack(0), stack(25)};
    clip.target = raster(fs::path(ANAMORPH_SOURCE) / "masks/patterns/sram_like.glp", clip.grid);
  }
  const CoherentStack& first = clip.model.stacks.front();
  clip.optics += ", " + std::to_string(first.terms()) + " terms of " + std::to_string(first.bins_x()) + " x " +
                 std::to_string(first.bins_y()) + " bins per focus";
  clip.model.validate();
  return clip;
}

}  // namespace anamorph::bench
