// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/surrogate_fit.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <random>
#include <string>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int most_degree = 60;

[[noreturn]] void fail(const char* id, const std::string& message) { throw Error(ErrorCode::recipe, id, message); }

/// Bounds of the Chebyshev coefficients of a wave of reach r, until they stay below `smallest`.
std::vector<double> coefficient_bounds(double r, double smallest) {
  std::vector<double> bounds{1};
  double term = 2;
  for (int n = 1; n <= most_degree; ++n) {
    term *= r / 2 / n;
    if (term < smallest && n > r / 2) break;
    bounds.push_back(std::min(1.0, term));
  }
  return bounds;
}

void add_products(const std::vector<std::vector<double>>& bounds, double smallest, double bound,
                  std::vector<std::uint8_t>& product, std::vector<std::uint8_t>& degrees) {
  const std::size_t input = product.size();
  if (input == bounds.size()) {
    degrees.insert(degrees.end(), product.begin(), product.end());
    return;
  }
  for (std::size_t n = 0; n < bounds[input].size(); ++n) {
    if (bound * bounds[input][n] < smallest) continue;
    product.push_back(static_cast<std::uint8_t>(n));
    add_products(bounds, smallest, bound * bounds[input][n], product, degrees);
    product.pop_back();
  }
}

/// A number of even density in [0, 1) from the bits of a generator, the same on every machine.
double unit(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

int next_prime(int after) {
  for (int n = after + 1;; ++n) {
    bool prime = true;
    for (int k = 2; k * k <= n; ++k) prime = prime && n % k != 0;
    if (prime) return n;
  }
}

double place(const SurrogateInput& input, double t) {
  return (input.low + input.high) / 2 + t * (input.high - input.low) / 2;
}

}  // namespace

std::vector<std::uint8_t> surrogate_degrees(std::span<const double> reach, double smallest) {
  if (!(smallest > 0) || !(smallest <= 1)) fail("SUR-0010", "the smallest term has to be above 0 and at most 1");
  std::vector<std::vector<double>> bounds;
  for (const double r : reach) {
    if (!(r >= 0) || !std::isfinite(r)) fail("SUR-0010", "the reach of an input has to be a number of at least 0");
    bounds.push_back(coefficient_bounds(r, smallest));
  }
  std::vector<std::uint8_t> product, degrees;
  add_products(bounds, smallest, 1, product, degrees);
  return degrees;
}

std::vector<std::vector<double>> design_points(const std::vector<SurrogateInput>& inputs, int first, int count,
                                               unsigned seed) {
  const std::size_t d = inputs.size();
  std::mt19937_64 random(seed);
  std::vector<double> shift, step;
  for (int prime = 2; shift.size() < d; prime = next_prime(prime)) {
    shift.push_back(unit(random));
    step.push_back(std::sqrt(static_cast<double>(prime)));
  }
  std::vector<std::vector<double>> points;
  for (int k = first; k < first + count; ++k) {
    auto& point = points.emplace_back();
    for (std::size_t i = 0; i < d; ++i) {
      const double turns = shift[i] + k * step[i];
      point.push_back(place(inputs[i], -std::cos(std::numbers::pi * (turns - std::floor(turns)))));
    }
  }
  return points;
}

std::vector<std::vector<double>> random_points(const SurrogateModel& model, int count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<std::vector<double>> points(static_cast<std::size_t>(count));
  for (auto& point : points) {
    for (const SurrogateInput& input : model.inputs) point.push_back(place(input, 2 * unit(random) - 1));
    point.push_back(model.dose_low_mj_cm2 + unit(random) * (model.dose_high_mj_cm2 - model.dose_low_mj_cm2));
  }
  return points;
}

SurrogateReading read_cut(const SurrogateModel& model, std::size_t gauge, double dose_mj_cm2,
                          std::span<const double> cut) {
  SurrogateModel one;  // of a single term that is the image itself
  one.threshold = model.threshold;
  one.bright = model.bright;
  one.nominal_dose_mj_cm2 = model.nominal_dose_mj_cm2;
  const SurrogateGauge& g = model.gauges[gauge];
  one.gauges.push_back(
      {g.name, g.target_nm, g.drawn_low_nm, g.drawn_high_nm, g.samples, g.centre, g.step_nm, {cut.begin(), cut.end()}});
  const double constant = 1;
  return read_surrogate(one, 0, dose_mj_cm2, {&constant, 1});
}

namespace {

/// Images of all gauges as one matrix, [sample of the design][sample of the cuts].
MatrixXd images(const SurrogateModel& model, const std::vector<SurrogateSample>& samples) {
  Eigen::Index columns = 0;
  for (const SurrogateGauge& g : model.gauges) columns += g.samples;
  MatrixXd all(static_cast<Eigen::Index>(samples.size()), columns);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    bool fits = samples[i].inputs.size() == model.inputs.size() && samples[i].cuts.size() == model.gauges.size();
    Eigen::Index column = 0;
    for (std::size_t g = 0; fits && g < model.gauges.size(); ++g) {
      const std::vector<double>& cut = samples[i].cuts[g];
      fits = static_cast<int>(cut.size()) == model.gauges[g].samples;
      for (std::size_t j = 0; fits && j < cut.size(); ++j) all(static_cast<Eigen::Index>(i), column++) = cut[j];
    }
    if (!fits) fail("SUR-0011", "sample " + std::to_string(i) + " does not have the inputs and cuts of the model");
  }
  if (!all.allFinite()) fail("SUR-0011", "a sample has an image that is not finite");
  return all;
}

