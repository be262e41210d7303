// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "masks/layout_stream.hpp"

namespace anamorph::fuzz {

inline void require(bool kept) {
  if (!kept) std::abort();
}

/// Passes everything on to a writer and counts it; what it is told must keep the promises of the reader.
class Check final : public LayoutSink {
 public:
  explicit Check(LayoutWriter* to) : to_(to) {}

  void polygon(const LayerNumber& l, const DbuPolygon& p, const Repetition& r, const Properties& q) override {
    require(p.size() >= 3);
    for (const DbuPoint& each : p) place(each);
    tell(r, q);
    if (to_) to_->polygon(l, p, r, q);
  }
  void box(const LayerNumber& l, const DbuBox& b, const Repetition& r, const Properties& q) override {
    require(!b.empty());
    place({b.x0, b.y0});
    place({b.x1, b.y1});
    tell(r, q);
    if (to_) to_->box(l, b, r, q);
  }
  void path(const LayerNumber& l, const LayoutPath& p, const Repetition& r, const Properties& q) override {
    require(!p.spine.empty());
    for (const DbuPoint& each : p.spine) place(each);
    tell(r, q);
    if (to_) to_->path(l, p, r, q);
  }
  void text(const LayerNumber& l, const LayoutText& t, const Repetition& r, const Properties& q) override {
    place(t.at);
    tell(r, q);
    if (to_) to_->text(l, t, r, q);
  }
  void placement(const Placement& c, const Repetition& r, const Properties& q) override {
    require(c.magnification > 0);
    place(c.origin);
    tell(r, q);
    if (to_) to_->placement(c, r, q);
  }

  std::uint64_t elements = 0;
  std::uint64_t members = 0;
  std::uint64_t properties = 0;

 private:
  static void place(const DbuPoint& p) {
    constexpr std::int64_t most = std::int64_t{1} << 60;
    require(p.x >= -most && p.x <= most && p.y >= -most && p.y <= most);
  }
  void tell(const Repetition& r, const Properties& q) {
    require(r.count() > 0);
    require(r.offsets.empty() || r.offsets.front() == DbuPoint{});
    for (const DbuPoint& each : r.offsets) place(each);
    ++elements;
    members += r.count();
    properties += q.size();
  }
  LayoutWriter* to_;
};

inline Check read_all(const LayoutFile& file, LayoutWriter* to) {
  Check check(to);
  for (std::size_t i = 0; i < file.cells().size(); ++i) {
    const Properties properties = file.cell_properties(i);
    if (to) to->begin_cell(file.cells()[i], properties);
    file.read(i, check);
    if (to) to->end_cell();
  }
  if (to) to->finish();
  return check;
}

}  // namespace anamorph::fuzz
