// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/projection.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

constexpr double edge_tolerance = 1e-12;  // relative; a ray computed to lie on the pupil's edge passes
constexpr double edge2 = (1 + edge_tolerance) * (1 + edge_tolerance);
constexpr double sine2_limit = 1 - 1e-14;  // keeps the cosine of a ray on the edge of a pupil of NA = n finite

void require(bool condition, const char* key, const char* range, double value) {
  if (!condition)
    throw Error(ErrorCode::recipe, "ABB-0001", std::string(key) + " = " + std::to_string(value) + ": " + range + " expected");
}

/// sin and cos of 2 pi t for the t of a row, branch-free so that the loop becomes SIMD code: reduction to an eighth of
/// a turn, Taylor polynomials (error below 1e-16), then back by quarters.
void turns(const double* t, int n, double* cosine, double* sine) {
#pragma omp simd
  for (int i = 0; i < n; ++i) {
    const double quarters = std::nearbyint(4 * t[i]);
    const double x = (t[i] - quarters / 4) * (2 * std::numbers::pi);
    const double x2 = x * x;
    double s = -1.0 / 1307674368000;
    s = s * x2 + 1.0 / 6227020800;
    s = s * x2 - 1.0 / 39916800;
    s = s * x2 + 1.0 / 362880;
    s = s * x2 - 1.0 / 5040;
    s = s * x2 + 1.0 / 120;
    s = s * x2 - 1.0 / 6;
    s = x + x * x2 * s;
    double c = 1.0 / 20922789888000;
    c = c * x2 - 1.0 / 87178291200;
    c = c * x2 + 1.0 / 479001600;
    c = c * x2 - 1.0 / 3628800;
    c = c * x2 + 1.0 / 40320;
    c = c * x2 - 1.0 / 720;
    c = c * x2 + 1.0 / 24;
    c = 1 - x2 / 2 + x2 * x2 * c;
    const double quarter = quarters - 4 * std::floor(quarters / 4);  // 0 .. 3
    const bool odd = quarter == 1 || quarter == 3;
    cosine[i] = (quarter == 1 || quarter == 2 ? -1.0 : 1.0) * (odd ? s : c);
    sine[i] = (quarter >= 2 ? -1.0 : 1.0) * (odd ? c : s);
  }
}

/// Jones vectors of the two states that a source point's light is an incoherent mixture of, with their amplitudes.
struct State {
  std::complex<double> x, y;
};

void polarisation_states(const Polarisation& p, State (&states)[2]) {
  const double degree = std::sqrt(p.s1 * p.s1 + p.s2 * p.s2 + p.s3 * p.s3);
  const auto state = [](double a, double b, double c, double power) -> State {
    const double amplitude = std::sqrt(std::max(0.0, power));
    if (1 + a < 1e-12) return {0, amplitude};
    const double x = std::sqrt((1 + a) / 2);
    return {amplitude * x, amplitude * std::complex<double>(b, c) / (2 * x)};
  };
  if (degree < 1e-12) {
    states[0] = state(1, 0, 0, 0.5);
    states[1] = state(-1, 0, 0, 0.5);
  } else {
    states[0] = state(p.s1 / degree, p.s2 / degree, p.s3 / degree, (1 + degree) / 2);
    states[1] = state(-p.s1 / degree, -p.s2 / degree, -p.s3 / degree, (1 - degree) / 2);
  }
}

constexpr int table_nodes = 1024;
constexpr double least_sine = 1e-7;  // where a table begins: what goes like the sine is divided by it

}  // namespace

