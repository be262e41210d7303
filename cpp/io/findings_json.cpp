// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/findings_json.hpp"

#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

using Json = nlohmann::ordered_json;

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); }
double number(const Json& j) { return j.is_null() ? std::numeric_limits<double>::quiet_NaN() : j.get<double>(); }

Json of(const EpeStatistics& s) {
  // Empty bins at both ends are left out.
  std::size_t edge = 0;
  while (edge < s.bins.size() / 2 && s.bins[edge] == 0 && s.bins[s.bins.size() - 1 - edge] == 0) ++edge;
  std::vector<long> bins(s.bins.begin() + static_cast<std::ptrdiff_t>(edge),
                         s.bins.end() - static_cast<std::ptrdiff_t>(edge));
  return {{"sites", s.sites},
          {"no_edge", s.no_edge},
          {"over", s.over},
          {"violations", s.violations},
          {"max_abs", s.max_abs_nm},
          {"sum_abs", s.sum_abs_nm},
          {"sum", s.sum_nm},
          {"sum_square", s.sum_square_nm2},
          {"bins", bins}};
}

EpeStatistics statistics(const Json& j) {
  EpeStatistics s;
  s.sites = j.at("sites").get<long>();
  s.no_edge = j.at("no_edge").get<long>();
  s.over = j.at("over").get<long>();
  s.violations = j.at("violations").get<long>();
  s.max_abs_nm = j.at("max_abs").get<double>();
  s.sum_abs_nm = j.at("sum_abs").get<double>();
  s.sum_nm = j.at("sum").get<double>();
  s.sum_square_nm2 = j.at("sum_square").get<double>();
  s.bins = j.at("bins").get<std::vector<long>>();
  if (s.bins.size() % 2 == 0 && !s.bins.empty())
    throw Error(ErrorCode::input, "MEA-0013", "a histogram of findings has no middle");
  return s;
}

/// Null: there was nothing to measure.
double least(const Json& j) { return j.is_null() ? std::numeric_limits<double>::infinity() : j.get<double>(); }

Json of(const MaskFigures& m) {
  return {{"by_rows", number(m.by_rows)},
          {"by_columns", number(m.by_columns)},
          {"width", number(m.width_nm)},
          {"space", number(m.space_nm)},
          {"area", number(m.area_nm2)}};
}

MaskFigures mask_figures(const Json& j) {
  return {number(j.at("by_rows")), number(j.at("by_columns")), least(j.at("width")), least(j.at("space")),
          least(j.at("area"))};
}

Json of(const Finding& f) {
  char pattern[17];
  std::snprintf(pattern, sizeof pattern, "%016llx", static_cast<unsigned long long>(f.pattern));
  return {kind_name(f.kind), f.at_nm.x, f.at_nm.y,  f.from_nm.x, f.from_nm.y, f.to_nm.x, f.to_nm.y, f.box,
          number(f.value),   f.limit,   f.severity, f.condition, pattern};
}

Finding finding(const Json& j) {
  Finding f;
  f.kind = kind_of(j.at(0).get<std::string>());
  f.at_nm = {j.at(1).get<double>(), j.at(2).get<double>()};
  f.from_nm = {j.at(3).get<double>(), j.at(4).get<double>()};
  f.to_nm = {j.at(5).get<double>(), j.at(6).get<double>()};
  f.box = j.at(7).get<bool>();
  f.value = number(j.at(8));
  f.limit = j.at(9).get<double>();
  f.severity = j.at(10).get<double>();
  f.condition = j.at(11).get<int>();
  f.pattern = std::stoull(j.at(12).get<std::string>(), nullptr, 16);
  return f;
}

/// Pictures are looked at: a thousandth of a nm is enough for them.
Json of(const std::vector<Polygon>& polygons) {
  Json all = Json::array();
  for (const Polygon& polygon : polygons) {
    Json points = Json::array();
    for (const Point& p : polygon) {
      points.push_back(std::round(p.x * 1e3) / 1e3);
      points.push_back(std::round(p.y * 1e3) / 1e3);
    }
    all.push_back(std::move(points));
  }
  return all;
}

std::vector<Polygon> polygons(const Json& j) {
  std::vector<Polygon> all;
  for (const Json& points : j) {
    Polygon& polygon = all.emplace_back();
    for (std::size_t i = 0; i + 1 < points.size(); i += 2)
      polygon.push_back({points[i].get<double>(), points[i + 1].get<double>()});
  }
  return all;
}

