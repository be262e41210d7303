// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/repair.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/morphology.hpp"

namespace anamorph {
namespace {

constexpr int kMaxRounds = 16;

/// Islands of at least half, but not all, of `min_area` pixels become discs of that area around their centre.
void grow_small(Bitmap& mask, double min_area) {
  const Components found = components(mask, Connectivity::four);
  std::vector<std::size_t> small;
  for (std::size_t k = 0; k < found.areas.size(); ++k)
    if (static_cast<double>(found.areas[k]) < min_area && 2.0 * static_cast<double>(found.areas[k]) >= min_area)
      small.push_back(k);
  if (small.empty()) return;

  // Centres of gravity relative to the first pixel met, so that an island across the seam keeps its own.
  struct Island {
    int y0 = -1, x0 = 0;
    double y = 0, x = 0;
  };
  std::vector<Island> islands(found.areas.size());
  const int ny = mask.ny(), nx = mask.nx();
  const auto near = [](int delta, int n) { return delta > n / 2 ? delta - n : delta < -n / 2 ? delta + n : delta; };
  for (int y = 0; y < ny; ++y) {
    const int* label = found.labels.row(y);
    for (int x = 0; x < nx; ++x) {
      if (label[x] == 0) continue;
      const auto k = static_cast<std::size_t>(label[x] - 1);
      if (!std::binary_search(small.begin(), small.end(), k)) continue;
      Island& island = islands[k];
      if (island.y0 < 0) {
        island.y0 = y;
        island.x0 = x;
      }
      island.y += near(y - island.y0, ny);
      island.x += near(x - island.x0, nx);
    }
  }
  const double radius = std::sqrt(min_area / std::numbers::pi) + 0.5;
  const int reach = static_cast<int>(std::ceil(radius)) + 1;
  for (const std::size_t k : small) {
    const Island& island = islands[k];
    const double area = static_cast<double>(found.areas[k]);
    const double cy = island.y0 + island.y / area, cx = island.x0 + island.x / area;
    const int y0 = static_cast<int>(std::lround(cy)), x0 = static_cast<int>(std::lround(cx));
    for (int y = y0 - reach; y <= y0 + reach; ++y)
      for (int x = x0 - reach; x <= x0 + reach; ++x)
        if (std::hypot(y - cy, x - cx) <= radius) mask((y % ny + ny) % ny, (x % nx + nx) % nx) = 1;
  }
}

struct Pixels {
  int width, space;
  double area;
};

Pixels in_pixels(double pixel_nm, const MaskRules& rules) {
  const auto wide = [&](double nm) { return static_cast<int>(std::ceil(nm / pixel_nm)) + 1; };
  return {wide(rules.min_width_nm), wide(rules.min_space_nm), rules.min_area_nm2 / (pixel_nm * pixel_nm)};
}

Bitmap round_of_repair(Bitmap mask, const Pixels& rule) {
  grow_small(mask, rule.area);
  mask = complement(std::move(mask));
  grow_small(mask, rule.area);
  mask = complement(std::move(mask));
  mask = close_disc(open_disc(mask, rule.width), rule.space);
  return remove_small(mask, static_cast<long>(std::ceil(rule.area)));
}

}  // namespace

Bitmap repaired_once(const Bitmap& mask, double pixel_nm, const MaskRules& rules) {
  return round_of_repair(mask, in_pixels(pixel_nm, rules));
}

Bitmap repaired(const Bitmap& mask, double pixel_nm, const MaskRules& rules) {
  const Pixels rule = in_pixels(pixel_nm, rules);
  Bitmap current = mask;
  for (int round = 0; round < kMaxRounds; ++round) {
    Bitmap next = round_of_repair(current, rule);
    if (next == current) {
      // Closing has the last word in a round; where opening would undo it, the two are at odds.
      Bitmap neck = open_disc(current, rule.width);
      std::transform(current.begin(), current.end(), neck.begin(), neck.begin(), [](auto a, auto b) { return a != b; });
      if (std::none_of(neck.begin(), neck.end(), [](auto pixel) { return pixel != 0; })) return current;
      // A neck too narrow to stay, in a gap too narrow to open: the gap is widened.
      neck = dilate_disc(neck, rule.space / 2 + 1);
      std::transform(next.begin(), next.end(), neck.begin(), next.begin(), [](auto a, auto b) { return a & ~b & 1; });
    }
    current = std::move(next);
  }
  if (!measure_mask(current, pixel_nm, rules).clean(rules))
    throw Error(ErrorCode::recipe, "MRC-0004",
                "no mask near this one keeps the mask rules; relax mask.rules or switch them off");
  return current;
}

}  // namespace anamorph
