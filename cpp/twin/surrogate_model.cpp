// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/surrogate_model.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "cpp/core/crc32.hpp"
#include "cpp/core/error.hpp"
#include "cpp/measure/cut_profile.hpp"

namespace anamorph {

// ---------------------------------------------------------------------------------------------------------------------
// Readings

std::vector<double> surrogate_terms(const SurrogateModel& model, std::span<const double> inputs) {
  // T_0 .. T_n of each input, then the products.
  const std::size_t count = model.inputs.size();
  const int top = model.degrees.empty() ? 0 : *std::max_element(model.degrees.begin(), model.degrees.end());
  std::vector<std::vector<double>> chebyshev(count);
  for (std::size_t i = 0; i < count; ++i) {
    const SurrogateInput& input = model.inputs[i];
    const double t = std::clamp(2 * (inputs[i] - input.low) / (input.high - input.low) - 1, -1.0, 1.0);
    std::vector<double>& values = chebyshev[i] = {1, t};
    for (int n = 2; n <= top; ++n) values.push_back(2 * t * values.end()[-1] - values.end()[-2]);
  }
  std::vector<double> terms(model.terms(), 1);
  for (std::size_t b = 0; b < terms.size(); ++b)
    for (std::size_t i = 0; i < count; ++i) terms[b] *= chebyshev[i][model.degrees[b * count + i]];
  return terms;
}

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// The edge that is farther off, or the only one that the target has.
bool low_edge_leads(double epe_low, double epe_high) {
  return std::isnan(epe_high) || std::abs(epe_low) > std::abs(epe_high);
}

}  // namespace

SurrogateReading read_surrogate(const SurrogateModel& model, std::size_t gauge, double dose_mj_cm2,
                                std::span<const double> terms) {
  SurrogateReading reading{unknown, unknown, unknown, unknown, unknown};
  if (!(dose_mj_cm2 > 0)) return reading;
  const SurrogateGauge& g = model.gauges[gauge];
  std::vector<double> intensity(static_cast<std::size_t>(g.samples), 0);
  for (std::size_t j = 0; j < intensity.size(); ++j)
    for (std::size_t b = 0; b < terms.size(); ++b) intensity[j] += g.coefficients[j * terms.size() + b] * terms[b];

  const CutEdges edges = CutProfile(std::move(intensity), g.centre, g.step_nm)
                             .edges(model.threshold * model.nominal_dose_mj_cm2 / dose_mj_cm2, model.bright);
  if (edges.state != CutEdges::State::measured) return reading;
  reading.cd_nm = edges.cd_nm();
  reading.epe_low_nm = g.drawn_low_nm - edges.low_nm;
  reading.epe_high_nm = edges.high_nm - g.drawn_high_nm;
  reading.epe_nm = low_edge_leads(reading.epe_low_nm, reading.epe_high_nm) ? reading.epe_low_nm : reading.epe_high_nm;
  reading.nils = (g.target_nm > 0 ? g.target_nm : reading.cd_nm) * std::min(edges.log_slope_low, edges.log_slope_high);
  return reading;
}

// ---------------------------------------------------------------------------------------------------------------------
// Uncertainty

namespace {

using Readings = std::vector<SurrogateReading>;

constexpr double SurrogateReading::*fields[] = {&SurrogateReading::cd_nm, &SurrogateReading::epe_low_nm,
                                                &SurrogateReading::epe_high_nm, &SurrogateReading::nils};

Readings read_all(const SurrogateModel& model, double dose, std::span<const double> inputs) {
  const std::vector<double> terms = surrogate_terms(model, inputs);
  Readings readings;
  for (std::size_t g = 0; g < model.gauges.size(); ++g) readings.push_back(read_surrogate(model, g, dose, terms));
  return readings;
}

/// Three equally spaced values around x, or as near to it as the range allows.
struct Steps {
  double middle, step;
  Steps(double x, double u, double low, double high)
      : step(std::min(std::abs(u) * std::numbers::sqrt3, (high - low) / 2)) {
    middle = std::clamp(x, low + step, std::max(low + step, high - step));
  }
};

/// What an error u of one quantity adds to the variances, by the parabola through its readings.
void add_variance(const Steps& steps, double x, double u, const Readings& below, const Readings& middle,
                  const Readings& above, Readings& variance) {
  for (std::size_t g = 0; g < variance.size(); ++g)
    for (const auto field : fields) {
      const double low = below[g].*field, centre = middle[g].*field, high = above[g].*field;
      const double curvature = (high - 2 * centre + low) / (steps.step * steps.step);
      const double slope = (high - low) / (2 * steps.step) + curvature * (x - steps.middle);
      variance[g].*field += slope * slope * u * u + curvature * curvature * u * u * u * u / 2;
    }
}

}  // namespace