Json of(const FindingPicture& p) {
  Json contours = Json::array();
  for (const auto& one : p.contours) contours.push_back(of(one));
  return {{"finding", of(p.finding)}, {"window", {p.window.x0, p.window.y0, p.window.x1, p.window.y1}},
          {"target", of(p.target)},   {"mask", of(p.mask)},
          {"assist", of(p.assist)},   {"contours", std::move(contours)}};
}

FindingPicture picture(const Json& j) {
  FindingPicture p;
  p.finding = finding(j.at("finding"));
  const Json& w = j.at("window");
  p.window = {w.at(0).get<double>(), w.at(1).get<double>(), w.at(2).get<double>(), w.at(3).get<double>()};
  p.target = polygons(j.at("target"));
  p.mask = polygons(j.at("mask"));
  p.assist = polygons(j.at("assist"));
  for (const Json& one : j.at("contours")) p.contours.push_back(polygons(one));
  return p;
}

void move(Point& p, const Point& by) { p = {p.x + by.x, p.y + by.y}; }
void move(Finding& f, const Point& by) {
  for (Point* p : {&f.at_nm, &f.from_nm, &f.to_nm}) move(*p, by);
}
void move(std::vector<Polygon>& polygons, const Point& by) {
  for (Polygon& polygon : polygons)
    for (Point& p : polygon) move(p, by);
}

}  // namespace

std::string findings_json(const Findings& f) {
  Json json{
      {"area_nm2", f.area_nm2}, {"target_nm2", f.target_nm2}, {"l2_nm2", f.l2_nm2}, {"pv_band_nm2", f.pv_band_nm2}};
  json["mask"] = of(f.mask);
  json["conditions"] = Json::array();
  for (const EpeStatistics& s : f.conditions) json["conditions"].push_back(of(s));
  json["worst_case"] = of(f.worst_case);
  for (std::size_t i = 0; i < finding_kinds; ++i) json["counts"][kind_name(static_cast<FindingKind>(i))] = f.counts[i];
  json["worst"] = Json::array();
  for (const Finding& one : f.worst) json["worst"].push_back(of(one));
  json["clusters"] = Json::array();
  for (const FindingCluster& c : f.clusters) json["clusters"].push_back({c.count, of(c.worst)});
  json["pictures"] = Json::array();
  for (const FindingPicture& p : f.pictures) json["pictures"].push_back(of(p));
  return json.dump();
}

Findings read_findings(std::string_view text) try {
  const Json j = Json::parse(text);
  Findings f;
  f.area_nm2 = j.at("area_nm2").get<double>();
  f.target_nm2 = j.at("target_nm2").get<double>();
  f.l2_nm2 = j.at("l2_nm2").get<double>();
  f.pv_band_nm2 = j.at("pv_band_nm2").get<double>();
  f.mask = mask_figures(j.at("mask"));
  for (const Json& s : j.at("conditions")) f.conditions.push_back(statistics(s));
  f.worst_case = statistics(j.at("worst_case"));
  for (const auto& [name, count] : j.at("counts").items())
    f.counts[static_cast<std::size_t>(kind_of(name))] = count.get<long>();
  for (const Json& one : j.at("worst")) f.worst.push_back(finding(one));
  for (const Json& c : j.at("clusters")) f.clusters.push_back({c.at(0).get<long>(), finding(c.at(1))});
  for (const Json& p : j.at("pictures")) f.pictures.push_back(picture(p));
  return f;
} catch (const nlohmann::json::exception& e) {
  throw Error(ErrorCode::input, "MEA-0013", std::string("these are no findings of a tile: ") + e.what());
} catch (const std::logic_error& e) {  // stoull
  throw Error(ErrorCode::input, "MEA-0013", std::string("these are no findings of a tile: ") + e.what());
}

void move_findings(Findings& f, const Point& by) {
  for (Finding& one : f.worst) move(one, by);
  for (FindingCluster& c : f.clusters) move(c.worst, by);
  for (FindingPicture& p : f.pictures) {
    move(p.finding, by);
    p.window = {p.window.x0 + by.x, p.window.y0 + by.y, p.window.x1 + by.x, p.window.y1 + by.y};
    for (auto* shapes : {&p.target, &p.mask, &p.assist}) move(*shapes, by);
    for (auto& contours : p.contours) move(contours, by);
  }
}

}  // namespace anamorph
