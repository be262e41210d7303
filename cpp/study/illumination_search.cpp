// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/illumination_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <utility>

#include "masks/polygon_spectrum.hpp"
#include "optics_models/abbe.hpp"

namespace anamorph {
namespace {

using Complex = std::complex<double>;

constexpr int places_per_gauge = 4;

/// Centres of square pixels over the pupil's disc, which the light of a corner may touch.
std::vector<SourcePoint> pixels(double step) {
  const int half = static_cast<int>(std::ceil(1 / step));
  std::vector<SourcePoint> points;
  for (int j = -half; j < half; ++j)
    for (int i = -half; i < half; ++i) {
      const SourcePoint p{(i + 0.5) * step, (j + 0.5) * step, 1, {}};
      if (std::hypot(p.sx, p.sy) <= 1) points.push_back(p);
    }
  for (SourcePoint& p : points) p.weight = 1.0 / static_cast<double>(points.size());
  return points;
}

/// [gauge][low in, low out, high in, high out]
std::vector<Point> places(const StudyPattern& pattern, double cd_tolerance, bool gaps) {
  std::vector<Point> all;
  for (const StudyGauge& g : pattern.gauges) {
    if (!gaps && g.critical_nm != g.gauge.cd_nm) continue;
    const double angle = g.gauge.angle_deg * std::numbers::pi / 180, d = cd_tolerance * g.critical_nm / 2;
    const CutSpan span = cut_span(pattern.shapes, pattern.tile, g.gauge);
    for (const double s : {span.low + d, span.low - d, span.high - d, span.high + d})
      all.push_back({g.gauge.at_nm.x + s * std::cos(angle), g.gauge.at_nm.y + s * std::sin(angle)});
  }
  return all;
}

/// Fields of single directions at places.
class PointImager {
 public:
  PointImager(const StudyPattern& pattern, const std::vector<Polygon>& mask, const CoherentStack& frame,
              const std::vector<Point>& at)
      : width_(pattern.tile.width()),
        height_(pattern.tile.height()),
        extent_x_(frame.extent_x),
        extent_y_(frame.extent_y),
        mask_(pattern_spectrum(pattern, mask, frame.extent_x, frame.extent_y)) {
    const auto wave = [](double turns) { return std::polar(1.0, 2 * std::numbers::pi * turns); };
    for (const Point& p : at) {
      for (int m = -extent_x_; m <= extent_x_; ++m) along_x_.push_back(wave(m * (p.x - pattern.tile.x0) / width_));
      for (int m = -extent_y_; m <= extent_y_; ++m) along_y_.push_back(wave(m * (p.y - pattern.tile.y0) / height_));
    }
    places_ = at.size();
  }

  /// Intensities of point `s` at the places, and last that of an open mask.
  [[nodiscard]] std::vector<double> intensities(const CoherentTerms& terms, int s) const {
    const int n = 2 * extent_x_ + 1, rows = 2 * extent_y_ + 1, count = terms.per_point();
    std::vector<Complex> transfer(static_cast<std::size_t>(count * n));
    std::vector<Complex> field(places_ * static_cast<std::size_t>(count));
    double clear = 0;
    for (int r = 0; r < rows; ++r) {
      const CoherentTerms::Row row{-extent_x_ / width_, 1 / width_, (r - extent_y_) / height_, n};
      const CoherentTerms::Interval in = terms.support(s, s + 1, row);
      if (in.empty()) continue;
      terms.evaluate(s, row, transfer.data(), n);
      if (r == extent_y_)
        for (int t = 0; t < count; ++t) clear += std::norm(transfer[static_cast<std::size_t>(t * n + extent_x_)]);
      const Complex* mask = mask_.data() + static_cast<std::ptrdiff_t>(r) * n;
      for (int t = 0; t < count; ++t) {
        Complex* h = transfer.data() + static_cast<std::ptrdiff_t>(t) * n;
        for (int i = in.first; i < in.last; ++i) h[i] *= mask[i];
        for (std::size_t q = 0; q < places_; ++q) {
          const Complex* x = along_x_.data() + static_cast<std::ptrdiff_t>(q) * n;
          double re = 0, im = 0;
          for (int i = in.first; i < in.last; ++i) {
            re += h[i].real() * x[i].real() - h[i].imag() * x[i].imag();
            im += h[i].real() * x[i].imag() + h[i].imag() * x[i].real();
          }
          field[q * static_cast<std::size_t>(count) + static_cast<std::size_t>(t)] +=
              Complex(re, im) * along_y_[q * static_cast<std::size_t>(rows) + static_cast<std::size_t>(r)];
        }
      }
    }
    std::vector<double> values(places_ + 1, 0);
    for (std::size_t q = 0; q < places_; ++q)
      for (int t = 0; t < count; ++t)
        values[q] += std::norm(field[q * static_cast<std::size_t>(count) + static_cast<std::size_t>(t)]);
    values.back() = clear;
    return values;
  }