/// A least-squares solution and what each sample would have been predicted as without itself.
struct Solution {
  std::vector<std::uint8_t> degrees;
  double smallest = 0;
  MatrixXd coefficients;  ///< [term][sample of the cuts]
  MatrixXd left_out;      ///< errors, as the images
  double rms = 0;
};

std::optional<Solution> solve(SurrogateModel model, const std::vector<SurrogateSample>& samples, const MatrixXd& image,
                              std::vector<std::uint8_t> degrees) {
  model.degrees = std::move(degrees);
  MatrixXd terms(image.rows(), static_cast<Eigen::Index>(model.terms()));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::vector<double> row = surrogate_terms(model, samples[i].inputs);
    terms.row(static_cast<Eigen::Index>(i)) = Eigen::Map<const VectorXd>(row.data(), terms.cols());
  }
  const Eigen::HouseholderQR<MatrixXd> qr(terms);
  const auto diagonal = qr.matrixQR().diagonal().cwiseAbs();
  if (diagonal.minCoeff() < 1e-10 * diagonal.maxCoeff()) return std::nullopt;  // samples that cannot tell terms apart
  const MatrixXd q = qr.householderQ() * MatrixXd::Identity(terms.rows(), terms.cols());
  const MatrixXd projected = q.transpose() * image;
  const VectorXd kept = VectorXd::Ones(q.rows()) - q.rowwise().squaredNorm();
  if (kept.minCoeff() < 1e-6) return std::nullopt;  // a sample on which a term hangs alone
  Solution found;
  found.degrees = std::move(model.degrees);
  found.coefficients = qr.matrixQR().topRows(terms.cols()).triangularView<Eigen::Upper>().solve(projected);
  found.left_out = kept.cwiseInverse().asDiagonal() * (image - q * projected);
  found.rms = std::sqrt(found.left_out.squaredNorm() / static_cast<double>(found.left_out.size()));
  return found;
}

/// CDs as they would have been predicted.
void judge_left_out(const SurrogateModel& model, const MatrixXd& image, const Solution& best, double cd_tolerance,
                    SurrogateFit& fit) {
  Eigen::Index column = 0;
  for (std::size_t g = 0; g < model.gauges.size(); ++g) {
    const Eigen::Index count = model.gauges[g].samples;
    for (Eigen::Index i = 0; i < image.rows(); ++i) {
      const VectorXd truth = image.row(i).segment(column, count);
      const VectorXd predicted = truth - best.left_out.row(i).segment(column, count).transpose();
      const auto cd = [&](const VectorXd& cut) {
        return read_cut(model, g, model.nominal_dose_mj_cm2, {cut.data(), static_cast<std::size_t>(count)}).cd_nm;
      };
      const double a = cd(truth), b = cd(predicted);
      if (std::isfinite(a) != std::isfinite(b)) ++fit.left_out_lost;
      const double target = model.gauges[g].target_nm;
      if (target > 0 && !(std::abs(a - target) <= cd_tolerance * target)) continue;
      if (std::isfinite(a) && std::isfinite(b)) fit.left_out_cd_nm = std::max(fit.left_out_cd_nm, std::abs(a - b));
    }
    column += count;
  }
}

}  // namespace

SurrogateFit fit_surrogate(SurrogateModel& model, const std::vector<SurrogateSample>& samples,
                           std::span<const double> reach, double cd_tolerance) {
  if (samples.size() < 4) fail("SUR-0012", "a fit needs at least four samples");
  if (reach.size() != model.inputs.size()) fail("SUR-0012", "a fit needs the reach of every input");
  const MatrixXd image = images(model, samples);
  std::optional<Solution> best;
  std::size_t before = 0;
  for (double smallest = 1; smallest > 1e-12; smallest /= 2) {
    std::vector<std::uint8_t> degrees = surrogate_degrees(reach, smallest);
    const std::size_t terms = degrees.size() / model.inputs.size();
    if (surrogate_oversampling * static_cast<double>(terms) > static_cast<double>(samples.size())) break;
    if (terms == before) continue;
    before = terms;
    std::optional<Solution> found = solve(model, samples, image, std::move(degrees));
    if (!found || (best && !(found->rms < best->rms))) continue;
    best = std::move(found);
    best->smallest = smallest;
  }
  if (!best) fail("SUR-0013", "the samples are too few for the ranges of the inputs");
  model.degrees = best->degrees;
  const auto terms = static_cast<Eigen::Index>(model.terms());
  Eigen::Index column = 0;
  for (SurrogateGauge& g : model.gauges) {
    g.coefficients.clear();
    for (Eigen::Index j = 0; j < g.samples; ++j, ++column)
      for (Eigen::Index b = 0; b < terms; ++b) g.coefficients.push_back(best->coefficients(b, column));
  }
  SurrogateFit fit{samples.size(), model.terms(), best->smallest, best->rms};
  judge_left_out(model, image, *best, cd_tolerance, fit);
  return fit;
}

}  // namespace anamorph
