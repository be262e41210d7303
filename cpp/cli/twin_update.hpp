// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <optional>

#include "cpp/cli/app.hpp"
#include "cpp/twin/drift.hpp"

namespace anamorph::cli {

/// What the command line says of an update.
struct UpdateChoice {
  std::filesystem::path exported;      ///< folder of `twin export`, or a unit
  std::filesystem::path measurements;  ///< CSV
  DriftSettings settings;
  std::optional<double> dose_prior_percent, focus_prior_nm;  ///< absent: what the unit states
  bool no_rates = false;
  OutlierSettings outliers;
};

/// `twin update`: from measured CDs to the offsets of dose and focus, and a unit that has them.
int run_twin_update(const Options& options, const UpdateChoice& choice, Console& console);

}  // namespace anamorph::cli
