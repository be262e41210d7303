// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/optics_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <iterator>
#include <numbers>
#include <numeric>
#include <string_view>

#include "cpp/io/html.hpp"
#include "cpp/io/optics_plots.hpp"
#include "cpp/io/page.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/io/plots.hpp"
#include "optics_models/projection.hpp"
#include "optics_models/zernike.hpp"

namespace anamorph {
namespace {

using html::escape;
using html::number;
using html::scientific;
using namespace page;
using std::numbers::pi;

constexpr int picture_px = 448;

/// A share in per cent, with as many digits as it takes to tell it from the whole.
std::string percent(double share) {
  if (!std::isfinite(share)) return number(share);
  const double missing = 100 * std::abs(1 - share);
  if (missing < 1e-10) return "100";
  return number(100 * share, std::clamp(static_cast<int>(std::ceil(-std::log10(missing))) + 1, 1, 8));
}

std::string cards(const OpticsResult& optics) {
  std::string out = "<section class=\"cards\">\n";
  const auto add = [&](const char* label, double value, const std::string& text, const char* unit,
                       const std::string& note = {}) {
    if (std::isfinite(value)) out += card(label, text, unit, note);
  };
  const auto plain = [&](const char* label, double value, const char* unit, const std::string& note = {}) {
    add(label, value, number(value), unit, note);
  };
  plain("wavelength", optics.wavelength_nm, "nm");
  plain("NA", optics.na, "", optics.immersion_index > 1 ? "in n = " + number(optics.immersion_index) : "");
  plain("min. half pitch", smallest_half_pitch_nm(optics.wavelength_nm, optics.na), "nm", "0.25 λ / NA");
  plain("depth of focus", depth_of_focus_nm(optics.wavelength_nm, optics.na, optics.immersion_index), "nm",
        "quarter wave");
  add("pupil fill", optics.pupil_fill, number(100 * optics.pupil_fill), "%");
  if (const int points = optics.source_points > 0 ? optics.source_points : static_cast<int>(optics.source.size()))
    plain("source points", points, "");
  if (optics.kernels > 0) plain("kernels", optics.kernels, "");
  add("captured", optics.captured_fraction, percent(optics.captured_fraction), "%", "of the trace of the TCC");
  add("SOCS − Abbe", optics.image_error, scientific(optics.image_error), "", "largest, clear field = 1");
  add("built in", optics.build_seconds, number(optics.build_seconds), "s");
  return out + "</section>\n";
}

std::string source_picture(const OpticsResult& optics) {
  if (optics.source.empty()) return {};
  const std::string marks = polarisation_marks(optics.source);
  const Picture picture = render_positive_map(source_map(optics.source, optics.pupil_fill, picture_px), picture_px, 1);
  return figure(
      "source", "Source",
      pupil_svg(picture, "σ", marks.empty() && optics.source_points == 0 ? source_dots(optics.source) : marks),
      colour_bar_svg(1, 0) + "Light per area of the pupil relative to its brightest place; the circle is NA. " +
          (marks.empty() ? "" : key_line("polarisation of the field", "#fff", "d")));
}

/// The values of a map where it has any.
std::vector<double> values_of(const Image<double>& map) {
  std::vector<double> values;
  std::copy_if(map.begin(), map.end(), std::back_inserter(values), [](double v) { return !std::isnan(v); });
  return values;
}

/// A wavefront that no picture could show.
bool flat(const std::vector<double>& wavefront_nm) {
  return std::all_of(wavefront_nm.begin(), wavefront_nm.end(), [](double w) { return std::abs(w) < 1e-9; });
}

std::string wavefront_picture(const OpticsResult& optics) {
  const std::vector<double> values = values_of(optics.pupil_wavefront_nm);
  if (flat(values)) return {};
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  const double squares = std::accumulate(values.begin(), values.end(), 0.0,
                                         [&](double sum, double w) { return sum + (w - mean) * (w - mean); });
  const double rms = std::sqrt(squares / static_cast<double>(values.size()));
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double limit = std::max(std::abs(*low), std::abs(*high));
  std::string caption =
      signed_bar_svg(limit, "nm") + "Optical path W, positive: longer. Without its mean " + number(rms) + " nm rms";
  if (std::isfinite(optics.wavelength_nm)) caption += " (" + number(1000 * rms / optics.wavelength_nm) + " mλ)";
  caption += ", peak to valley " + number(*high - *low) + " nm.";
  return figure("wavefront", "Pupil: wavefront",
                pupil_svg(render_signed_map(optics.pupil_wavefront_nm, picture_px, limit), "p"), caption);
}

std::string amplitude_picture(const OpticsResult& optics) {
  const std::vector<double> values = values_of(optics.pupil_amplitude);
  const double high = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  if (high <= 0) return {};
  std::string caption =
      colour_bar_svg(high, 0) + "Direction cosine at the wafer divided by NA. Blank where nothing passes.";
  if (!optics.pupil_wavefront_nm.empty() && flat(values_of(optics.pupil_wavefront_nm)))
    caption += " The wavefront is flat: no aberrations.";
  return figure("amplitude", "Pupil: amplitude",
                pupil_svg(render_positive_map(optics.pupil_amplitude, picture_px, high), "p"), caption);
}

std::string kernel_figure(const OpticsResult& optics) {
  const std::string svg = kernels_svg(optics.kernel_pictures, optics.kernel_reach_nm);
  if (svg.empty()) return {};
  return figure("kernels", "Strongest kernels", svg,
                "|h(x)| over ±" + number(optics.kernel_reach_nm) +
                    " nm, each in the colours from 0 to its own maximum, with its share of the light.");
}

std::string eigenvalue_figure(const OpticsResult& optics) {
  const std::string svg = eigenvalues_svg(optics.eigenvalues, optics.trace, optics.kernels);
  if (svg.empty()) return {};
  const bool all = optics.kernels <= 0 || optics.kernels >= static_cast<int>(optics.eigenvalues.size());
  return figure("eigenvalues", "Eigenvalues of the TCC", svg,
                key_area(all ? "eigenvalue" : "eigenvalue, kept", "var(--s1)") +
                    (all ? "" : key_area("left out", "var(--soft)")) +
                    key_line("left out after this kernel, together", "var(--s2)", ""));
}

std::string truncation_table(const std::vector<TruncationStep>& steps) {
  if (steps.empty()) return {};
  std::string rows =
      "<tr><th class=\"n\">Kernels</th><th class=\"n\">Captured</th><th class=\"n\">Left out</th>"
      "<th class=\"n\">Largest SOCS − Abbe</th></tr>\n";
  for (const TruncationStep& s : steps)
    rows += "<tr><td class=\"n\">" + number(s.kernels) + "</td><td class=\"n\">" +
            with_unit(percent(s.captured_fraction), "%") + "</td><td class=\"n\">" +
            scientific(std::max(0.0, 1 - s.captured_fraction)) + "</td><td class=\"n\">" + scientific(s.image_error) +
            "</td></tr>\n";
  return panel("Truncation", rows);
}

std::string quantities_table(const std::vector<OpticsQuantity>& quantities) {
  if (quantities.empty()) return {};
  std::string rows = "<tr><th>Quantity</th><th class=\"n\">Value</th><th>Unit</th><th>Origin</th></tr>\n";
  for (const OpticsQuantity& q : quantities)
    rows += "<tr><td>" + escape(q.name) + "</td><td class=\"n\">" + escape(q.value) + "</td><td>" +
            escape(html::unit(q.unit)) + "</td><td class=\"wide\">" + escape(q.origin) + "</td></tr>\n";
  return panel("Scanner and optics", rows);
}

/// What people call a Fringe term; the sign of m tells cos from sin.
std::string zernike_name(int index) {
  if (index < 1 || index > fringe_terms) return {};
  const auto [n, signed_m] = fringe_orders(index);
  const int m = std::abs(signed_m);
  if (n == 0) return "piston";
  if (n == 1) return signed_m > 0 ? "tilt x" : "tilt y";
  if (n == 2 && m == 0) return "defocus";
  constexpr std::array<std::string_view, 7> families{"spherical", "coma",      "astigmatism", "trefoil",
                                                     "tetrafoil", "pentafoil", "hexafoil"};
  constexpr std::array<std::string_view, 6> orders{"", "secondary ", "tertiary ", "quaternary ", "quinary ", "senary "};
  // Spherical begins with n = 4, coma with n = 3, the others with n = m.
  const int order = (n - m) / 2 - (m == 0 ? 2 : m == 1 ? 1 : 0);
  std::string name(orders.at(static_cast<std::size_t>(order)));
  name += families.at(static_cast<std::size_t>(m));
  if (m == 2) return name + (signed_m > 0 ? " 0°" : " 45°");
  if (m > 0) name += signed_m > 0 ? " x" : " y";
  return name;
}

std::string zernike_table(const OpticsResult& optics) {
  if (optics.zernikes.empty()) return {};
  std::string rows = "<tr><th>Fringe</th><th>Name</th><th class=\"n\">Coefficient</th><th class=\"n\">of λ</th></tr>\n";
  for (const ZernikeTerm& z : optics.zernikes)
    rows += "<tr><td>Z" + std::to_string(z.index) + "</td><td>" + zernike_name(z.index) + "</td><td class=\"n\">" +
            with_unit(number(z.nm), "nm") + "</td><td class=\"n\">" +
            with_unit(number(1000 * z.nm / optics.wavelength_nm), "mλ") + "</td></tr>\n";
  return panel("Aberrations", rows);
}

}  // namespace

std::vector<KernelPicture> kernel_pictures(const CoherentStack& stack, int count, double reach_nm, int size_px) {
  const std::size_t bins = stack.bins();
  std::vector<double> light;
  for (std::size_t k = 0; k < stack.weight.size(); ++k) {
    double sum = 0;
    for (std::size_t i = 0; i < bins; ++i) sum += std::norm(stack.transfer[k * bins + i]);
    light.push_back(stack.weight[k] * sum);
  }
  const double all = std::accumulate(light.begin(), light.end(), 0.0);
  std::vector<std::size_t> order(light.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return light[a] > light[b]; });
  order.resize(std::min(order.size(), static_cast<std::size_t>(std::max(count, 0))));

