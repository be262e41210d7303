// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "cpp/core/image.hpp"

namespace anamorph {

/// Images of one shape, written as [condition][y][x] without being copied together.
template <typename T>
using ImageStack = std::vector<std::reference_wrapper<const Image<T>>>;

/// Writes NPY version 1.0, little-endian, C order: a bitmap as uint8 [y][x], a stack as float32 or float64
/// [condition][y][x]. Error{resource} when the file cannot be written.
void write_npy(const std::filesystem::path& path, const Bitmap& image);
void write_npy(const std::filesystem::path& path, const ImageStack<float>& images);
void write_npy(const std::filesystem::path& path, const ImageStack<double>& images);

/// Reads a two-dimensional NPY 1.0 array [y][x] of bool, uint8, float32 or float64 (little-endian, C order).
/// Error{input} that names the file when it is anything else, or its length does not fit its shape.
[[nodiscard]] Image<double> read_npy(const std::filesystem::path& path);

/// Likewise; every value must be 0 or 1.
[[nodiscard]] Bitmap read_npy_bitmap(const std::filesystem::path& path);

}  // namespace anamorph
