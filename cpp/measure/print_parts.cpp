// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/print_parts.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace anamorph {

namespace {

using Rows = std::vector<std::vector<TargetEdges::Run>>;

class Sets {
 public:
  explicit Sets(int count = 0) : parent_(static_cast<std::size_t>(count)) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }
  int add() {
    parent_.push_back(static_cast<int>(parent_.size()));
    return parent_.back();
  }
  int find(int i) {
    while (at(i) != i) i = at(i) = at(at(i));
    return i;
  }
  bool join(int a, int b) {
    a = find(a), b = find(b);
    if (a == b) return false;
    at(std::max(a, b)) = std::min(a, b);
    return true;
  }
  [[nodiscard]] int size() const { return static_cast<int>(parent_.size()); }

 private:
  int& at(int i) { return parent_[static_cast<std::size_t>(i)]; }
  std::vector<int> parent_;
};

Rows inside_rows(const PrintParts& parts) {
  Rows rows(parts.rows.size());
  for (std::size_t y = 0; y < rows.size(); ++y)
    for (const PrintParts::Run& run : parts.rows[y]) rows[y].push_back({run.x0, run.x1, run.part});
  return rows;
}

/// Calls see(y, x0, x1, first label, second label) for what two sets of labelled runs have in common.
template <typename See>
void common(const Rows& a, const Rows& b, See see) {
  for (std::size_t y = 0; y < a.size(); ++y)
    for (std::size_t i = 0, j = 0; i < a[y].size() && j < b[y].size();) {
      const TargetEdges::Run &p = a[y][i], &q = b[y][j];
      const int x0 = std::max(p.x0, q.x0), x1 = std::min(p.x1, q.x1);
      if (x0 < x1) see(static_cast<int>(y), x0, x1, p.feature, q.feature);
      (p.x1 < q.x1 ? i : j)++;
    }
}

/// The pixels of a region between seeds, from the highest to the lowest: where two seeds first meet is the pass
/// between them. Only pixels of one group come together.
class Passes {
 public:
  Passes(int ny, int nx)
      : nx_(nx), ny_(ny), set_(static_cast<std::size_t>(ny) * static_cast<std::size_t>(nx), -1), group_(set_.size()) {}

  void seed(int y, int x0, int x1, int label, int group) {
    const auto [it, is_new] = known_.try_emplace({group, label}, sets_.size());
    if (is_new) {
      sets_.add();
      names_.push_back(label);
    }
    for (int x = x0; x < x1; ++x) {
      seeds_.push_back(key(y, x));
      set_[seeds_.back()] = it->second;
      group_[seeds_.back()] = group;
    }
  }
  void ground(int y, int x, double height, int group) {
    pixels_.push_back({height, key(y, x)});
    group_[pixels_.back().second] = group;
  }

