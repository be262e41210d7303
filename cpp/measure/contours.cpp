// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/contours.hpp"

#include <algorithm>
#include <cstring>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

// The field is padded by two samples on each side: one on the window's edge, where the value is that of the nearest
// pixel (or the mean of the two at a periodic seam), and one at the same place, but below the level. So every contour
// is closed, and follows the edge of the window exactly, without a special case.
constexpr int padding = 2;

class PaddedField {
 public:
  PaddedField(const Image<double>& field, const Grid& grid, double level, bool periodic)
      : field_(field), grid_(grid), level_(level), periodic_(periodic) {}

  [[nodiscard]] int width() const { return field_.nx() + 2 * padding; }
  [[nodiscard]] int height() const { return field_.ny() + 2 * padding; }
  [[nodiscard]] double x_nm(int i) const {
    return std::clamp(grid_.x_centre_nm(i - padding), grid_.x0_nm, grid_.x0_nm + grid_.width_nm());
  }
  [[nodiscard]] double y_nm(int j) const {
    return std::clamp(grid_.y_centre_nm(j - padding), grid_.y0_nm, grid_.y0_nm + grid_.height_nm());
  }

  /// Samples of row j relative to the level: >= 0 inside.
  void row(int j, std::vector<double>& out) const {
    if (j == 0 || j == height() - 1) {
      std::fill(out.begin(), out.end(), -1.0);
      return;
    }
    const int ny = field_.ny();
    const int y = std::clamp(j - padding, 0, ny - 1);
    const bool seam = periodic_ && y != j - padding;
    const double* a = field_.row(y);
    const double* b = seam ? field_.row(ny - 1 - y) : a;  // y is 0 or ny - 1
    const int nx = field_.nx();
    for (int x = 0; x < nx; ++x) out[static_cast<std::size_t>(x + padding)] = (a[x] + b[x]) / 2 - level_;
    const double first = out[padding];
    const double last = out[static_cast<std::size_t>(nx + padding - 1)];
    out.front() = out.back() = -1;
    out[1] = periodic_ ? (first + last) / 2 : first;
    out[static_cast<std::size_t>(nx + padding)] = periodic_ ? out[1] : last;
  }

 private:
  const Image<double>& field_;
  const Grid& grid_;
  double level_;
  bool periodic_;
};

/// A step of a contour through one square, from the crossing `at` on line `from` to that on line `to`.
struct Segment {
  std::size_t from;
  std::size_t to;
  Point at;
};

/// Fills `mixed` with 1 where the square (i, i + 1) x (two rows) has corners on both sides, and ends it with a 1.
void find_mixed(const std::vector<double>& low, const std::vector<double>& high, std::vector<std::uint8_t>& low_in,
                std::vector<std::uint8_t>& high_in, std::vector<std::uint8_t>& mixed) {
  const std::size_t n = low.size();
  low_in.swap(high_in);
  for (std::size_t i = 0; i < n; ++i) high_in[i] = high[i] >= 0;
  for (std::size_t i = 0; i + 1 < n; ++i)
    mixed[i] = static_cast<std::uint8_t>((low_in[i] ^ low_in[i + 1]) | (low_in[i] ^ high_in[i]) |
                                         (high_in[i] ^ high_in[i + 1]));
  mixed[n - 1] = 1;
}

