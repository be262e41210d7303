// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/edge_rules.hpp"

#include <algorithm>
#include <cmath>

namespace anamorph {
namespace {

constexpr int kSweeps = 50;

/// A fragment of one axis: where it stands, and the part of the axis along it that it may come to cover.
struct Facing {
  int fragment;
  int outline;
  double at, low, high;
  double drawn_low, drawn_high;
};

}  // namespace

EdgeRules::EdgeRules(const Fragments& fragments, const MaskRules* rules, double most_nm, const Box& window) {
  for (const Fragment& f : fragments.list) most_.push_back(f.movable() ? most_nm : 0);
  outwards_ = most_;
  if (rules == nullptr) return;
  for (std::size_t i = 0; i < outwards_.size(); ++i) {
    const Fragment& f = fragments.list[i];
    const double to_border = f.vertical() ? (f.normal.x > 0 ? window.x1 - f.from.x : f.from.x - window.x0)
                                          : (f.normal.y > 0 ? window.y1 - f.from.y : f.from.y - window.y0);
    outwards_[i] = std::min(most_[i], std::max(0.0, to_border - rules->min_space_nm / 2));
  }
  facing(fragments, *rules);
  lengths(fragments, std::max(rules->min_width_nm, rules->min_space_nm));
  corners(fragments, *rules);
}

void EdgeRules::facing(const Fragments& fragments, const MaskRules& rules) {
  std::vector<int> outline(fragments.list.size());
  for (std::size_t c = 0; c < fragments.first.size(); ++c) {
    const auto end = c + 1 < fragments.first.size() ? static_cast<std::size_t>(fragments.first[c + 1]) : outline.size();
    for (auto i = static_cast<std::size_t>(fragments.first[c]); i < end; ++i) outline[i] = static_cast<int>(c);
  }
  const double most = most_.empty() ? 0 : *std::max_element(most_.begin(), most_.end());
  const double reach = std::max(rules.min_width_nm, rules.min_space_nm) + 2 * most;
  for (const bool vertical : {true, false}) {
    std::vector<Facing> up, down;  // normal towards larger, smaller coordinates
    for (std::size_t i = 0; i < fragments.list.size(); ++i) {
      const Fragment& f = fragments.list[i];
      if (vertical ? f.normal.y != 0 : f.normal.x != 0) continue;
      const double a = vertical ? f.from.y : f.from.x, b = vertical ? f.to.y : f.to.x;
      Facing side{static_cast<int>(i), outline[i],    vertical ? f.from.x : f.from.y, std::min(a, b), std::max(a, b),
                  std::min(a, b),      std::max(a, b)};
      // At a corner the neighbour's displacement makes it longer.
      const auto stretches = [&](int neighbour) {
        return fragments.list[static_cast<std::size_t>(neighbour)].vertical() != vertical;
      };
      const bool runs_up = b > a;
      if (stretches(f.previous)) (runs_up ? side.low : side.high) += runs_up ? -most : most;
      if (stretches(f.next)) (runs_up ? side.high : side.low) += runs_up ? most : -most;
      ((vertical ? f.normal.x : f.normal.y) > 0 ? up : down).push_back(side);
    }
    const auto by_place = [](const Facing& a, const Facing& b) { return a.at < b.at; };
    std::stable_sort(down.begin(), down.end(), by_place);
    for (const Facing& a : up) {
      const Facing lowest{0, 0, a.at - reach, 0, 0, 0, 0};
      for (auto b = std::lower_bound(down.begin(), down.end(), lowest, by_place);
           b != down.end() && b->at <= a.at + reach; ++b) {
        if (!(most_[static_cast<std::size_t>(a.fragment)] > 0) && !(most_[static_cast<std::size_t>(b->fragment)] > 0))
          continue;
        const double apart = std::max(0.0, std::max(a.low, b->low) - std::min(a.high, b->high));
        const bool outside = b->at > a.at;
        const double rule = outside ? rules.min_space_nm : rules.min_width_nm;
        if (apart >= rule || (!outside && apart > 0 && a.outline != b->outline)) continue;
        const double sign = outside ? 1 : -1, gap = std::abs(b->at - a.at);
        const auto slack = [&](double beside) { return gap - std::sqrt(std::max(0.0, rule * rule - beside * beside)); };
        const double drawn_apart =
            std::max(0.0, std::max(a.drawn_low, b->drawn_low) - std::min(a.drawn_high, b->drawn_high));
        // What keeps the rule as drawn may always stay so.
        limits_.push_back(
            {a.fragment, b->fragment, sign, sign, std::max(slack(apart), std::min(0.0, slack(drawn_apart)))});
      }
    }
  }
}

void EdgeRules::lengths(const Fragments& fragments, double least) {
  for (const Fragment& f : fragments.list) {
    const Fragment& p = fragments.list[static_cast<std::size_t>(f.previous)];
    const Fragment& n = fragments.list[static_cast<std::size_t>(f.next)];
    const double length = f.length();
    if (!(length > 0)) continue;
    const Point u{(f.to.x - f.from.x) / length, (f.to.y - f.from.y) / length};
    const double grow_p = -(p.normal.x * u.x + p.normal.y * u.y), grow_n = n.normal.x * u.x + n.normal.y * u.y;
    const bool corner_p = std::abs(grow_p) == 1, corner_n = std::abs(grow_n) == 1;
    if (corner_p && corner_n && grow_p != grow_n) continue;  // a step: it may turn over
    if (!corner_p && !corner_n) continue;
    limits_.push_back(
        {f.previous, f.next, corner_p ? -grow_p : 0, corner_n ? -grow_n : 0, length - std::min(length, least)});
  }
}

void EdgeRules::corners(const Fragments& fragments, const MaskRules& rules) {
  const auto& list = fragments.list;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Fragment& a = list[i];
    const Fragment& b = list[static_cast<std::size_t>(a.next)];
    if (a.vertical() == b.vertical() || !a.movable() || !b.movable()) continue;
    if (list[static_cast<std::size_t>(a.previous)].normal != a.normal ||
        list[static_cast<std::size_t>(b.next)].normal != b.normal)
      continue;
    // The jogs next to the corner are at (-La, d) and (d', -Lb) from it: at least (La + d' + Lb + d) / sqrt(2) apart.
    const bool outer = a.normal.x * (b.to.x - b.from.x) + a.normal.y * (b.to.y - b.from.y) < 0;
    const double rule = outer ? rules.min_width_nm : rules.min_space_nm, sign = outer ? -1 : 1;
    limits_.push_back({a.previous, b.next, sign, sign, std::max(0.0, a.length() + b.length() - std::sqrt(2.0) * rule)});
  }
}