std::vector<SurrogateReading> surrogate_uncertainty(const SurrogateModel& model, double dose_mj_cm2,
                                                    double dose_uncertainty_mj_cm2, std::span<const double> inputs,
                                                    std::span<const double> uncertainties) {
  const Readings here = read_all(model, dose_mj_cm2, inputs);
  Readings result;
  for (const SurrogateGauge& g : model.gauges)
    result.push_back({g.cd_error_nm * g.cd_error_nm, g.epe_error_nm * g.epe_error_nm, g.epe_error_nm * g.epe_error_nm,
                      0, g.nils_error * g.nils_error});

  if (dose_uncertainty_mj_cm2 != 0) {
    const double u = dose_uncertainty_mj_cm2;
    const Steps steps(dose_mj_cm2, u, 0, std::numeric_limits<double>::infinity());
    const auto at = [&](double value) { return value == dose_mj_cm2 ? here : read_all(model, value, inputs); };
    add_variance(steps, dose_mj_cm2, u, at(steps.middle - steps.step), at(steps.middle), at(steps.middle + steps.step),
                 result);
  }
  std::vector<double> moved(inputs.begin(), inputs.end());
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const double u = uncertainties[i];
    if (u == 0) continue;
    const double x = std::clamp(inputs[i], model.inputs[i].low, model.inputs[i].high);
    const Steps steps(x, u, model.inputs[i].low, model.inputs[i].high);
    const auto at = [&](double value) {
      if (value == x) return here;
      moved[i] = value;
      return read_all(model, dose_mj_cm2, moved);
    };
    add_variance(steps, x, u, at(steps.middle - steps.step), at(steps.middle), at(steps.middle + steps.step), result);
    moved[i] = inputs[i];
  }

  for (std::size_t g = 0; g < result.size(); ++g) {
    for (const auto field : fields)
      result[g].*field = std::isnan(here[g].*field) ? unknown : std::sqrt(result[g].*field);
    // Not from differences of the larger one: it changes edges without a reason that matters.
    result[g].epe_nm =
        low_edge_leads(here[g].epe_low_nm, here[g].epe_high_nm) ? result[g].epe_low_nm : result[g].epe_high_nm;
  }
  return result;
}

// ---------------------------------------------------------------------------------------------------------------------
// Bytes

namespace {

constexpr std::string_view magic = "ANAMSURR";
constexpr std::uint32_t format_version = 1;

class Writer {
 public:
  template <typename T>
  void whole(T value) {
    for (std::size_t i = 0; i < sizeof value; ++i) bytes.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
  }
  void count(std::size_t value) { whole(static_cast<std::uint32_t>(value)); }
  void real(double value) { whole(std::bit_cast<std::uint64_t>(value)); }
  void text(const std::string& value) {
    count(value.size());
    bytes += value;
  }

  std::string bytes;
};

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& source) : rest_(bytes), source_(source) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::input, "SUR-0001", "not a surrogate model: " + what, {source_});
  }

  std::string_view take(std::size_t size, const std::string& what) {
    if (size > rest_.size())
      fail("it ends within " + what + "; expected " + std::to_string(size) + " bytes, " + std::to_string(rest_.size()) +
           " are left");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  template <typename T>
  T whole(const std::string& what) {
    const std::string_view taken = take(sizeof(T), what);
    T value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
      value = static_cast<T>(value | (static_cast<T>(static_cast<unsigned char>(taken[i])) << (8 * i)));
    return value;
  }

  /// A number of things of at least `size` bytes each, that are still to come.
  std::size_t count(std::size_t size, const std::string& what) {
    const std::size_t value = whole<std::uint32_t>("the number of " + what);
    if (value > rest_.size() / size)
      fail(std::to_string(value) + " " + what + " do not fit into the " + std::to_string(rest_.size()) +
           " bytes that follow");
    return value;
  }

  double real(const std::string& what) { return std::bit_cast<double>(whole<std::uint64_t>(what)); }
  double finite(const std::string& what) {
    const double value = real(what);
    if (!std::isfinite(value)) fail(what + " is not a finite number");
    return value;
  }
  double above_zero(const std::string& what) {
    const double value = finite(what);
    if (!(value > 0)) fail(what + " is not above zero");
    return value;
  }
  double not_negative(const std::string& what) {
    const double value = finite(what);
    if (value < 0) fail(what + " is negative");
    return value;
  }
  std::string text(const std::string& what) { return std::string(take(count(1, "letters of " + what), what)); }

  [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }

 private:
  std::string_view rest_;
  const std::string& source_;
};

/// A range with the place that is usual within it.
void check_range(const Reader& in, double low, double nominal, double high, const std::string& what) {
  if (!(low < high && std::isfinite(high - low))) in.fail("the range of " + what + " is empty");
  if (nominal < low || nominal > high) in.fail("the nominal value of " + what + " lies outside its range");
}

SurrogateInput read_input(Reader& in) {
  SurrogateInput input;
  input.name = in.text("an input's name");
  input.low = in.finite("the lower limit of " + input.name);
  input.high = in.finite("the upper limit of " + input.name);
  input.nominal = in.finite("the nominal value of " + input.name);
  input.uncertainty = in.not_negative("the uncertainty of " + input.name);
  check_range(in, input.low, input.nominal, input.high, input.name);
  return input;
}

