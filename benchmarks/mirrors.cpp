// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors

// What the roughness of six mirrors does at 0.33 and 0.55 NA: the tables and the figure of docs/theory/mirrors.md.
//
//     mirrors_bench                  writes results/theory/mirrors.json, the page's tables and its figure
//     mirrors_bench --check          exit 1 if the page or the figure are not what would be written

#include "optics_models/mirrors.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numbers>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cpp/io/atomic_file.hpp"
#include "optics_models/abbe.hpp"
#include "optics_models/source.hpp"

namespace anamorph {
namespace {

using nlohmann::json;
using std::numbers::pi;
namespace fs = std::filesystem;

const fs::path root = ANAMORPH_SOURCE;
const fs::path page_file = root / "docs/theory/mirrors.md";
const fs::path figure_file = root / "docs/images/kirk.svg";
const fs::path result_file = root / "benchmarks/results/theory/mirrors.json";

constexpr double wavelength = 13.5;
constexpr std::array<double, 4> rms_values{0.2, 0.1, 0.05, 0.02};  // nm per mirror and band
constexpr double outer_nm = 5e6;
constexpr double usual_slope = 2;

/// An assumed system: six mirrors at normal incidence.
struct System {
  std::string name;
  double na;
  std::array<double, 6> footprint_mm;
  std::array<double, 2> pitch_nm;
};
const std::vector<System> systems{{"0.33", 0.33, {30, 45, 60, 80, 110, 180}, {32, 26}},
                                  {"0.55", 0.55, {50, 75, 100, 130, 180, 300}, {20, 16}}};

std::string format(const char* pattern, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), pattern, value);
  return text.data();
}

ScatterRange range_of(const System& system) {
  // Figure ends at six periods across the aperture, the finest that the 37 Fringe terms have: r = 3 wavelength / NA.
  return {.wavelength_nm = wavelength, .na = system.na, .inner_nm = 3 * wavelength / system.na, .outer_nm = outer_nm};
}

/// Every band of every mirror has the same rms. The bands belong to the system's footprints; the light may then fall on
/// these same surfaces with other ones.
std::vector<Mirror> mirrors_of(const System& system, double rms_nm, double slope, double footprint_scale = 1) {
  const ScatterRange range = range_of(system);
  std::vector<Mirror> mirrors;
  for (const double footprint : system.footprint_mm) {
    Mirror mirror{"M" + std::to_string(mirrors.size() + 1), 1, footprint * 1e6, {}};
    const double lowest = 1 / (2 * mirror.footprint_nm);
    const double inner = mirror_frequency(mirror, range, range.inner_nm);
    const double outer = mirror_frequency(mirror, range, range.outer_nm);
    mirror.psd.bands = {band_of_rms(rms_nm, lowest, inner, slope), band_of_rms(rms_nm, inner, outer, slope),
                        band_of_rms(rms_nm, outer, 1 / wavelength, slope)};
    mirror.footprint_nm *= footprint_scale;
    mirrors.push_back(mirror);
  }
  return mirrors;
}

/// Image of equal dark lines and spaces under a dipole, a line centred at x = 0: an even cosine series.
class Lines {
 public:
  Lines(double na, double pitch_nm) : pitch_nm_(pitch_nm) {
    const CoherentStack stack = abbe_stack({.wavelength_nm = wavelength, .na = na},
                                           sector_source(0.55, 0.9, {0, pi}, pi / 2, 0.005).points, pitch_nm, 1e-3);
    const int n = 8 * stack.extent_x + 1;  // enough points for the harmonics up to 2 extent_x, and no fewer
    harmonics_.resize(static_cast<std::size_t>(2 * stack.extent_x + 1));
    for (int i = 0; i < n; ++i) {
      const double value = sample(stack, pitch_nm * i / n);
      for (std::size_t m = 0; m < harmonics_.size(); ++m)
        harmonics_[m] += (m == 0 ? 1 : 2) * value * std::cos(2 * pi * static_cast<double>(m) * i / n) / n;
    }
  }

