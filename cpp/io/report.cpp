// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "cpp/io/html.hpp"
#include "cpp/io/page.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/io/plots.hpp"

namespace anamorph {
namespace {

using html::escape;
using html::number;
using namespace page;

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
      {"l2_nm2", "Print differs from target (L2)", "L2", "nm²"},
      {"pvband_nm2", "Process-variation band (PVB)", "PV band", "nm²"},
      {"l2_plus_pvband_nm2", "L2 + PV band", "L2 + PVB", "nm²"},
      {"epe_violations", "EPE violations", "EPE violations", ""},
      {"epe_max_nm", "Largest |EPE|", "max |EPE|", "nm"},
      {"epe_mean_nm", "Mean |EPE|", "mean |EPE|", "nm"},
      {"mask_shots", "Mask shots (rectangles)", "mask shots", ""},
      {"mask_min_area_nm2", "Smallest mask area", "min. mask area", "nm²"},
      {"mask_min_distance_nm", "Smallest mask distance", "min. mask distance", "nm"},
      {"mask_min_width_nm", "Smallest mask width", "min. mask width", "nm"},
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

/// What several pictures share: the part of the clip that they show, and outlines.
struct View {
  explicit View(const ClipResult& clip) : part(close_up(clip)), print(clip.print_contours) {
    if (!part.target.empty()) target = pixel_outlines(part.target, part.grid);
    if (print.empty() && !part.conditions.empty() && !part.conditions[0].print.empty())
      print = pixel_outlines(part.conditions[0].print, part.grid);
  }
  ClipResult part;
  std::vector<Polygon> target;
  std::vector<Polygon> print;
};

std::string pictures(const ClipResult& clip, const View& view) {
  constexpr int px = 700;
  const auto& [part, target, print] = view;
  const std::string target_key = target.empty() ? "" : key_line("target", "#e26d1f");
  std::string out;
  if (!part.target.empty())
    out += figure("target", "Target",
                  picture_svg(part.grid, render_bitmap(part.target, px, palette::ground, palette::target), {}),
                  key_area("wanted on the wafer", "#5c7899"));
  if (!part.mask.empty())
    out += figure(
        "mask", "Mask",
        picture_svg(part.grid, render_bitmap(part.mask, px, palette::ground, palette::mask), {{&target, "targeton"}}),
        key_area("opening", "#1c6b76") + key_area("absorber", "#f1f4f7") + target_key);
  if (!part.conditions.empty() && !part.conditions[0].aerial.empty()) {
    const ConditionResult& nominal = part.conditions[0];
    const double high = std::max(*std::max_element(nominal.aerial.begin(), nominal.aerial.end()), 1e-12);
    const std::string at = clip.threshold > 0 ? " at I = " + number(clip.threshold) : "";
    out += figure("aerial", "Aerial image, " + nominal.name,
                  picture_svg(part.grid, render_intensity(nominal.aerial, px, 0, high),
                              {{&target, "targeton"}, {&print, "printed"}}),
                  colour_bar_svg(high, clip.threshold) + "Intensity I, clear field = 1. " +
                      (print.empty() ? "" : key_line("printed edge" + at, "#fff", "d")) + target_key);
  }
  const auto prints =
      std::count_if(part.conditions.begin(), part.conditions.end(), [](const auto& c) { return !c.print.empty(); });
  if (prints > 1)
    out += figure("pvband", "Process-variation band",
                  picture_svg(part.grid, render_pvband(part.conditions, px), {{&target, "target"}}),
                  key_area("printed at all " + std::to_string(prints) + " conditions", "#b9cbde") +
                      key_area("at some", "#e26d1f") + (target.empty() ? "" : key_line("target", "#141b24")));
  return out;
}

std::string epe_picture(const ClipResult& clip, const View& view) {
  if (clip.sites.empty()) return {};
  // All but the longest arrows take at most a tenth of the picture.
  std::vector<double> sizes;
  for (const SiteResult& s : clip.sites)
    if (std::isfinite(s.epe_nm)) sizes.push_back(std::abs(s.epe_nm));
  std::sort(sizes.begin(), sizes.end());
  const double large = sizes.empty() ? 1 : std::max(sizes[sizes.size() * 95 / 100], 0.25);
  const double magnification = std::max(1.0, round_length(view.part.grid.width_nm() / 10 / large));
  return figure("epe", "Edge placement error (EPE) at the sites",
                picture_svg(view.part.grid, {}, {{&view.print, "printfill"}, {&view.target, "target"}},
                            epe_arrows(view.part.grid, clip.sites, magnification)),
                (magnification > 1 ? "Arrows are drawn " + number(magnification) + " times longer. " : "") +
                    key_line("print too large", "#d05a10") + key_line("too small", "#2563ab") +
                    key_line("over the limit of " + number(clip.epe_limit_nm) + " nm", "#b3142c") +
                    key_area("print", "#d3deea") + key_line("target", "#141b24"));
}

std::string epe_histogram(const ClipResult& clip) {
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
  if (count == 0) return {};
  const double mean = sum / count;
  const double missing = static_cast<double>(clip.sites.size()) - count;
  return figure("histogram", "Distribution of the EPE", epe_histogram_svg(clip.sites, clip.epe_limit_nm),
                number(count) + " sites: mean " + number(mean) + " nm, standard deviation " +
                    number(std::sqrt(std::max(0.0, squares / count - mean * mean))) + " nm, largest " + number(most) +
                    " nm; limit ±" + number(clip.epe_limit_nm) + " nm" +
                    (missing > 0 ? "; " + number(missing) + " more without a printed edge" : "") + ".");
}

std::string convergence(const ClipResult& clip) {
  const std::string svg = convergence_svg(clip.history);
  if (svg.empty()) return {};
  return figure("convergence", "Convergence", svg,
                "Weighted terms over " + number(static_cast<double>(clip.history.size())) +
                    " iterations; the loss went from " + number(clip.history.front().loss) + " to " +
                    number(clip.history.back().loss) + ".");
}

std::string metrics_table(const ClipResult& clip) {
  if (clip.metrics.empty()) return {};
  std::string rows = "<tr><th>Figure</th><th class=\"n\">Value</th><th>Key</th></tr>\n";
  for (const Metric& m : clip.metrics) {
    const Heading h = heading(m.key);
    rows += "<tr><td>" + escape(h.label) + "</td><td class=\"n\">" + with_unit(number(m.value), h.unit) +
            "</td><td><code>" + escape(m.key) + "</code></td></tr>\n";
  }
  return panel("Metrics", rows);
}

std::string rules_table(const ClipResult& clip) {
  if (clip.rules.empty()) return {};
  std::string rows = "<tr><th>Limit</th><th class=\"n\">Asked for</th><th class=\"n\">Measured</th><th></th></tr>\n";
  for (const RuleCheck& r : clip.rules) {
    const std::string unit = html::unit(r.unit);
    rows += "<tr><td>" + escape(r.name) + "</td><td class=\"n\">" + (r.upper ? "≤ " : "≥ ") +
            with_unit(number(r.limit), unit) + "</td><td class=\"n\">" + with_unit(number(r.measured), unit) + "</td>" +
            (r.pass() ? "<td class=\"n ok\">✓ pass</td>" : "<td class=\"n no\">✗ fail</td>") + "</tr>\n";
  }
  return panel("Limits", rows);
}

std::string conditions_table(const ClipResult& clip) {
  if (clip.conditions.empty()) return {};
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  std::string rows =
      "<tr><th>Condition</th><th class=\"n\">Dose</th><th class=\"n\">Focus</th><th class=\"n\">Printed area</th>"
      "<th class=\"n\">to nominal</th><th class=\"n\">max I</th></tr>\n";
  double nominal = unknown;
  for (const ConditionResult& c : clip.conditions) {
    const double pixels = static_cast<double>(std::count(c.print.begin(), c.print.end(), 1));
    const double area = c.print.empty() ? unknown : pixels * clip.grid.pixel_nm * clip.grid.pixel_nm;
    if (&c == &clip.conditions.front()) nominal = area;
    const double change = std::round(1e4 * (area / nominal - 1)) / 100;
    const double peak = c.aerial.empty() ? unknown : *std::max_element(c.aerial.begin(), c.aerial.end());
    rows += "<tr><td>" + escape(c.name) + "</td><td class=\"n\">" + number(c.dose) + "</td><td class=\"n\">" +
            with_unit(number(c.focus_nm), "nm") + "</td><td class=\"n\">" + with_unit(number(area), "nm²") +
            "</td><td class=\"n\">" + (change > 0 ? "+" : "") + with_unit(number(change), "%") +
            "</td><td class=\"n\">" + number(peak) + "</td></tr>\n";
  }
  return panel("Process conditions", rows);
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
  std::string out = head(clip.name + " – Anamorph" + (clip.verb.empty() ? "" : " " + clip.verb));
  out += "<header><h1>" + escape(clip.name) + "</h1><p>" + subtitle(clip) + "</p></header>\n";
  out += cards(clip);
  out += warnings(clip.warnings);
  const View view(clip);
  out += section("Pictures", pictures(clip, view));
  out += section("Edge placement", epe_picture(clip, view) + stack(epe_histogram(clip) + conditions_table(clip)));
  out += section("Figures and limits", stack(convergence(clip) + rules_table(clip)) + metrics_table(clip));
  out += provenance(clip.provenance, clip.recipe);
  return out + foot();
}

std::string suite_report(const std::string& title, const std::vector<SuiteCase>& cases,
                         const std::vector<Fact>& provenance) {
  std::string out = head(title + " – Anamorph suite");
  out += "<header><h1>" + escape(title) + "</h1><p>" + number(static_cast<double>(cases.size())) +
         (cases.size() == 1 ? " case" : " cases") + "</p></header>\n";

  std::vector<SuiteCase> rows = cases;
  for (SuiteCase& c : rows) c.metrics = with_sum(std::move(c.metrics));
  const std::vector<Metric> mean = mean_metrics(rows);
  const auto passed = std::count_if(rows.begin(), rows.end(), [](const SuiteCase& c) { return c.pass; });
  const bool all = passed == static_cast<std::ptrdiff_t>(rows.size());
  out += "<section class=\"cards\">\n" +
         verdict_card(all, all ? "Within all limits" : "Over the limits",
                      std::to_string(passed) + " of " + std::to_string(rows.size()) + " cases pass");
  for (const char* key : {"l2_plus_pvband_nm2", "l2_nm2", "pvband_nm2", "epe_violations", "mask_shots", "seconds"})
    if (const double v = metric(mean, key); !std::isnan(v)) {
      const Heading h = heading(key);
      out += card("mean " + h.brief, number(v), h.unit);
    }
  out +=
      "</section>\n<h2>Cases</h2>\n<section class=\"panel suite\"><table>\n<thead><tr><th></th>"
      "<th data-k=\"s\"><button>Case</button></th>";
  for (const Metric& m : mean) {
    const Heading h = heading(m.key);
    out += "<th class=\"n\" data-k=\"n\" title=\"" + escape(h.label) + "\"><button>" + escape(h.brief) +
           (h.unit.empty() ? "" : "<br>(" + escape(h.unit) + ")") + "</button></th>";
  }
  out += "<th data-k=\"s\" class=\"n\"><button>Limits</button></th></tr></thead>\n<tbody>\n";
  double largest = 0;
  std::vector<int> decimals;  // one number for each column, so that its figures stand below each other
  for (const Metric& m : mean) {
    bool whole = true;
    for (const SuiteCase& c : rows) {
      const double v = metric(c.metrics, m.key);
      if (std::isfinite(v) && v != std::floor(v)) whole = false;
      if (m.key == "l2_plus_pvband_nm2" && v > largest) largest = v;
    }
    decimals.push_back(whole || m.value >= 1000 ? 0 : m.value < 10 ? 2 : 1);
  }
  for (const SuiteCase& c : rows) {
    const std::string link = "<a href=\"" + percent_encoded(c.name) + "/report.html\">";
    out +=
        "<tr><td>" +
        (c.thumbnail_png.empty() ? ""
                                 : link + "<img alt=\"mask of " + escape(c.name) + "\" src=\"data:image/png;base64," +
                                       html::base64(c.thumbnail_png) + "\"></a>") +
        "</td><td data-v=\"" + escape(c.name) + "\">" + link + escape(c.name) + "</a></td>";
    for (std::size_t i = 0; i < mean.size(); ++i) {
      const Metric& column = mean[i];
      const double v = metric(c.metrics, column.key);
      out += "<td class=\"n\" data-v=\"" + (std::isfinite(v) ? std::to_string(v) : "1e99") + "\">" +
             html::number(v, decimals[i]);
      if (column.key == "l2_plus_pvband_nm2" && largest > 0 && std::isfinite(v))
        out += "<span class=\"meter\" style=\"width:" + html::coordinate(100 * v / largest) + "%\"></span>";
      out += "</td>";
    }
    out += c.pass ? "<td class=\"n ok\" data-v=\"pass\">✓ pass</td></tr>\n"
                  : "<td class=\"n no\" data-v=\"fail\">✗ fail</td></tr>\n";
  }
  out += "</tbody>\n<tfoot><tr><td></td><td>Mean</td>";
  for (std::size_t i = 0; i < mean.size(); ++i) {
    const bool count = decimals[i] == 0 && mean[i].value < 1000;  // the mean of small counts is no count
    out += "<td class=\"n\">" + html::number(mean[i].value, count ? 1 : decimals[i]) + "</td>";
  }
  out += "<td></td></tr></tfoot>\n</table></section>\n";
  out += page::provenance(provenance, {});
  out += sort_script;
  return out + foot();
}

}  // namespace anamorph
