// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/opc_work.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cpp/optimize/edge_retreat.hpp"
#include "masks/region.hpp"

namespace anamorph {
OpcWork::OpcWork(const std::vector<Polygon>& target, const Box& window, const OpcOptions& options)
    : options_(options), window_(window) {
  FragmentRules rules = options.fragments;
  rules.grid_nm = options.grid_nm;
  fragments_ = fragmented(target, window, rules);
  assists_from_ = static_cast<int>(fragments_.list.size());
  outlines_ = fragments_.first.size();
  displacement_.assign(fragments_.list.size(), 0);
  sites_ = edge_sites(fragments_, options.epe.interval_nm, options.epe.end_nm);
  bound();
}

void OpcWork::bound() {
  MaskRules rules;
  if (options_.rules) {
    rules = *options_.rules;
    rules.min_width_nm += options_.grid_nm;  // what rounding to the mask's grid may take
    rules.min_space_nm += options_.grid_nm;
  }
  rules_ = std::make_unique<EdgeRules>(fragments_, options_.rules ? &rules : nullptr, options_.most_nm, window_);
  step_ = make_edge_step(options_.step, displacement_.size());
}

void OpcWork::make_print(const std::vector<double>& error, double tolerance_nm) {
  // What is tied goes together: of one of them alone keep() would leave a part.
  const auto group = [&](std::size_t i) { return group_.empty() ? i : static_cast<std::size_t>(group_[i]); };
  std::vector<char> goes(static_cast<std::size_t>(assists_from_));
  for (std::size_t s = 0; s < sites_.size(); ++s)
    if (error[s] <= -tolerance_nm) goes[group(static_cast<std::size_t>(sites_[s].fragment))] = 1;
  lost_.clear();
  for (std::size_t i = 0; i < goes.size(); ++i)
    if (goes[group(i)] && fragments_.list[i].movable()) lost_.push_back(static_cast<int>(i));
  if (lost_.empty()) return;
  std::vector<Box> bars = assists(), kept;
  std::vector<char> in_the_way(bars.size());
  for (const int i : rules_->in_the_way(lost_, displacement_, push_nm))
    if (i >= assists_from_) in_the_way[static_cast<std::size_t>((i - assists_from_) / 4)] = 1;
  for (std::size_t b = 0; b < bars.size(); ++b)
    if (!in_the_way[b]) kept.push_back(bars[b]);
  if (kept.size() < bars.size()) set_assists(kept);
}

bool OpcWork::push() {
  const std::vector<double> before = displacement_;
  for (const int i : lost_) displacement_[static_cast<std::size_t>(i)] += push_nm;
  keep();
  return std::any_of(lost_.begin(), lost_.end(), [&](int i) {
    const auto k = static_cast<std::size_t>(i);
    return displacement_[k] > before[k] + push_nm / 2;
  });
}

void OpcWork::step(std::vector<double> gradient, double rate) {
  gradient.resize(displacement_.size());  // jogs follow the fragments
  for (std::size_t i = 0; i < gradient.size(); ++i)
    if (!fragments_.list[i].movable()) gradient[i] = 0;
  const std::vector<double> before = displacement_;
  step_->advance(gradient, rate, displacement_);
  for (const int i : lost_)
    displacement_[static_cast<std::size_t>(i)] = before[static_cast<std::size_t>(i)] + std::max(rate, push_nm);
  keep();
}

void OpcWork::move(std::vector<double> displacement) {
  displacement_ = std::move(displacement);
  keep();
}

void OpcWork::keep() {
  const auto each_group = [&](const auto& value) {
    for (std::size_t i = 0; i < group_.size(); ++i) {
      if (group_[i] != static_cast<int>(i)) continue;
      std::vector<std::size_t> members;
      for (std::size_t k = i; group_[k] == static_cast<int>(i);) {  // neighbours, one after the other
        members.push_back(k);
        k = static_cast<std::size_t>(fragments_.list[k].next);
        if (k == i) break;
      }
      if (members.size() < 2) continue;
      const double d = value(members);
      for (const std::size_t k : members) displacement_[k] = d;
    }
  };
  each_group([&](const std::vector<std::size_t>& members) {
    double sum = 0, length = 0;
    for (const std::size_t k : members) {
      sum += displacement_[k] * fragments_.list[k].length();
      length += fragments_.list[k].length();
    }
    return sum / length;
  });
  rules_->keep(displacement_);
  each_group([&](const std::vector<std::size_t>& members) {  // what the rules leave to the one that may least
    double least = displacement_[members.front()];
    for (const std::size_t k : members)
      if (std::abs(displacement_[k]) < std::abs(least)) least = displacement_[k];
    return least;
  });
}

void OpcWork::tie() {
  const auto n = static_cast<std::size_t>(assists_from_);
  if (!(options_.jog_nm > 0)) return;
  std::vector<std::size_t> joints;
  const auto next = [&](std::size_t i) { return static_cast<std::size_t>(fragments_.list[i].next); };
  const auto jog = [&](std::size_t i) { return std::abs(displacement_[i] - displacement_[next(i)]); };
  for (std::size_t i = 0; i < n; ++i) {
    const Fragment& a = fragments_.list[i];
    const Fragment& b = fragments_.list[next(i)];
    if (a.movable() && b.movable() && a.normal == b.normal && jog(i) < options_.jog_nm) joints.push_back(i);
  }
  std::stable_sort(joints.begin(), joints.end(), [&](std::size_t a, std::size_t b) { return jog(a) < jog(b); });
  // The smallest jogs first, as long as all of a group stay within the jog.
  std::vector<std::size_t> root(n);
  std::iota(root.begin(), root.end(), std::size_t{0});
  const auto find = [&](std::size_t i) {
    while (root[i] != i) i = root[i];
    return i;
  };
  std::vector<double> low(displacement_), high(displacement_);
  std::vector<char> tied(n);
  for (const std::size_t i : joints) {
    const std::size_t a = find(i), b = find(next(i));
    const double l = std::min(low[a], low[b]), h = std::max(high[a], high[b]);
    if (a == b || h - l >= options_.jog_nm) continue;
    root[b] = a;
    low[a] = l;
    high[a] = h;
    tied[i] = 1;
  }
  group_.assign(n, 0);
  for (std::size_t i = 0; i < n; ++i) {  // the first member: not tied to the one before it
    std::size_t first = i;
    while (tied[static_cast<std::size_t>(fragments_.list[first].previous)])
      first = static_cast<std::size_t>(fragments_.list[first].previous);
    group_[i] = static_cast<int>(first);
  }
  keep();
}

void OpcWork::quantise() {
  for (std::size_t i = 0; i < displacement_.size(); ++i)
    if (fragments_.list[i].movable())
      displacement_[i] = std::round(displacement_[i] / options_.grid_nm) * options_.grid_nm;
}

std::vector<Box> OpcWork::assists() const {
  std::vector<Box> bars;
  for (std::size_t i = static_cast<std::size_t>(assists_from_); i < fragments_.list.size(); i += 4) {
    const auto& f = fragments_.list;
    const auto& d = displacement_;
    bars.push_back(
        {f[i + 3].from.x - d[i + 3], f[i].from.y - d[i], f[i + 1].from.x + d[i + 1], f[i + 2].from.y + d[i + 2]});
  }
  return bars;
}

void OpcWork::set_assists(const std::vector<Box>& bars) {
  fragments_.list.resize(static_cast<std::size_t>(assists_from_));
  fragments_.first.resize(outlines_);
  displacement_.resize(static_cast<std::size_t>(assists_from_));
  const auto snapped = [&](double v, double from) {
    return from + std::round((v - from) / options_.grid_nm) * options_.grid_nm;
  };
  for (const Box& b : bars)
    fragments_.add_assist(
        {snapped(b.x0, window_.x0), snapped(b.y0, window_.y0), snapped(b.x1, window_.x0), snapped(b.y1, window_.y0)});
  displacement_.resize(fragments_.list.size());
  bound();
  keep();
}

void OpcWork::drop_small_assists() {
  if (!options_.rules || static_cast<std::size_t>(assists_from_) == fragments_.list.size()) return;
  for (const bool lengthen : {true, false}) {  // the rules may take back what is lengthened
    std::vector<Box> bars;
    bool changed = false;
    for (Box bar : assists()) {
      const double area = bar.width() * bar.height(), least = options_.rules->min_area_nm2;
      if (area < least) {
        changed = true;
        if (!lengthen || area < least / 2) continue;
        const bool wide = bar.width() >= bar.height();
        double& low = wide ? bar.x0 : bar.y0;
        double& high = wide ? bar.x1 : bar.y1;
        const double more = (least / (wide ? bar.height() : bar.width()) - (high - low)) / 2;
        low -= std::ceil(more / options_.grid_nm) * options_.grid_nm;
        high += std::ceil(more / options_.grid_nm) * options_.grid_nm;
      }
      bars.push_back(bar);
    }
    if (changed) set_assists(bars);
    quantise();
  }
}

RuleCounts OpcWork::retreat() {
  if (!options_.rules) return {};
  for (;;) {
    const Retreat round = anamorph::retreat(fragments_, *options_.rules, options_.grid_nm, displacement_);
    if (round.moved) continue;
    if (round.bars.empty()) {
      const auto dbu = [](double nm) { return std::llround(nm / Retreat::dbu_nm); };
      const DbuBox inner{dbu(window_.x0) + 1, dbu(window_.y0) + 1, dbu(window_.x1) - 1, dbu(window_.y1) - 1};
      return count(round.found, [&](const DbuBox& b) {
        return inner.holds({b.x0, b.y0}) && inner.holds({b.x1, b.y1});
      });
    }
    std::vector<Box> kept = assists();
    for (auto bar = round.bars.rbegin(); bar != round.bars.rend(); ++bar)
      kept.erase(kept.begin() + (*bar - assists_from_) / 4);
    set_assists(kept);
    quantise();
  }
}

std::vector<Polygon> OpcWork::main_shapes() const {
  Fragments main = fragments_;
  main.list.resize(static_cast<std::size_t>(assists_from_));
  main.first.resize(outlines_);
  return merge(main.polygons(displacement_));
}

}  // namespace anamorph