void EdgeRules::clamp(std::span<double> d) const {
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = std::clamp(d[i], -most_[i], outwards_[i]);
}

void EdgeRules::keep(std::span<double> d) const {
  clamp(d);
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    // All limits see the same displacements, and each of these takes the largest change that is asked of it: the order
    // of the limits does not matter.
    std::vector<double> less(d.size()), more(d.size());
    const auto ask = [&](int i, double change) {
      double& largest = (change < 0 ? less : more)[static_cast<std::size_t>(i)];
      if (std::abs(change) > std::abs(largest)) largest = change;
    };
    bool moved = false;
    for (const Limit& l : limits_) {
      const double a = d[static_cast<std::size_t>(l.a)], b = d[static_cast<std::size_t>(l.b)];
      const double over = l.sign_a * a + l.sign_b * b - l.slack;
      if (!(over > 1e-9)) continue;
      // As much of each as it does to break the limit: displacements only shrink, so the sweeps come to an end.
      double part_a = std::max(0.0, l.sign_a * a), part_b = std::max(0.0, l.sign_b * b);
      if (l.slack < 0) {
        part_a = std::abs(l.sign_a) * most_[static_cast<std::size_t>(l.a)];
        part_b = std::abs(l.sign_b) * most_[static_cast<std::size_t>(l.b)];
      }
      if (!(part_a + part_b > 0)) continue;
      ask(l.a, -l.sign_a * over * part_a / (part_a + part_b));
      ask(l.b, -l.sign_b * over * part_b / (part_a + part_b));
      moved = true;
    }
    if (!moved) break;
    for (std::size_t i = 0; i < d.size(); ++i) d[i] += less[i] + more[i];
  }
  clamp(d);
}

std::vector<int> EdgeRules::in_the_way(std::span<const int> of, std::span<const double> d, double room_nm) const {
  std::vector<char> wanted(d.size());
  for (const int i : of) wanted[static_cast<std::size_t>(i)] = 1;
  std::vector<int> found;
  for (const Limit& l : limits_) {
    const auto a = static_cast<std::size_t>(l.a), b = static_cast<std::size_t>(l.b);
    if (l.sign_a * d[a] + l.sign_b * d[b] + room_nm <= l.slack) continue;
    if (wanted[a] && l.sign_a > 0) found.push_back(l.b);
    if (wanted[b] && l.sign_b > 0) found.push_back(l.a);
  }
  return found;
}

}  // namespace anamorph