  [[nodiscard]] double pitch_nm() const { return pitch_nm_; }
  [[nodiscard]] double mean() const { return harmonics_[0]; }
  [[nodiscard]] double operator()(double x_nm) const {
    double sum = 0;
    for (std::size_t m = 0; m < harmonics_.size(); ++m)
      sum += harmonics_[m] * std::cos(2 * pi * static_cast<double>(m) * x_nm / pitch_nm_);
    return sum;
  }
  /// Width of the line at a level of the intensity; NaN if the image does not cross it.
  [[nodiscard]] double width(double level) const {
    double low = 0, high = pitch_nm_ / 2;
    if (level <= (*this)(low) || level >= (*this)(high)) return std::nan("");
    for (int i = 0; i < 60; ++i) {
      const double middle = (low + high) / 2;
      ((*this)(middle) < level ? low : high) = middle;
    }
    return low + high;
  }

 private:
  static double sample(const CoherentStack& stack, double x_nm) {
    double sum = 0;
    for (int k = 0; k < stack.terms(); ++k) {
      std::complex<double> field = 0;
      for (int m = -stack.extent_x; m <= stack.extent_x; ++m)
        field +=
            stack.transfer[static_cast<std::size_t>(k) * stack.bins() + static_cast<std::size_t>(m + stack.extent_x)] *
            (m == 0 ? 0.5 : -std::sin(pi * m / 2) / (pi * m)) * std::polar(1.0, 2 * pi * m * x_nm / stack.period_x_nm);
      sum += stack.weight[static_cast<std::size_t>(k)] * std::norm(field);
    }
    return sum;
  }

  double pitch_nm_;
  std::vector<double> harmonics_;
};

/// What a scattered share does to lines whose dose was set in a wide field of such lines.
struct LineEffect {
  double contrast_ideal, contrast_lines, contrast_clear;  // without flare; amid lines; amid a clear field
  double width_dark_nm, width_clear_nm;                   // in dark and in clear surroundings
};
LineEffect line_effect(const Lines& lines, double scattered) {
  const double dark = lines(0);
  const double bright = lines(lines.pitch_nm() / 2);
  const double mean = lines.mean();
  const double edge = lines(lines.pitch_nm() / 4);
  const auto contrast = [&](double surroundings) {
    return (1 - scattered) * (bright - dark) / ((1 - scattered) * (bright + dark) + 2 * scattered * surroundings);
  };
  // (1 - scattered) I + scattered * surroundings stays at the level that it has at the edge amid lines.
  const auto width = [&](double surroundings) {
    return lines.width(edge + scattered / (1 - scattered) * (mean - surroundings));
  };
  return {(bright - dark) / (bright + dark), contrast(mean), contrast(1), width(0), width(1)};
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const std::string& cell : rows[i]) text += "| " + cell + ' ';
    text += "|\n";
    if (i == 0) {
      for (std::size_t j = 0; j < rows[0].size(); ++j) text += "|--:";
      text += "|\n";
    }
  }
  return text;
}

std::string light_table(json& results) {
  std::vector<std::vector<std::string>> rows{
      {"rms nm", "flare %", "wavefront nm", "m&lambda;", "Strehl", "light kept by HSFR %"}};
  for (const double rms : rms_values) {
    const ScatterBudget budget = scatter_budget(mirrors_of(systems[0], rms, usual_slope), range_of(systems[0]));
    rows.push_back({format("%g", rms), format("%.2f", 100 * budget.flare), format("%.3f", budget.wavefront_rms_nm),
                    format("%.1f", 1000 * budget.wavefront_rms_nm / wavelength), format("%.4f", budget.strehl),
                    format("%.2f", 100 * budget.throughput)});
    results["light"].push_back({{"rms_nm", rms},
                                {"flare", budget.flare},
                                {"wavefront_rms_nm", budget.wavefront_rms_nm},
                                {"strehl", budget.strehl},
                                {"throughput", budget.throughput}});
  }
  return table(rows);
}

