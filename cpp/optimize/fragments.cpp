// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/fragments.hpp"

#include <algorithm>
#include <cmath>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

/// A drawn edge, from corner to corner.
struct Edge {
  Point a, b;
  bool axis_parallel = false;
  bool inside = false;                    ///< of the window, not on its border
  bool outer_a = false, outer_b = false;  ///< the corner there is convex
  [[nodiscard]] double length() const { return std::hypot(b.x - a.x, b.y - a.y); }
  [[nodiscard]] Point along() const { return {(b.x - a.x) / length(), (b.y - a.y) / length()}; }
};

double cross(const Point& a, const Point& b, const Point& c) {
  return (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x);
}

/// The polygon without repeated vertices and those in the middle of an edge.
Polygon without_straight(const Polygon& polygon) {
  Polygon out;
  for (std::size_t i = 0, n = polygon.size(); i < n; ++i) {
    const Point& p = polygon[i];
    if (!out.empty() && out.back() == p) continue;
    while (out.size() >= 2 && cross(out[out.size() - 2], out.back(), p) == 0) out.pop_back();
    out.push_back(p);
  }
  const auto wraps = [&] {
    const std::size_t n = out.size();
    if (n < 3) return false;
    if (out[n - 1] == out[0] || cross(out[n - 2], out[n - 1], out[0]) == 0) {
      out.pop_back();
      return true;
    }
    if (cross(out[n - 1], out[0], out[1]) == 0) {
      out.erase(out.begin());
      return true;
    }
    return false;
  };
  while (wraps()) {
  }
  return out.size() < 3 ? Polygon{} : out;
}

double distance(const Point& a, const Point& b) { return std::hypot(b.x - a.x, b.y - a.y); }

/// Whether the edge from polygon[i] joins two parallel edges that run on in the same direction: one of its corners is
/// outer and the other inner, both are right angles.
bool is_step(const Polygon& p, std::size_t i) {
  const std::size_t n = p.size();
  const Point &before = p[(i + n - 1) % n], &a = p[i], &b = p[(i + 1) % n], &after = p[(i + 2) % n];
  const bool upright = a.x == b.x, level = a.y == b.y;
  if (upright == level) return false;
  if (upright ? before.y != a.y || after.y != b.y : before.x != a.x || after.x != b.x) return false;
  return cross(before, a, b) * cross(a, b, after) < 0;
}

/// The polygon without steps that no fragment can follow: where both a step and one of the edges that it joins are
/// shorter than `least`, that edge is put in line with the other. Two such edges in a row, free to move, would run
/// backwards past each other. The smallest go first, so that it does not matter where the outline begins.
Polygon without_small_steps(Polygon p, double least) {
  for (;;) {
    const std::size_t n = p.size();
    struct Step {
      double height, edge;
      std::size_t first, last;  ///< of the edge that moves
      Point by;
    };
    std::vector<Step> steps;
    for (std::size_t i = 0; i < n && n > 4; ++i) {
      const std::size_t b = (i + 1) % n, before = (i + n - 1) % n, after = (i + 2) % n;
      const double height = distance(p[i], p[b]), left = distance(p[before], p[i]), right = distance(p[b], p[after]);
      if (height >= least || std::min(left, right) >= least || left == right || !is_step(p, i)) continue;
      const Point up{p[b].x - p[i].x, p[b].y - p[i].y};
      const Step step = right < left ? Step{height, right, b, after, {-up.x, -up.y}} : Step{height, left, before, i, up};
      // The edge beyond changes its length by the step; it must stay one.
      const std::size_t outer = right < left ? step.last : step.first, far = right < left ? (after + 1) % n : (before + n - 1) % n;
      const Point beyond{p[far].x - p[outer].x, p[far].y - p[outer].y};
      if (beyond.x * step.by.x + beyond.y * step.by.y > 0 && distance(p[far], p[outer]) <= height) continue;
      steps.push_back(step);
    }
    if (steps.empty()) return p;
    const Step& least_step = *std::min_element(steps.begin(), steps.end(), [](const Step& a, const Step& b) {
      return a.height != b.height ? a.height < b.height : a.edge < b.edge;
    });
    for (const std::size_t i : {least_step.first, least_step.last})
      p[i] = {p[i].x + least_step.by.x, p[i].y + least_step.by.y};
    p = without_straight(p);
    if (p.empty()) return p;
  }
}

