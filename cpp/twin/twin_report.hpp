// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>

#include "cpp/io/clip_result.hpp"
#include "cpp/io/window_result.hpp"
#include "cpp/twin/descriptor.hpp"

namespace anamorph {

/// What the report of an export shows.
struct TwinReport {
  TwinDescriptor twin;
  ClipResult clip;      ///< the nominal condition
  WindowResult window;  ///< cells as simulated, curves and bands of the model
};

/// `report.html` of an export: a self-contained page with what is predicted and how sure it is, ports, errors of the
/// model, window, Bossung curves (model) with their simulated conditions, recipe and provenance.
[[nodiscard]] std::string twin_report(const TwinReport& report);

}  // namespace anamorph
