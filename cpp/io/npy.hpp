// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "cpp/core/image.hpp"

namespace anamorph {

/// Writes NPY version 1.0, little-endian, C order: a bitmap as uint8 [y][x]. Error{resource} when the file cannot
/// be written.
void write_npy(const std::filesystem::path& path, const Bitmap& image);

/// Likewise `count` images of ny x nx as float64, or float32 when `single`, [condition][y][x]; image(i) is asked for
/// one at a time, so that they need not be in memory together.
void write_npy(const std::filesystem::path& path, int count, int ny, int nx, bool single,
               const std::function<Image<double>(int)>& image);

/// Reads a two-dimensional NPY 1.0 array [y][x] of bool, uint8, float32 or float64 (little-endian, C order).
/// Error{input} that names the file when it is anything else, or its length does not fit its shape.
[[nodiscard]] Image<double> read_npy(const std::filesystem::path& path);

/// Likewise; every value must be 0 or 1.
[[nodiscard]] Bitmap read_npy_bitmap(const std::filesystem::path& path);

}  // namespace anamorph