SurrogateGauge read_gauge(Reader& in, std::size_t terms) {
  SurrogateGauge gauge;
  gauge.name = in.text("a gauge's name");
  const std::string of = " of gauge " + gauge.name;
  gauge.target_nm = in.not_negative("the wanted width" + of);
  gauge.drawn_low_nm = in.real("the lower drawn edge" + of);
  gauge.drawn_high_nm = in.real("the upper drawn edge" + of);
  if (std::isinf(gauge.drawn_low_nm) || std::isinf(gauge.drawn_high_nm)) in.fail("a drawn edge" + of + " is infinite");
  gauge.step_nm = in.above_zero("the step" + of);
  gauge.cd_error_nm = in.not_negative("the error of the width" + of);
  gauge.epe_error_nm = in.not_negative("the error of the edges" + of);
  gauge.nils_error = in.not_negative("the error of the log slope" + of);
  const std::size_t centre = in.whole<std::uint32_t>("the middle" + of);
  const std::size_t samples = in.count(8 * terms, "samples" + of);
  if (centre < CutProfile::margin || centre + CutProfile::margin >= samples)
    in.fail("the cut" + of + " needs six samples on both sides of its middle");
  if (!std::isfinite(gauge.step_nm * static_cast<double>(samples))) in.fail("the cut" + of + " has no finite length");
  gauge.centre = static_cast<int>(centre);
  gauge.samples = static_cast<int>(samples);
  gauge.coefficients.resize(samples * terms);
  for (double& value : gauge.coefficients) value = in.finite("a coefficient" + of);
  return gauge;
}

}  // namespace

std::string surrogate_bytes(const SurrogateModel& model) {
  Writer out;
  out.bytes = magic;
  out.whole(format_version);
  out.count(model.inputs.size());
  for (const SurrogateInput& input : model.inputs) {
    out.text(input.name);
    for (const double value : {input.low, input.high, input.nominal, input.uncertainty}) out.real(value);
  }
  out.count(model.terms());
  for (const std::uint8_t degree : model.degrees) out.whole(degree);
  for (const double value : {model.threshold, model.nominal_dose_mj_cm2, model.dose_low_mj_cm2, model.dose_high_mj_cm2,
                             model.dose_uncertainty_mj_cm2})
    out.real(value);
  out.whole(static_cast<std::uint8_t>(model.bright));
  out.count(model.gauges.size());
  for (const SurrogateGauge& g : model.gauges) {
    out.text(g.name);
    for (const double value :
         {g.target_nm, g.drawn_low_nm, g.drawn_high_nm, g.step_nm, g.cd_error_nm, g.epe_error_nm, g.nils_error})
      out.real(value);
    out.count(static_cast<std::size_t>(g.centre));
    out.count(static_cast<std::size_t>(g.samples));
    for (const double value : g.coefficients) out.real(value);
  }
  out.whole(crc32(out.bytes));
  return out.bytes;
}

SurrogateModel parse_surrogate(std::string_view bytes, const std::string& source) {
  Reader head(bytes, source);
  if (!bytes.starts_with(magic)) head.fail("it does not begin with " + std::string(magic));
  head.take(magic.size(), "the head");
  if (const auto version = head.whole<std::uint32_t>("the version"); version != format_version)
    head.fail("version " + std::to_string(version) + "; expected " + std::to_string(format_version));
  if (head.left() < 4) head.fail("it ends before its checksum");
  const std::size_t end = bytes.size() - 4;
  if (Reader(bytes.substr(end), source).whole<std::uint32_t>("the checksum") != crc32(bytes.substr(0, end)))
    head.fail("its checksum is wrong: cut short, or changed");

  Reader in(bytes.substr(bytes.size() - head.left(), head.left() - 4), source);
  SurrogateModel model;
  model.inputs.resize(in.count(36, "inputs"));
  if (model.inputs.empty()) in.fail("it has no inputs");
  for (SurrogateInput& input : model.inputs) input = read_input(in);
  const std::size_t terms = in.count(model.inputs.size(), "terms");
  if (terms == 0) in.fail("it has no terms");
  for (const char degree : in.take(terms * model.inputs.size(), "the degrees"))
    model.degrees.push_back(static_cast<std::uint8_t>(degree));
  model.threshold = in.above_zero("the threshold");
  model.nominal_dose_mj_cm2 = in.above_zero("the nominal dose");
  model.dose_low_mj_cm2 = in.above_zero("the lower limit of the dose");
  model.dose_high_mj_cm2 = in.above_zero("the upper limit of the dose");
  model.dose_uncertainty_mj_cm2 = in.not_negative("the uncertainty of the dose");
  check_range(in, model.dose_low_mj_cm2, model.nominal_dose_mj_cm2, model.dose_high_mj_cm2, "the dose");
  const auto bright = in.whole<std::uint8_t>("the tone");
  if (bright > 1) in.fail("the tone is neither 0 nor 1");
  model.bright = bright == 1;
  const std::size_t gauges = in.count(68, "gauges");
  if (gauges == 0) in.fail("it has no gauges");
  for (std::size_t g = 0; g < gauges; ++g) model.gauges.push_back(read_gauge(in, terms));
  if (in.left() > 0) in.fail(std::to_string(in.left()) + " bytes follow its end");
  return model;
}

}  // namespace anamorph
