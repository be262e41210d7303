// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <string>

#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/resist/resist.hpp"

namespace anamorph::bench {

/// What all timings work on: one clip of 2048 x 2048 pixels of 1 nm, two foci, three corners.
struct Clip {
  std::string name;
  std::string optics;
  Grid grid;
  ImagingModel model;
  ResistModel resist;
  Bitmap target;
};

/// A clip of the ICCAD-2013 contest with its kernels, from the folder `data`; a pattern of our own under an Abbe sum of
/// similar size when that folder is absent.
[[nodiscard]] Clip load_clip(const std::filesystem::path& data);

}  // namespace anamorph::bench
