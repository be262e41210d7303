// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/verify_layout.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cpp/cli/clip.hpp"
#include "cpp/io/findings_json.hpp"
#include "cpp/io/findings_tables.hpp"
#include "cpp/io/metrics_json.hpp"
#include "cpp/io/recipe_optics.hpp"
#include "masks/layout.hpp"
#include "masks/polygon_spectrum.hpp"
#include "masks/raster.hpp"

namespace anamorph::cli {

namespace {

/// Side of a tile's small picture in pixels.
constexpr int picture_side = 96;
/// Findings, and patterns, of each kind in the lists. As many are kept of a tile, so that the worst of all are there.
constexpr std::size_t listed = 2000;
/// Patterns whose findings are counted while tiles are put together.
constexpr std::size_t counted = 200'000;

/// Of the map in the report.
constexpr int map_side = 900;

bool is_layout(const std::filesystem::path& file) {
  const std::string suffix = file.extension().string();
  return suffix == ".gds" || suffix == ".gdsii" || suffix == ".oas" || suffix == ".oasis" || suffix == ".glp";
}

/// Coverage of the core as a text, a character from '0' to 'Z' a pixel, row by row from below.
std::string cover_text(const std::vector<Polygon>& target, const Box& core) {
  const double pixel = std::max(core.width(), core.height()) / picture_side;
  const int nx = std::max(1, static_cast<int>(std::lround(core.width() / pixel)));
  const int ny = std::max(1, static_cast<int>(std::lround(core.height() / pixel)));
  const Image<double> cover = rasterise(target, {core.x0, core.y0, nx, ny, pixel});
  std::string text;
  for (const double c : cover) text += static_cast<char>('0' + std::lround(std::clamp(c, 0.0, 1.0) * ('Z' - '0')));
  return text;
}

/// Paints it into the map of the whole.
void paint(const std::string& text, const Box& core, const Box& area, Image<float>& map) {
  const double pixel = std::max(core.width(), core.height()) / picture_side;
  const int nx = std::max(1, static_cast<int>(std::lround(core.width() / pixel)));
  const int ny = static_cast<int>(text.size()) / nx;
  const double map_pixel = area.width() / map.nx();
  const int x0 = std::max(0, static_cast<int>(std::ceil((core.x0 - area.x0) / map_pixel - 0.5)));
  const int y0 = std::max(0, static_cast<int>(std::ceil((core.y0 - area.y0) / map_pixel - 0.5)));
  for (int y = y0; y < map.ny(); ++y) {
    const int v = static_cast<int>(std::floor((area.y0 + (y + 0.5) * map_pixel - core.y0) / core.height() * ny));
    if (v >= ny) break;
    for (int x = x0; x < map.nx(); ++x) {
      const int u = static_cast<int>(std::floor((area.x0 + (x + 0.5) * map_pixel - core.x0) / core.width() * nx));
      if (u >= nx) break;
      map(y, x) =
          static_cast<float>(
              text[static_cast<std::size_t>(v) * static_cast<std::size_t>(nx) + static_cast<std::size_t>(u)] - '0') /
          ('Z' - '0');
    }
  }
}

double of_counts(const Findings& f, std::initializer_list<FindingKind> kinds) {
  long sum = 0;
  for (const FindingKind kind : kinds) sum += f.count(kind);
  return static_cast<double>(sum);
}

std::vector<Metric> figures(const LayoutVerdict& v) {
  const Findings& f = v.findings;
  std::vector<Metric> m;
  const auto put = [&](const std::string& key, double value) { m.push_back({key, value}); };
  const EpeStatistics& s = f.conditions.front();
  put("sites", static_cast<double>(s.sites));
  put("sites_over", static_cast<double>(s.over));
  put("sites_over_percent", s.sites == 0 ? 0 : 100.0 * static_cast<double>(s.over) / static_cast<double>(s.sites));
  put("sites_limit_nm", v.epe_nm);
  put("epe_violations", static_cast<double>(s.violations));
  put("epe_missing", static_cast<double>(s.no_edge));
  put("epe_max_nm", s.max_abs_nm);
  put("epe_mean_nm", s.mean_abs_nm());
  put("epe_bias_nm", s.mean_nm());
  put("epe_3sigma_nm", s.three_sigma_nm());
  for (std::size_t c = 1; c < f.conditions.size(); ++c) {
    const std::string name = metric_key(v.conditions[c].name);
    put("sites_over_" + name, static_cast<double>(f.conditions[c].over));
    put("epe_max_" + name + "_nm", f.conditions[c].max_abs_nm);
    put("epe_mean_" + name + "_nm", f.conditions[c].mean_abs_nm());
    put("epe_3sigma_" + name + "_nm", f.conditions[c].three_sigma_nm());
  }
  put("sites_over_any_condition", static_cast<double>(f.worst_case.over));
  put("epe_max_any_condition_nm", f.worst_case.max_abs_nm);
  put("l2_nm2", f.l2_nm2);
  put("pvband_nm2", f.pv_band_nm2);
  put("target_nm2", f.target_nm2);
  put("area_nm2", f.area_nm2);
  using K = FindingKind;
  put("line_ends_over", of_counts(f, {K::line_end}));
  put("pinches", of_counts(f, {K::pinch}));
  put("bridges", of_counts(f, {K::bridge}));
  put("missing_prints", of_counts(f, {K::missing}));
  put("extra_prints", of_counts(f, {K::extra, K::assist}));
  put("assist_prints", of_counts(f, {K::assist}));
  put("pv_bands_over", of_counts(f, {K::pv_band}));
  put("mask_width_violations", of_counts(f, {K::mask_width}));
  put("mask_space_violations", of_counts(f, {K::mask_space}));
  put("mask_area_violations", of_counts(f, {K::mask_area}));
  put("patterns", static_cast<double>(f.clusters.size()));
  const double no_shapes = std::numeric_limits<double>::quiet_NaN();
  put("mask_shots", std::ceil(std::min(f.mask.by_rows, f.mask.by_columns)));  // of those that the border cuts a share
  put("mask_min_area_nm2", std::isfinite(f.mask.area_nm2) ? f.mask.area_nm2 : no_shapes);
  put("mask_min_distance_nm", std::min(f.mask.width_nm, f.mask.space_nm));
  put("mask_min_width_nm", f.mask.width_nm);
  put("mask_min_space_nm", f.mask.space_nm);
  return m;
}

/// Leaves in the lists what fits, and says what does not. The findings are there already: the worst of each kind.
void cut_lists(LayoutVerdict& v) {
  Findings& f = v.findings;
  std::array<std::size_t, finding_kinds> seen{};
  std::erase_if(f.clusters,
                [&](const FindingCluster& c) { return seen[static_cast<std::size_t>(c.worst.kind)]++ >= listed; });
  for (std::size_t k = 0; k < finding_kinds; ++k) {
    const std::string kind = kind_name(static_cast<FindingKind>(k));
    const auto in_list = std::count_if(f.worst.begin(), f.worst.end(),
                                       [&](const Finding& one) { return static_cast<std::size_t>(one.kind) == k; });
    if (in_list < f.counts[k])
      v.warnings.push_back("findings.csv and markers.lyrdb list the worst " + std::to_string(in_list) + " of " +
                           std::to_string(f.counts[k]) + " findings of kind " + kind + "; all are counted");
    if (v.patterns[k].findings < f.counts[k])
      v.warnings.push_back("there are more than " + std::to_string(v.patterns[k].count) + " patterns of kind " + kind +
                           "; the least severe were not counted as such");
  }
}

std::vector<RuleCheck> limits(const Recipe& recipe, const LayoutVerdict& v) {
  const LimitsSection& l = recipe.limits;
  std::vector<RuleCheck> rules;
  const auto most = [&](const std::string& name, const std::string& unit, const std::optional<double>& limit,
                        double found) {
    if (limit) rules.push_back({name, unit, *limit, found, true});
  };
  const auto none = [&](const std::string& name, const std::optional<double>& limit, FindingKind kind) {
    if (!limit) return;
    std::string size = std::to_string(*limit);
    size.erase(size.find_last_not_of('0') + 1);
    if (size.back() == '.') size.pop_back();
    rules.push_back({name + " " + size + " nm", "", 0, of_counts(v.findings, {kind}), true});
  };
  const auto figure = [&](const char* key) { return metric(v.metrics, key); };
  if (l.epe_nm) {
    std::string size = std::to_string(*l.epe_nm);
    size.erase(size.find_last_not_of('0') + 1);
    if (size.back() == '.') size.pop_back();
    rules.push_back({"Sites off by more than " + size + " nm", "%", l.epe_share_percent.value_or(0),
                     figure("sites_over_percent"), true});
  }
  if ((l.epe_nm || l.epe_violations || l.epe_max_nm) && v.findings.conditions.front().sites == 0)
    rules.push_back({"Sites looked at", "", 1, 0, false});  // nothing to find fault with is no proof
  most("EPE violations", "", l.epe_violations, figure("epe_violations"));
  most("Largest EPE", "nm", l.epe_max_nm, figure("epe_max_nm"));
  // A site without a printed edge is worse than any limit on the distance to it.
  if (l.epe_max_nm) rules.push_back({"Sites without an edge", "", 0, figure("epe_missing"), true});
  none("Line ends pulled back by more than", l.line_end_nm, FindingKind::line_end);
  none("Features printed narrower than", l.pinch_nm, FindingKind::pinch);
  none("Printed gaps narrower than", l.bridge_nm, FindingKind::bridge);
  none("Edges that move by more than", l.pv_band_width_nm, FindingKind::pv_band);
  most("Missing prints", "", l.missing_prints, figure("missing_prints"));
  most("Extra prints", "", l.extra_prints, figure("extra_prints"));
  most("Assist features that print", "", l.assist_prints, figure("assist_prints"));
  most("PV band", "nm2", l.pvband_nm2, figure("pvband_nm2"));
  most("L2", "nm2", l.l2_nm2, figure("l2_nm2"));
  most(mask_violations_rule, "", l.mask_violations,
       of_counts(v.findings, {FindingKind::mask_width, FindingKind::mask_space, FindingKind::mask_area}));
  return rules;
}

}  // namespace

bool verifies_layout(const Recipe& recipe) {
  const auto integer = [](const std::filesystem::path& file) { return is_layout(file) && file.extension() != ".glp"; };
  if (!recipe.mask.file.empty()) return is_layout(recipe.mask.file);
  if (integer(recipe.layout.file)) return true;
  const LayoutSection& l = recipe.layout;
  if (!is_layout(l.file) || l.window_nm || !recipe.optics.kernels.empty()) return false;
  const Box box = bounding_box(polygons(read_layout(l.file, {l.cell, l.layer, {}}), l.layer));
  return box.width() > l.tile_nm || box.height() > l.tile_nm;
}

VerifyPixels verify_pixels(const Recipe& recipe) {
  const double pixel = recipe.layout.pixel_nm;
  // A thirtieth of wavelength / NA leaves crossings of contours exact to a hundredth of a nm; see
  // docs/theory/verify.md.
  const double wanted = recipe.optics.kernels.empty() ? *recipe.optics.wavelength_nm / *recipe.optics.na / 30 : pixel;
  if (pixel > 4 * wanted) return {pixel, pixel / std::ceil(pixel / wanted)};
  const double step = std::max(1.0, std::floor(4 * wanted / pixel)) * pixel;
  return {step, step / std::ceil(step / wanted)};
}

VerifyRules verify_rules(const Recipe& recipe, double dbu_nm, double view_nm) {
  const LimitsSection& l = recipe.limits;
  const double tolerance = recipe.epe.tolerance_nm;
  VerifyRules rules;
  rules.sites = recipe.epe;
  rules.epe_nm = l.epe_nm.value_or(tolerance);
  rules.line_end_nm = l.line_end_nm.value_or(tolerance);
  rules.pinch_nm = l.pinch_nm.value_or(2 * tolerance);
  rules.bridge_nm = l.bridge_nm.value_or(2 * tolerance);
  rules.pv_band_nm = l.pv_band_width_nm.value_or(tolerance);
  rules.search_nm = std::max(4 * tolerance, 2 * std::max({rules.epe_nm, rules.line_end_nm, l.epe_max_nm.value_or(0)}));
  rules.reach_nm = std::max(20 * tolerance, 2 * std::max(rules.pinch_nm, rules.bridge_nm));
  rules.apart_nm = 2 * recipe.epe.interval_nm;
  rules.radius_nm = recipe.pattern_radius_nm.value_or(10 * tolerance);
  rules.picture_nm = 30 * tolerance;
  rules.dbu_nm = dbu_nm;
  // What is asked for is looked at, whatever the optimiser was told to mind.
  if (recipe.mask.enforce_rules || l.mask_violations) {
    rules.mask_width_nm = recipe.mask.rules.min_width_nm;
    rules.mask_space_nm = recipe.mask.rules.min_space_nm;
    rules.mask_area_nm2 = recipe.mask.rules.min_area_nm2;
  }
  rules.kept = {listed, listed, 2};
  rules.whole_nm = whole_edges_nm(rules, view_nm);
  return rules;
}

WindowVerifier::WindowVerifier(const Recipe& recipe, const ImagingModel& model, const Grid& grid,
                               const VerifyRules& rules, std::shared_ptr<Backend> backend)
    : recipe_(recipe),
      model_(model),
      grid_(grid),
      rules_(rules),
      backend_(std::move(backend)),
      imager_(*backend_, model, grid, recipe.resist.blur_nm) {}

std::string WindowVerifier::facts(const VerifyShapes& shapes, const Box& core, const Point& origin) {
  const CoherentStack& frame = model_.stacks.front();
  const Box window{0, 0, grid_.width_nm(), grid_.height_nm()};
  Clip clip{grid_, shapes.all, true, {}};
  VerifyTile tile;
  tile.images = imager_.images(mask_spectrum(recipe_, clip, window, frame));
  if (const auto kernel = recipe_.optics.kernels.empty() ? scatter_of(recipe_) : std::nullopt) {
    // Light that mirrors scatter goes with the density around each place.
    Bitmap bitmap(grid_.ny, grid_.nx);
    const Image<double> coverage = rasterise(shapes.all, grid_);
    const bool absorber = recipe_.mask.polygons == MaskSection::Polygons::absorber;
    std::transform(coverage.begin(), coverage.end(), bitmap.begin(),
                   [&](double c) { return std::uint8_t((c >= 0.5) != absorber); });
    const Image<double> flare = uneven_flare(recipe_, *kernel, model_, clip, {bitmap, true});
    for (Image<double>& image : tile.images)
      std::transform(image.begin(), image.end(), flare.begin(), image.begin(), std::plus<>());
  }
  tile.core = core;
  tile.origin = origin;
  tile.target = shapes.target;
  tile.mask = shapes.mask;
  tile.assist = shapes.assist;
  tile.grid = grid_;
  tile.conditions = model_.conditions;
  const ResistModel resist = resist_model(recipe_);
  tile.threshold = resist.threshold;
  tile.bright = resist.bright;
  Findings findings = verify_tile(tile, rules_);
  return R"({"cover":")" + cover_text(shapes.target, core) + R"(","findings":)" + findings_json(findings) + "}";
}

VerdictBuilder::VerdictBuilder(const Recipe& recipe, const Box& area)
    : recipe_(recipe), rules_(verify_rules(recipe, 1)) {
  verdict_.name = recipe.layout.file.stem().string();
  verdict_.area = area;
  verdict_.pixel_nm = recipe.layout.pixel_nm;
  verdict_.epe_nm = rules_.epe_nm;
  for (const CornerSection& c : recipe.process.corners)
    verdict_.conditions.push_back({c.name, c.dose, c.focus_nm, c.pvband});
  const double side = std::max(area.width(), area.height());
  verdict_.cover = Image<float>(std::max(1, static_cast<int>(std::lround(map_side * area.height() / side))),
                                std::max(1, static_cast<int>(std::lround(map_side * area.width() / side))));
}

void VerdictBuilder::add(const std::string& facts, const Point& at, const Box& core) {
  const nlohmann::ordered_json json = nlohmann::ordered_json::parse(facts, nullptr, false);
  if (json.is_discarded() || !json.contains("findings") || !json.contains("cover"))
    throw Error(ErrorCode::input, "MEA-0013", "these are no findings of a tile");
  Findings part = read_findings(json["findings"].dump());
  move_findings(part, at);
  long count = 0;
  for (const long n : part.counts) count += n;
  verdict_.tiles.push_back({core, count});
  paint(json["cover"].get<std::string>(), core, verdict_.area, verdict_.cover);
  anamorph::add(part, verdict_.findings, {listed, counted, 5});
}

LayoutVerdict VerdictBuilder::finish() {
  if (verdict_.findings.conditions.size() != verdict_.conditions.size())
    throw Error(ErrorCode::input, "MEA-0013", "the findings of the tiles belong to other conditions");
  for (const FindingCluster& c : verdict_.findings.clusters) {
    LayoutVerdict::Patterns& of_kind = verdict_.patterns[static_cast<std::size_t>(c.worst.kind)];
    ++of_kind.count;
    of_kind.findings += c.count;
  }
  verdict_.metrics = figures(verdict_);
  cut_lists(verdict_);
  verdict_.rules = limits(recipe_, verdict_);
  verdict_.recipe = recipe_toml(recipe_);
  if (verdict_.findings.worst_case.sites == 0)
    verdict_.warnings.push_back("there are no EPE sites: no shape of the layer lies in the area");
  return std::move(verdict_);
}

std::string verdict_json(const LayoutVerdict& verdict) {
  ClipResult result;  // the same keys as of a clip
  result.name = verdict.name;
  result.metrics = verdict.metrics;
  result.rules = verdict.rules;
  result.warnings = verdict.warnings;
  for (const auto& c : verdict.conditions) result.conditions.push_back({c.name, c.dose, c.focus_nm, {}, {}});
  const auto pixels = [&](double side) { return static_cast<int>(std::lround(side / verdict.pixel_nm)); };
  result.grid = {verdict.area.x0, verdict.area.y0, pixels(verdict.area.width()), pixels(verdict.area.height()),
                 verdict.pixel_nm};
  return metrics_json(result);
}

void tell_verdict(const LayoutVerdict& verdict, Console& console) {
  for (const std::string& warning : verdict.warnings) console.warn("CLI-0010", warning);
  for (const RuleCheck& rule : verdict.rules)
    if (!rule.pass()) {
      char figures[96];
      std::snprintf(figures, sizeof figures, ": %.6g%s%s, allowed %.6g", rule.measured, rule.unit.empty() ? "" : " ",
                    rule.unit.c_str(), rule.limit);
      console.warn("CLI-0011", rule.name + figures);
    }
}

void write_verdict(RunDirectory& directory, const LayoutVerdict& verdict) {
  std::vector<std::string> conditions;
  for (const auto& c : verdict.conditions) conditions.push_back(c.name);
  directory.write("findings.csv", findings_csv(verdict.findings, conditions));
  directory.write("markers.lyrdb",
                  markers_lyrdb(verdict.cell.empty() ? verdict.name : verdict.cell, "anamorph verify",
                                finding_kinds_of(verdict.findings), finding_markers(verdict.findings, conditions)));
  directory.write("report.html", verify_report(verdict));
}

}  // namespace anamorph::cli
