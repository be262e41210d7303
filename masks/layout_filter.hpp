// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "masks/layout_stream.hpp"

namespace anamorph {

/// What happens to elements on their way into another file.
struct LayoutChange {
  std::function<std::optional<LayerNumber>(const LayerNumber&)> layer;  ///< new number, or none: left out
  double from_dbu_nm = 1;
  double to_dbu_nm = 1;
  bool may_round = false;  ///< vertices that the new database unit does not reach; else Error{input}
};

/// Hands elements on, changed. Texts count as shapes of their layer.
class LayoutFilter final : public LayoutWriter {
 public:
  struct Counts {
    std::uint64_t cells = 0;
    std::uint64_t shapes = 0;  ///< as elements: a repetition counts once
    std::uint64_t texts = 0;
    std::uint64_t placements = 0;
    std::uint64_t rounded = 0;   ///< coordinates
    std::uint64_t vanished = 0;  ///< shapes that have no area in the new database unit; they are left out
  };

  LayoutFilter(LayoutWriter& to, LayoutChange change);
  void begin_cell(const std::string& name, const Properties& properties) override;
  void end_cell() override;
  void finish() override;
  void polygon(const LayerNumber&, const DbuPolygon&, const Repetition&, const Properties&) override;
  void box(const LayerNumber&, const DbuBox&, const Repetition&, const Properties&) override;
  void path(const LayerNumber&, const LayoutPath&, const Repetition&, const Properties&) override;
  void text(const LayerNumber&, const LayoutText&, const Repetition&, const Properties&) override;
  void placement(const Placement&, const Repetition&, const Properties&) override;
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  [[nodiscard]] const std::optional<LayerNumber>& renamed(const LayerNumber& layer);
  void vanish() { ++counts_.vanished; }
  [[nodiscard]] std::int64_t scaled(std::int64_t v);
  [[nodiscard]] DbuPoint scaled(const DbuPoint& p) { return {scaled(p.x), scaled(p.y)}; }
  [[nodiscard]] Repetition scaled(const Repetition& repetition);

  LayoutWriter& to_;
  LayoutChange change_;
  bool same_unit_;
  std::map<LayerNumber, std::optional<LayerNumber>> layers_;
  Counts counts_;
};

}  // namespace anamorph