std::string lines_table(json& results) {
  std::vector<std::vector<std::string>> rows{{"NA", "pitch nm", "rms nm", "contrast, no flare", "amid lines",
                                              "amid a clear field", "CD, dark - clear nm", "% of CD"}};
  for (const System& system : systems)
    for (const double pitch : system.pitch_nm) {
      const Lines lines(system.na, pitch);
      for (const double rms : rms_values) {
        const double flare = scatter_budget(mirrors_of(system, rms, usual_slope), range_of(system)).flare;
        const LineEffect effect = line_effect(lines, flare);
        const double change = effect.width_dark_nm - effect.width_clear_nm;
        rows.push_back({system.name, format("%g", pitch), format("%g", rms), format("%.4f", effect.contrast_ideal),
                        format("%.4f", effect.contrast_lines), format("%.4f", effect.contrast_clear),
                        std::isnan(change) ? "no line" : format("%.2f", change),
                        std::isnan(change) ? "" : format("%.1f", 200 * change / pitch)});
        results["lines"].push_back({{"na", system.na},
                                    {"pitch_nm", pitch},
                                    {"rms_nm", rms},
                                    {"contrast_ideal", effect.contrast_ideal},
                                    {"contrast_amid_lines", effect.contrast_lines},
                                    {"contrast_amid_clear", effect.contrast_clear},
                                    {"width_dark_nm", effect.width_dark_nm},
                                    {"width_clear_nm", effect.width_clear_nm}});
      }
    }
  return table(rows);
}

std::string reach_table(json& results) {
  constexpr std::array<double, 4> radii_um{1, 10, 100, 1000};
  std::vector<std::vector<std::string>> rows{
      {"NA", "slope", "footprints", "TIS %", "< 1 &micro;m", "< 10 &micro;m", "< 100 &micro;m", "< 1 mm"}};
  for (const System& system : systems)
    for (const auto& [slope, scale] : {std::pair{1.5, 1.0}, {2.0, 1.0}, {2.5, 1.0}, {2.0, 0.5}, {2.0, 2.0}}) {
      const ScatterKernel kernel(mirrors_of(system, 0.1, slope, scale), range_of(system));
      std::vector<std::string> row{system.name, format("%.1f", slope), format("x %g", scale),
                                   format("%.2f", 100 * kernel.total())};
      json shares;
      for (const double radius : radii_um) {
        shares.push_back(kernel.share(0, 1000 * radius) / kernel.total());
        row.push_back(format("%.0f %%", 100 * shares.back().get<double>()));
      }
      rows.push_back(row);
      results["reach"].push_back({{"na", system.na},
                                  {"slope", slope},
                                  {"footprint_scale", scale},
                                  {"flare", kernel.total()},
                                  {"radius_um", radii_um},
                                  {"share", shares}});
    }
  return table(rows);
}