std::vector<Edge> edges_of(const Polygon& polygon, const Box& window) {
  std::vector<Edge> edges;
  const std::size_t n = polygon.size();
  const auto within = [&](const Point& p) {
    return p.x >= window.x0 && p.x <= window.x1 && p.y >= window.y0 && p.y <= window.y1;
  };
  for (std::size_t i = 0; i < n; ++i) {
    Edge e{polygon[i], polygon[(i + 1) % n]};
    const Point& before = polygon[(i + n - 1) % n];
    const Point& after = polygon[(i + 2) % n];
    e.axis_parallel = e.a.x == e.b.x || e.a.y == e.b.y;
    const bool on_border = (e.a.x == e.b.x && (e.a.x <= window.x0 || e.a.x >= window.x1)) ||
                           (e.a.y == e.b.y && (e.a.y <= window.y0 || e.a.y >= window.y1));
    e.inside = !on_border && within(e.a) && within(e.b);
    e.outer_a = cross(before, e.a, e.b) > 0;
    e.outer_b = cross(e.a, e.b, after) > 0;
    edges.push_back(e);
  }
  return edges;
}

/// Cuts of [0, length] that keep at least `least` to each other and to both ends, the earlier ones first; from both
/// sides alike: where a cut and its mirror image fight, neither is made.
class Cuts {
 public:
  Cuts(double length, double least) : length_(length), least_(least), at_{0, length} {}

  void add(std::vector<double> wanted) {
    std::sort(wanted.begin(), wanted.end());
    std::vector<double> good;
    for (const double t : wanted) {
      const bool far = std::all_of(at_.begin(), at_.end(), [&](double u) { return std::abs(u - t) >= least_ - 1e-9; });
      if (far && (good.empty() || t - good.back() > 1e-9)) good.push_back(t);
    }
    // Of cuts that are too near to each other the middle of the cluster stays.
    for (std::size_t i = 0; i < good.size();) {
      std::size_t j = i;
      while (j + 1 < good.size() && good[j + 1] - good[j] < least_ - 1e-9) ++j;
      at_.push_back((good[i] + good[j]) / 2);
      i = j + 1;
    }
    std::sort(at_.begin(), at_.end());
  }

  /// Divides every gap beyond 3/2 of `length` evenly, but for those at the ends that are corners.
  void divide(double length) {
    std::vector<double> more;
    for (std::size_t i = 0; i + 1 < at_.size(); ++i) {
      const double gap = at_[i + 1] - at_[i];
      const int parts = std::max(1, static_cast<int>(std::lround(gap / length)));
      if (gap / parts < least_) continue;
      for (int k = 1; k < parts; ++k) more.push_back(at_[i] + gap * k / parts);
    }
    at_.insert(at_.end(), more.begin(), more.end());
    std::sort(at_.begin(), at_.end());
  }

  /// On a grid that counts from the nearer end.
  [[nodiscard]] std::vector<double> at(double grid) const {
    std::vector<double> snapped{0};
    for (std::size_t i = 1; i + 1 < at_.size(); ++i) {
      const double near = std::round(std::min(at_[i], length_ - at_[i]) / grid) * grid;
      const double t = 2 * at_[i] > length_ ? length_ - near : near;
      if (t > snapped.back() && t < length_) snapped.push_back(t);
    }
    snapped.push_back(length_);
    return snapped;
  }

 private:
  double length_, least_;
  std::vector<double> at_;
};

/// Corners of all outlines, to be found by their x.
class Corners {
 public:
  explicit Corners(const std::vector<Polygon>& polygons) {
    for (const Polygon& p : polygons) points_.insert(points_.end(), p.begin(), p.end());
    std::sort(points_.begin(), points_.end(),
              [](const Point& a, const Point& b) { return a.x != b.x ? a.x < b.x : a.y < b.y; });
  }
  template <typename Found>
  void in(const Box& box, const Found& found) const {
    auto it =
        std::lower_bound(points_.begin(), points_.end(), box.x0, [](const Point& p, double x) { return p.x < x; });
    for (; it != points_.end() && it->x <= box.x1; ++it)
      if (it->y >= box.y0 && it->y <= box.y1) found(*it);
  }

 private:
  std::vector<Point> points_;
};

