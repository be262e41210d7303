// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <string>

#include "cpp/cli/clip.hpp"
#include "cpp/cli/clip_optics.hpp"
#include "cpp/cli/results.hpp"

namespace anamorph::cli {

/// Called with the finished fraction of the iterations and a word about them.
using FractionDone = std::function<void(double fraction, const std::string& note)>;

/// Optimises the mask of one clip, judges it and writes everything into its directory; what `ilt` does with one clip
/// and `suite` with each. `record` was made before the layout was read: its time up to the written mask is the metric
/// `seconds`. The verdict is computed in double precision on `threads` threads. Images are written if `with_images`.
/// Throws Error{interrupted} before anything is written when a stop was requested while optimising.
[[nodiscard]] ClipResult optimise_clip(const Recipe& recipe, const Clip& clip, Backend& backend,
                                       const ClipOptics& optics, RunDirectory& directory, RunRecord& record,
                                       int threads, bool with_images, const FractionDone& progress);

}  // namespace anamorph::cli
