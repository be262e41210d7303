// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/repair.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

constexpr int kMaxRounds = 16;

struct Pixels {
  int width, space;
  double area;
};

Pixels in_pixels(double pixel_nm, const MaskRules& rules) {
  const auto wide = [&](double nm) { return static_cast<int>(std::ceil(nm / pixel_nm)) + 1; };
  return {wide(rules.min_width_nm), wide(rules.min_space_nm), rules.min_area_nm2 / (pixel_nm * pixel_nm)};
}

Bitmaps round_of_repair(Morphology& m, const Bitmaps& masks, const Pixels& rule) {
  const long area = static_cast<long>(std::ceil(rule.area));
  Bitmaps x = m.small_grown(masks, rule.area);
  x = m.small_grown(x, rule.area, Of::zeros);
  x = m.opened(x, rule.width);
  x = m.opened(x, rule.space, Of::zeros);
  x = m.without_small(x, area);
  return m.without_small(x, area, Of::zeros);
}

/// Calls work(morphology, bitmaps) with one mask on the CPU.
template <typename Work>
Bitmap on_cpu(const Bitmap& mask, const Work& work) {
  if (mask.empty()) return mask;
  const std::unique_ptr<Backend> backend = make_backend("cpu", 1);
  Morphology& m = backend->morphology();
  return m.download(work(m, m.upload({&mask, 1})), 0);
}

}  // namespace

Bitmaps repaired_once(Morphology& morphology, const Bitmaps& masks, double pixel_nm, const MaskRules& rules) {
  return round_of_repair(morphology, masks, in_pixels(pixel_nm, rules));
}

Bitmaps repaired(Morphology& m, const Bitmaps& masks, double pixel_nm, const MaskRules& rules) {
  const Pixels rule = in_pixels(pixel_nm, rules);
  std::vector<int> open(static_cast<std::size_t>(masks.batch()));  // entries of the batch that may still change
  std::iota(open.begin(), open.end(), 0);
  Bitmaps result = m.selected(masks, open);
  Bitmaps current = m.selected(masks, open);  // those entries
  for (int round = 0; round < kMaxRounds && !open.empty(); ++round) {
    Bitmaps next = round_of_repair(m, current, rule);
    const std::vector<long> changes = m.differences(next, current);
    std::vector<int> settled, moving, still_open;
    for (int k = 0; k < current.batch(); ++k)
      if (changes[static_cast<std::size_t>(k)] == 0) settled.push_back(k);
    if (!settled.empty()) {
      // Closing has the last word in a round; where opening would undo it, the two are at odds.
      const Bitmaps still = m.selected(current, settled);
      const Bitmaps wide = m.opened(still, rule.width);
      const std::vector<long> necks = m.differences(wide, still);
      // A neck too narrow to stay, in a gap too narrow to open: the gap is widened.
      Bitmaps parted;
      if (std::any_of(necks.begin(), necks.end(), [](long pixels) { return pixels != 0; }))
        parted = m.minus(still, m.dilated(m.minus(still, wide), 2 * (rule.space / 2 + 1) + 1));
      for (std::size_t i = 0; i < settled.size(); ++i) {
        const int k = settled[i];
        if (necks[i] != 0) {
          m.copy_entry(parted, static_cast<int>(i), next, k);
        } else {
          m.copy_entry(current, k, result, open[static_cast<std::size_t>(k)]);
          open[static_cast<std::size_t>(k)] = -1;
        }
      }
    }
    for (int k = 0; k < current.batch(); ++k) {
      if (open[static_cast<std::size_t>(k)] < 0) continue;
      moving.push_back(k);
      still_open.push_back(open[static_cast<std::size_t>(k)]);
    }
    current = moving.size() == open.size() ? std::move(next) : m.selected(next, moving);
    open = std::move(still_open);
  }
  for (std::size_t k = 0; k < open.size(); ++k) {
    if (!measure_mask(m.download(current, static_cast<int>(k)), pixel_nm, rules).clean(rules))
      throw Error(ErrorCode::recipe, "MRC-0004",
                  "no mask near this one keeps the mask rules; relax mask.rules or switch them off");
    m.copy_entry(current, static_cast<int>(k), result, open[k]);
  }
  return result;
}

Bitmap repaired(const Bitmap& mask, double pixel_nm, const MaskRules& rules) {
  return on_cpu(mask, [&](Morphology& m, const Bitmaps& x) { return repaired(m, x, pixel_nm, rules); });
}

Bitmap repaired_once(const Bitmap& mask, double pixel_nm, const MaskRules& rules) {
  return on_cpu(mask, [&](Morphology& m, const Bitmaps& x) { return repaired_once(m, x, pixel_nm, rules); });
}

}  // namespace anamorph