/// Flare in the middle of a dark pad over its size, both axes logarithmic.
std::string kirk_figure(json& results) {
  constexpr double width = 640, height = 400, left = 70, right = 150, top = 20, bottom = 50;
  constexpr double low_um = 0.3, high_um = 3000, low = 1e-4, high = 0.3;
  const auto x_of = [&](double um) {
    return left + (width - left - right) * std::log(um / low_um) / std::log(high_um / low_um);
  };
  const auto y_of = [&](double share) {
    return height - bottom - (height - top - bottom) * std::log(share / low) / std::log(high / low);
  };
  const auto number = [](double v) { return format("%.1f", v); };
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 400\" width=\"640\" height=\"400\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<title>Flare in the middle of a dark pad</title>\n"
      "<rect width=\"640\" height=\"400\" fill=\"#ffffff\"/>\n";
  const auto line = [&](double x1, double y1, double x2, double y2) {
    svg += "<path d=\"M" + number(x1) + ' ' + number(y1) + 'L' + number(x2) + ' ' + number(y2) +
           "\" stroke=\"#d5dbe1\"/>\n";
  };
  const auto text = [&](double x, double y, const char* anchor, const std::string& words) {
    svg += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\" fill=\"#141b24\">" +
           words + "</text>\n";
  };
  for (const double um : {1.0, 10.0, 100.0, 1000.0}) {
    line(x_of(um), top, x_of(um), height - bottom);
    text(x_of(um), height - bottom + 18, "middle", format("%g", um));
  }
  for (const double share : {1e-4, 1e-3, 1e-2, 1e-1}) {
    line(left, y_of(share), width - right, y_of(share));
    text(left - 8, y_of(share) + 4, "end", format("%g %%", 100 * share));
  }
  text((left + width - right) / 2, height - 10, "middle", "side of the dark pad, &#181;m");

  const std::array<const char*, 4> colours{"#e26d1f", "#1c6b76", "#5c7899", "#14181f"};
  for (std::size_t i = 0; i < rms_values.size(); ++i)
    for (const System& system : systems) {
      const ScatterKernel kernel(mirrors_of(system, rms_values[i], usual_slope), range_of(system));
      std::string path;
      json pads, shares;
      for (int step = 0; step <= 80; ++step) {
        const double um = low_um * std::pow(high_um / low_um, step / 80.0);
        const double share = kirk_flare(kernel, 1000 * um);
        pads.push_back(um);
        shares.push_back(share);
        if (share >= low) path += (path.empty() ? 'M' : 'L') + number(x_of(um)) + ' ' + number(y_of(share));
      }
      svg += "<path d=\"" + path + "\" fill=\"none\" stroke-width=\"2\" stroke=\"" + colours[i] + '"' +
             (system.na > 0.4 ? " stroke-dasharray=\"6 4\"" : "") + "/>\n";
      results["kirk"].push_back({{"na", system.na}, {"rms_nm", rms_values[i]}, {"pad_um", pads}, {"flare", shares}});
      const double y = top + 20 + 40 * static_cast<double>(i) + (system.na > 0.4 ? 18 : 0);
      svg += "<path d=\"M" + number(width - right + 12) + ' ' + number(y - 4) + 'h' + number(26) +
             "\" stroke-width=\"2\" stroke=\"" + colours[i] + '"' +
             (system.na > 0.4 ? " stroke-dasharray=\"6 4\"" : "") + "/>\n";
      text(width - right + 44, y, "start", format("%g nm, NA ", rms_values[i]) + system.name);
    }
  return svg + "</svg>\n";
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The page with new text between the lines "<!-- mirrors_bench: NAME -->" and "<!-- end -->".
std::string filled(std::string page, const std::string& name, const std::string& text) {
  const std::string begin = "<!-- mirrors_bench: " + name + " -->\n";
  const std::size_t at = page.find(begin);
  const std::size_t end = at == std::string::npos ? at : page.find("<!-- end -->", at);
  if (end == std::string::npos) throw std::runtime_error("the page has no place for '" + name + "'");
  return page.replace(at + begin.size(), end - at - begin.size(), text);
}

int run(bool check) {
  json results;
  const std::string before = read(page_file);
  std::string page = filled(before, "light", light_table(results));
  page = filled(page, "lines", lines_table(results));
  page = filled(page, "reach", reach_table(results));
  const std::string figure = kirk_figure(results);
  if (check) {
    const bool same = page == before && figure == read(figure_file);
    if (!same) std::cerr << "docs/theory/mirrors.md or its figure is not up to date: run mirrors_bench\n";
    return same ? 0 : 1;
  }
  fs::create_directories(result_file.parent_path());
  write_file_atomic(result_file, results.dump(1) + '\n');
  write_file_atomic(page_file, page);
  write_file_atomic(figure_file, figure);
  return 0;
}

}  // namespace
}  // namespace anamorph

int main(int argc, char** argv) {
  const bool check = argc == 2 && std::string_view(argv[1]) == "--check";
  if (argc > 1 && !check) {
    std::cerr << "usage: mirrors_bench [--check]\n";
    return 2;
  }
  try {
    return anamorph::run(check);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