void Projection::validate() const {
  require(wavelength_nm > 0 && std::isfinite(wavelength_nm), "wavelength_nm", "a positive number", wavelength_nm);
  require(immersion_index >= 1 && std::isfinite(immersion_index), "immersion_index", "at least 1", immersion_index);
  require(na > 0 && na < immersion_index, "na", "more than 0, less than immersion_index", na);
  require(std::isfinite(focus_nm), "focus_nm", "a finite number", focus_nm);
  for (const auto& [key, value] : {std::pair{"magnification_x", magnification_x}, {"magnification_y", magnification_y}})
    require(value > na && std::isfinite(value), key, "more than na", value);
  for (const SpectralLine& line : spectrum) {
    require(line.wavelength_nm > 0 && std::isfinite(line.wavelength_nm), "spectrum wavelength", "a positive number",
            line.wavelength_nm);
    require(line.weight >= 0 && std::isfinite(line.weight), "spectrum weight", "not negative", line.weight);
    require(std::isfinite(line.focus_nm), "spectrum focus", "a finite number", line.focus_nm);
  }
  for (const FocusNode& node : focus_blur) {
    require(std::isfinite(node.offset_nm), "focus blur offset", "a finite number", node.offset_nm);
    require(node.weight >= 0 && std::isfinite(node.weight), "focus blur weight", "not negative", node.weight);
  }
  if (planes) {
    require(vector, "vector", "true for an image inside a film", 0);
    require(planes->stack.index_above == immersion_index, "index above the films", "immersion_index",
            planes->stack.index_above);
    require(!planes->depth_nm.empty(), "image depths", "at least 1", 0);
  }
  require(vector || pupil.jones.empty(), "vector", "true for a Jones pupil", 0);
  pupil.validate();
}

std::complex<double> pupil_value(const Projection& o, double px, double py) {
  const double rho2 = px * px + py * py;
  if (rho2 > edge2) return 0;
  const double image2 = std::min(rho2 * (o.na / o.immersion_index) * (o.na / o.immersion_index), sine2_limit);
  const double object2 = std::pow(o.na * px / o.magnification_x, 2) + std::pow(o.na * py / o.magnification_y, 2);
  const double cosine = std::sqrt(1 - image2);
  const double amplitude = o.radiometric ? std::sqrt(std::sqrt(1 - std::min(object2, sine2_limit)) / cosine) : 1;
  const double path = o.pupil.wavefront(px, py) + o.immersion_index * o.focus_nm * (cosine - 1);
  return std::polar(amplitude * o.pupil.amplitude(px, py), 2 * std::numbers::pi * path / o.wavelength_nm);
}

struct CoherentTerms::Samples {
  int first = 0, last = 0;  ///< of the row; zero elsewhere
  double py = 0;
  std::vector<double> px, amplitude, phase, re, im;

  void resize(std::size_t n) {
    for (auto* values : {&px, &amplitude, &phase, &re, &im})
      if (values->size() < n) values->resize(n);
  }
};

CoherentTerms::CoherentTerms(Projection projection, std::vector<SourcePoint> source)
    : projection_(std::move(projection)), source_(std::move(source)) {
  const Projection& o = projection_;
  o.validate();
  require(!source_.empty(), "source points", "at least 1", 0);
  double sigma_max = 0;
  bool polarised = true;
  for (const SourcePoint& point : source_) {
    const double sigma = std::hypot(point.sx, point.sy);
    require(sigma <= 1 + edge_tolerance, "source radius", "at most 1", sigma);
    require(point.weight >= 0 && std::isfinite(point.weight), "source weight", "not negative", point.weight);
    const auto& [s1, s2, s3] = point.polarisation;
    const double degree = std::sqrt(s1 * s1 + s2 * s2 + s3 * s3);
    require(degree <= 1 + edge_tolerance, "degree of polarisation", "at most 1", degree);
    polarised = polarised && degree > 1 - edge_tolerance;
    sigma_max = std::max(sigma_max, sigma);
  }

  const std::vector<SpectralLine> alone{{o.wavelength_nm, 1, 0}};
  const std::vector<FocusNode> sharp{{0, 1}};
  for (const SpectralLine& line : o.spectrum.empty() ? alone : o.spectrum) {
    reach_ = std::max(reach_, (1 + sigma_max) * o.na / line.wavelength_nm * (1 + edge_tolerance));
    resolution_nm_ = resolution_nm_ == 0 ? line.wavelength_nm / o.na : std::min(resolution_nm_, line.wavelength_nm / o.na);
    for (const FocusNode& node : o.focus_blur.empty() ? sharp : o.focus_blur)
      instances_.push_back({line.wavelength_nm, o.focus_nm + line.focus_nm + node.offset_nm,
                            std::sqrt(line.weight * node.weight)});
  }
  planes_ = o.planes ? static_cast<int>(o.planes->depth_nm.size()) : 1;
  states_ = o.vector && !polarised ? 2 : 1;
  per_instance_ = o.vector ? states_ * 3 * planes_ : 1;
  if (o.planes) tabulate_planes();
  sort_points();
  normalise();
}

