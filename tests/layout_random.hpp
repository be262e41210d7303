// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "masks/layout_stream.hpp"

// Layouts made up by chance, with all that a layout can have.

namespace anamorph::testing {

inline void write_all(const LayoutFile& from, LayoutWriter& to) {
  for (std::size_t i = 0; i < from.cells().size(); ++i) {
    to.begin_cell(from.cells()[i], from.cell_properties(i));
    from.read(i, to);
    to.end_cell();
  }
  to.finish();
}

/// The same for the same seed. Cells place only cells before them. Coordinates below 2^far.
class RandomLayout final : public LayoutFile {
 public:
  explicit RandomLayout(unsigned seed, int cells = 6, int elements = 120, int far = 40)
      : seed_(seed), elements_(elements), far_(far) {
    for (int i = 0; i < cells; ++i) cells_.push_back("CELL_" + std::to_string(i));
    Chance chance{std::mt19937_64(seed), far};
    properties_ = chance.properties();
  }
  double dbu_nm() const noexcept override { return 1; }
  const std::string& library_name() const noexcept override { return name_; }
  const Properties& properties() const noexcept override { return properties_; }
  const std::vector<std::string>& cells() const noexcept override { return cells_; }
  const std::string& name() const noexcept override { return name_; }
  Properties cell_properties(std::size_t cell) const override {
    Chance chance{std::mt19937_64(seed_ * 1000 + 500 + cell), far_};
    return chance.properties();
  }
  void read(std::size_t cell, LayoutSink& sink) const override {
    Chance chance{std::mt19937_64(seed_ * 1000 + cell), far_};
    for (int i = 0; i < elements_; ++i) {
      const LayerNumber layer{static_cast<std::uint32_t>(chance.upto(3)), static_cast<std::uint32_t>(chance.upto(300))};
      const Repetition r = chance.repetition();
      const Properties q = chance.properties();
      switch (chance.upto(6)) {
        case 0:
          sink.polygon(layer, chance.manhattan(), r, q);
          break;
        case 1:
          sink.polygon(layer, chance.points(3 + chance.upto(6), chance.upto(1) == 0), r, q);
          break;
        case 2: {
          const DbuPoint at = chance.point();
          const std::int64_t w = chance.upto(20);
          sink.box(layer, {at.x, at.y, at.x + w, at.y + (chance.upto(1) ? w : chance.upto(900))}, r, q);
          break;
        }
        case 3: {
          const std::int64_t half = chance.upto(40);
          const std::int64_t ends[] = {0, half, chance.upto(30) - 15};
          LayoutPath path{chance.points(2 + chance.upto(4), chance.upto(1) == 0), 2 * half, ends[chance.upto(2)],
                          ends[chance.upto(2)], false};
          for (std::size_t k = 1; chance.upto(1) && k < path.spine.size(); ++k)
            (k % 2 ? path.spine[k].y : path.spine[k].x) = k % 2 ? path.spine[k - 1].y : path.spine[k - 1].x;
          sink.path(layer, path, r, q);
          break;
        }
        case 4:
          sink.text(layer, {chance.point(), "label " + std::to_string(chance.upto(5))}, r, q);
          break;
        default: {
          static constexpr double angles[] = {0, 90, 180, 270, 30, 45.5};
          static constexpr double sizes[] = {1, 1, 1, 2, 0.5, 1.1};
          const auto below = static_cast<std::int64_t>(cell);
          if (below == 0) break;
          Placement child{cells_[static_cast<std::size_t>(chance.upto(below - 1))], chance.point(),
                          angles[chance.upto(5)], chance.upto(1) == 0, sizes[chance.upto(5)]};
          sink.placement(child, r, q);
        }
      }
    }
  }

 private:
  struct Chance {
    std::mt19937_64 engine;
    std::int64_t far;  ///< coordinates of at most this many bits