/// Places along the edge that corners of other edges within `reach` face, on either side.
std::vector<double> projections(const Edge& e, const Corners& corners, double reach) {
  std::vector<double> cuts;
  if (!(reach > 0)) return cuts;
  const Point u = e.along();
  const Box box{std::min(e.a.x, e.b.x) - reach * std::abs(u.y), std::min(e.a.y, e.b.y) - reach * std::abs(u.x),
                std::max(e.a.x, e.b.x) + reach * std::abs(u.y), std::max(e.a.y, e.b.y) + reach * std::abs(u.x)};
  corners.in(box, [&](const Point& p) { cuts.push_back((p.x - e.a.x) * u.x + (p.y - e.a.y) * u.y); });
  return cuts;
}

std::vector<double> cuts_of(const Edge& e, bool line_end, const Corners& corners, const FragmentRules& rules) {
  const double length = e.length();
  Cuts cuts(length, rules.least_nm);
  if (line_end) return cuts.at(rules.grid_nm);
  if (length >= 2 * rules.corner_nm + rules.least_nm) cuts.add({rules.corner_nm, length - rules.corner_nm});
  cuts.add(projections(e, corners, rules.project_nm));
  cuts.divide(rules.length_nm);
  return cuts.at(rules.grid_nm);
}

bool parallel(const Fragment& a, const Fragment& b) { return a.normal == b.normal; }

bool slanted(const Fragment& f) { return f.from.x != f.to.x && f.from.y != f.to.y; }

Point shifted(const Point& p, const Fragment& f, double d) { return {p.x + d * f.normal.x, p.y + d * f.normal.y}; }

/// Where fragment b begins, after fragment a; they share the point a.to.
Point joint(const Fragment& a, double da, const Fragment& b, double db, bool of_a) {
  if (parallel(a, b)) return of_a ? shifted(a.to, a, da) : shifted(a.to, b, db);
  return shifted(shifted(a.to, a, da), b, db);  // slanted ones do not move
}

}  // namespace

double Fragment::length() const noexcept { return std::hypot(to.x - from.x, to.y - from.y); }

std::vector<Polygon> Fragments::polygons(std::span<const double> displacement) const {
  std::vector<Polygon> outlines;
  for (std::size_t c = 0; c < first.size(); ++c) {
    Polygon outline;
    const auto end = c + 1 < first.size() ? static_cast<std::size_t>(first[c + 1]) : list.size();
    for (auto i = static_cast<std::size_t>(first[c]); i < end; ++i) {
      const auto n = static_cast<std::size_t>(list[i].next);
      outline.push_back(joint(list[i], displacement[i], list[n], displacement[n], true));
      if (parallel(list[i], list[n]))
        outline.push_back(joint(list[i], displacement[i], list[n], displacement[n], false));
    }
    outline = without_straight(outline);
    if (!outline.empty()) outlines.push_back(std::move(outline));
  }
  return outlines;
}

std::vector<EdgePiece> Fragments::pieces(std::span<const double> displacement) const {
  std::vector<EdgePiece> pieces(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto n = static_cast<std::size_t>(list[i].next);
    pieces[i].to = joint(list[i], displacement[i], list[n], displacement[n], true);
    pieces[n].from = joint(list[i], displacement[i], list[n], displacement[n], false);
    if (displacement[i] != displacement[n] && parallel(list[i], list[n])) {
      const Point& jog = pieces[n].from;
      pieces.push_back({pieces[i].to, jog});
    }
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!slanted(list[i])) continue;
    const Point corner{list[i].to.x, list[i].from.y};
    pieces[i].to = corner;
    pieces.push_back({corner, list[i].to});
  }
  return pieces;
}

std::vector<Polygon> Fragments::slants() const {
  std::vector<Polygon> triangles;
  for (const Fragment& f : list)
    if (slanted(f)) triangles.push_back({f.from, f.to, {f.to.x, f.from.y}});
  return triangles;
}

void Fragments::add_assist(const Box& box) {
  const Point corner[] = {{box.x0, box.y0}, {box.x1, box.y0}, {box.x1, box.y1}, {box.x0, box.y1}};
  const Point normal[] = {{0, -1}, {1, 0}, {0, 1}, {-1, 0}};
  const int base = static_cast<int>(list.size());
  first.push_back(base);
  for (int i = 0; i < 4; ++i)
    list.push_back(
        {corner[i], corner[(i + 1) % 4], normal[i], Fragment::Kind::assist, base + (i + 3) % 4, base + (i + 1) % 4});
}