 private:
  double width_, height_;
  int extent_x_, extent_y_;
  std::size_t places_ = 0;
  std::vector<Complex> mask_, along_x_, along_y_;
};

/// Share of the pixel that a source lights, by 3 x 3 points.
double coverage(const Illumination& source, double sx, double sy, double pixel) {
  int lit = 0;
  for (const double dx : {-1.0, 0.0, 1.0})
    for (const double dy : {-1.0, 0.0, 1.0}) lit += source.lights(sx + dx * pixel / 3, sy + dy * pixel / 3);
  return lit / 9.0;
}

}  // namespace

std::vector<Complex> pattern_spectrum(const StudyPattern& pattern, const std::vector<Polygon>& shapes, int extent_x,
                                      int extent_y) {
  std::vector<Complex> m = polygon_spectrum(shapes, pattern.tile, extent_x, extent_y);
  if (!pattern.openings) {
    for (Complex& value : m) value = -value;
    m[m.size() / 2] += 1.0;
  }
  return m;
}

SourceBasis::SourceBasis(Projection projection, const StudyPattern& pattern, const std::vector<Polygon>& mask,
                         const Setting& setting)
    : pixel_(setting.pixel), bright_(pattern.bright), foci_(setting.focus_nm.size()) {
  Source source{pixels(pixel_), 1};
  polarise(source, setting.polarisation, setting.polarisation_degree);
  const std::vector<Point> at = places(pattern, setting.cd_tolerance, setting.gaps);
  gauges_ = at.size() / places_per_gauge;
  for (std::size_t z = 0; z < foci_; ++z) {
    projection.focus_nm = setting.focus_nm[z];
    const CoherentTerms terms(projection, source.points);
    const PointImager imager(pattern, mask, empty_stack(terms, pattern.tile.width(), pattern.tile.height()), at);
    directions_.resize(static_cast<std::size_t>(terms.points()));
    for (int s = 0; s < terms.points(); ++s) {
      if (setting.check && s % 64 == 0) setting.check();
      Direction& d = directions_[static_cast<std::size_t>(s)];
      std::vector<double> values = imager.intensities(terms, s);
      d.sx = terms.source()[static_cast<std::size_t>(s)].sx;
      d.sy = terms.source()[static_cast<std::size_t>(s)].sy;
      d.clear = values.back();
      values.pop_back();
      d.intensity.insert(d.intensity.end(), values.begin(), values.end());
    }
  }
}

double SourceBasis::latitude(const Illumination& illumination) const {
  std::vector<double> sum(foci_ * gauges_ * places_per_gauge, 0);
  double clear = 0;
  for (const Direction& d : directions_) {
    const double lit = coverage(illumination, d.sx, d.sy, pixel_);
    if (lit == 0) continue;
    clear += lit * d.clear;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += lit * d.intensity[i];
  }
  if (!(clear > 0)) return -std::numeric_limits<double>::infinity();
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t g = 0; g < gauges_; ++g) {
    // Of a dark feature the outer places must be the brighter ones.
    double above = std::numeric_limits<double>::infinity(), below = 0;
    for (std::size_t z = 0; z < foci_; ++z)
      for (std::size_t edge = 0; edge < 2; ++edge) {
        const double* in = sum.data() + (z * gauges_ + g) * places_per_gauge + 2 * edge;
        above = std::min(above, bright_ ? in[0] : in[1]);
        below = std::max(below, bright_ ? in[1] : in[0]);
      }
    const bool dark = !(above + below > 1e-9 * clear);
    least = std::min(least, dark ? -2.0 : 2 * (above - below) / (above + below));
  }
  return least;
}

FoundIllumination search_illumination(const std::vector<SourceBasis>& bases, double pupil_fill_min) {
  FoundIllumination best{{}, -std::numeric_limits<double>::infinity(), 0};
  const auto improve = [&](const std::vector<Illumination>& all) {
    const Illumination before = best.illumination;
    for (const Illumination& one : all) {
      double latitude = std::numeric_limits<double>::infinity();
      for (const SourceBasis& basis : bases) latitude = std::min(latitude, basis.latitude(one));
      ++best.tried;
      if (latitude > best.latitude + 1e-9) best.illumination = one, best.latitude = latitude;
    }
    return !(best.illumination == before);
  };
  improve(illuminations(pupil_fill_min));
  while (improve(neighbours(best.illumination, pupil_fill_min))) {
  }
  return best;
}

FoundIllumination search_illumination(const SourceBasis& basis, double pupil_fill_min) {
  return search_illumination(std::vector<SourceBasis>{basis}, pupil_fill_min);
}

std::vector<Illumination> best_of_each_shape(const SourceBasis& basis, double pupil_fill_min) {
  std::map<Illumination::Shape, FoundIllumination> best;
  for (const Illumination& one : illuminations(pupil_fill_min)) {
    const double latitude = basis.latitude(one);
    const auto [it, first] = best.try_emplace(one.shape, FoundIllumination{one, latitude, 1});
    if (!first && latitude > it->second.latitude) it->second = {one, latitude, 1};
  }
  std::vector<FoundIllumination> all;
  for (const auto& [shape, found] : best) all.push_back(found);
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.latitude > b.latitude; });
  std::vector<Illumination> out;
  for (const FoundIllumination& found : all)
    if (out.empty() || found.latitude > 0) out.push_back(found.illumination);
  return out;
}

}  // namespace anamorph
