// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/layout_filter.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "cpp/core/error.hpp"
#include "masks/layer_names.hpp"

namespace anamorph {

namespace {

/// Whether a polygon has less than three corners.
bool on_a_line(const DbuPolygon& shape) {
  __extension__ using Wide = __int128;
  if (shape.size() < 3) return true;
  const DbuPoint &a = shape[0], &b = shape[1];
  return std::all_of(shape.begin(), shape.end(),
                     [&](const DbuPoint& p) { return Wide{b.x - a.x} * (p.y - a.y) == Wide{b.y - a.y} * (p.x - a.x); });
}

}  // namespace

LayoutFilter::LayoutFilter(LayoutWriter& to, LayoutChange change)
    : to_(to), change_(std::move(change)), same_unit_(change_.from_dbu_nm == change_.to_dbu_nm) {}

void LayoutFilter::begin_cell(const std::string& name, const Properties& properties) {
  ++counts_.cells;
  to_.begin_cell(name, with_promises_renamed(properties, [&](const LayerNumber& layer) { return renamed(layer); }));
}

void LayoutFilter::end_cell() { to_.end_cell(); }

void LayoutFilter::finish() { to_.finish(); }

void LayoutFilter::polygon(const LayerNumber& layer, const DbuPolygon& shape, const Repetition& repetition,
                           const Properties& properties) {
  const auto& to = renamed(layer);
  if (!to) return;
  if (same_unit_) {
    ++counts_.shapes;
    return to_.polygon(*to, shape, repetition, properties);
  }
  DbuPolygon changed;
  for (const DbuPoint& p : shape)
    if (const DbuPoint q = scaled(p); changed.empty() || changed.back() != q) changed.push_back(q);
  while (changed.size() > 1 && changed.front() == changed.back()) changed.pop_back();
  if (on_a_line(changed)) return vanish();
  ++counts_.shapes;
  to_.polygon(*to, changed, scaled(repetition), properties);
}

void LayoutFilter::box(const LayerNumber& layer, const DbuBox& b, const Repetition& repetition,
                       const Properties& properties) {
  const auto& to = renamed(layer);
  if (!to) return;
  const DbuPoint low = scaled(DbuPoint{b.x0, b.y0}), high = scaled(DbuPoint{b.x1, b.y1});
  if (!same_unit_ && (low.x == high.x || low.y == high.y)) return vanish();
  ++counts_.shapes;
  to_.box(*to, {low.x, low.y, high.x, high.y}, scaled(repetition), properties);
}

void LayoutFilter::path(const LayerNumber& layer, const LayoutPath& wire, const Repetition& repetition,
                        const Properties& properties) {
  const auto& to = renamed(layer);
  if (!to) return;
  LayoutPath changed = wire;
  for (DbuPoint& p : changed.spine) p = scaled(p);
  changed.width = scaled(wire.width);
  if (changed.width == 0 && wire.width != 0) return vanish();
  ++counts_.shapes;
  changed.begin_extension = scaled(wire.begin_extension);
  changed.end_extension = scaled(wire.end_extension);
  to_.path(*to, changed, scaled(repetition), properties);
}

void LayoutFilter::text(const LayerNumber& layer, const LayoutText& label, const Repetition& repetition,
                        const Properties& properties) {
  const auto& to = renamed(layer);
  if (!to) return;
  ++counts_.texts;
  to_.text(*to, {scaled(label.at), label.text}, scaled(repetition), properties);
}

void LayoutFilter::placement(const Placement& placed, const Repetition& repetition, const Properties& properties) {
  ++counts_.placements;
  Placement changed = placed;
  changed.origin = scaled(placed.origin);
  to_.placement(changed, scaled(repetition), properties);
}

const std::optional<LayerNumber>& LayoutFilter::renamed(const LayerNumber& layer) {
  const auto [found, fresh] = layers_.try_emplace(layer);
  if (fresh) found->second = change_.layer ? change_.layer(layer) : layer;
  return found->second;
}

std::int64_t LayoutFilter::scaled(std::int64_t v) {
  if (same_unit_) return v;
  const long double exact = static_cast<long double>(v) * change_.from_dbu_nm / change_.to_dbu_nm;
  if (!(std::abs(exact) < 0x1p62L))
    throw Error(ErrorCode::input, "LAY-0031", "a coordinate is too large for the new database unit");
  const long double nearest = std::round(exact);
  if (std::abs(exact - nearest) > 1e-6L) {
    if (!change_.may_round)
      throw Error(ErrorCode::input, "LAY-0030",
                  "the coordinate " + std::to_string(v) + " is no whole number of the new database unit; flatten the " +
                      "layout, which rounds each vertex once");
    ++counts_.rounded;
  }
  return static_cast<std::int64_t>(nearest);
}

Repetition LayoutFilter::scaled(const Repetition& repetition) {
  if (same_unit_) return repetition;
  Repetition changed = repetition;
  changed.a = scaled(repetition.a);
  changed.b = scaled(repetition.b);
  for (DbuPoint& p : changed.offsets) p = scaled(p);
  return changed;
}

}  // namespace anamorph