  // One axis after the other: rows of bins become values at x, then their columns values at y.
  const auto waves = [&](int extent, double period_nm) {
    Image<std::complex<double>> table(size_px, 2 * extent + 1);
    for (int i = 0; i < size_px; ++i)
      for (int m = -extent; m <= extent; ++m)
        table(i, m + extent) = std::polar(1.0, 2 * pi * m * reach_nm * ((2 * i + 1.0) / size_px - 1) / period_nm);
    return table;
  };
  const Image<std::complex<double>> wave_x = waves(stack.extent_x, stack.period_x_nm);
  const Image<std::complex<double>> wave_y = waves(stack.extent_y, stack.period_y_nm);
  std::vector<KernelPicture> pictures;
  for (const std::size_t k : order) {
    KernelPicture& picture = pictures.emplace_back();
    picture.share = all > 0 ? light[k] / all : 0;
    picture.magnitude = Image<double>(size_px, size_px);
    Image<std::complex<double>> rows(stack.bins_y(), size_px);
    for (int my = 0; my < stack.bins_y(); ++my)
      for (int x = 0; x < size_px; ++x)
        for (int mx = 0; mx < stack.bins_x(); ++mx)
          rows(my, x) += stack.transfer[k * bins + static_cast<std::size_t>(my * stack.bins_x() + mx)] * wave_x(x, mx);
    for (int y = 0; y < size_px; ++y)
      for (int x = 0; x < size_px; ++x) {
        std::complex<double> value;
        for (int my = 0; my < stack.bins_y(); ++my) value += rows(my, x) * wave_y(y, my);
        picture.magnitude(y, x) = std::abs(value);
      }
  }
  return pictures;
}

std::string optics_report(const OpticsResult& optics) {
  std::string out = head(optics.name + " – Anamorph optics");
  out += "<header><h1>" + escape(optics.name) + "</h1><p><code>optics</code>" +
         (optics.summary.empty() ? "" : " · " + escape(optics.summary)) + "</p></header>\n";
  out += cards(optics);
  out += warnings(optics.warnings);
  out += section("Source and pupil", source_picture(optics) + wavefront_picture(optics) + amplitude_picture(optics) +
                                         stack(zernike_table(optics)));
  out += section("Kernels",
                 stack(kernel_figure(optics)) + stack(eigenvalue_figure(optics) + truncation_table(optics.truncation)));
  out += section("Quantities", quantities_table(optics.quantities));
  out += provenance(optics.provenance, optics.recipe);
  return out + foot();
}

}  // namespace anamorph