std::vector<Segment> segments(const PaddedField& field) {
  const int width = field.width();
  const auto n = static_cast<std::size_t>(width);
  std::vector<double> low(n), high(n);
  std::vector<std::uint8_t> low_in(n), high_in(n), mixed(n);
  std::vector<double> x_nm(n);
  for (int i = 0; i < width; ++i) x_nm[static_cast<std::size_t>(i)] = field.x_nm(i);

  std::vector<Segment> all;
  field.row(0, high);
  for (int j = 0; j + 1 < field.height(); ++j) {
    low.swap(high);
    field.row(j + 1, high);
    find_mixed(low, high, low_in, high_in, mixed);
    const double y_nm[] = {field.y_nm(j), field.y_nm(j + 1)};
    for (std::size_t i = 0;; ++i) {
      i = static_cast<std::size_t>(static_cast<const std::uint8_t*>(std::memchr(&mixed[i], 1, n - i)) - mixed.data());
      if (i == n - 1) break;
      // Corners and sides of the square, counter-clockwise: side s joins corners s and s + 1.
      const double value[] = {low[i], low[i + 1], high[i + 1], high[i]};
      const Point corner[] = {{x_nm[i], y_nm[0]}, {x_nm[i + 1], y_nm[0]}, {x_nm[i + 1], y_nm[1]}, {x_nm[i], y_nm[1]}};
      const std::size_t base = 2 * (static_cast<std::size_t>(j) * n + i);  // even: horizontal lines, odd: vertical ones
      const std::size_t line[] = {base, base + 3, base + 2 * n, base + 1};
      const auto leaves = [&](int s) { return value[s % 4] >= 0 && value[(s + 1) % 4] < 0; };
      const auto enters = [&](int s) { return value[s % 4] < 0 && value[(s + 1) % 4] >= 0; };
      // With the inside on its left, a contour comes in where the walk around the square leaves the inside. At a saddle
      // two such sides remain: if the inside is joined through the middle, the contour cuts off the next corner.
      const double saddle_value =
          value[0] * value[2] - value[1] * value[3];  // of the bilinear interpolant, times a sum
      const bool joined = value[0] >= 0 ? saddle_value >= 0 : saddle_value <= 0;
      for (int s = 0; s < 4; ++s) {
        if (!leaves(s)) continue;
        const bool saddle = leaves(s + 2);
        int out = s + 1;
        if (saddle) {
          if (!joined) out = s + 3;
        } else {
          while (!enters(out)) ++out;
        }
        const double t = value[s] / (value[s] - value[(s + 1) % 4]);
        const Point& a = corner[s];
        const Point& b = corner[(s + 1) % 4];
        all.push_back({line[s], line[out % 4], {a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)}});
      }
    }
  }
  return all;
}

/// Leaves out repeated points and the inner points of horizontal and vertical runs.
Polygon simplified(const Polygon& polygon) {
  Polygon kept;
  const auto superfluous = [](const Point& a, const Point& b, const Point& c) {
    return b == c || (a.x == b.x && b.x == c.x) || (a.y == b.y && b.y == c.y);
  };
  for (const Point& point : polygon) {
    while (kept.size() >= 2 && superfluous(kept[kept.size() - 2], kept.back(), point)) kept.pop_back();
    if (kept.empty() || kept.back() != point) kept.push_back(point);
  }
  // The same where the end meets the beginning.
  while (kept.size() >= 3 && superfluous(kept[kept.size() - 2], kept.back(), kept.front())) kept.pop_back();
  while (kept.size() >= 3 && superfluous(kept.back(), kept.front(), kept[1])) kept.erase(kept.begin());
  return kept;
}

}  // namespace

std::vector<Polygon> contours(const Image<double>& field, const Grid& grid, double level, bool periodic) {
  if (field.ny() != grid.ny || field.nx() != grid.nx || field.empty())
    throw Error(ErrorCode::recipe, "MEA-0002", "the field does not have the size of its grid");
  std::vector<Segment> steps = segments(PaddedField(field, grid, level, periodic));
  const auto by_line = [](const Segment& a, const Segment& b) { return a.from < b.from; };
  std::sort(steps.begin(), steps.end(), by_line);

  // Each crossed line is the beginning of one segment and the end of another.
  std::vector<bool> done(steps.size());
  std::vector<Polygon> polygons;
  for (std::size_t first = 0; first < steps.size(); ++first) {
    Polygon polygon;
    for (std::size_t k = first; !done[k];) {
      done[k] = true;
      polygon.push_back(steps[k].at);
      k = static_cast<std::size_t>(std::lower_bound(steps.begin(), steps.end(), Segment{steps[k].to, 0, {}}, by_line) -
                                   steps.begin());
    }
    polygon = simplified(polygon);
    if (polygon.size() >= 3) polygons.push_back(std::move(polygon));
  }
  return polygons;
}

}  // namespace anamorph
