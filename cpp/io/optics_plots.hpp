// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/core/image.hpp"
#include "cpp/io/optics_report.hpp"
#include "cpp/io/png.hpp"
#include "optics_models/source.hpp"

namespace anamorph {

/// Inline SVG for the report of the optics, in the classes of the style sheet.

/// Light per area of the pupil relative to the brightest place, over [-1, 1]^2 with NaN beyond |s| = 1: every point is
/// spread over about the area that it stands for. `fill` is the lit share of the disc, NaN when it is not known.
[[nodiscard]] Image<double> source_map(const std::vector<SourcePoint>& source, double fill, int size);

/// A picture over the square [-1, 1]^2 of the pupil with axes, the circle of NA and `extra` on top. The axes are named
/// by a letter with the subscripts x and y.
[[nodiscard]] std::string pupil_svg(const Picture& picture, const std::string& letter, const std::string& extra = {});

/// Ellipses of polarisation, one for each of about 14 x 14 cells in which the light is polarised: their axes are those
/// of the field, their size the degree of polarisation. Empty for unpolarised light.
[[nodiscard]] std::string polarisation_marks(const std::vector<SourcePoint>& source);

/// The points of a source, when they are few enough to be told apart.
[[nodiscard]] std::string source_dots(const std::vector<SourcePoint>& source);

/// Colours of a signed quantity from -limit to limit.
[[nodiscard]] std::string signed_bar_svg(double limit, const std::string& unit);

/// Up to 12 kernels, each scaled to its own maximum, with number and share.
[[nodiscard]] std::string kernels_svg(const std::vector<KernelPicture>& kernels, double reach_nm);

/// Eigenvalues and what is left out after each of them, as shares of the trace on a logarithmic axis.
[[nodiscard]] std::string eigenvalues_svg(const std::vector<double>& eigenvalues, double trace, int kept);

}  // namespace anamorph
