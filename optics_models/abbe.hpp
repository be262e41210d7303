// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/backend/coherent_stack.hpp"
#include "optics_models/projection.hpp"

namespace anamorph {

/// Abbe's sum itself: one term of the stack per coherent term, exact for the given source points.
/// Throws Error{recipe} naming the parameter and its range.
[[nodiscard]] CoherentStack abbe_stack(const Projection& projection, const std::vector<SourcePoint>& source,
                                       double period_x_nm, double period_y_nm);

/// The part of it that belongs to points first .. last - 1: for sums too large to be held at once. The images of all
/// parts add up to that of the whole.
[[nodiscard]] CoherentStack abbe_stack(const CoherentTerms& terms, double period_x_nm, double period_y_nm, int first,
                                       int last);

/// Periods, extents and no terms yet: the frame that all stacks of these terms share. Throws Error{recipe} for a period
/// that is not positive, or so large that more than 16383 frequencies pass on each side of 0.
[[nodiscard]] CoherentStack empty_stack(const CoherentTerms& terms, double period_x_nm, double period_y_nm);

}  // namespace anamorph
