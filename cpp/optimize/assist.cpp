// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/assist.hpp"

#include <algorithm>
#include <cmath>

#include "masks/raster.hpp"
#include "masks/region.hpp"
#include "masks/sizing.hpp"

namespace anamorph {
namespace {

/// Sums over boxes of cells.
class Sums {
 public:
  Sums(const std::vector<double>& cells, int nx, int ny)
      : nx_(nx), sum_(static_cast<std::size_t>((nx + 1) * (ny + 1))) {
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < nx; ++x)
        at(y + 1, x + 1) = cells[static_cast<std::size_t>(y * nx + x)] + at(y, x + 1) + at(y + 1, x) - at(y, x);
  }
  [[nodiscard]] double of(int x0, int y0, int x1, int y1) const {
    return at(y1, x1) - at(y0, x1) - at(y1, x0) + at(y0, x0);
  }

 private:
  [[nodiscard]] double& at(int y, int x) { return sum_[static_cast<std::size_t>(y * (nx_ + 1) + x)]; }
  [[nodiscard]] const double& at(int y, int x) const { return sum_[static_cast<std::size_t>(y * (nx_ + 1) + x)]; }
  int nx_;
  std::vector<double> sum_;
};

/// Cells of a window that are taken, at least in part.
std::vector<double> covered(const std::vector<Polygon>& shapes, const Grid& grid) {
  const Image<double> share = rasterise(shapes, grid);
  std::vector<double> taken;
  taken.reserve(share.size());
  for (const double s : share) taken.push_back(s > 0 ? 1 : 0);
  return taken;
}

}  // namespace

std::vector<Box> useful(const EdgeObjective& objective, int clip, const std::vector<Box>& bars, const Box& window) {
  if (bars.empty()) return {};
  constexpr double cell = 4;
  const int nx = static_cast<int>(window.width() / cell), ny = static_cast<int>(window.height() / cell);
  const Sums sums(objective.sensitivity(clip, nx, ny), nx, ny);
  std::vector<Box> kept;
  for (const Box& b : bars) {
    const auto column = [&](double x) {
      return std::clamp(static_cast<int>(std::lround((x - window.x0) / window.width() * nx)), 0, nx);
    };
    const auto row = [&](double y) {
      return std::clamp(static_cast<int>(std::lround((y - window.y0) / window.height() * ny)), 0, ny);
    };
    if (sums.of(column(b.x0), row(b.y0), column(b.x1), row(b.y1)) < 0) kept.push_back(b);
  }
  return kept;
}

std::vector<Box> rule_bars(const Fragments& shapes, const std::vector<double>& displacement, const Box& window,
                           const OpcOptions& options) {
  const AssistOptions& a = options.assist;
  const double half = a.width_nm / 2, cell = std::max(1.0, a.space_nm / 16);
  const int nx = static_cast<int>(window.width() / cell), ny = static_cast<int>(window.height() / cell);
  const Sums taken(
      covered(merge(sized(shapes.polygons(displacement), window, a.space_nm)), {window.x0, window.y0, nx, ny, cell}),
      nx, ny);
  std::vector<Box> bars;
  const auto free = [&](const Box& b) {
    const double border = a.space_nm / 2;  // the window is one period
    if (b.x0 < window.x0 + border || b.y0 < window.y0 + border || b.x1 > window.x1 - border || b.y1 > window.y1 - border)
      return false;
    const auto low = [&](double v) { return static_cast<int>(std::floor(v / cell)); };
    const auto high = [&](double v) { return static_cast<int>(std::ceil(v / cell)); };
    if (taken.of(low(b.x0 - window.x0), low(b.y0 - window.y0), high(b.x1 - window.x0), high(b.y1 - window.y0)) > 0.5)
      return false;
    return std::none_of(bars.begin(), bars.end(), [&](const Box& o) {
      return b.x0 < o.x1 + a.space_nm && o.x0 < b.x1 + a.space_nm && b.y0 < o.y1 + a.space_nm &&
             o.y0 < b.y1 + a.space_nm;
    });
  };
  for (std::size_t i = 0; i < shapes.list.size(); ++i) {
    const Fragment& first = shapes.list[i];
    if (!first.movable() || shapes.list[static_cast<std::size_t>(first.previous)].normal == first.normal) continue;
    std::size_t last = i;
    while (shapes.list[static_cast<std::size_t>(shapes.list[last].next)].normal == first.normal)
      last = static_cast<std::size_t>(shapes.list[last].next);
    const Point from = first.from, to = shapes.list[last].to, n = first.normal;
    if (std::hypot(to.x - from.x, to.y - from.y) < a.least_length_nm) continue;
    const double near = a.distance_nm - half, far = a.distance_nm + half;
    const auto snapped = [&](double v) { return std::round(v / options.grid_nm) * options.grid_nm; };
    Box bar{std::min(from.x, to.x) + std::min(near * n.x, far * n.x),
            std::min(from.y, to.y) + std::min(near * n.y, far * n.y),
            std::max(from.x, to.x) + std::max(near * n.x, far * n.x),
            std::max(from.y, to.y) + std::max(near * n.y, far * n.y)};
    bar = {snapped(bar.x0), snapped(bar.y0), snapped(bar.x1), snapped(bar.y1)};
    if (free(bar)) bars.push_back(bar);
  }
  return bars;
}