    std::int64_t upto(std::int64_t most) {
      return static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(most + 1));
    }
    std::int64_t coordinate() {
      const std::int64_t size = std::int64_t{1} << upto(upto(9) == 0 ? far : 12);
      return upto(2 * size) - size;
    }
    DbuPoint point() {
      const std::int64_t x = coordinate();
      return {x, coordinate()};
    }
    std::vector<DbuPoint> points(std::int64_t count, bool octangular) {
      std::vector<DbuPoint> result{point()};
      while (static_cast<std::int64_t>(result.size()) < count) {
        const std::int64_t step = 1 + upto(500);
        DbuPoint by{(upto(2) - 1) * step, (upto(2) - 1) * step};
        if (!octangular) by = {upto(1000) - 500, upto(1000) - 500};
        if (by == DbuPoint{}) by.x = step;
        result.push_back({result.back().x + by.x, result.back().y + by.y});
      }
      return result;
    }
    /// A staircase.
    DbuPolygon manhattan() {
      const DbuPoint at = point();
      DbuPolygon result{at};
      const std::int64_t steps = 1 + upto(4);
      for (std::int64_t i = 0; i < steps; ++i) {
        result.push_back({result.back().x + 1 + upto(300), result.back().y});
        result.push_back({result.back().x, result.back().y + 1 + upto(300)});
      }
      result.push_back({at.x, result.back().y});
      if (upto(1)) std::reverse(result.begin(), result.end());
      std::rotate(result.begin(), result.begin() + upto(static_cast<std::int64_t>(result.size()) - 1), result.end());
      return result;
    }
    Repetition repetition() {
      Repetition r;
      const std::int64_t kind = upto(11);
      const auto step = [&] { return DbuPoint{upto(2000) - 700, upto(2000) - 700}; };
      if (kind == 0)
        r = {{1 + upto(500), 0},
             {0, 1 + upto(500)},
             static_cast<std::uint64_t>(1 + upto(5)),
             static_cast<std::uint64_t>(1 + upto(5)),
             {}};
      if (kind == 1)
        r = {step(), step(), static_cast<std::uint64_t>(1 + upto(4)), static_cast<std::uint64_t>(1 + upto(4)), {}};
      if (kind == 2) r = {{0, 1 + upto(500)}, {1 + upto(500), 0}, 2, 3, {}};
      if (kind >= 3 && kind <= 6) {
        const std::int64_t grid = upto(1) ? 1 : 100;
        r.offsets = {{0, 0}};
        for (std::int64_t i = upto(6); i >= 0; --i) {
          const DbuPoint& last = r.offsets.back();
          const DbuPoint by = kind == 3 ? DbuPoint{1 + upto(50), 0} : kind == 4 ? DbuPoint{0, 1 + upto(50)} : step();
          r.offsets.push_back({last.x + grid * by.x, last.y + grid * by.y});
        }
      }
      return r;
    }
    Properties properties() {
      Properties result;
      if (upto(5) != 0) return result;
      for (std::int64_t i = upto(2); i >= 0; --i) {
        Property p{upto(1) ? "S_GDS_PROPERTY" : "net " + std::to_string(upto(2)), {}};
        if (p.name[0] == 'S') {
          p.values = {static_cast<std::uint64_t>(upto(126)), "value " + std::to_string(upto(3))};
        } else {
          for (std::int64_t k = upto(upto(4) ? 3 : 20); k > 0; --k) {
            const PropertyValue kinds[] = {static_cast<std::uint64_t>(upto(9)), upto(9) - 5,
                                           static_cast<double>(upto(9) - 5) / 4,
                                           std::string(1, static_cast<char>(upto(127)))};
            p.values.push_back(kinds[upto(3)]);
          }
        }
        result.push_back(std::move(p));
      }
      return result;
    }
  };

  unsigned seed_;
  int elements_;
  int far_;
  std::string name_ = "by chance";
  std::vector<std::string> cells_;
  Properties properties_;
};

}  // namespace anamorph::testing
