// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "cpp/core/version.hpp"
#include "cpp/io/html.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/io/plots.hpp"

namespace anamorph {
namespace {

using html::escape;
using html::number;

constexpr std::string_view style_sheet = R"css(
:root { --paper:#fff; --page:#f5f7f9; --ink:#18212b; --soft:#52606f; --line:#d9dfe6; --grid:#e6eaef; --shade:#eef2f6;
  --good:#1b7f4b; --goodground:#e4f4eb; --bad:#b3261e; --badground:#fbe9e7; --warnground:#fff5dc; --accent:#1c6b76;
  --s0:#18212b; --s1:#2f6fb3; --s2:#d9661a; --s3:#8a4fa3; --s4:#1c7d6b; }
@media (prefers-color-scheme: dark) {
  :root { --paper:#1a2029; --page:#11161c; --ink:#e7ecf1; --soft:#9fadbb; --line:#323c48; --grid:#2a333e; --shade:#212934;
    --good:#62cf95; --goodground:#173326; --bad:#ff8b80; --badground:#402020; --warnground:#3a3118; --accent:#63b8c4;
    --s0:#e7ecf1; --s1:#74aee6; --s2:#f19452; --s3:#c494da; --s4:#63c2ad; } }
* { box-sizing:border-box; }
html { -webkit-text-size-adjust:100%; }
body { margin:0; background:var(--page); color:var(--ink); line-height:1.45;
  font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif; }
main { max-width:1320px; margin:0 auto; padding:28px 24px 40px; }
header p { margin:2px 0 0; color:var(--soft); }
h1 { font-size:28px; line-height:1.2; margin:0; letter-spacing:-.01em; overflow-wrap:anywhere; }
h2 { font-size:19px; margin:36px 0 12px; letter-spacing:-.005em; }
h3 { font-size:15px; margin:0; font-weight:650; }
a { color:var(--accent); }
code, pre { font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace; }
.cards { display:grid; grid-template-columns:repeat(auto-fill,minmax(148px,1fr)); gap:12px; margin:20px 0 0; }
.card, figure, .panel { background:var(--paper); border:1px solid var(--line); border-radius:10px; }
.card { padding:12px 14px; }
.card span { display:block; color:var(--soft); font-size:13px; }
.card b { font-size:23px; font-weight:650; letter-spacing:-.01em; font-variant-numeric:tabular-nums; white-space:nowrap; }
.card small { font-size:13px; font-weight:400; color:var(--soft); }
.verdict { grid-column:span 2; }
.pass { background:var(--goodground); border-color:var(--good); } .pass b, td.pass { color:var(--good); }
.fail { background:var(--badground); border-color:var(--bad); } .fail b, td.fail { color:var(--bad); }
td.pass, td.fail { background:none; font-weight:650; white-space:nowrap; }
.warnings { background:var(--warnground); border-radius:10px; margin:16px 0 0; padding:10px 14px 10px 32px; }
.figures { display:grid; grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr)); gap:16px; }
figure { margin:0; padding:14px 16px 12px; break-inside:avoid; display:flex; flex-direction:column; }
figure svg { display:block; width:100%; height:auto; }
figure > svg { margin-top:8px; }
.head { display:flex; justify-content:space-between; align-items:baseline; gap:12px; }
.head a { font-size:13px; text-decoration:none; white-space:nowrap; }
.head a.close { display:none; }
figure:target { position:fixed; inset:0; z-index:9; border-radius:0; overflow:auto; }
figure:target > svg { flex:1; min-height:0; max-height:calc(100vh - 110px); }
figure:target .head a.close { display:inline; } figure:target .head a.open { display:none; }
figcaption { color:var(--soft); font-size:13px; margin-top:6px; }
figcaption i { display:inline-block; width:18px; height:11px; border-radius:2px; margin:0 5px 0 0; vertical-align:-1px;
  border:1px solid rgba(0,0,0,.35); }
figcaption i.l { height:0; border:0; border-top:2.5px solid; border-radius:0; vertical-align:3px; }
figcaption span { margin-right:16px; white-space:nowrap; }
.tables { display:grid; grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr)); gap:16px; align-items:start; }
.panel { padding:14px 16px; break-inside:avoid; overflow-x:auto; }
table { border-collapse:collapse; width:100%; font-variant-numeric:tabular-nums; margin-top:8px; }
th { text-align:left; color:var(--soft); font-weight:550; font-size:13px; border-bottom:1px solid var(--line); }
th, td { padding:6px 10px 6px 0; vertical-align:baseline; } tr + tr td { border-top:1px solid var(--grid); }
th:last-child, td:last-child { padding-right:0; }
.n { text-align:right; white-space:nowrap; } td code { color:var(--soft); font-size:12px; }
td.wide { overflow-wrap:anywhere; }
details summary { cursor:pointer; font-weight:650; } details pre { overflow-x:auto; margin:10px 0 0; }
footer { color:var(--soft); font-size:13px; margin-top:32px; }
svg text { font-family:inherit; fill:var(--ink); }
svg .tick { font-size:13px; fill:var(--soft); } svg .name { font-size:14px; } svg .mid { text-anchor:middle; }
svg .end { text-anchor:end; } svg .direct { font-size:14px; font-weight:600; }
svg .axis { stroke:var(--soft); stroke-width:1; } svg .grid { stroke:var(--grid); stroke-width:1; }
svg .frame { fill:none; stroke:var(--soft); stroke-width:1; } svg .shade { fill:var(--shade); }
svg .stage { stroke:var(--soft); stroke-width:1; stroke-dasharray:3 4; }
svg .limit { stroke:var(--bad); stroke-width:1.5; stroke-dasharray:6 4; }
svg .curve { fill:none; stroke-width:2; stroke-linejoin:round; } svg .curve.s0 { stroke-width:3; }
svg .s0 { stroke:var(--s0); } svg .s1 { stroke:var(--s1); } svg .s2 { stroke:var(--s2); } svg .s3 { stroke:var(--s3); }
svg .s4 { stroke:var(--s4); } svg .t0 { fill:var(--s0); } svg .t1 { fill:var(--s1); } svg .t2 { fill:var(--s2); }
svg .t3 { fill:var(--s3); } svg .t4 { fill:var(--s4); }
svg .paper { fill:#f1f4f7; } svg .plate { fill:#fff; fill-opacity:.86; } svg .scalebar { fill:#1b242f; }
svg .onplate { fill:#1b242f; font-size:15px; font-weight:600; }
svg .mark { stroke:#fff; stroke-width:2; } svg .marker { fill:var(--ink); }
svg path.target { fill:none; stroke:#141b24; stroke-width:1.4; } svg path.targeton { fill:none; stroke:#e26d1f; stroke-width:1.4; }
svg path.printed { fill:none; stroke:#fff; stroke-width:1.5; }
svg path.printfill { fill:#d3deea; stroke:#7b93ad; stroke-width:1; fill-rule:evenodd; }
svg .epe path.shaft { fill:none; stroke-width:1.8; } svg .epe path.head { stroke:none; }
svg .epe circle { fill:none; stroke-width:1.6; } svg .big { stroke:#d05a10; fill:#d05a10; } svg .small { stroke:#2563ab; fill:#2563ab; }
svg .bad { stroke:#b3142c; fill:#b3142c; } svg .barbig { fill:#e0762f; } svg .barsmall { fill:#3f7cbf; } svg .barbad { fill:#b3142c; }
.suite td img { display:block; width:64px; height:64px; border-radius:4px; border:1px solid var(--line); }
.suite tbody td { vertical-align:middle; } .suite tfoot td { font-weight:650; border-top:2px solid var(--soft); }
.suite th button { all:unset; cursor:pointer; } .suite th button:focus-visible { outline:2px solid var(--accent); }
.suite th[aria-sort=ascending] button::after { content:" ▲"; } .suite th[aria-sort=descending] button::after { content:" ▼"; }
.suite .meter { display:block; height:4px; border-radius:2px; background:var(--accent); margin:3px 0 0 auto; }
@media print {
  body { background:#fff; font-size:12px; } main { max-width:none; padding:0; } .head a { display:none; }
  .figures, .tables { grid-template-columns:1fr 1fr; } h2 { break-after:avoid; }
  * { -webkit-print-color-adjust:exact; print-color-adjust:exact; } }
)css";

std::string begin_page(const std::string& title) {
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  page += "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" + escape(title) + "</title>\n<style>";
  page += style_sheet;
  return page + "</style>\n</head>\n<body>\n<main>\n";
}

std::string end_page() {
  return "<footer>Anamorph " + std::string(version) + ", commit " + escape(commit) +
         "</footer>\n</main>\n</body>\n</html>\n";
}

struct Heading {
  std::string label;  // for a table
  std::string brief;  // for a card or a column
  std::string unit;
};

/// Known metrics by name; of others the key is taken apart at its unit.
Heading heading(const std::string& key) {
  struct Known {
    std::string_view key, label, brief, unit;
  };
  static constexpr std::array<Known, 14> known{{
      {"l2_nm2", "Area where nominal print and target differ (L2)", "L2", "nm²"},
      {"pvband_nm2", "Process-variation band (PVB)", "PV band", "nm²"},
      {"l2_plus_pvband_nm2", "L2 + PV band", "L2 + PVB", "nm²"},
      {"epe_violations", "EPE violations", "EPE violations", ""},
      {"epe_max_nm", "Largest |EPE|", "max |EPE|", "nm"},
      {"epe_mean_nm", "Mean |EPE|", "mean |EPE|", "nm"},
      {"mask_shots", "Mask shots (rectangles)", "shots", ""},
      {"mask_min_area_nm2", "Smallest mask area", "min. area", "nm²"},
      {"mask_min_distance_nm", "Smallest mask distance", "min. distance", "nm"},
      {"mask_min_width_nm", "Smallest mask width", "min. width", "nm"},
      {"iterations", "Iterations", "iterations", ""},
      {"seconds", "Run time", "run time", "s"},
      {"threshold", "Print threshold (intensity)", "threshold", ""},
      {"tcc_captured_fraction", "Captured fraction of the TCC", "TCC captured", ""},
  }};
  for (const Known& k : known)
    if (k.key == key) return {std::string(k.label), std::string(k.brief), std::string(k.unit)};
  std::string words = key;
  std::string unit;
  for (const std::string_view suffix : {"_nm2", "_nm", "_px", "_deg", "_s"})
    if (words.ends_with(suffix)) {
      unit = html::unit(suffix.substr(1));
      words.resize(words.size() - suffix.size());
      break;
    }
  std::replace(words.begin(), words.end(), '_', ' ');
  return {words, words, unit};
}

std::string with_unit(const std::string& value, const std::string& unit) {
  return unit.empty() ? value : value + "\u202f" + unit;
}

std::string card(const std::string& label, const std::string& value, const std::string& unit = {},
                 const std::string& note = {}) {
  return "<div class=\"card\"><span>" + escape(label) + "</span><b>" + value +
         (unit.empty() ? "" : " <small>" + escape(unit) + "</small>") + "</b>" +
         (note.empty() ? "" : "<span>" + escape(note) + "</span>") + "</div>\n";
}

std::string verdict_card(bool pass, const std::string& value, const std::string& note) {
  return std::string("<div class=\"card verdict ") + (pass ? "pass" : "fail") + "\"><span>Verdict</span><b>" +
         escape(value) + "</b><span>" + escape(note) + "</span></div>\n";
}

/// With the sum of L2 and PV band, which the benchmark ranks by, after its parts.
std::vector<Metric> with_sum(std::vector<Metric> metrics) {
  const double sum = metric(metrics, "l2_nm2") + metric(metrics, "pvband_nm2");
  const auto at = std::find_if(metrics.begin(), metrics.end(), [](const Metric& m) { return m.key == "pvband_nm2"; });
  if (std::isfinite(sum) && std::isnan(metric(metrics, "l2_plus_pvband_nm2")))
    metrics.insert(at + 1, {"l2_plus_pvband_nm2", sum});
  return metrics;
}

std::string cards(const ClipResult& clip) {
  std::string out = "<section class=\"cards\">\n";
  if (!clip.rules.empty()) {
    const auto failed =
        std::count_if(clip.rules.begin(), clip.rules.end(), [](const RuleCheck& r) { return !r.pass(); });
    const std::string total = std::to_string(clip.rules.size());
    out += verdict_card(clip.pass(), clip.pass() ? "Within all limits" : "Over the limits",
                        clip.pass() ? total + (total == "1" ? " limit checked" : " limits checked")
                                    : std::to_string(failed) + " of " + total + " limits not met");
  }
  const std::vector<Metric> metrics = with_sum(clip.metrics);
  for (const char* key : {"l2_plus_pvband_nm2", "l2_nm2", "pvband_nm2", "epe_violations", "epe_max_nm", "mask_shots",
                          "mask_min_width_nm", "mask_min_distance_nm", "iterations", "seconds"}) {
    const auto m = std::find_if(metrics.begin(), metrics.end(), [&](const Metric& x) { return x.key == key; });
    if (m == metrics.end()) continue;
    const Heading h = heading(key);
    const bool of_sites = m->key == "epe_violations" && !clip.sites.empty();
    out += card(h.brief, number(m->value), of_sites ? "of " + number(static_cast<double>(clip.sites.size())) : h.unit);
  }
  return out + "</section>\n";
}

std::string key_area(const std::string& label, const char* colour) {
  return "<span><i style=\"background:" + std::string(colour) + "\"></i>" + escape(label) + "</span>";
}
std::string key_line(const std::string& label, const char* colour) {
  return "<span><i class=\"l\" style=\"color:" + std::string(colour) + "\"></i>" + escape(label) + "</span>";
}

std::string figure(const std::string& id, const std::string& title, const std::string& svg,
                   const std::string& caption) {
  return "<figure id=\"" + id + "\"><div class=\"head\"><h3>" + escape(title) + "</h3><a class=\"open\" href=\"#" + id +
         "\">Enlarge</a><a class=\"close\" href=\"#pictures\">Close</a></div>\n" + svg + "\n<figcaption>" + caption +
         "</figcaption></figure>\n";
}

std::string pictures(const ClipResult& clip) {
  constexpr int px = 700;
  const ClipResult view = close_up(clip);
  const ConditionResult none;
  const ConditionResult& nominal = view.conditions.empty() ? none : view.conditions[0];
  const std::vector<Polygon> target =
      view.target.empty() ? std::vector<Polygon>() : pixel_outlines(view.target, view.grid);
  std::vector<Polygon> print = clip.print_contours;
  if (print.empty() && !nominal.print.empty()) print = pixel_outlines(nominal.print, view.grid);

  std::string out;
  if (!view.target.empty())
    out += figure("target", "Target",
                  picture_svg(view.grid, render_bitmap(view.target, px, palette::ground, palette::target), {}),
                  key_area("wanted on the wafer", "#5c7899"));
  if (!view.mask.empty())
    out += figure(
        "mask", "Mask",
        picture_svg(view.grid, render_bitmap(view.mask, px, palette::ground, palette::mask), {{&target, "targeton"}}),
        key_area("opening", "#1c6b76") + key_area("absorber", "#f1f4f7") +
            (target.empty() ? "" : key_line("target", "#e26d1f")));
  if (!nominal.aerial.empty()) {
    const double high = std::max(*std::max_element(nominal.aerial.begin(), nominal.aerial.end()), 1e-12);
    std::string caption = "Intensity I, clear field = 1. ";
    if (!print.empty())
      caption += key_area("printed edge" + (clip.threshold > 0 ? " at I = " + number(clip.threshold) : ""), "#fff");
    if (!target.empty()) caption += key_line("target", "#e26d1f");
    out += figure("aerial", "Aerial image, " + nominal.name,
                  picture_svg(view.grid, render_intensity(nominal.aerial, px, 0, high),
                              {{&target, "targeton"}, {&print, "printed"}}, high, clip.threshold),
                  caption);
  }
  const auto prints =
      std::count_if(view.conditions.begin(), view.conditions.end(), [](const auto& c) { return !c.print.empty(); });
  if (prints > 1)
    out += figure("pvband", "Process-variation band",
                  picture_svg(view.grid, render_pvband(view.conditions, px), {{&target, "target"}}),
                  key_area("printed at all " + std::to_string(prints) + " conditions", "#b9cbde") +
                      key_area("at some", "#e26d1f") + (target.empty() ? "" : key_line("target", "#141b24")));
  if (!clip.sites.empty()) {
    // The longest arrow takes about a fifteenth of the picture; sites far off do not shrink the others.
    std::vector<double> sizes;
    for (const SiteResult& s : clip.sites)
      if (std::isfinite(s.epe_nm)) sizes.push_back(std::abs(s.epe_nm));
    std::sort(sizes.begin(), sizes.end());
    const double large = sizes.empty() ? 1 : std::max(sizes[sizes.size() * 95 / 100], 0.25);
    const double magnification = std::max(1.0, round_length(view.grid.width_nm() / 15 / large));
    out += figure("epe", "Edge placement error at the sites",
                  picture_svg(view.grid, {}, {{&print, "printfill"}, {&target, "target"}}, 0, 0,
                              epe_arrows(view.grid, clip.sites, magnification)),
                  "Arrows drawn " + number(magnification) + " times longer. " + key_line("print too large", "#d05a10") +
                      key_line("too small", "#2563ab") +
                      key_line("over the limit of " + number(clip.epe_limit_nm) + " nm", "#b3142c") +
                      key_area("print", "#d3deea") + key_line("target", "#141b24"));
  }
  return out.empty() ? "" : "<h2 id=\"pictures\">Pictures</h2>\n<section class=\"figures\">\n" + out + "</section>\n";
}

std::string plots(const ClipResult& clip) {
  std::string out;
  if (const std::string svg = convergence_svg(clip.history); !svg.empty())
    out += figure("convergence", "Convergence", svg,
                  number(static_cast<double>(clip.history.size())) + " iterations; last loss " +
                      number(clip.history.back().loss) + ", first " + number(clip.history.front().loss));
  double sum = 0;
  double squares = 0;
  double count = 0;
  double most = 0;
  for (const SiteResult& s : clip.sites)
    if (std::isfinite(s.epe_nm)) {
      sum += s.epe_nm;
      squares += s.epe_nm * s.epe_nm;
      most = std::max(most, std::abs(s.epe_nm));
      ++count;
    }
  if (count > 0) {
    const double mean = sum / count;
    const double missing = static_cast<double>(clip.sites.size()) - count;
    out += figure("histogram", "Distribution of the EPE", epe_histogram_svg(clip.sites, clip.epe_limit_nm),
                  number(count) + " sites: mean " + number(mean) + " nm, standard deviation " +
                      number(std::sqrt(std::max(0.0, squares / count - mean * mean))) + " nm, largest " + number(most) +
                      " nm; limit ±" + number(clip.epe_limit_nm) + " nm" +
                      (missing > 0 ? "; " + number(missing) + " more without a printed edge" : ""));
  }
  return out.empty() ? "" : "<h2>Plots</h2>\n<section class=\"figures\">\n" + out + "</section>\n";
}

std::string panel(const std::string& title, const std::string& table) {
  return "<div class=\"panel\"><h3>" + title + "</h3>\n<table>" + table + "</table></div>\n";
}

std::string tables(const ClipResult& clip) {
  std::string out;
  if (!clip.metrics.empty()) {
    std::string rows = "<tr><th>Figure</th><th class=\"n\">Value</th><th>Key</th></tr>\n";
    for (const Metric& m : clip.metrics) {
      const Heading h = heading(m.key);
      rows += "<tr><td>" + escape(h.label) + "</td><td class=\"n\">" + with_unit(number(m.value), h.unit) +
              "</td><td><code>" + escape(m.key) + "</code></td></tr>\n";
    }
    out += panel("Metrics", rows);
  }
  std::string second;
  if (!clip.rules.empty()) {
    std::string rows = "<tr><th>Limit</th><th class=\"n\">Asked for</th><th class=\"n\">Measured</th><th></th></tr>\n";
    for (const RuleCheck& r : clip.rules) {
      const std::string unit = html::unit(r.unit);
      rows += "<tr><td>" + escape(r.name) + "</td><td class=\"n\">" + (r.upper ? "≤ " : "≥ ") +
              with_unit(number(r.limit), unit) + "</td><td class=\"n\">" + with_unit(number(r.measured), unit) +
              "</td>" + (r.pass() ? "<td class=\"n pass\">✓ pass</td>" : "<td class=\"n fail\">✗ fail</td>") +
              "</tr>\n";
    }
    second += panel("Limits", rows);
  }
  if (!clip.conditions.empty()) {
    std::string rows =
        "<tr><th>Condition</th><th class=\"n\">Dose</th><th class=\"n\">Focus</th><th class=\"n\">Printed area</th>"
        "<th class=\"n\">to nominal</th><th class=\"n\">max I</th></tr>\n";
    double nominal = std::numeric_limits<double>::quiet_NaN();
    for (const ConditionResult& c : clip.conditions) {
      const double area = c.print.empty() ? std::numeric_limits<double>::quiet_NaN()
                                          : static_cast<double>(std::count(c.print.begin(), c.print.end(), 1)) *
                                                clip.grid.pixel_nm * clip.grid.pixel_nm;
      if (&c == &clip.conditions.front()) nominal = area;
      const double change = 100 * (area / nominal - 1);
      const double peak = c.aerial.empty() ? std::numeric_limits<double>::quiet_NaN()
                                           : *std::max_element(c.aerial.begin(), c.aerial.end());
      rows += "<tr><td>" + escape(c.name) + "</td><td class=\"n\">" + number(c.dose) + "</td><td class=\"n\">" +
              with_unit(number(c.focus_nm), "nm") + "</td><td class=\"n\">" + with_unit(number(area), "nm²") +
              "</td><td class=\"n\">" + (change > 0 ? "+" : "") +
              with_unit(number(std::round(change * 100) / 100), "%") + "</td><td class=\"n\">" + number(peak) +
              "</td></tr>\n";
    }
    second += panel("Process conditions", rows);
  }
  out += second.empty() ? "" : "<div style=\"display:grid;gap:16px\">" + second + "</div>\n";
  return out.empty() ? "" : "<h2>Figures and limits</h2>\n<section class=\"tables\">\n" + out + "</section>\n";
}

std::string provenance_section(const std::vector<Fact>& facts, const std::string& recipe) {
  std::string out;
  if (!facts.empty()) {
    std::string rows;
    for (const Fact& f : facts)
      rows += "<tr><td>" + escape(f.label) + "</td><td class=\"wide\">" + escape(f.value) + "</td></tr>\n";
    out += panel("Provenance", rows);
  }
  if (!recipe.empty())
    out += "<div class=\"panel\"><details><summary>Resolved recipe</summary><pre>" + escape(recipe) +
           "</pre></details></div>\n";
  return out.empty() ? "" : "<h2>Origin</h2>\n<section class=\"tables\">\n" + out + "</section>\n";
}

std::string subtitle(const ClipResult& clip) {
  const Grid& g = clip.grid;
  std::string text = clip.verb.empty() ? "" : "<code>" + escape(clip.verb) + "</code> · ";
  return text + "window " + number(g.width_nm()) + " × " + number(g.height_nm()) + " nm, " + std::to_string(g.nx) +
         " × " + std::to_string(g.ny) + " pixels of " + number(g.pixel_nm) + " nm";
}

std::string percent_encoded(const std::string& path) {
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      (out += '%', out += "0123456789ABCDEF"[byte >> 4], out += "0123456789ABCDEF"[byte & 15]);
  }
  return out;
}

constexpr std::string_view sort_script = R"js(<script>
for (const th of document.querySelectorAll(".suite th[data-k]")) th.firstChild.addEventListener("click", () => {
  const body = th.closest("table").tBodies[0], k = th.cellIndex, up = th.ariaSort !== "ascending";
  for (const other of th.parentNode.cells) other.ariaSort = null;
  th.ariaSort = up ? "ascending" : "descending";
  const value = row => row.cells[k].dataset.v;
  body.append(...[...body.rows].sort((a, b) => (up ? 1 : -1) *
    (th.dataset.k === "n" ? value(a) - value(b) : value(a).localeCompare(value(b), "en", {numeric: true}))));
});
</script>
)js";

}  // namespace

std::string clip_report(const ClipResult& clip) {
  std::string page = begin_page(clip.name + " – Anamorph" + (clip.verb.empty() ? "" : " " + clip.verb));
  page += "<header><h1>" + escape(clip.name) + "</h1><p>" + subtitle(clip) + "</p></header>\n";
  page += cards(clip);
  if (!clip.warnings.empty()) {
    page += "<ul class=\"warnings\">";
    for (const std::string& w : clip.warnings) page += "<li>" + escape(w) + "</li>";
    page += "</ul>\n";
  }
  page += pictures(clip) + plots(clip) + tables(clip) + provenance_section(clip.provenance, clip.recipe);
  return page + end_page();
}

std::string suite_report(const std::string& title, const std::vector<SuiteCase>& cases,
                         const std::vector<Fact>& provenance) {
  std::string page = begin_page(title + " – Anamorph suite");
  page += "<header><h1>" + escape(title) + "</h1><p>" + number(static_cast<double>(cases.size())) +
          (cases.size() == 1 ? " case" : " cases") + "</p></header>\n";

  std::vector<SuiteCase> rows = cases;
  for (SuiteCase& c : rows) c.metrics = with_sum(std::move(c.metrics));
  const std::vector<Metric> mean = mean_metrics(rows);
  const auto passed = std::count_if(rows.begin(), rows.end(), [](const SuiteCase& c) { return c.pass; });
  const bool all = passed == static_cast<std::ptrdiff_t>(rows.size());
  page += "<section class=\"cards\">\n" +
          verdict_card(all, all ? "All cases within limits" : "Some cases over the limits",
                       std::to_string(passed) + " of " + std::to_string(rows.size()) + " pass");
  for (const char* key : {"l2_plus_pvband_nm2", "l2_nm2", "pvband_nm2", "epe_violations", "mask_shots", "seconds"})
    if (const double v = metric(mean, key); !std::isnan(v)) {
      const Heading h = heading(key);
      page += card("mean " + h.brief, number(v), h.unit);
    }
  page +=
      "</section>\n<h2>Cases</h2>\n<section class=\"panel suite\"><table>\n<thead><tr><th></th>"
      "<th data-k=\"s\"><button>Case</button></th>";
  for (const Metric& m : mean) {
    const Heading h = heading(m.key);
    page += "<th class=\"n\" data-k=\"n\" title=\"" + escape(h.label) + "\"><button>" + escape(h.brief) +
            (h.unit.empty() ? "" : "<br>(" + escape(h.unit) + ")") + "</button></th>";
  }
  page += "<th data-k=\"s\" class=\"n\"><button>Limits</button></th></tr></thead>\n<tbody>\n";
  double largest = 0;
  for (const SuiteCase& c : rows)
    if (const double v = metric(c.metrics, "l2_plus_pvband_nm2"); v > largest) largest = v;
  for (const SuiteCase& c : rows) {
    const std::string link = "<a href=\"" + percent_encoded(c.name) + "/report.html\">";
    page +=
        "<tr><td>" +
        (c.thumbnail_png.empty() ? ""
                                 : link + "<img alt=\"mask of " + escape(c.name) + "\" src=\"data:image/png;base64," +
                                       html::base64(c.thumbnail_png) + "\"></a>") +
        "</td><td data-v=\"" + escape(c.name) + "\">" + link + escape(c.name) + "</a></td>";
    for (const Metric& column : mean) {
      const double v = metric(c.metrics, column.key);
      page += "<td class=\"n\" data-v=\"" + (std::isfinite(v) ? std::to_string(v) : "1e99") + "\">" + number(v);
      if (column.key == "l2_plus_pvband_nm2" && largest > 0 && std::isfinite(v))
        page += "<span class=\"meter\" style=\"width:" + html::coordinate(100 * v / largest) + "%\"></span>";
      page += "</td>";
    }
    page += c.pass ? "<td class=\"n pass\" data-v=\"pass\">✓ pass</td></tr>\n"
                   : "<td class=\"n fail\" data-v=\"fail\">✗ fail</td></tr>\n";
  }
  page += "</tbody>\n<tfoot><tr><td></td><td>Mean</td>";
  for (const Metric& m : mean) page += "<td class=\"n\">" + number(m.value) + "</td>";
  page += "<td></td></tr></tfoot>\n</table></section>\n";
  page += provenance_section(provenance, {});
  page += sort_script;
  return page + end_page();
}

}  // namespace anamorph
