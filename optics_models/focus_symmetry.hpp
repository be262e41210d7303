// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "optics_models/projection.hpp"

namespace anamorph {

/// Whether every thin real mask has the same image at focus z and -z. The conjugate of a field, with f -> -f in its
/// spectrum, is that of the conjugate pupil: so the point s at focus z gives the image of -s at -z if P(-p) is the
/// conjugate of P(p). That holds for an even amplitude and an odd wavefront (coma, trefoil, tilt; not astigmatism,
/// spherical aberration or power), for a source whose points come in pairs s, -s of conjugate polarisation, and a focus
/// blur that is even. Answers no for what it cannot decide: pupils from maps, films, and colours with a focus of their
/// own.
[[nodiscard]] bool focus_symmetric(const Projection& projection, const std::vector<SourcePoint>& source);

}  // namespace anamorph
