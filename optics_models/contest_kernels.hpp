// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>

#include "cpp/backend/coherent_stack.hpp"

namespace anamorph {

/// Reads a folder of coherent kernels of the ICCAD-2013 mask optimisation contest: `fh0.bin`, `fh1.bin`, ... and
/// `scales.txt` (their count, then as many weights). A kernel file is big-endian: rows and columns (two int32, odd), 12
/// bytes that are not used, rows x columns complex float32, a trailer of 4 bytes. It holds bin (mx, my) at [mx][my].
///
/// The contest multiplies a kernel K with the discrete transform D of a mask of 1 nm pixels; a stack takes the true
/// spectrum M of the same mask, squares and all:
///     M(f) = D(f) sinc(fx 1 nm) sinc(fy 1 nm) exp(-pi i (fx + fy) 1 nm),  sinc(x) = sin(pi x) / (pi x).
/// So the transfer is K / (sinc sinc). The phase is that of half a pixel, and falls out because the image is then taken
/// at pixel centres, where the contest puts its samples.
///
/// Throws Error{input} that names the file for a file that is missing, has the wrong size or kernels of different size,
/// and for a value that is not finite or a negative weight.
[[nodiscard]] CoherentStack read_contest_kernels(const std::filesystem::path& folder, double period_nm = 2048);

struct ContestKernels {
  CoherentStack focus;
  CoherentStack defocus;
};

/// The folders `focus` and `defocus` below `folder`. Throws as read_contest_kernels, and if their extents differ.
[[nodiscard]] ContestKernels read_contest_folder(const std::filesystem::path& folder, double period_nm = 2048);

}  // namespace anamorph