CoherentTerms::Interval CoherentTerms::support(int first_point, int last_point, const Row& row) const noexcept {
  double low = INFINITY, high = -INFINITY;
  for (const Instance& instance : instances_) {
    const double scale = projection_.na / instance.wavelength_nm;  // from p to f
    for (int i = first_point; i < last_point; ++i) {
      const SourcePoint& s = source_[static_cast<std::size_t>(i)];
      const double py = row.fy / scale + s.sy;
      if (py * py > edge2) continue;
      const double half = std::sqrt(edge2 - py * py);
      low = std::min(low, (-half - s.sx) * scale);
      high = std::max(high, (half - s.sx) * scale);
    }
  }
  if (low > high) return {};
  const auto index = [&](double f) { return std::clamp((f - row.fx0) / row.dfx, -1.0, static_cast<double>(row.n)); };
  // A bin to either side for rounding; evaluate() decides.
  return {std::max(0, static_cast<int>(std::floor(index(low)))), std::min(row.n, static_cast<int>(std::ceil(index(high))) + 1)};
}

/// Pupil coordinates, amplitude (zero outside the pupil) and phase in turns, and the complex value.
void CoherentTerms::sample_pupil(const SourcePoint& point, const Instance& instance, const Row& row,
                                 Samples& samples) const {
  const Projection& o = projection_;
  const double scale = instance.wavelength_nm / o.na;
  const double px0 = row.fx0 * scale + point.sx, dpx = row.dfx * scale;
  const double py = row.fy * scale + point.sy;
  samples.py = py;
  samples.first = samples.last = 0;
  if (py * py > edge2) return;
  const double half = std::sqrt(edge2 - py * py);
  const auto index = [&](double p) { return std::clamp((p - px0) / dpx, -1.0, static_cast<double>(row.n)); };
  samples.first = std::max(0, static_cast<int>(std::floor(index(-half))));
  samples.last = std::min(row.n, static_cast<int>(std::ceil(index(half))) + 1);
  const int n = samples.last - samples.first;
  if (n <= 0) return;
  samples.resize(static_cast<std::size_t>(n));
  double* px = samples.px.data();
  double* amplitude = samples.amplitude.data();
  double* phase = samples.phase.data();
  const double inside2 = o.pupil.obscuration * o.pupil.obscuration;
  const double power = std::sqrt(point.weight) * instance.amplitude;
  for (int j = 0; j < n; ++j) {
    px[j] = px0 + (samples.first + j) * dpx;
    const double rho2 = px[j] * px[j] + py * py;
    amplitude[j] = rho2 <= edge2 && rho2 >= inside2 ? power : 0;
  }
  if (o.pupil.apodisation != 0 || !o.pupil.transmission.empty())
    for (int j = 0; j < n; ++j)
      if (amplitude[j] != 0) amplitude[j] *= o.pupil.amplitude(px[j], py);

  // Squares of the sines of the angles at the wafer and, for a lens that reduces x and y differently, at the mask.
  const double image = o.na / o.immersion_index;
  const double object_x = o.na / o.magnification_x, object_y = o.na / o.magnification_y;
  const double focus = instance.focus_nm * o.immersion_index / instance.wavelength_nm;
  for (int j = 0; j < n; ++j) {
    const double x2 = px[j] * px[j], y2 = py * py;
    const double sine2 = std::min(image * image * (x2 + y2), sine2_limit);
    const double cosine = std::sqrt(1 - sine2);
    if (o.radiometric) {
      const double object2 = object_x * object_x * x2 + object_y * object_y * y2;
      amplitude[j] *= std::sqrt(std::sqrt(1 - std::min(object2, sine2_limit)) / cosine);
    }
    phase[j] = -focus * sine2 / (1 + cosine);  // cos theta - 1 without cancellation
  }
  const PupilPolynomial& w = o.pupil.wavefront_nm;
  if (!w.zero()) {
    std::vector<double> c(static_cast<std::size_t>(w.degree()) + 1);  // for one py the polynomial is one in px
    for (int i = 0; i <= w.degree(); ++i)
      for (int k = w.degree() - i; k >= 0; --k)
        c[static_cast<std::size_t>(i)] = c[static_cast<std::size_t>(i)] * py + w.coefficient(i, k);
    for (int j = 0; j < n; ++j) {
      double value = 0;
      for (std::size_t i = c.size(); i-- > 0;) value = value * px[j] + c[i];
      phase[j] += value / instance.wavelength_nm;
    }
  }
  if (!o.pupil.wavefront_map_nm.empty())
    for (int j = 0; j < n; ++j)
      if (amplitude[j] != 0) phase[j] += o.pupil.wavefront_map(px[j], py) / instance.wavelength_nm;
  turns(phase, n, samples.re.data(), samples.im.data());
  for (int j = 0; j < n; ++j) {
    samples.re[static_cast<std::size_t>(j)] *= amplitude[j];
    samples.im[static_cast<std::size_t>(j)] *= amplitude[j];
  }
}

