// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <filesystem>
#include <functional>
#include <span>
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

/// An array of one to three dimensions as NumPy sees it: the last index runs fastest.
template <typename T>
struct NpyArray {
  std::vector<int> shape;
  std::vector<T> values;
};

/// Likewise an array of any shape, as float64, complex128 or int32. Error{input} unless there are as many values as the
/// shape asks for and every side is at least 1.
void write_npy(const std::filesystem::path& path, const std::vector<int>& shape, std::span<const double> values);
void write_npy(const std::filesystem::path& path, const std::vector<int>& shape,
               std::span<const std::complex<double>> values);
void write_npy(const std::filesystem::path& path, const std::vector<int>& shape, std::span<const int> values);

/// Reads a two-dimensional NPY 1.0 array [y][x] of bool, uint8, float32 or float64 (little-endian, C order).
/// Error{input} that names the file when it is anything else, or its length does not fit its shape.
[[nodiscard]] Image<double> read_npy(const std::filesystem::path& path);

/// Likewise; every value must be 0 or 1.
[[nodiscard]] Bitmap read_npy_bitmap(const std::filesystem::path& path);

/// Reads an NPY 1.0 array of one to three dimensions, little-endian: float64, or complex128, or whole numbers (int32 or
/// int64) that fit an int. An array in Fortran order, as NumPy writes the transpose of an array, is turned into C
/// order. Errors as read_npy.
[[nodiscard]] NpyArray<double> read_npy_real(const std::filesystem::path& path);
[[nodiscard]] NpyArray<std::complex<double>> read_npy_complex(const std::filesystem::path& path);
[[nodiscard]] NpyArray<int> read_npy_whole(const std::filesystem::path& path);

}  // namespace anamorph