  struct Pass {
    int y = 0, x = 0;
    int group = 0;
    int from = 0, to = 0;  ///< labels
  };
  std::vector<Pass> run() {
    for (const std::size_t at : seeds_) meet(at);  // seeds side by side
    std::sort(pixels_.begin(), pixels_.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    for (const auto& [height, at] : pixels_) {
      set_[at] = sets_.add();
      names_.push_back(-1);
      meet(at);
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::size_t key(int y, int x) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(nx_) + static_cast<std::size_t>(x);
  }
  /// Joins with its neighbours; two named sets that come together are a pass.
  void meet(std::size_t at) {
    const int y = static_cast<int>(at / static_cast<std::size_t>(nx_)),
              x = static_cast<int>(at % static_cast<std::size_t>(nx_));
    const auto side = [&](bool there, std::size_t other) {
      if (!there || set_[other] < 0 || group_[other] != group_[at]) return;
      const int a = sets_.find(set_[at]), b = sets_.find(set_[other]);
      if (a == b) return;
      const int name_a = names_[static_cast<std::size_t>(a)], name_b = names_[static_cast<std::size_t>(b)];
      if (name_a >= 0 && name_b >= 0) found_.push_back({y, x, group_[at], name_a, name_b});
      sets_.join(a, b);
      names_[static_cast<std::size_t>(sets_.find(a))] = name_a >= 0 ? name_a : name_b;
    };
    const auto row = static_cast<std::size_t>(nx_);
    side(y > 0, at - row);
    side(x > 0, at - 1);
    side(x + 1 < nx_, at + 1);
    side(y + 1 < ny_, at + row);
    // Within a group diagonals join too: that they do not, elsewhere, has made two groups.
    side(y > 0 && x > 0, at - row - 1);
    side(y > 0 && x + 1 < nx_, at - row + 1);
    side(y + 1 < ny_ && x > 0, at + row - 1);
    side(y + 1 < ny_ && x + 1 < nx_, at + row + 1);
  }

  int nx_, ny_;
  Sets sets_;
  std::vector<int> names_;  ///< [set]: the label of its seed, -1: none
  std::map<std::pair<int, int>, int> known_;
  std::vector<int> set_, group_;  ///< [pixel]
  std::vector<std::size_t> seeds_;
  std::vector<std::pair<double, std::size_t>> pixels_;
  std::vector<Pass> found_;
};

/// Where the image has its saddle (or peak) near a place: by Newton's method; the place itself, if that leaves it by
/// more than `most_nm`.
Point stationary(const PixelImage& image, const Point& start, double most_nm) {
  const double h = image.grid().pixel_nm / 4;
  Point p = start;
  for (int i = 0; i < 6; ++i) {
    const double c = image.at(p), e = image.at({p.x + h, p.y}), w = image.at({p.x - h, p.y}),
                 n = image.at({p.x, p.y + h}), s = image.at({p.x, p.y - h});
    const double mixed = (image.at({p.x + h, p.y + h}) + image.at({p.x - h, p.y - h}) - image.at({p.x + h, p.y - h}) -
                          image.at({p.x - h, p.y + h})) /
                         (4 * h * h);
    const double gx = (e - w) / (2 * h), gy = (n - s) / (2 * h), xx = (e - 2 * c + w) / (h * h),
                 yy = (n - 2 * c + s) / (h * h);
    const double det = xx * yy - mixed * mixed;
    if (det == 0) return start;
    p = {p.x - (yy * gx - mixed * gy) / det, p.y - (xx * gy - mixed * gx) / det};
    if (!(std::hypot(p.x - start.x, p.y - start.y) < most_nm)) return start;
  }
  return p;
}

/// The lowest point of a contour, near a first guess: I = level and dI/dx = 0, by Newton's method. The guess, if that
/// does not stay near: a straight bottom has no such point.
Point lowest_point(const PixelImage& image, const Point& start, double level) {
  const double h = image.grid().pixel_nm / 4;
  Point p = start;
  for (int i = 0; i < 8; ++i) {
    const double c = image.at(p), e = image.at({p.x + h, p.y}), w = image.at({p.x - h, p.y});
    const double ne = image.at({p.x + h, p.y + h}), nw = image.at({p.x - h, p.y + h}),
                 se = image.at({p.x + h, p.y - h}), sw = image.at({p.x - h, p.y - h});
    const double n = image.at({p.x, p.y + h}), s = image.at({p.x, p.y - h});
    const double gx = (e - w) / (2 * h), gy = (n - s) / (2 * h), xx = (e - 2 * c + w) / (h * h),
                 xy = (ne - nw - se + sw) / (4 * h * h);
    const double det = gx * xy - gy * xx;
    if (det == 0) return start;
    const double f = c - level;
    p = {p.x - (f * xy - gx * gy) / det, p.y - (gx * gx - f * xx) / det};
    if (!(std::hypot(p.x - start.x, p.y - start.y) < 3 * image.grid().pixel_nm)) return start;
  }
  return p;
}

struct Overlap {
  std::vector<std::set<int>> features_of;  ///< [part]
  std::vector<std::set<int>> parts_of;     ///< [feature]
};

class Comparison {
 public:
  Comparison(const PrintModel& print, const TargetEdges& target, const TargetEdges& assist, PartsFound& found)
      : print_(print),
        target_(target),
        painted_(target.painted(print.grid())),
        assists_(assist.painted(print.grid())),
        found_(found) {
    const Grid& g = print.grid();
    window_ = {g.x0_nm, g.y0_nm, g.x0_nm + g.width_nm(), g.y0_nm + g.height_nm()};
    lost_.assign(target.features().size(), 0);
    present_.assign(target.features().size(), 0);
    for (const auto& row : painted_)
      for (const TargetEdges::Run& run : row) present_[static_cast<std::size_t>(run.feature)] = 1;
  }

  void look(int c) {
    const PrintParts parts = print_parts(print_, c);
    const Rows rows = inside_rows(parts);
    Overlap overlap{std::vector<std::set<int>>(static_cast<std::size_t>(parts.count)),
                    std::vector<std::set<int>>(target_.features().size())};
    common(rows, painted_, [&](int, int, int, int part, int feature) {
      overlap.features_of[static_cast<std::size_t>(part)].insert(feature);
      overlap.parts_of[static_cast<std::size_t>(feature)].insert(part);
    });
    spots(c, rows, overlap);
    lost(c, overlap);
    joins(c, rows, overlap);
    breaks(c, rows, overlap);
  }

 private:
  [[nodiscard]] double excess(int c, int y, int x) const {
    return print_.excess(c, print_.pixels(print_.condition(c).stack)(y, x));
  }

  void spots(int c, const Rows& rows, const Overlap& overlap) {
    struct Sum {
      Point lowest;
      long pixels = 0;
      Box box{1e300, 1e300, -1e300, -1e300};
      bool assist = false;
    };
    std::map<int, Sum> sums;
    const Grid& g = print_.grid();
    const double half = g.pixel_nm / 2;
    for (int y = 0; y < g.ny; ++y)
      for (const TargetEdges::Run& run : rows[static_cast<std::size_t>(y)]) {
        if (!overlap.features_of[static_cast<std::size_t>(run.feature)].empty()) continue;
        const auto [it, is_new] = sums.try_emplace(run.feature);
        Sum& sum = it->second;
        if (is_new) sum.lowest = {(g.x_centre_nm(run.x0) + g.x_centre_nm(run.x1 - 1)) / 2, g.y_centre_nm(y) - half};
        sum.pixels += run.x1 - run.x0;
        sum.box = {std::min(sum.box.x0, g.x_centre_nm(run.x0) - half), std::min(sum.box.y0, g.y_centre_nm(y) - half),
                   std::max(sum.box.x1, g.x_centre_nm(run.x1 - 1) + half),
                   std::max(sum.box.y1, g.y_centre_nm(y) + half)};
      }
    if (sums.empty()) return;
    common(rows, assists_, [&](int, int, int, int part, int) {
      if (const auto it = sums.find(part); it != sums.end()) it->second.assist = true;
    });
    for (const auto& [part, sum] : sums) {
      LoneSpot spot{lowest_point(print_.image(print_.condition(c).stack), sum.lowest, print_.level(c)), sum.box,
                    static_cast<double>(sum.pixels) * g.pixel_nm * g.pixel_nm, c, sum.assist};
      // The same spot in another condition is one finding: the larger one.
      const auto same = std::find_if(found_.spots.begin(), found_.spots.end(), [&](const LoneSpot& other) {
        return other.box.x0 < spot.box.x1 && spot.box.x0 < other.box.x1 && other.box.y0 < spot.box.y1 &&
               spot.box.y0 < other.box.y1;
      });
      if (same == found_.spots.end()) {
        found_.spots.push_back(spot);
      } else {
        const bool either = same->assist || spot.assist;
        if (spot.area_nm2 > same->area_nm2) *same = spot;
        same->assist = either;
      }
    }
  }

  void lost(int c, const Overlap& overlap) {
    for (std::size_t f = 0; f < overlap.parts_of.size(); ++f) {
      const Box& box = target_.features()[f].box;
      if (lost_[f] || !present_[f] || !overlap.parts_of[f].empty()) continue;
      if (box.x0 < window_.x0 || box.y0 < window_.y0 || box.x1 > window_.x1 || box.y1 > window_.y1) continue;
      lost_[f] = 1;
      found_.lost.push_back({static_cast<int>(f), c});
    }
  }

  void put(FindingKind kind, std::pair<int, int> between, int c, const Passes::Pass& pass) {
    const Grid& g = print_.grid();
    const Point at = stationary(print_.image(print_.condition(c).stack), {g.x_centre_nm(pass.x), g.y_centre_nm(pass.y)},
                                4 * g.pixel_nm);
    const double half = g.pixel_nm;
    found_.joins.push_back({kind, between, at, {at.x - half, at.y - half}, {at.x + half, at.y + half}, 0, c, -1, 0});
  }

  /// Features that one part of the print holds together: at the highest way between them outside of the target.
  void joins(int c, const Rows& rows, const Overlap& overlap) {
    const auto several = [&](int part) { return overlap.features_of[static_cast<std::size_t>(part)].size() > 1; };
    if (std::none_of(overlap.features_of.begin(), overlap.features_of.end(),
                     [](const auto& f) { return f.size() > 1; }))
      return;
    Passes passes(print_.grid().ny, print_.grid().nx);
    common(rows, painted_, [&](int y, int x0, int x1, int part, int feature) {
      if (several(part)) passes.seed(y, x0, x1, feature, part);
    });
    for_rest(rows, painted_, [&](int y, int x, int part) {
      if (several(part)) passes.ground(y, x, excess(c, y, x), part);
    });
    for (const Passes::Pass& one : passes.run()) put(FindingKind::bridge, std::minmax(one.from, one.to), c, one);
  }

  /// Parts of the print within one feature: at the highest way between them inside the feature.
  void breaks(int c, const Rows& rows, const Overlap& overlap) {
    const auto several = [&](int feature) { return overlap.parts_of[static_cast<std::size_t>(feature)].size() > 1; };
    if (std::none_of(overlap.parts_of.begin(), overlap.parts_of.end(), [](const auto& p) { return p.size() > 1; }))
      return;
    Passes passes(print_.grid().ny, print_.grid().nx);
    common(painted_, rows, [&](int y, int x0, int x1, int feature, int part) {
      if (several(feature)) passes.seed(y, x0, x1, part, feature);
    });
    for_rest(painted_, rows, [&](int y, int x, int feature) {
      if (several(feature)) passes.ground(y, x, excess(c, y, x), feature);
    });
    for (const Passes::Pass& one : passes.run()) put(FindingKind::pinch, {one.group, one.group}, c, one);
  }

  /// Calls see(y, x, label) for the pixels of `a` that are in no run of `b`.
  template <typename See>
  static void for_rest(const Rows& a, const Rows& b, See see) {
    for (std::size_t y = 0; y < a.size(); ++y) {
      std::size_t j = 0;
      for (const TargetEdges::Run& run : a[y])
        for (int x = run.x0; x < run.x1; ++x) {
          while (j < b[y].size() && b[y][j].x1 <= x) ++j;
          if (j == b[y].size() || x < b[y][j].x0) see(static_cast<int>(y), x, run.feature);
        }
    }
  }

  const PrintModel& print_;
  const TargetEdges& target_;
  Rows painted_, assists_;
  Box window_;
  std::vector<std::uint8_t> lost_, present_;
  PartsFound& found_;
};

}  // namespace

PrintParts print_parts(const PrintModel& print, int condition) {
  const Image<double>& image = print.pixels(print.condition(condition).stack);
  const int ny = image.ny(), nx = image.nx();
  const double level = print.level(condition);
  const bool bright = print.bright();
  PrintParts parts;
  parts.rows.resize(static_cast<std::size_t>(ny));
  Sets sets;
  const PixelImage& smooth = print.image(print.condition(condition).stack);
  const Grid& g = print.grid();
  // Two pixels that print and touch by the corner (y, x) alone: whether the image prints at its saddle between them.
  const auto joins_at = [&](int y, int x) {
    const Point corner{g.x0_nm + x * g.pixel_nm, g.y0_nm + y * g.pixel_nm};
    return print.excess(condition, smooth.at(stationary(smooth, corner, 0.71 * g.pixel_nm))) >= 0;
  };
  for (int y = 0; y < ny; ++y) {
    auto& row = parts.rows[static_cast<std::size_t>(y)];
    const double* v = image.row(y);
    for (int x = 0; x < nx;) {
      while (x < nx && (v[x] >= level) != bright) ++x;
      if (x == nx) break;
      const int first = x;
      while (x < nx && (v[x] >= level) == bright) ++x;
      row.push_back({first, x, sets.add()});
    }
    if (y == 0) continue;
    const auto& below = parts.rows[static_cast<std::size_t>(y - 1)];
    std::size_t j = 0;
    for (const PrintParts::Run& run : row) {
      while (j < below.size() && below[j].x1 < run.x0) ++j;
      for (std::size_t k = j; k < below.size() && below[k].x0 <= run.x1; ++k) {
        const PrintParts::Run& other = below[k];
        bool joined = other.x0 < run.x1 && run.x0 < other.x1;
        if (other.x1 == run.x0) joined = joins_at(y, run.x0);
        if (run.x1 == other.x0) joined = joins_at(y, run.x1);
        if (joined) sets.join(run.part, other.part);
      }
    }
  }
  std::vector<int> name(static_cast<std::size_t>(sets.size()), -1);
  for (int y = 0; y < ny; ++y)
    for (PrintParts::Run& run : parts.rows[static_cast<std::size_t>(y)]) {
      int& part = name[static_cast<std::size_t>(sets.find(run.part))];
      if (part < 0) {
        part = parts.count++;
      }
      run.part = part;
    }
  return parts;
}

PartsFound compare_parts(const PrintModel& print, const TargetEdges& target, const TargetEdges& assist) {
  PartsFound found;
  Comparison comparison(print, target, assist, found);
  for (int c = 0; c < print.count(); ++c) comparison.look(c);
  return found;
}

}  // namespace anamorph
