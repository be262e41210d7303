// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "cpp/backend/coherent_stack.hpp"
#include "cpp/io/clip_result.hpp"
#include "cpp/io/run_directory.hpp"

namespace anamorph {

/// Where a stack comes from. NaN: not known.
struct KernelInfo {
  double wavelength_nm = std::numeric_limits<double>::quiet_NaN();      ///< in vacuum
  double na = std::numeric_limits<double>::quiet_NaN();                 ///< at the wafer
  double immersion_index = std::numeric_limits<double>::quiet_NaN();    ///< of the medium above the wafer
  double focus_nm = std::numeric_limits<double>::quiet_NaN();           ///< positive: away from the lens
  double captured_fraction = std::numeric_limits<double>::quiet_NaN();  ///< of the trace of the TCC
  std::vector<Fact> origin;  ///< anything else that a reader may want to know, as text
};

/// Writes a stack so that read_kernels() gives back the same bits:
///
///   kernels.npy   complex128 [k][my + extent_y][mx + extent_x]: H_k at the frequency (mx / period_x, my / period_y)
///   weights.npy   float64 [k]
///   spectra.npy   int32 [k]: the mask spectrum g(k); only when the stack has such indices
///   kernels.json  name and version of the form, periods, extents, `info`, and the conventions in words; written last
///
/// The folder is created. Files of an earlier set in it are replaced. Error{recipe} for a stack that is not valid,
/// Error{resource} when a file cannot be written.
void write_kernels(const std::filesystem::path& folder, const CoherentStack& stack, const KernelInfo& info);

/// The same in a folder below a run directory, whose list of files then has them.
void write_kernels(RunDirectory& directory, const std::string& folder, const CoherentStack& stack,
                   const KernelInfo& info);

/// Reads what write_kernels() wrote, or what another program wrote in that form. Error{input} that names the file when
/// one is missing, sizes do not fit each other, a number is not finite, or the form or its version is not known.
[[nodiscard]] CoherentStack read_kernels(const std::filesystem::path& folder);

/// What `kernels.json` says beside the sizes. Errors as read_kernels.
[[nodiscard]] KernelInfo read_kernel_info(const std::filesystem::path& folder);

/// Writes the stack in the form of the ICCAD-2013 contest, as read_contest_kernels() (optics_models) describes and
/// reads it: `fh0.bin`, `fh1.bin`, ... and `scales.txt`. Values are rounded to float32. `fh*.bin` of an earlier set
/// that would continue this one are removed. Error{recipe} when the form cannot hold the stack: it knows one period for
/// x and y, a single mask spectrum, up to 4096 kernels of up to 1025 x 1025 bins below 1 / (1 nm), and values within
/// the range of float32.
void write_contest_kernels(const std::filesystem::path& folder, const CoherentStack& stack);
void write_contest_kernels(RunDirectory& directory, const std::string& folder, const CoherentStack& stack);

}  // namespace anamorph