std::vector<Box> model_bars(const EdgeObjective& objective, int clip, const Fragments& shapes,
                            const std::vector<double>& displacement, const Box& window, const OpcOptions& options) {
  const AssistOptions& a = options.assist;
  std::vector<Box> bars;
  const double cell = std::max(options.grid_nm, std::floor(a.width_nm / 5 / options.grid_nm) * options.grid_nm);
  const int nx = static_cast<int>(window.width() / cell), ny = static_cast<int>(window.height() / cell);
  const Grid grid{window.x0, window.y0, nx, ny, cell};
  std::vector<double> use = objective.sensitivity(clip, nx, ny);
  for (double& u : use) u = -u;
  std::vector<double> taken = covered(merge(sized(shapes.polygons(displacement), window, a.space_nm)), grid);

  const Sums sums(use, nx, ny);
  const int w = std::max(1, static_cast<int>(std::lround(a.width_nm / cell)));
  const int least = std::max(w, static_cast<int>(std::lround(a.least_length_nm / cell)));
  const int gap = static_cast<int>(std::ceil(a.space_nm / cell));
  const int border = std::max(1, (gap + 1) / 2);  // the window is one period
  const int most = std::max(1, static_cast<int>(a.most * window.width() * window.height() / (2048.0 * 2048)));
  double best_ever = 0;
  while (static_cast<int>(bars.size()) < most) {
    const Sums blocked(taken, nx, ny);
    double best = 0;
    int bx0 = 0, by0 = 0, bx1 = 0, by1 = 0;
    const auto consider = [&](int x, int y, int lx, int ly) {
      if (x < border || y < border || x + lx > nx - border || y + ly > ny - border) return;
      const double mean = sums.of(x, y, x + lx, y + ly) / (lx * ly);
      if (mean > best && blocked.of(x, y, x + lx, y + ly) < 0.5) {
        best = mean;
        bx0 = x, by0 = y, bx1 = x + lx, by1 = y + ly;
      }
    };
    for (int y = border; y < ny - border; ++y)
      for (int x = border; x < nx - border; ++x) {
        consider(x, y, w, least);
        consider(x, y, least, w);
      }
    if (!(best > 0)) break;
    best_ever = std::max(best_ever, best);
    if (best < a.gain * best_ever) break;
    // Lengthened while what is added helps half as much.
    for (bool grown = true; grown;) {
      grown = false;
      const bool tall = by1 - by0 > bx1 - bx0, wide = bx1 - bx0 > by1 - by0;
      const auto grow = [&](int x0, int y0, int x1, int y1, int& side, int to) {
        if (x0 < border || y0 < border || x1 > nx - border || y1 > ny - border) return;
        const double mean = sums.of(x0, y0, x1, y1) / ((x1 - x0) * (y1 - y0));
        if (mean < std::max(0.5 * best, a.gain * best_ever) || blocked.of(x0, y0, x1, y1) > 0.5) return;
        side = to;
        grown = true;
      };
      if (!wide) {
        grow(bx0, by1, bx1, by1 + 1, by1, by1 + 1);
        grow(bx0, by0 - 1, bx1, by0, by0, by0 - 1);
      }
      if (!tall) {
        grow(bx1, by0, bx1 + 1, by1, bx1, bx1 + 1);
        grow(bx0 - 1, by0, bx0, by1, bx0, bx0 - 1);
      }
    }
    bars.push_back({window.x0 + bx0 * cell, window.y0 + by0 * cell, window.x0 + bx1 * cell, window.y0 + by1 * cell});
    for (int y = std::max(0, by0 - gap); y < std::min(ny, by1 + gap); ++y)
      for (int x = std::max(0, bx0 - gap); x < std::min(nx, bx1 + gap); ++x)
        taken[static_cast<std::size_t>(y * nx + x)] = 1;
  }
  return bars;
}

}  // namespace anamorph
