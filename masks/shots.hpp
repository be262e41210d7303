// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cpp/core/image.hpp"

namespace anamorph {

/// Number of rectangles that write the mask: rows are cut into runs, identical runs of neighbouring rows are merged
/// into one rectangle; the lesser of the count by rows and the count by columns. Not periodic: a writer has a start and
/// an end.
[[nodiscard]] long rectangle_count(const Bitmap& mask);

}  // namespace anamorph