void CoherentTerms::evaluate(int point, const Row& row, std::complex<double>* out, std::ptrdiff_t stride) const {
  thread_local Samples samples;
  const SourcePoint& source = source_[static_cast<std::size_t>(point)];
  for (std::size_t i = 0; i < instances_.size(); ++i, out += per_instance_ * stride) {
    sample_pupil(source, instances_[i], row, samples);
    for (int t = 0; t < per_instance_; ++t) std::fill(out + t * stride, out + t * stride + row.n, 0.0);
    if (projection_.vector) {
      put_vector_terms(source, i, samples, out, stride);
    } else {
      for (int j = samples.first; j < samples.last; ++j) {
        const auto at = static_cast<std::size_t>(j - samples.first);
        out[j] = {samples.re[at], samples.im[at]};
      }
    }
  }
}

void CoherentTerms::put_vector_terms(const SourcePoint& point, std::size_t instance, const Samples& samples,
                                     std::complex<double>* out, std::ptrdiff_t stride) const {
  State states[2];
  polarisation_states(point.polarisation, states);
  const double image = projection_.na / projection_.immersion_index;
  for (int j = samples.first; j < samples.last; ++j) {
    const auto at = static_cast<std::size_t>(j - samples.first);
    const std::complex<double> scalar(samples.re[at], samples.im[at]);
    if (scalar == 0.0) continue;
    const double px = samples.px[at], py = samples.py;
    const double rho = std::hypot(px, py);
    const double cos_phi = rho > 0 ? px / rho : 1, sin_phi = rho > 0 ? py / rho : 0;
    std::complex<double> jones[4];
    projection_.pupil.jones_at(px, py, jones);
    for (int plane = 0; plane < planes_; ++plane) {
      const double sine = std::min(image * rho, 1.0);
      const FilmField field = projection_.planes
                                  ? plane_field(instance, static_cast<std::size_t>(plane), rho * rho)
                                  : FilmField{1, std::sqrt(1 - sine * sine), -sine};
      for (int s = 0; s < states_; ++s) {
        const std::complex<double> ex = scalar * (jones[0] * states[s].x + jones[1] * states[s].y);
        const std::complex<double> ey = scalar * (jones[2] * states[s].x + jones[3] * states[s].y);
        const std::complex<double> along = field.s * (cos_phi * ey - sin_phi * ex);
        const std::complex<double> radial = cos_phi * ex + sin_phi * ey;
        std::complex<double>* e = out + (s * planes_ + plane) * 3 * stride + j;
        e[0] = cos_phi * field.p_lateral * radial - sin_phi * along;
        e[stride] = sin_phi * field.p_lateral * radial + cos_phi * along;
        e[2 * stride] = field.p_normal * radial;
      }
    }
  }
}