Fragments fragmented(const std::vector<Polygon>& merged, const Box& window, const FragmentRules& rules) {
  for (const double length : {rules.corner_nm, rules.length_nm, rules.least_nm, rules.grid_nm})
    if (!(length > 0))
      throw Error(ErrorCode::recipe, "OPC-0001", "the lengths of fragments and their grid must be positive");
  std::vector<Polygon> outlines;
  for (const Polygon& polygon : merged) {
    outlines.push_back(without_small_steps(without_straight(polygon), rules.least_nm));
    if (outlines.back().empty()) outlines.pop_back();
  }
  const Corners corners(outlines);
  Fragments result;
  for (const Polygon& outline : outlines) {
    const std::vector<Edge> edges = edges_of(outline, window);
    const int base = static_cast<int>(result.list.size());
    result.first.push_back(base);
    const std::size_t n = edges.size();
    for (std::size_t i = 0; i < n; ++i) {
      const Edge& e = edges[i];
      const bool slanted_beside = !edges[(i + n - 1) % n].axis_parallel || !edges[(i + 1) % n].axis_parallel;
      // A step that is left stands between long edges, which move by themselves.
      const bool moves = e.axis_parallel && e.inside && !(e.outer_a != e.outer_b && e.length() < rules.least_nm);
      const bool line_end = e.outer_a && e.outer_b && e.length() <= rules.line_end_nm;
      const Point u = e.along();
      const std::vector<double> at = moves ? cuts_of(e, line_end, corners, rules) : std::vector<double>{0, e.length()};
      for (std::size_t k = 0; k + 1 < at.size(); ++k) {
        const bool begins = k == 0, ends = k + 2 == at.size();
        Fragment f;
        f.from = begins ? e.a : Point{e.a.x + at[k] * u.x, e.a.y + at[k] * u.y};
        f.to = ends ? e.b : Point{e.a.x + at[k + 1] * u.x, e.a.y + at[k + 1] * u.y};
        f.normal = {u.y, u.x == 0 ? 0 : -u.x};
        f.kind = !moves || (slanted_beside && (begins || ends)) ? Fragment::Kind::fixed
                 : line_end                                     ? Fragment::Kind::line_end
                 : begins || ends                               ? Fragment::Kind::corner
                                                                : Fragment::Kind::run;
        f.previous = static_cast<int>(result.list.size()) - 1;
        f.next = static_cast<int>(result.list.size()) + 1;
        result.list.push_back(f);
      }
    }
    result.list[static_cast<std::size_t>(base)].previous = static_cast<int>(result.list.size()) - 1;
    result.list.back().next = base;
  }
  return result;
}

std::vector<EdgeSite> edge_sites(const Fragments& fragments, double interval_nm, double end_nm) {
  std::vector<EdgeSite> sites;
  const auto& list = fragments.list;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto before = static_cast<std::size_t>(list[i].previous);
    if (before != i && parallel(list[before], list[i])) continue;  // not the first of its edge
    if (!list[i].movable() || list[i].kind == Fragment::Kind::assist) continue;
    std::vector<std::size_t> run{i};
    while (parallel(list[run.back()], list[static_cast<std::size_t>(list[run.back()].next)]))
      run.push_back(static_cast<std::size_t>(list[run.back()].next));
    const Point a = list[i].from, b = list[run.back()].to;
    const double length = std::hypot(b.x - a.x, b.y - a.y);
    if (!(length > 0)) continue;
    std::vector<double> at;
    if (length <= 2 * end_nm) {
      at = {length / 2};
    } else {
      for (double t = end_nm; t <= length / 2 + 1e-9; t += interval_nm) {
        at.push_back(t);
        if (length - t - t > 1e-6) at.push_back(length - t);
      }
    }
    std::sort(at.begin(), at.end());
    std::size_t k = 0;
    double end = list[run[0]].length();
    for (const double t : at) {
      // On a cut: the fragment nearer to the middle of the edge, whichever way around one goes.
      const double tie = t < length / 2 ? 1e-9 : -1e-9;
      while (t + tie > end && k + 1 < run.size()) end += list[run[++k]].length();
      sites.push_back(
          {{a.x + (b.x - a.x) * t / length, a.y + (b.y - a.y) * t / length}, list[i].normal, static_cast<int>(run[k])});
    }
  }
  return sites;
}

}  // namespace anamorph
