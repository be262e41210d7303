// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/cell_contents.hpp"

#include <utility>

namespace anamorph {

namespace {

constexpr std::size_t most_of_a_cell = 4U << 20U;
constexpr std::size_t most_of_all = 64U << 20U;

}  // namespace

void ElementReader::polygon(const LayerNumber& layer, const DbuPolygon& shape, const Repetition& repetition,
                            const Properties& properties) {
  DbuBox box;
  for (const DbuPoint& p : shape) box.include(p);
  details_.properties = properties;
  details_.text.reset();
  sink_.shape(layer, shape, box, repetition, details_);
}

void ElementReader::text(const LayerNumber& layer, const LayoutText& label, const Repetition& repetition,
                         const Properties& properties) {
  details_.properties = properties;
  details_.text = label.text;
  sink_.shape(layer, std::span(&label.at, 1), {label.at.x, label.at.y, label.at.x, label.at.y}, repetition, details_);
}

void ElementReader::placement(const Placement& placement, const Repetition& repetition, const Properties& properties) {
  const auto found = numbers_.find(placement.cell);
  if (found == numbers_.end()) return;
  sink_.child(found->second, Orientation::of(placement), placement.origin, repetition, !properties.empty());
}

std::size_t bytes_of(const Properties& properties) {
  std::size_t bytes = 0;
  for (const Property& property : properties) {
    bytes += sizeof(Property) + property.name.size() + property.values.size() * sizeof(PropertyValue);
    for (const PropertyValue& value : property.values)
      if (const auto* text = std::get_if<std::string>(&value)) bytes += text->size();
  }
  return bytes;
}

void CellContents::shape(const LayerNumber& layer, std::span<const DbuPoint> points, const DbuBox& box,
                         const Repetition& repetition, const ElementDetails& details) {
  shapes_.push_back({layer, points_.size(), points.size(), box, remember(repetition), remember(details)});
  points_.insert(points_.end(), points.begin(), points.end());
}

void CellContents::child(std::size_t cell, const Orientation& orientation, const DbuPoint& origin,
                         const Repetition& repetition, bool with_properties) {
  children_.push_back({cell, orientation, origin, remember(repetition), with_properties});
}

std::size_t CellContents::remember(const Repetition& repetition) {
  if (repetition == repetitions_.front()) return 0;
  if (!(repetition == repetitions_.back())) repetitions_.push_back(repetition);
  return repetitions_.size() - 1;
}

std::size_t CellContents::remember(const ElementDetails& details) {
  if (details == details_.front()) return 0;
  if (!(details == details_.back())) {
    details_.push_back(details);
    bytes_of_details_ += sizeof(ElementDetails) + bytes_of(details.properties) + details.text.value_or("").size();
  }
  return details_.size() - 1;
}

void CellContents::tell(ElementSink& sink) const {
  for (const Shape& s : shapes_)
    sink.shape(s.layer, std::span(points_).subspan(s.first, s.count), s.box, repetitions_[s.repetition],
               details_[s.details]);
  for (const Child& c : children_)
    sink.child(c.cell, c.orientation, c.origin, repetitions_[c.repetition], c.with_properties);
}

std::size_t CellContents::bytes() const noexcept {
  std::size_t offsets = 0;
  for (const Repetition& r : repetitions_) offsets += r.offsets.capacity();
  return (points_.capacity() + offsets) * sizeof(DbuPoint) + shapes_.capacity() * sizeof(Shape) +
         children_.capacity() * sizeof(Child) + repetitions_.capacity() * sizeof(Repetition) + bytes_of_details_ +
         sizeof(*this);
}

std::shared_ptr<const CellContents> ContentsCache::find(std::size_t cell, std::uint64_t bytes, bool& worthwhile) {
  worthwhile = false;
  if (bytes > most_of_a_cell) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto [place, first_visit] = places_.try_emplace(cell, entries_.end());
  if (place->second != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, place->second);
    return place->second->contents;
  }
  worthwhile = !first_visit;
  return nullptr;
}

void ContentsCache::keep(std::size_t cell, std::shared_ptr<const CellContents> contents) {
  const std::lock_guard lock(mutex_);
  auto& place = places_[cell];
  if (place != entries_.end()) return;  // another thread was faster
  bytes_ += contents->bytes();
  entries_.push_front({cell, std::move(contents)});
  place = entries_.begin();
  while (bytes_ > most_of_all && entries_.size() > 1) {
    bytes_ -= entries_.back().contents->bytes();
    places_[entries_.back().cell] = entries_.end();
    entries_.pop_back();
  }
}

}  // namespace anamorph
