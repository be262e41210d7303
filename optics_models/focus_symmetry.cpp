// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/focus_symmetry.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace anamorph {
namespace {

constexpr double rounding = 1e-9;

bool same(double a, double b) { return std::abs(a - b) <= rounding * std::max({1e-3, std::abs(a), std::abs(b)}); }

/// Each point has a partner on the other side.
bool paired(const std::vector<SourcePoint>& source) {
  // Sorted by place, rounded so that neighbours on one row stay in order; the partners come in the opposite order.
  const auto cell = [](double s) { return std::llround(s * 1e7); };
  std::vector<SourcePoint> sorted = source;
  const auto key = [&](const SourcePoint& p) { return std::tuple(cell(p.sx), cell(p.sy)); };
  std::sort(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  const double weight = 1.0 / static_cast<double>(std::max<std::size_t>(1, source.size()));
  for (std::size_t i = 0, n = sorted.size(); i < n; ++i) {
    const SourcePoint &a = sorted[i], &b = sorted[n - 1 - i];
    if (std::abs(a.sx + b.sx) > 3e-7 || std::abs(a.sy + b.sy) > 3e-7) return false;
    if (std::abs(a.weight - b.weight) > 1e-6 * weight) return false;
    const Polarisation &p = a.polarisation, &q = b.polarisation;
    if (!same(p.s1, q.s1) || !same(p.s2, q.s2) || !same(p.s3, -q.s3)) return false;
  }
  return true;
}

bool odd(const PupilPolynomial& w) {
  for (int j = 0; j <= w.degree(); ++j)
    for (int i = 0; i + j <= w.degree(); ++i)
      if (i + j > 0 && (i + j) % 2 == 0 && std::abs(w.coefficient(i, j)) > 1e-12) return false;
  return true;
}

bool even(const std::vector<FocusNode>& blur) {
  return std::all_of(blur.begin(), blur.end(), [&](const FocusNode& a) {
    return std::any_of(blur.begin(), blur.end(),
                       [&](const FocusNode& b) { return same(a.offset_nm, -b.offset_nm) && same(a.weight, b.weight); });
  });
}

}  // namespace

bool focus_symmetric(const Projection& projection, const std::vector<SourcePoint>& source) {
  const Pupil& pupil = projection.pupil;
  if (!pupil.transmission.empty() || !pupil.wavefront_map_nm.empty() || !pupil.jones.empty() || projection.planes)
    return false;
  if (std::any_of(projection.spectrum.begin(), projection.spectrum.end(),
                  [](const SpectralLine& l) { return l.focus_nm != 0; }))
    return false;
  return odd(pupil.wavefront_nm) && even(projection.focus_blur) && paired(source);
}

}  // namespace anamorph
