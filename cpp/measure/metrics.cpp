// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/metrics.hpp"

#include <algorithm>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

void require_same_size(const Bitmap& a, const Bitmap& b) {
  if (a.ny() != b.ny() || a.nx() != b.nx())
    throw Error(ErrorCode::recipe, "MEA-0001", "bitmaps of different size are compared, the same size expected");
}

}  // namespace

long l2_px(const Bitmap& print, const Bitmap& target) {
  require_same_size(print, target);
  long differing = 0;
  for (std::size_t i = 0; i < print.size(); ++i) differing += print.data()[i] != target.data()[i];
  return differing;
}

long pvband_px(const std::vector<Bitmap>& prints) {
  if (prints.empty()) return 0;
  for (const Bitmap& print : prints) require_same_size(print, prints.front());
  // A pixel is in the band if some print differs there from the first.
  const Bitmap& first = prints.front();
  long pixels = 0;
  for (std::size_t i = 0; i < first.size(); ++i)
    pixels += std::any_of(prints.begin() + 1, prints.end(),
                          [&](const Bitmap& print) { return print.data()[i] != first.data()[i]; });
  return pixels;
}

}  // namespace anamorph
