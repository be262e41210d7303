// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/pupil.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::recipe, "PUP-0001", message); }

/// Position of a pupil coordinate among n pixels over [-1, 1], in pixels from the centre of the first one.
double position(double p, int n) { return std::clamp((p + 1) / 2 * n - 0.5, 0.0, n - 1.0); }

template <typename T>
T bilinear(const Image<T>& map, double px, double py) {
  const double x = position(px, map.nx()), y = position(py, map.ny());
  const int x0 = static_cast<int>(x), y0 = static_cast<int>(y);
  const int x1 = std::min(x0 + 1, map.nx() - 1), y1 = std::min(y0 + 1, map.ny() - 1);
  const double u = x - x0, v = y - y0;
  return (map(y0, x0) * (1 - u) + map(y0, x1) * u) * (1 - v) + (map(y1, x0) * (1 - u) + map(y1, x1) * u) * v;
}

double nearest(const Image<double>& map, double px, double py) {
  return map(static_cast<int>(std::lround(position(py, map.ny()))), static_cast<int>(std::lround(position(px, map.nx()))));
}

}  // namespace

void Pupil::validate() const {
  if (!(obscuration >= 0 && obscuration <= 0.99))
    refuse("obscuration = " + std::to_string(obscuration) + ": from 0 to 0.99 expected");
  if (!(std::abs(apodisation) <= 10)) refuse("apodisation = " + std::to_string(apodisation) + ": from -10 to 10 expected");
  for (const double a : transmission)
    if (!(a >= 0 && a <= 1)) refuse("pupil transmission " + std::to_string(a) + ": from 0 to 1 expected");
  for (int i = 0; i <= wavefront_nm.degree(); ++i)
    for (int j = 0; i + j <= wavefront_nm.degree(); ++j)
      if (!std::isfinite(wavefront_nm.coefficient(i, j))) refuse("the wavefront's coefficients must be finite");
  for (const double w : wavefront_map_nm)
    if (!std::isfinite(w)) refuse("the wavefront map holds a value that is not finite");
  if (!jones.empty() && jones.size() != 4) refuse("a Jones pupil has 4 maps, " + std::to_string(jones.size()) + " given");
  for (const auto& map : jones) {
    if (map.empty() || map.nx() != jones[0].nx() || map.ny() != jones[0].ny())
      refuse("the maps of a Jones pupil must be of one size");
    for (const auto& value : map)
      if (!std::isfinite(value.real()) || !std::isfinite(value.imag()))
        refuse("a Jones map holds a value that is not finite");
  }
}

double Pupil::amplitude(double px, double py) const noexcept {
  const double rho2 = px * px + py * py;
  if (rho2 < obscuration * obscuration) return 0;
  double a = apodisation == 0 ? 1 : std::exp(-apodisation * rho2);
  if (!transmission.empty()) a *= nearest(transmission, px, py);
  return a;
}

double Pupil::wavefront(double px, double py) const noexcept {
  return wavefront_nm(px, py) + wavefront_map(px, py);
}

double Pupil::wavefront_map(double px, double py) const noexcept {
  return wavefront_map_nm.empty() ? 0 : bilinear(wavefront_map_nm, px, py);
}

void Pupil::jones_at(double px, double py, std::complex<double> (&j)[4]) const noexcept {
  for (std::size_t i = 0; i < 4; ++i)
    j[i] = jones.empty() ? std::complex<double>(i % 3 == 0 ? 1 : 0) : bilinear(jones[i], px, py);
}

}  // namespace anamorph
