// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cpp/cli/app.hpp"
#include "cpp/twin/control_loop.hpp"

namespace anamorph::cli {

/// What the command line says of a coupling.
struct CoupleChoice {
  std::filesystem::path exported;  ///< folder of `twin export`, or a unit
  LoopChoice loop;
};

/// `twin couple`: lithography, etch and run-to-run control as one system that other programs run. The overrides of the
/// options are settings of the cells, "etch.bias_nm=VALUE".
int run_twin_couple(const Options& options, const CoupleChoice& choice, Console& console);

}  // namespace anamorph::cli