/// s and p_lateral as they are, p_normal over the sine: all three are smooth in rho^2.
void CoherentTerms::tabulate_planes() {
  tables_.clear();
  const ImagePlanes& planes = *projection_.planes;
  for (const Instance& instance : instances_)
    for (const double depth : planes.depth_nm) {
      std::vector<FilmField>& table = tables_.emplace_back();
      for (int i = 0; i <= table_nodes; ++i) {
        const double sine = std::max(least_sine, projection_.na * std::sqrt(static_cast<double>(i) / table_nodes));
        FilmField field = field_in_film(planes.stack, planes.film, depth, instance.wavelength_nm, sine);
        field.p_normal /= sine;
        table.push_back(field);
      }
    }
}

/// The field of a direction: Lagrange's cubic through four nodes.
FilmField CoherentTerms::plane_field(std::size_t instance, std::size_t plane, double rho2) const {
  const std::vector<FilmField>& table = tables_[instance * static_cast<std::size_t>(planes_) + plane];
  const double x = std::clamp(rho2, 0.0, 1.0) * table_nodes;
  const int first = std::clamp(static_cast<int>(x) - 1, 0, table_nodes - 3);
  const double t = x - first;  // nodes at 0, 1, 2, 3
  const double weight[4] = {(1 - t) * (t - 2) * (t - 3) / 6, t * (t - 2) * (t - 3) / 2, t * (1 - t) * (t - 3) / 2,
                            t * (t - 1) * (t - 2) / 6};
  FilmField field{0, 0, 0};
  for (int i = 0; i < 4; ++i) {
    const FilmField& node = table[static_cast<std::size_t>(first + i)];
    field.s += weight[i] * node.s;
    field.p_lateral += weight[i] * node.p_lateral;
    field.p_normal += weight[i] * node.p_normal;
  }
  field.p_normal *= projection_.na * std::sqrt(rho2);
  return field;
}

/// By cells of some 64 points, row by row and to and fro.
void CoherentTerms::sort_points() {
  const double cell = std::clamp(2 * std::sqrt(64.0 / points()), 0.02, 0.5);
  const auto key = [&](const SourcePoint& s) {
    const int row = static_cast<int>(std::floor(s.sy / cell)), column = static_cast<int>(std::floor(s.sx / cell));
    return std::pair(row, row % 2 == 0 ? column : -column);
  };
  std::stable_sort(source_.begin(), source_.end(),
                   [&](const SourcePoint& a, const SourcePoint& b) { return key(a) < key(b); });
}

/// Intensity of an open mask, summed over the terms.
double CoherentTerms::clear_field() const {
  std::vector<std::complex<double>> terms(static_cast<std::size_t>(per_point()));
  double clear = 0;
  for (int i = 0; i < points(); ++i) {
    evaluate(i, {0, 1, 0, 1}, terms.data(), 1);
    for (const auto& h : terms) clear += std::norm(h);
  }
  return clear;
}

/// An open mask has intensity 1.
void CoherentTerms::normalise() {
  double clear = 0;
  if (projection_.planes && !projection_.planes->mean_nm.empty()) {
    // What this source gives on those depths, before their terms were scaled; then on as many depths as here.
    const auto own = std::exchange(projection_.planes->depth_nm, projection_.planes->mean_nm);
    const int own_planes = std::exchange(planes_, static_cast<int>(projection_.planes->mean_nm.size()));
    const int own_terms = std::exchange(per_instance_, states_ * 3 * planes_);
    tabulate_planes();
    clear = clear_field() / planes_ * own_planes;
    projection_.planes->depth_nm = own;
    planes_ = own_planes;
    per_instance_ = own_terms;
    tabulate_planes();
  } else {
    clear = clear_field();
  }
  require(clear > 0, "light through an open mask", "more than 0 (the source must not lie behind the obscuration)", clear);
  for (SourcePoint& point : source_) point.weight /= clear;
}

double smallest_half_pitch_nm(double wavelength_nm, double na) noexcept { return wavelength_nm / (4 * na); }

double depth_of_focus_nm(double wavelength_nm, double na, double immersion_index) noexcept {
  const double sine = na / immersion_index;
  return wavelength_nm / (2 * immersion_index * (1 - std::sqrt(1 - sine * sine)));
}

}  // namespace anamorph
