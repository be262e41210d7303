// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/tile/shapes.hpp"

#include <cmath>
#include <sstream>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/tile/layout_shapes.hpp"
#include "masks/layout.hpp"

namespace anamorph {

namespace {

namespace fs = std::filesystem;

DbuBox box_of(const DbuPolygon& polygon) {
  DbuBox box;
  for (const DbuPoint& p : polygon) box.include(p);
  return box;
}

/// A clip, which fits into memory.
class ClipShapes : public ShapeReader {
 public:
  explicit ClipShapes(const TileSource& source) {
    const Layout layout = read_layout(source.file, {source.cell, {}, {}});
    dbu_nm_ = layout.dbu_nm;
    cell_ = layout.cell;
    for (const std::string& layer : source.layers.empty() ? std::vector<std::string>{""} : source.layers)
      for (const Polygon& polygon : polygons(layout, layer)) {
        DbuPolygon& p = polygons_.emplace_back();
        for (const Point& at : polygon) p.push_back({std::llround(at.x / dbu_nm_), std::llround(at.y / dbu_nm_)});
        boxes_.push_back(box_of(p));
        for (const DbuPoint& at : p) all_.include(at);
      }
  }

  [[nodiscard]] double dbu_nm() const noexcept override { return dbu_nm_; }
  [[nodiscard]] std::string cell() const override { return cell_; }
  [[nodiscard]] DbuBox bounding_box() const override { return all_; }
  void shapes(const DbuBox& window, const std::function<void(const DbuPolygon&)>& tell) const override {
    for (std::size_t i = 0; i < polygons_.size(); ++i)
      if (boxes_[i].touches(window)) tell(polygons_[i]);
  }

 private:
  double dbu_nm_ = 1;
  std::string cell_;
  std::vector<DbuPolygon> polygons_;
  std::vector<DbuBox> boxes_;
  DbuBox all_;
};

/// Coordinates in a finer unit.
class FinerShapes : public ShapeReader {
 public:
  FinerShapes(std::unique_ptr<ShapeReader> reader, std::int64_t factor, double dbu_nm)
      : reader_(std::move(reader)), factor_(factor), dbu_nm_(dbu_nm) {}

  [[nodiscard]] double dbu_nm() const noexcept override { return dbu_nm_; }
  [[nodiscard]] std::string cell() const override { return reader_->cell(); }
  [[nodiscard]] DbuBox bounding_box() const override {
    const DbuBox b = reader_->bounding_box();
    return b.empty() ? b : DbuBox{b.x0 * factor_, b.y0 * factor_, b.x1 * factor_, b.y1 * factor_};
  }
  void shapes(const DbuBox& window, const std::function<void(const DbuPolygon&)>& tell) const override {
    const auto below = [&](std::int64_t v) { return v >= 0 ? v / factor_ : -((-v + factor_ - 1) / factor_); };
    const auto above = [&](std::int64_t v) { return -below(-v); };
    reader_->shapes({below(window.x0), below(window.y0), above(window.x1), above(window.y1)}, [&](const DbuPolygon& p) {
      DbuPolygon finer = p;
      for (DbuPoint& at : finer) at = {at.x * factor_, at.y * factor_};
      if (box_of(finer).touches(window)) tell(finer);
    });
  }
  [[nodiscard]] ArrayPitch pitch() const override {
    const ArrayPitch p = reader_->pitch();
    return {p.x * factor_, p.y * factor_};
  }

 private:
  std::unique_ptr<ShapeReader> reader_;
  std::int64_t factor_;
  double dbu_nm_;
};

}  // namespace

std::unique_ptr<ShapeReader> open_shapes(const TileSource& source, int threads) {
  if (source.file.extension() != ".glp") return layout_shapes(source, threads);
  return std::make_unique<ClipShapes>(source);
}

std::unique_ptr<ShapeReader> in_unit(std::unique_ptr<ShapeReader> reader, double dbu_nm, const fs::path& file) {
  const double factor = reader->dbu_nm() / dbu_nm;
  const std::int64_t whole = std::llround(factor);
  if (whole < 1 || std::abs(factor - static_cast<double>(whole)) > 1e-6 * factor) {
    std::ostringstream text;
    text << "the database unit is " << reader->dbu_nm() << " nm; expected a whole multiple of " << dbu_nm
         << " nm, the finest of the layouts that belong together";
    throw Error(ErrorCode::input, "TIL-0004", text.str(), {file.string()});
  }
  if (whole == 1) return reader;
  return std::make_unique<FinerShapes>(std::move(reader), whole, dbu_nm);
}

}  // namespace anamorph
