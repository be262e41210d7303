// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "masks/layout_query.hpp"

namespace anamorph::testing {

/// A layout made in the test.
class Made final : public LayoutFile {
 public:
  using Fill = std::function<void(LayoutSink&)>;
  void add(const std::string& name, Fill fill) {
    names_.push_back(name);
    fills_.push_back(std::move(fill));
  }
  [[nodiscard]] double dbu_nm() const noexcept override { return 1; }
  [[nodiscard]] const std::string& library_name() const noexcept override { return file_; }
  [[nodiscard]] const Properties& properties() const noexcept override { return properties_; }
  [[nodiscard]] const std::vector<std::string>& cells() const noexcept override { return names_; }
  [[nodiscard]] Properties cell_properties(std::size_t) const override { return {}; }
  [[nodiscard]] const std::string& name() const noexcept override { return file_; }
  void read(std::size_t cell, LayoutSink& sink) const override {
    ++reads_;
    fills_.at(cell)(sink);
  }
  [[nodiscard]] int reads() const { return reads_; }

 private:
  std::string file_ = "made";
  Properties properties_;
  std::vector<std::string> names_;
  std::vector<Fill> fills_;
  mutable std::atomic<int> reads_{0};
};

inline Made::Fill holding(const std::string& child, const Repetition& repetition = {}) {
  return [=](LayoutSink& sink) { sink.placement({child, {}, 0, false, 1}, repetition, {}); };
}

using Shapes = std::vector<std::pair<LayerNumber, DbuPolygon>>;

inline Shapes shapes(const LayoutIndex& index, const LayoutIndex::Query& query) {
  Shapes found;
  index.shapes(query, [&](const LayerNumber& layer, const DbuPolygon& p) { found.emplace_back(layer, p); });
  return found;
}

inline DbuBox box_of(const DbuPolygon& p) {
  DbuBox box;
  for (const DbuPoint& v : p) box.include(v);
  return box;
}

}  // namespace anamorph::testing
