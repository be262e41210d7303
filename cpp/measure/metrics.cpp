// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/metrics.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

#include "cpp/core/error.hpp"
#include "masks/morphology.hpp"

namespace anamorph {
namespace {

void require_same_size(const Bitmap& a, const Bitmap& b) {
  if (a.ny() != b.ny() || a.nx() != b.nx())
    throw Error(ErrorCode::recipe, "MEA-0001", "bitmaps of different size are compared, the same size expected");
}

/// Sets band[x] where a[x] differs from b[x].
void add_difference(const std::uint8_t* a, const std::uint8_t* b, std::span<std::uint8_t> band) {
  for (std::size_t x = 0; x < band.size(); ++x) band[x] = static_cast<std::uint8_t>(band[x] | (a[x] != b[x]));
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
  std::vector<std::uint8_t> band(static_cast<std::size_t>(first.nx()));
  for (int y = 0; y < first.ny(); ++y) {
    std::fill(band.begin(), band.end(), std::uint8_t{0});
    for (const Bitmap& print : prints) add_difference(print.row(y), first.row(y), band);
    for (const auto in_band : band) pixels += in_band;
  }
  return pixels;
}

PrintDefects print_defects(const Bitmap& print, const Bitmap& target) {
  require_same_size(print, target);
  // Parts of `shapes` that do not meet `other`.
  const auto alone = [](const Bitmap& shapes, const Bitmap& other) {
    const Components parts = components(shapes, Connectivity::eight);
    std::vector<bool> meets(parts.areas.size() + 1, false);
    for (std::size_t i = 0; i < other.size(); ++i)
      if (other.data()[i] != 0) meets[static_cast<std::size_t>(parts.labels.data()[i])] = true;
    return static_cast<int>(std::count(meets.begin() + 1, meets.end(), false));
  };
  return {alone(print, target), alone(target, print)};
}

}  // namespace anamorph
