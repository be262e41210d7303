// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/backend/backend.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <random>

#include "cpp/backend/plan_tables.hpp"
#include "cpp/backend/pointwise.hpp"
#include "cpp/core/error.hpp"
#include "cpp/measure/metrics.hpp"
#include "cpp/resist/resist.hpp"

namespace anamorph {
namespace {

using Complex = std::complex<double>;
constexpr double kPi = std::numbers::pi;

/// Every backend that is compiled in. A device that is missing shows as Skipped, or as a failure when
/// ANAMORPH_REQUIRE_CUDA is set.
class BackendTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    try {
      backend_ = make_backend(GetParam(), 2);
    } catch (const Error& error) {
      if (std::getenv("ANAMORPH_REQUIRE_CUDA") != nullptr) FAIL() << error.what();
      GTEST_SKIP() << error.what();
    }
  }

  Array array(const Shape& shape, const std::vector<double>& values) {
    Array a = backend_->allocate(shape);
    backend_->upload(values, a);
    return a;
  }
  std::vector<double> values(const Array& a) const {
    std::vector<double> v(a.shape().size());
    backend_->download(a, v);
    return v;
  }
  std::vector<double> random(std::size_t n) {
    std::uniform_real_distribution<double> uniform(-1, 1);
    std::vector<double> v(n);
    for (double& x : v) x = uniform(engine_);
    // Values that every precision holds exactly, so that only the arithmetic is compared.
    for (double& x : v) x = std::round(x * 4096) / 4096;
    return v;
  }
  /// Adjoints add to their output: `again` repeats the call that made `once` in `bar`, which must double.
  void expect_adds(const Array& bar, const std::vector<double>& once, const std::function<void()>& again) const {
    again();
    const std::vector<double> twice = values(bar);
    double worst = 0;
    for (std::size_t i = 0; i < once.size(); ++i) worst = std::max(worst, std::abs(twice[i] - 2 * once[i]));
    EXPECT_LE(worst, 4 * epsilon() * std::sqrt(std::inner_product(once.begin(), once.end(), once.begin(), 0.0)))
        << "adjoints add";
  }
  [[nodiscard]] double epsilon() const { return backend_->epsilon(); }
  [[nodiscard]] bool in_double() const { return epsilon() < 1e-12; }

  std::unique_ptr<Backend> backend_;
  std::mt19937 engine_{7};
};

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double norm(const std::vector<double>& a) { return std::sqrt(dot(a, a)); }

/// <y, A x> = <A^T y, x> up to rounding: the difference against the product of the norms.
double mismatch(const std::vector<double>& y, const std::vector<double>& ax, const std::vector<double>& aty,
                const std::vector<double>& x) {
  return std::abs(dot(y, ax) - dot(aty, x)) / (norm(y) * norm(ax));
}

CoherentStack random_stack(std::mt19937& engine, int terms, int ey, int ex) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  CoherentStack stack;
  stack.period_x_nm = 300;
  stack.period_y_nm = 400;
  stack.extent_x = ex;
  stack.extent_y = ey;
  for (int k = 0; k < terms; ++k) stack.weight.push_back(0.1 + std::abs(uniform(engine)));
  for (std::size_t i = 0; i < stack.bins() * static_cast<std::size_t>(terms); ++i)
    stack.transfer.emplace_back(std::round(uniform(engine) * 512) / 512, std::round(uniform(engine) * 512) / 512);
  return stack;
}

/// The sum of the definition, term by term, in long double.
double oracle_intensity(const CoherentStack& s, const std::vector<double>& spectrum, long double x, long double y) {
  using Wide = std::complex<long double>;
  long double intensity = 0;
  for (int k = 0; k < s.terms(); ++k) {
    const auto g = static_cast<std::size_t>(s.spectrum.empty() ? 0 : s.spectrum[static_cast<std::size_t>(k)]);
    Wide field = 0;
    std::size_t bin = 0;
    for (int my = -s.extent_y; my <= s.extent_y; ++my) {
      for (int mx = -s.extent_x; mx <= s.extent_x; ++mx, ++bin) {
        const std::size_t at = 2 * (g * s.bins() + bin);
        const Wide m(spectrum[at], spectrum[at + 1]);
        const long double phase =
            2 * std::numbers::pi_v<long double> * (mx * x / s.period_x_nm + my * y / s.period_y_nm);
        field +=
            Wide(s.transfer[static_cast<std::size_t>(k) * s.bins() + bin]) * m * Wide(std::cos(phase), std::sin(phase));
      }
    }
    intensity += s.weight[static_cast<std::size_t>(k)] * std::norm(field);
  }
  return static_cast<double>(intensity);
}

/// Fields of many shapes. On a device those of the first cases fit in shared memory, with more threads the larger they
/// are; that of the last one is too large for every device.
struct SumCase {
  int ey, ex, terms, batch, spectra;
};
constexpr SumCase kSumCases[] = {
    {4, 3, 13, 2, 2},   {0, 9, 5, 1, 1},   {12, 0, 4, 3, 3},  {0, 0, 2, 1, 1},    {6, 11, 8, 2, 1},
    {17, 17, 24, 1, 1}, {24, 26, 2, 1, 1}, {30, 32, 2, 1, 1}, {1, 1500, 3, 2, 2},
};

CoherentStack stack_of(std::mt19937& engine, const SumCase& c) {
  CoherentStack stack = random_stack(engine, c.terms, c.ey, c.ex);
  // Several mask spectra, as a thick mask has; of three, one that no term refers to.
  if (c.spectra > 1)
    for (int k = 0; k < c.terms; ++k) stack.spectrum.push_back(k % 3 == 1 || k == c.terms - 1 ? c.spectra - 1 : 0);
  return stack;
}

TEST_P(BackendTest, CoherentSumIsTheDefinition) {
  for (const SumCase& c : kSumCases) {
    SCOPED_TRACE(testing::Message() << "bins to " << c.ey << " and " << c.ex);
    const CoherentStack stack = stack_of(engine_, c);
    const auto plan = backend_->plan_coherent_sum(stack, c.batch);
    const Shape shape{c.batch * c.spectra, stack.bins_y(), stack.bins_x(), 2};
    const std::vector<double> m = random(shape.size());
    Array intensity = backend_->allocate({c.batch, plan->field_ny(), plan->field_nx(), 1});
    plan->forward(array(shape, m), intensity);
    const std::vector<double> result = values(intensity);
    const double largest = *std::max_element(result.begin(), result.end());
    const std::size_t points = result.size() / static_cast<std::size_t>(c.batch);
    const std::size_t own_size = m.size() / static_cast<std::size_t>(c.batch);
    for (int b = 0; b < c.batch; ++b) {
      const auto first = m.begin() + static_cast<long>(own_size) * b;
      const std::vector<double> own(first, first + static_cast<long>(own_size));
      for (std::size_t i = 0; i < points; i += points / 41 + 1) {
        const long double y = static_cast<int>(i) / plan->field_nx(), x = static_cast<int>(i) % plan->field_nx();
        const double expected = oracle_intensity(stack, own, x * stack.period_x_nm / plan->field_nx(),
                                                 y * stack.period_y_nm / plan->field_ny());
        EXPECT_NEAR(result[static_cast<std::size_t>(b) * points + i], expected, 30 * epsilon() * largest);
      }
    }
  }
}

TEST_P(BackendTest, CoherentSumGradientIsExact) {
  // I is quadratic in M, so a central difference is exact but for rounding: no step-size compromise is needed.
  for (const SumCase& c : kSumCases) {
    SCOPED_TRACE(testing::Message() << "bins to " << c.ey << " and " << c.ex);
    const CoherentStack stack = stack_of(engine_, c);
    const auto plan = backend_->plan_coherent_sum(stack, c.batch);
    const Shape shape{c.batch * c.spectra, stack.bins_y(), stack.bins_x(), 2};
    const std::vector<double> m = random(shape.size()), d = random(shape.size());
    Array intensity = backend_->allocate({c.batch, plan->field_ny(), plan->field_nx(), 1});
    const std::vector<double> bar = random(intensity.shape().size());
    const auto at = [&](double t) {
      std::vector<double> moved = m;
      for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += t * d[i];
      plan->forward(array(shape, moved), intensity);
      return dot(bar, values(intensity));
    };
    const double difference = (at(1) - at(-1)) / 2;
    at(0);
    Array spectrum_bar = backend_->allocate(shape);
    plan->adjoint(array(intensity.shape(), bar), spectrum_bar);
    const std::vector<double> once = values(spectrum_bar);
    EXPECT_NEAR(dot(once, d), difference, 200 * epsilon() * norm(bar) * norm(values(intensity)));
    expect_adds(spectrum_bar, once, [&] { plan->adjoint(array(intensity.shape(), bar), spectrum_bar); });
  }
}

TEST_P(BackendTest, CoherentSumDotProduct) {
  // The derivative at M is the linear map L: D -> 2 Re sum_k w_k conj(E_k) F^-1[H_k D]; <bar, L D> = <L^T bar, D>.
  // With D = M, L M = 2 I exactly, which needs no finite difference at all.
  for (const SumCase& c : kSumCases) {
    SCOPED_TRACE(testing::Message() << "bins to " << c.ey << " and " << c.ex);
    const CoherentStack stack = stack_of(engine_, c);
    const auto plan = backend_->plan_coherent_sum(stack, c.batch);
    const Shape shape{c.batch * c.spectra, stack.bins_y(), stack.bins_x(), 2};
    const std::vector<double> m = random(shape.size());
    Array intensity = backend_->allocate({c.batch, plan->field_ny(), plan->field_nx(), 1});
    plan->forward(array(shape, m), intensity);
    const std::vector<double> bar = random(intensity.shape().size());
    Array spectrum_bar = backend_->allocate(shape);
    plan->adjoint(array(intensity.shape(), bar), spectrum_bar);
    std::vector<double> twice = values(intensity);
    for (double& v : twice) v *= 2;
    EXPECT_LE(mismatch(bar, twice, values(spectrum_bar), m), in_double() ? 1e-12 : 50 * epsilon());
  }
}

TEST_P(BackendTest, CoherentSumCanBeRepeated) {
  for (const SumCase& c : {kSumCases[0], kSumCases[std::size(kSumCases) - 1]}) {
    const CoherentStack stack = stack_of(engine_, c);
    const auto plan = backend_->plan_coherent_sum(stack, c.batch);
    Array spectrum = backend_->allocate({c.batch * c.spectra, stack.bins_y(), stack.bins_x(), 2});
    Array intensity = backend_->allocate({c.batch, plan->field_ny(), plan->field_nx(), 1});
    const Array bar = array(intensity.shape(), random(intensity.shape().size()));
    Array spectrum_bar = backend_->allocate(spectrum.shape());
    const auto verbs = [&] {
      backend_->fill(0, spectrum_bar);
      plan->forward(spectrum, intensity);
      plan->adjoint(bar, spectrum_bar);
    };
    std::unique_ptr<Recording> recording;
    for (int call = 0; call < 4; ++call) {
      backend_->upload(random(spectrum.shape().size()), spectrum);
      verbs();
      const std::vector<double> expected = values(intensity), expected_bar = values(spectrum_bar);
      backend_->fill(1, intensity);
      backend_->repeat(recording, verbs);
      EXPECT_EQ(values(intensity), expected) << call;
      EXPECT_EQ(values(spectrum_bar), expected_bar) << call;
    }
  }
}

TEST_P(BackendTest, CoherentSumOfManyFieldsIsThatOfEach) {
  // More fields than a backend keeps from forward to adjoint (64 MiB, 256 MiB on a device), so that they are worked on
  // in pieces and computed again; against a plan for one batch entry, which keeps them. Each is too large for the shared
  // memory of a device.
  const std::size_t kept = (GetParam().starts_with("cuda") ? std::size_t{256} : std::size_t{64}) << 20;
  CoherentStack stack = random_stack(engine_, 3, 40, 45);
  stack.spectrum = {1, 0, 1};
  const auto single = backend_->plan_coherent_sum(stack, 1);
  const std::size_t points =
      static_cast<std::size_t>(single->field_ny()) * static_cast<std::size_t>(single->field_nx());
  const int batch = static_cast<int>(kept / ((in_double() ? 16 : 8) * 3 * points)) + 2;
  const auto many = backend_->plan_coherent_sum(stack, batch);
  const Shape one{2, stack.bins_y(), stack.bins_x(), 2}, all{2 * batch, stack.bins_y(), stack.bins_x(), 2};
  const Shape image{1, single->field_ny(), single->field_nx(), 1}, images{batch, image.ny, image.nx, 1};
  const std::vector<double> m = random(one.size()), bar = random(points);
  // Entry b is the first one times 1, 2 or 3: its intensity goes with the square, its cotangent with the factor.
  const auto factor = [](int b) { return 1.0 + b % 3; };
  std::vector<double> all_m, all_bar;
  for (int b = 0; b < batch; ++b) {
    for (const double v : m) all_m.push_back(factor(b) * v);
    all_bar.insert(all_bar.end(), bar.begin(), bar.end());
  }
  Array expected = backend_->allocate(image), expected_bar = backend_->allocate(one);
  single->forward(array(one, m), expected);
  single->adjoint(array(image, bar), expected_bar);
  Array result = backend_->allocate(images), result_bar = backend_->allocate(all);
  many->forward(array(all, all_m), result);
  many->adjoint(array(images, all_bar), result_bar);
  const auto compare = [&](const Array& of_all, const Array& of_one, const std::function<double(int)>& scale) {
    const std::vector<double> a = values(of_all), e = values(of_one);
    const double tolerance = 100 * epsilon() * norm(e);
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
      worst = std::max(worst, std::abs(a[i] / scale(static_cast<int>(i / e.size())) - e[i % e.size()]));
    EXPECT_LE(worst, tolerance);
  };
  compare(result, expected, [&](int b) { return factor(b) * factor(b); });
  compare(result_bar, expected_bar, factor);
}

TEST_P(BackendTest, MaskSpectrumIsTheFourierIntegralOfSquares) {
  const int ny = 12, nx = 20, ey = 3, ex = 5;
  const std::vector<double> mask = random(static_cast<std::size_t>(ny * nx));
  for (const MaskSamples samples : {MaskSamples::squares, MaskSamples::points}) {
    const auto plan = backend_->plan_mask_spectrum(ny, nx, ey, ex, samples);
    Array spectrum = backend_->allocate({1, 2 * ey + 1, 2 * ex + 1, 2});
    plan->forward(array({1, ny, nx, 1}, mask), spectrum);
    const std::vector<double> result = values(spectrum);
    for (int my = -ey; my <= ey; ++my) {
      for (int mx = -ex; mx <= ex; ++mx) {
        const auto sinc = [&](double t) {
          return samples == MaskSamples::points || t == 0 ? 1.0 : std::sin(kPi * t) / (kPi * t);
        };
        Complex expected = 0;
        for (int y = 0; y < ny; ++y)
          for (int x = 0; x < nx; ++x)
            expected += mask[static_cast<std::size_t>(y * nx + x)] *
                        std::polar(1.0, -2 * kPi * ((y + 0.5) * my / ny + (x + 0.5) * mx / nx));
        expected *= sinc(static_cast<double>(my) / ny) * sinc(static_cast<double>(mx) / nx) / (ny * nx);
        const auto at = static_cast<std::size_t>(2 * ((my + ey) * (2 * ex + 1) + mx + ex));
        EXPECT_NEAR(result[at], expected.real(), 10 * epsilon());
        EXPECT_NEAR(result[at + 1], expected.imag(), 10 * epsilon());
      }
    }
  }
}

TEST_P(BackendTest, MaskSpectrumDotProduct) {
  const int ny = 96, nx = 64, ey = 9, ex = 7, batch = 3;
  const auto plan = backend_->plan_mask_spectrum(ny, nx, ey, ex, MaskSamples::squares);
  const Shape in{batch, ny, nx, 1}, out{batch, 2 * ey + 1, 2 * ex + 1, 2};
  const std::vector<double> x = random(in.size()), y = random(out.size());
  Array ax = backend_->allocate(out), aty = backend_->allocate(in);
  plan->forward(array(in, x), ax);
  plan->adjoint(array(out, y), aty);
  EXPECT_LE(mismatch(y, values(ax), values(aty), x), in_double() ? 1e-12 : 20 * epsilon());
  expect_adds(aty, values(aty), [&] { plan->adjoint(array(out, y), aty); });
}

TEST_P(BackendTest, ResampleIsExactForABandLimitedImageAndBlursIt) {
  // cos(2 pi (2 x + y + 0.1)) on 12 x 10 coarse samples, wanted at the centres of 40 x 27 pixels.
  ResamplePlan plan{.in_ny = 10, .in_nx = 12, .band_y = 4, .band_x = 5, .out_ny = 27, .out_nx = 40};
  std::vector<double> coarse;
  for (int y = 0; y < 10; ++y)
    for (int x = 0; x < 12; ++x) coarse.push_back(1 + std::cos(2 * kPi * (2 * x / 12.0 + y / 10.0 + 0.1)));
  for (const double blur : {0.0, 0.07}) {
    plan.blur_x = plan.blur_y = blur;
    const auto resample = backend_->plan_resample(plan);
    Array fine = backend_->allocate({1, 27, 40, 1});
    resample->forward(array({1, 10, 12, 1}, coarse), fine);
    const std::vector<double> result = values(fine);
    const double gain = std::exp(-2 * kPi * kPi * blur * blur * (2 * 2 + 1));
    for (int y = 0; y < 27; ++y)
      for (int x = 0; x < 40; ++x)
        EXPECT_NEAR(result[static_cast<std::size_t>(y * 40 + x)],
                    1 + gain * std::cos(2 * kPi * (2 * (x + 0.5) / 40 + (y + 0.5) / 27 + 0.1)), 30 * epsilon());
  }
}

TEST_P(BackendTest, ResampleDotProduct) {
  const ResamplePlan plan{
      .in_ny = 20, .in_nx = 24, .band_y = 9, .band_x = 10, .out_ny = 100, .out_nx = 70, .blur_y = 0.01, .blur_x = 0.02};
  const auto resample = backend_->plan_resample(plan);
  const Shape in{2, 20, 24, 1}, out{2, 100, 70, 1};
  const std::vector<double> x = random(in.size()), y = random(out.size());
  Array ax = backend_->allocate(out), aty = backend_->allocate(in);
  resample->forward(array(in, x), ax);
  resample->adjoint(array(out, y), aty);
  EXPECT_LE(mismatch(y, values(ax), values(aty), x), in_double() ? 1e-12 : 20 * epsilon());
  expect_adds(aty, values(aty), [&] { resample->adjoint(array(out, y), aty); });
}

struct PrintCase {
  PrintLossPlan plan;
  std::vector<std::vector<double>> intensity;
  std::vector<double> target, sites, background;
};

PrintCase print_case(bool bright, const std::function<std::vector<double>(std::size_t)>& random) {
  PrintCase c;
  c.plan.resample = {.in_ny = 9, .in_nx = 10, .band_y = 4, .band_x = 4, .out_ny = 30, .out_nx = 28};
  c.plan.corners = {{0, 1.0, false, 0.01}, {0, 1.04, true, 0.02}, {1, 0.96}};
  c.plan.bright = bright;
  for (int s = 0; s < 2; ++s) {
    c.intensity.push_back(random(90));
    for (double& v : c.intensity.back()) v = 0.25 + 0.2 * v;
  }
  c.target = random(840);
  c.sites = random(840);
  c.background = random(840);
  for (double& t : c.target) t = t > 0 ? 1 : 0;
  for (double& s : c.sites) s = s > 0.5 ? 3 : 0;
  for (double& b : c.background) b = b > 0 ? b : 0;
  return c;
}

TEST_P(BackendTest, PrintLossIsTheDefinition) {
  for (const bool bright : {true, false}) {
    const PrintCase c = print_case(bright, [this](std::size_t n) { return random(n); });
    const PrintLossWeights w{.steepness = 20};
    std::vector<Array> intensity;
    for (const auto& i : c.intensity) intensity.push_back(array({1, 9, 10, 1}, i));
    const auto loss = backend_->plan_print_loss(c.plan);
    Array sums = backend_->allocate({1, 1, 4, 1});
    loss->evaluate(intensity, array({1, 30, 28, 1}, c.target), array({1, 30, 28, 1}, c.sites),
                   array({1, 30, 28, 1}, c.background), w, {}, sums);
    const PrintLossTerms terms = print_loss_terms(*backend_, sums).front();

    const auto resample = backend_->plan_resample(c.plan.resample);
    std::vector<std::vector<double>> image;
    for (const Array& i : intensity) {
      Array fine = backend_->allocate({1, 30, 28, 1});
      resample->forward(i, fine);
      image.push_back(values(fine));
    }
    const double sign = bright ? 1 : -1;
    const auto z = [&](double i, double dose) { return 1 / (1 + std::exp(-20 * sign * (dose * i - 0.225))); };
    const auto r = [](double d) { return d * d; };
    double fidelity = 0, sites = 0, background = 0, band = 0;
    for (std::size_t p = 0; p < c.target.size(); ++p) {
      const double misfit = r(z(image[0][p] + 0.01, 1.0) - c.target[p]);
      fidelity += misfit;
      sites += c.sites[p] * misfit;
      const double outer = z(image[0][p] + 0.02, 1.04), inner = z(image[1][p], 0.96);
      background += c.background[p] * r(std::max(outer, inner));
      band += r(outer - inner);
    }
    const double tolerance = 2000 * epsilon() * (fidelity + band);
    EXPECT_NEAR(terms.fidelity, fidelity, tolerance);
    EXPECT_NEAR(terms.sites, sites, 3 * tolerance);
    EXPECT_NEAR(terms.background, background, tolerance);
    EXPECT_NEAR(terms.pvband, band, tolerance);
  }
}

TEST_P(BackendTest, PrintLossGradientMatchesFiniteDifferences) {
  for (const bool bright : {true, false}) {
    const PrintCase c = print_case(bright, [this](std::size_t n) { return random(n); });
    const PrintLossWeights w{
        .steepness = 20, .fidelity = 0.7, .sites = 0.3, .background = 0.9, .pvband = 1.1};
    const auto loss = backend_->plan_print_loss(c.plan);
    const Array target = array({1, 30, 28, 1}, c.target), sites = array({1, 30, 28, 1}, c.sites),
                background = array({1, 30, 28, 1}, c.background);
    const std::vector<double> d0 = random(90), d1 = random(90);
    const auto at = [&](double t, std::span<Array> bar) {
      std::vector<Array> intensity;
      for (int s = 0; s < 2; ++s) {
        std::vector<double> moved = c.intensity[static_cast<std::size_t>(s)];
        for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += t * (s == 0 ? d0 : d1)[i];
        intensity.push_back(array({1, 9, 10, 1}, moved));
      }
      Array sums = backend_->allocate({1, 1, 4, 1});
      loss->evaluate(intensity, target, sites, background, w, bar, sums);
      const PrintLossTerms p = print_loss_terms(*backend_, sums).front();
      return w.fidelity * p.fidelity + w.sites * p.sites + w.background * p.background + w.pvband * p.pvband;
    };
    std::vector<Array> bar;
    for (int s = 0; s < 2; ++s) bar.push_back(backend_->allocate({1, 9, 10, 1}));
    at(0, bar);
    const double exact = dot(values(bar[0]), d0) + dot(values(bar[1]), d1);
    const double h = std::cbrt(epsilon()) * 0.1;  // truncation ~ h^2, rounding ~ epsilon / h
    const double difference = (at(h, {}) - at(-h, {})) / (2 * h);
    EXPECT_NEAR(exact, difference, (in_double() ? 1e-5 : 2e-2) * std::abs(difference));
    expect_adds(bar[1], values(bar[1]), [&] { at(0, bar); });
  }
}

TEST_P(BackendTest, PrintLossOfSeveralClipsIsThatOfEach) {
  const PrintLossWeights w{.steepness = 20, .sites = 0.3, .background = 0.9};
  std::vector<PrintCase> clips;
  for (int b = 0; b < 3; ++b) clips.push_back(print_case(true, [this](std::size_t n) { return random(n); }));
  const auto loss = backend_->plan_print_loss(clips[0].plan);
  const auto evaluate = [&](std::span<const PrintCase> some, std::vector<Array>& bar) {
    const int batch = static_cast<int>(some.size());
    std::vector<Array> intensity;
    std::vector<double> target, sites, background;
    for (std::size_t s = 0; s < 2; ++s) {
      std::vector<double> numbers;
      for (const PrintCase& c : some) numbers.insert(numbers.end(), c.intensity[s].begin(), c.intensity[s].end());
      intensity.push_back(array({batch, 9, 10, 1}, numbers));
      bar.push_back(backend_->allocate({batch, 9, 10, 1}));
    }
    for (const PrintCase& c : some) {
      target.insert(target.end(), c.target.begin(), c.target.end());
      sites.insert(sites.end(), c.sites.begin(), c.sites.end());
      background.insert(background.end(), c.background.begin(), c.background.end());
    }
    const Shape shape{batch, 30, 28, 1};
    Array sums = backend_->allocate({batch, 1, 4, 1});
    loss->evaluate(intensity, array(shape, target), array(shape, sites), array(shape, background), w, bar, sums);
    return print_loss_terms(*backend_, sums);
  };
  std::vector<Array> bar;
  const std::vector<PrintLossTerms> terms = evaluate(clips, bar);
  ASSERT_EQ(terms.size(), 3u);
  for (std::size_t b = 0; b < 3; ++b) {
    std::vector<Array> own_bar;
    const PrintLossTerms own = evaluate({&clips[b], 1}, own_bar).front();
    const double tolerance = 100 * epsilon() * (own.fidelity + own.sites);
    EXPECT_NEAR(terms[b].fidelity, own.fidelity, tolerance);
    EXPECT_NEAR(terms[b].sites, own.sites, tolerance);
    EXPECT_NEAR(terms[b].background, own.background, tolerance);
    EXPECT_NEAR(terms[b].pvband, own.pvband, tolerance);
    for (std::size_t s = 0; s < 2; ++s) {
      const std::vector<double> all = values(bar[s]), expected = values(own_bar[s]);
      for (std::size_t i = 0; i < 90; ++i) EXPECT_NEAR(all[b * 90 + i], expected[i], 100 * epsilon() * norm(expected));
    }
  }
}

/// The print objective by its definition: the backend's own interpolation, then pixel by pixel in double.
struct PrintOracle {
  PrintLossTerms terms;
  std::vector<std::vector<double>> bar;  ///< per image, on the print grid
};

PrintOracle print_oracle(const PrintCase& c, const PrintLossWeights& w, const std::vector<std::vector<double>>& image) {
  PrintOracle o;
  o.bar.assign(image.size(), std::vector<double>(c.target.size()));
  const double gain = c.plan.bright ? w.steepness : -w.steepness;
  const auto argument = [&](const PrintCorner& corner, std::size_t p) {
    const double i = image[static_cast<std::size_t>(corner.intensity)][p];
    return gain * (corner.dose * (i + corner.flare) - c.plan.threshold);
  };
  const auto logistic = [](double u) { return 1 / (1 + std::exp(-u)); };
  for (std::size_t p = 0; p < c.target.size(); ++p) {
    const PrintCorner *nominal = &c.plan.corners.front(), *most = nullptr, *least = nullptr;
    for (const PrintCorner& corner : c.plan.corners) {
      if (!corner.band) continue;
      if (most == nullptr || argument(corner, p) > argument(*most, p)) most = &corner;
      if (least == nullptr || argument(corner, p) < argument(*least, p)) least = &corner;
    }
    const auto add = [&](const PrintCorner& corner, double z, double z_bar) {
      o.bar[static_cast<std::size_t>(corner.intensity)][p] += z_bar * z * (1 - z) * gain * corner.dose;
    };
    const double z = logistic(argument(*nominal, p)), outer = logistic(argument(*most, p)),
                 inner = logistic(argument(*least, p)), misfit = z - c.target[p];
    o.terms.fidelity += misfit * misfit;
    o.terms.sites += c.sites[p] * misfit * misfit;
    o.terms.background += c.background[p] * outer * outer;
    o.terms.pvband += (outer - inner) * (outer - inner);
    add(*nominal, z, 2 * (w.fidelity + w.sites * c.sites[p]) * misfit);
    add(*most, outer, 2 * w.pvband * (outer - inner) + 2 * w.background * c.background[p] * outer);
    add(*least, inner, -2 * w.pvband * (outer - inner));
  }
  return o;
}

/// A grid, random intensities of the whole band on it, and a target; corner s belongs to image s.
PrintCase print_case_of(const ResamplePlan& resample, int batch, int images,
                        const std::function<std::vector<double>(std::size_t)>& random) {
  PrintCase c;
  c.plan.resample = resample;
  const auto size = [batch](int ny, int nx) { return Shape{batch, ny, nx, 1}.size(); };
  for (int s = 0; s < images; ++s) {
    c.plan.corners.push_back({s, 1 + 0.03 * s, s != 1 || images == 2, 0.01 * s});
    c.intensity.push_back(random(size(resample.in_ny, resample.in_nx)));
    for (double& v : c.intensity.back()) v = 0.25 + 0.2 * v;
  }
  c.plan.corners.push_back({0, 0.96});
  c.target = random(size(resample.out_ny, resample.out_nx));
  c.sites = random(c.target.size());
  c.background = random(c.target.size());
  for (double& t : c.target) t = t > 0 ? 1 : 0;
  for (double& s : c.sites) s = s > 0.5 ? 3 : 0;
  for (double& b : c.background) b = b > 0 ? b : 0;
  return c;
}

/// Grids finer and coarser than twice the band, even and odd, whose sizes are no multiples of a backend's pieces.
const std::vector<ResamplePlan> kPrintGrids = {
    {.in_ny = 20, .in_nx = 24, .band_y = 9, .band_x = 11, .out_ny = 131, .out_nx = 290, .blur_y = 0.01, .blur_x = 0.02},
    {.in_ny = 15, .in_nx = 45, .band_y = 7, .band_x = 22, .out_ny = 200, .out_nx = 61},
    {.in_ny = 27, .in_nx = 7, .band_y = 13, .band_x = 3, .out_ny = 33, .out_nx = 150},
    {.in_ny = 17, .in_nx = 3, .band_y = 8, .band_x = 1, .out_ny = 33, .out_nx = 5}};

TEST_P(BackendTest, PrintLossOnManyGridsIsInterpolationAndFormula) {
  const PrintLossWeights w{.steepness = 20, .fidelity = 0.7, .sites = 0.3, .background = 0.9, .pvband = 1.1};
  for (std::size_t grid = 0; grid < kPrintGrids.size(); ++grid) {
    const ResamplePlan& r = kPrintGrids[grid];
    // On the smallest grid more clips than a device has blocks at a time.
    const int batch = r.out_nx < 10 ? 180 : 2, images = std::min(static_cast<int>(grid) + 1, 3);
    PrintCase c = print_case_of(r, batch, images, [this](std::size_t n) { return random(n); });
    c.plan.bright = grid % 2 == 0;
    const Shape coarse{batch, r.in_ny, r.in_nx, 1}, fine{batch, r.out_ny, r.out_nx, 1};
    const auto resample = backend_->plan_resample(r);
    std::vector<Array> intensity, bar;
    std::vector<std::vector<double>> image;
    Array scratch = backend_->allocate(fine);
    for (const std::vector<double>& i : c.intensity) {
      intensity.push_back(array(coarse, i));
      bar.push_back(backend_->allocate(coarse));
      resample->forward(intensity.back(), scratch);
      image.push_back(values(scratch));
    }
    const Array target = array(fine, c.target), sites = array(fine, c.sites), background = array(fine, c.background);
    const auto loss = backend_->plan_print_loss(c.plan);
    Array sums = backend_->allocate({batch, 1, 4, 1}), sums_alone = backend_->allocate({batch, 1, 4, 1});
    const auto evaluate = [&] { loss->evaluate(intensity, target, sites, background, w, bar, sums); };
    evaluate();
    loss->evaluate(intensity, target, sites, background, w, {}, sums_alone);
    EXPECT_EQ(values(sums), values(sums_alone)) << "the terms do not depend on the gradient";

    const PrintOracle oracle = print_oracle(c, w, image);
    PrintLossTerms sum;
    for (const PrintLossTerms& t : print_loss_terms(*backend_, sums)) {
      sum.fidelity += t.fidelity;
      sum.sites += t.sites;
      sum.background += t.background;
      sum.pvband += t.pvband;
    }
    // The intensities, up to 1.5 here, are wrong by some ten roundings, the terms by the steepness times that.
    EXPECT_NEAR(sum.fidelity / oracle.terms.fidelity, 1, 400 * epsilon()) << "grid " << grid;
    EXPECT_NEAR(sum.sites / oracle.terms.sites, 1, 400 * epsilon());
    EXPECT_NEAR(sum.background / oracle.terms.background, 1, 400 * epsilon());
    EXPECT_NEAR(sum.pvband / oracle.terms.pvband, 1, 400 * epsilon());
    for (std::size_t s = 0; s < bar.size(); ++s) {
      Array expected_bar = backend_->allocate(coarse);
      resample->adjoint(array(fine, oracle.bar[s]), expected_bar);
      const std::vector<double> expected = values(expected_bar), found = values(bar[s]);
      double worst = 0;
      for (std::size_t i = 0; i < expected.size(); ++i) worst = std::max(worst, std::abs(found[i] - expected[i]));
      EXPECT_LE(worst, 400 * epsilon() * norm(expected)) << "grid " << grid << ", image " << s;
    }
    expect_adds(bar[0], values(bar[0]), evaluate);
  }
}

TEST_P(BackendTest, PrintLossOfAStepCountsPixels) {
  for (const bool bright : {true, false}) {
    for (const int images : {1, 2, 3}) {
      const ResamplePlan& r = kPrintGrids.front();
      PrintCase c = print_case_of(r, 1, images, [this](std::size_t n) { return random(n); });
      c.plan.bright = bright;
      for (PrintCorner& corner : c.plan.corners) corner.flare = 0;
      for (double& s : c.sites) s = s > 0 ? 1 : 0;
      for (double& b : c.background) b = b > 0 ? 1 : 0;
      const Shape coarse{1, r.in_ny, r.in_nx, 1}, fine{1, r.out_ny, r.out_nx, 1};
      const auto resample = backend_->plan_resample(r);
      const ResistModel model{.threshold = c.plan.threshold, .bright = bright};
      std::vector<Array> intensity, bar;
      std::vector<Image<double>> image;
      Array fine_array = backend_->allocate(fine);
      for (const std::vector<double>& i : c.intensity) {
        intensity.push_back(array(coarse, i));
        bar.push_back(backend_->allocate(coarse));
        resample->forward(intensity.back(), fine_array);
        image.emplace_back(r.out_ny, r.out_nx);
        backend_->download(fine_array, image.back().span());
      }
      Bitmap target(r.out_ny, r.out_nx);
      std::copy(c.target.begin(), c.target.end(), target.begin());
      std::vector<Bitmap> band;
      double unsure = 0, sites = 0, background = 0;
      for (const PrintCorner& corner : c.plan.corners) {
        const Image<double>& of = image[static_cast<std::size_t>(corner.intensity)];
        // An interpolation by other sums may fall on the other side of the threshold.
        unsure += static_cast<double>(std::count_if(of.begin(), of.end(), [&](double v) {
          return std::abs(corner.dose * v - model.threshold) < 10 * epsilon();
        }));
        if (corner.band) band.push_back(printed(of, corner.dose, model));
      }
      const Bitmap nominal = printed(image.front(), c.plan.corners.front().dose, model);
      for (std::size_t p = 0; p < c.target.size(); ++p) {
        sites += c.sites[p] * (nominal.data()[p] != target.data()[p] ? 1 : 0);
        background += c.background[p] * (std::any_of(band.begin(), band.end(),
                                                     [p](const Bitmap& print) { return print.data()[p] != 0; })
                                             ? 1
                                             : 0);
      }
      EXPECT_LE(unsure, in_double() ? 0 : 4);

      const auto loss = backend_->plan_print_loss(c.plan);
      const PrintLossWeights step{.steepness = std::numeric_limits<double>::infinity()};
      const Array t = array(fine, c.target), s = array(fine, c.sites), b = array(fine, c.background);
      Array sums = backend_->allocate({1, 1, 4, 1});
      loss->evaluate(intensity, t, s, b, step, {}, sums);
      const PrintLossTerms terms = print_loss_terms(*backend_, sums).front();
      EXPECT_NEAR(terms.fidelity, static_cast<double>(l2_px(nominal, target)), unsure);
      EXPECT_NEAR(terms.pvband, static_cast<double>(pvband_px(band)), unsure);
      EXPECT_NEAR(terms.sites, sites, unsure);
      EXPECT_NEAR(terms.background, background, unsure);
      EXPECT_THROW(loss->evaluate(intensity, t, s, b, step, bar, sums), std::logic_error) << "no gradient";
    }
  }
}

TEST_P(BackendTest, PrintLossOfAStepAtTheThresholdPrintsTheBrightPartOnly) {
  // Dark fields and a threshold of 0: every pixel lies on it exactly.
  for (const bool bright : {true, false}) {
    const ResamplePlan& r = kPrintGrids.front();
    const Shape coarse{1, r.in_ny, r.in_nx, 1}, fine{1, r.out_ny, r.out_nx, 1};
    const auto loss =
        backend_->plan_print_loss({.resample = r, .corners = {{0, 1.0}, {0, 1.02}}, .threshold = 0, .bright = bright});
    std::vector<Array> intensity;
    intensity.push_back(backend_->allocate(coarse));
    const Array none = backend_->allocate(fine);
    Array sums = backend_->allocate({1, 1, 4, 1});
    loss->evaluate(intensity, none, none, none, {.steepness = std::numeric_limits<double>::infinity()}, {}, sums);
    const PrintLossTerms terms = print_loss_terms(*backend_, sums).front();
    EXPECT_EQ(terms.fidelity, bright ? static_cast<double>(fine.size()) : 0);
    EXPECT_EQ(terms.pvband, 0);
  }
}

TEST_P(BackendTest, AChainOnALargeGridAgreesWithTheReference) {
  // Mask to loss and back; the print grid is larger than a device takes at once.
  if (GetParam() == "cpu") GTEST_SKIP() << "the reference itself";
  const int n = GetParam().starts_with("cuda") ? 2100 : 300, e = 5, batch = 2;
  const CoherentStack stack = random_stack(engine_, 4, e, e);
  std::vector<double> mask, target;
  for (int b = 0; b < batch; ++b)
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x) {
        mask.push_back(3 * x + b * y > n && 4 * x < 3 * n && 7 * y > n && 5 * y < 4 * n ? 0.25 : 0);
        target.push_back(3 * x > n && 3 * x < 2 * n && 5 * y > n ? 1 : 0);
      }
  const auto run = [&](Backend& backend, std::vector<PrintLossTerms>& terms) {
    const Shape fine{batch, n, n, 1};
    Array m = backend.allocate(fine), t = backend.allocate(fine), none = backend.allocate(fine);
    backend.upload(mask, m);
    backend.upload(target, t);
    const auto spectra = backend.plan_mask_spectrum(n, n, e, e, MaskSamples::squares);
    const auto sum = backend.plan_coherent_sum(stack, batch);
    const int field = sum->field_nx();
    const auto loss = backend.plan_print_loss({.resample = {.in_ny = field,
                                                            .in_nx = field,
                                                            .band_y = 2 * e,
                                                            .band_x = 2 * e,
                                                            .out_ny = n,
                                                            .out_nx = n,
                                                            .blur_y = 0.002,
                                                            .blur_x = 0.003},
                                               .corners = {{0, 1.0}, {0, 1.02}, {0, 0.98}},
                                               .threshold = 0.05});
    Array spectrum = backend.allocate({batch, 2 * e + 1, 2 * e + 1, 2});
    std::vector<Array> intensity, bar;
    intensity.push_back(backend.allocate({batch, field, field, 1}));
    bar.push_back(backend.allocate({batch, field, field, 1}));
    spectra->forward(m, spectrum);
    sum->forward(spectrum, intensity[0]);
    Array sums = backend.allocate({batch, 1, 4, 1});
    loss->evaluate(intensity, t, none, none, {.steepness = 10}, bar, sums);
    terms = print_loss_terms(backend, sums);
    Array spectrum_bar = backend.allocate(spectrum.shape()), mask_bar = backend.allocate(fine);
    sum->adjoint(bar[0], spectrum_bar);
    spectra->adjoint(spectrum_bar, mask_bar);
    std::vector<double> result(fine.size());
    backend.download(mask_bar, result);
    return result;
  };
  std::vector<PrintLossTerms> terms, expected_terms;
  const std::vector<double> result = run(*backend_, terms), expected = run(*make_backend("cpu", 2), expected_terms);
  for (std::size_t b = 0; b < terms.size(); ++b) {
    EXPECT_NEAR(terms[b].fidelity / expected_terms[b].fidelity, 1, 100 * epsilon());
    EXPECT_NEAR(terms[b].pvband / expected_terms[b].pvband, 1, 1000 * epsilon());
  }
  double largest = 0, worst = 0;
  for (std::size_t i = 0; i < result.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    worst = std::max(worst, std::abs(result[i] - expected[i]));
  }
  EXPECT_GT(largest, 0);
  EXPECT_LE(worst, 1000 * epsilon() * largest);
}

TEST_P(BackendTest, GaussianKeepsTheMeanDampsACosineAndIsItsOwnAdjoint) {
  const int ny = 64, nx = 96;
  std::vector<double> wave;
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) wave.push_back(2 + std::cos(2 * kPi * (3.0 * x / nx + 2.0 * y / ny)));
  const Shape shape{1, ny, nx, 1};
  const double sigma = 2.5;
  Array blurred = backend_->allocate(shape);
  backend_->gaussian(array(shape, wave), sigma, blurred);
  const double gain = std::exp(-2 * kPi * kPi * sigma * sigma * (9.0 / (nx * nx) + 4.0 / (ny * ny)));
  const std::vector<double> result = values(blurred);
  for (std::size_t i = 0; i < result.size(); ++i)  // the kernel is cut at 4.5 sigma
    EXPECT_NEAR(result[i], 2 + gain * (wave[i] - 2), 1e-4 + 20 * epsilon());
  const std::vector<double> x = random(shape.size()), y = random(shape.size());
  Array gx = backend_->allocate(shape), gy = backend_->allocate(shape);
  backend_->gaussian(array(shape, x), sigma, gx);
  backend_->gaussian(array(shape, y), sigma, gy);
  EXPECT_LE(mismatch(y, values(gx), values(gy), x), in_double() ? 1e-12 : 20 * epsilon());
}

TEST_P(BackendTest, GaussianOfOddShapesIsTheDirectSum) {
  struct Case {
    int batch, ny, nx;
    double sigma;
  };
  for (const Case& c : {Case{2, 37, 70, 3.3}, Case{1, 20, 130, 4}, Case{3, 33, 7, 0.9}, Case{1, 200, 97, 20}}) {
    const Shape shape{c.batch, c.ny, c.nx, 1};
    const std::vector<double> x = random(shape.size()), half = gaussian_half_kernel(c.sigma);
    Array blurred = backend_->allocate(shape);
    backend_->gaussian(array(shape, x), c.sigma, blurred);
    const auto pass = [&](const std::vector<double>& in, int lines, int length, int stride, auto begin) {
      std::vector<double> out(in.size());
      for (int line = 0; line < lines; ++line)
        for (int i = 0; i < length; ++i)
          for (int k = 1 - static_cast<int>(half.size()); k < static_cast<int>(half.size()); ++k) {
            const int from = ((i + k) % length + length) % length;
            out[begin(line) + static_cast<std::size_t>(i * stride)] +=
                half[static_cast<std::size_t>(std::abs(k))] * in[begin(line) + static_cast<std::size_t>(from * stride)];
          }
      return out;
    };
    const auto plane = static_cast<std::size_t>(c.ny * c.nx);
    const std::vector<double> columns =
        pass(x, c.batch * c.nx, c.ny, c.nx, [&](int line) { return static_cast<std::size_t>(line / c.nx) * plane + static_cast<std::size_t>(line % c.nx); });
    const std::vector<double> expected =
        pass(columns, c.batch * c.ny, c.nx, 1, [&](int line) { return static_cast<std::size_t>(line * c.nx); });
    const std::vector<double> found = values(blurred);
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 20 * epsilon()) << c.nx << " " << i;
  }
}

TEST_P(BackendTest, SigmoidAndItsAdjoint) {
  const Shape shape{1, 8, 16, 1};
  const std::vector<double> x = random(shape.size()), bar = random(shape.size());
  Array y = backend_->allocate(shape), x_bar = backend_->allocate(shape);
  backend_->sigmoid(array(shape, x), 7, 0.25, y);
  backend_->sigmoid_adjoint(y, array(shape, bar), 7, x_bar);
  const std::vector<double> value = values(y), slope = values(x_bar);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = 1 / (1 + std::exp(-7 * (x[i] - 0.25)));
    EXPECT_NEAR(value[i], expected, 20 * epsilon());
    EXPECT_NEAR(slope[i], bar[i] * 7 * expected * (1 - expected), 100 * epsilon());
  }
  expect_adds(x_bar, slope, [&] { backend_->sigmoid_adjoint(y, array(shape, bar), 7, x_bar); });
}

TEST_P(BackendTest, VectorVerbs) {
  const Shape shape{3, 50, 700, 1};  // more than one chunk
  const std::vector<double> x = random(shape.size()), y = random(shape.size());
  Array a = array(shape, x), b = array(shape, y);
  EXPECT_NEAR(backend_->dot(a, b), dot(x, y), 1e-9);
  double sum = 0;
  for (const double v : x) sum += v;
  EXPECT_NEAR(backend_->sum(a), sum, 1e-9);
  backend_->axpby(2, a, -0.5, b);
  backend_->add(0.25, b);
  const std::vector<double> result = values(b);
  for (std::size_t i = 0; i < x.size(); i += 997) EXPECT_NEAR(result[i], 2 * x[i] - 0.5 * y[i] + 0.25, 8 * epsilon());
  EXPECT_DOUBLE_EQ(
      backend_->max_abs(a),
      std::abs(*std::max_element(x.begin(), x.end(), [](double p, double q) { return std::abs(p) < std::abs(q); })));
  backend_->axpby(1, a, 0, b);
  EXPECT_EQ(values(b), x);
}

TEST_P(BackendTest, SumsPerBatchEntryAndRowsOfATable) {
  const Shape shape{3, 5, 7, 1};
  const std::vector<double> x = random(105), y = random(105), one = random(35);
  Array out = backend_->allocate({3, 1, 1, 1});
  backend_->dot_each(-2, array(shape, x), array(shape, y), out);
  const std::vector<double> own = values(out);
  backend_->dot_each(1, array({1, 5, 7, 1}, one), array(shape, y), out);
  const std::vector<double> shared = values(out);
  for (std::size_t b = 0; b < 3; ++b) {
    double expected = 0, expected_shared = 0;
    for (std::size_t i = 0; i < 35; ++i) {
      expected -= 2 * x[35 * b + i] * y[35 * b + i];
      expected_shared += one[i] * y[35 * b + i];
    }
    EXPECT_NEAR(own[b], expected, 100 * epsilon());
    EXPECT_NEAR(shared[b], expected_shared, 100 * epsilon());
  }
  Array table = backend_->allocate({2, 3, 1, 1});
  backend_->store(out, 1, table);
  const std::vector<double> rows = values(table);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(rows[i], 0);
    EXPECT_EQ(rows[3 + i], shared[i]);
  }
  EXPECT_THROW(backend_->store(out, 2, table), std::logic_error);
  EXPECT_THROW(backend_->dot_each(1, array(shape, x), array({2, 5, 7, 1}, random(70)), out), std::logic_error);
}

TEST_P(BackendTest, ASequenceThatIsRepeatedTakesTheNumbersOfEachCall) {
  const Shape shape{1, 4, 6, 1};
  const std::vector<double> start = random(24);
  Array x = array(shape, start), y = backend_->allocate(shape), table = backend_->allocate({6, 4, 6, 1});
  std::unique_ptr<Recording> recording;
  for (int i = 0; i < 6; ++i)
    backend_->repeat(recording, [&] {
      backend_->axpby(i + 1.0, x, 0, y);
      backend_->sigmoid(y, 0.5 * i, 0.25, y);
      backend_->store(y, i, table);
    });
  const std::vector<double> found = values(table);
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t p = 0; p < 24; ++p) {
      const double k = static_cast<double>(i), expected = 1 / (1 + std::exp(-0.5 * k * ((k + 1) * start[p] - 0.25)));
      EXPECT_NEAR(found[24 * i + p], expected, 20 * epsilon());
    }
}

TEST_P(BackendTest, AdamFollowsItsPaper) {
  const Shape shape{1, 1, 2, 1};
  Array m = backend_->allocate(shape), v = backend_->allocate(shape), x = backend_->allocate(shape);
  const AdamStep step{.rate = 0.5, .decay1 = 0.75, .decay2 = 0.5, .floor = 0, .iteration = 1};
  backend_->adam(array(shape, {4, -0.25}), step, m, v, x);
  EXPECT_NEAR(values(x)[0], -0.5, 4 * epsilon()) << "the first step has length `rate`, whatever the gradient";
  EXPECT_NEAR(values(x)[1], 0.5, 4 * epsilon());
  AdamStep second = step;
  second.iteration = 2;
  backend_->adam(array(shape, {2, 0}), second, m, v, x);
  const double m2 = (0.75 * 1 + 0.25 * 2) / (1 - 0.75 * 0.75), v2 = (0.5 * 8 + 0.5 * 4) / (1 - 0.25);
  EXPECT_NEAR(values(x)[0], -0.5 - 0.5 * m2 / std::sqrt(v2), 8 * epsilon());
}

TEST_P(BackendTest, ResultsDoNotDependOnTheNumberOfThreads) {
  CoherentStack stack = random_stack(engine_, 24, 8, 8);
  const Shape mask_shape{1, 128, 128, 1};
  const std::vector<double> mask = random(mask_shape.size());
  std::vector<std::vector<double>> results;
  for (const int threads : {1, 2, 5}) {
    backend_ = make_backend(GetParam(), threads);
    const auto spectra = backend_->plan_mask_spectrum(128, 128, 8, 8, MaskSamples::squares);
    const auto sum = backend_->plan_coherent_sum(stack, 1);
    Array spectrum = backend_->allocate({1, 17, 17, 2}),
          intensity = backend_->allocate({1, sum->field_ny(), sum->field_nx(), 1});
    spectra->forward(array(mask_shape, mask), spectrum);
    sum->forward(spectrum, intensity);
    results.push_back(values(intensity));
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST_P(BackendTest, CeilingsAreRates) {
  const Ceilings found = backend_->ceilings({.copy_bytes = std::size_t{4} << 20, .product = 32});
  for (const double rate : {found.copy_bytes_per_s, found.gemm_flops_per_s, found.peak_flops_per_s.value_or(1)}) {
    EXPECT_TRUE(std::isfinite(rate));
    EXPECT_GT(rate, 0);
  }
}

TEST_P(BackendTest, FactsHaveNamesAndValues) {
  const auto facts = backend_->facts();
  EXPECT_FALSE(facts.empty());
  for (const auto& [name, value] : facts) {
    EXPECT_FALSE(name.empty());
    EXPECT_FALSE(value.empty()) << name;
  }
}

TEST_P(BackendTest, PeakMemoryIsThatSinceTheLastCall) {
#ifdef __SANITIZE_ADDRESS__
  if (GetParam().starts_with("cpu")) GTEST_SKIP() << "the sanitizer keeps memory that was given back";
#endif
  constexpr std::size_t numbers = std::size_t{16} << 20;  // at least 64 MiB
  (void)backend_->take_peak_memory();
  const std::size_t before = backend_->take_peak_memory();
  { const Array large = backend_->allocate({1, 4096, 4096, 1}); }
  EXPECT_GE(backend_->take_peak_memory(), before + 4 * numbers - (std::size_t{8} << 20));
  EXPECT_LT(backend_->take_peak_memory(), before + (std::size_t{32} << 20));
}

INSTANTIATE_TEST_SUITE_P(Backends, BackendTest, testing::ValuesIn(compiled_backends()), [](const auto& tested) {
  std::string name = tested.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(Pointwise, ExponentialIsAccurateOverItsRange) {
  for (double x = -80; x <= 80; x += 0.0137) {
    EXPECT_NEAR(pointwise::exponential(x) / std::exp(x), 1, 4e-16 * 2);
    const float single = static_cast<float>(x);
    EXPECT_NEAR(pointwise::exponential(single) / std::exp(static_cast<double>(single)), 1, 2.4e-7);
  }
  EXPECT_EQ(pointwise::logistic(0.0), 0.5);
  EXPECT_NEAR(pointwise::logistic(1000.0F), 1, 1e-7);
  EXPECT_NEAR(pointwise::logistic(-1000.0F), 0, 1e-30);
}

TEST(Pointwise, AStepPrintsFromTheThresholdOnOrStrictlyBelow) {
  const pointwise::StepPrint bright{true}, dark{false};
  for (const double u : {-0.0, 0.0}) {
    EXPECT_EQ(bright(u), 1);
    EXPECT_EQ(dark(u), 0);
  }
  EXPECT_EQ(bright(-1e-300), 0);
  EXPECT_EQ(dark(1e-30F), 1);
}

TEST(PlanTables, LocalInterpolationIsTheDenseOne) {
  std::vector<ResamplePlan> grids = kPrintGrids;
  grids.push_back({.in_ny = 69, .in_nx = 72, .band_y = 34, .band_x = 34, .out_ny = 512, .out_nx = 1025, .blur_x = 0.01});
  grids.push_back({.in_ny = 40, .in_nx = 30, .band_y = 19, .band_x = 3, .out_ny = 16, .out_nx = 14});
  const auto compare = [](int in_n, int out_n, int band, double blur, int taps) {
    const std::vector<double> dense = interpolation_table(in_n, out_n, band, blur);
    const LocalInterpolation local = local_interpolation(in_n, out_n, band, blur, taps);
    const auto at = [](int row, int width, int column) { return static_cast<std::size_t>(row * width + column); };
    ASSERT_EQ(local.first.size(), static_cast<std::size_t>(out_n));
    EXPECT_LE(local.mid_n, out_n);
    EXPECT_TRUE(std::is_sorted(local.first.begin(), local.first.end()));
    double worst = 0;  // of an output value for inputs up to 1: the sum along a row
    for (int i = 0; i < out_n; ++i) {
      double sum = 0;
      for (int j = 0; j < in_n; ++j) {
        double value = 0;
        for (int t = 0; t < local.taps; ++t) {
          const int mid = (local.first[static_cast<std::size_t>(i)] + t + 2 * local.mid_n) % local.mid_n;
          value += local.weight[at(i, local.taps, t)] * local.dense[at(mid, in_n, j)];
        }
        sum += std::abs(value - dense[at(i, in_n, j)]);
      }
      worst = std::max(worst, sum);
    }
    EXPECT_LE(worst, std::pow(10.0, 2 - taps) + 2e-13) << in_n << " -> " << out_n << ", band " << band;
  };
  for (const ResamplePlan& r : grids)
    for (const int taps : {4, 7, interpolation_taps(false), 12, interpolation_taps(true)}) {
      compare(r.in_ny, r.out_ny, r.band_y, r.blur_y, taps);
      compare(r.in_nx, r.out_nx, r.band_x, r.blur_x, taps);
    }
  EXPECT_THROW((void)local_interpolation(8, 100, 4, 0, 8), std::logic_error);
  EXPECT_THROW((void)local_interpolation(8, 10, 4, 0, 8), std::logic_error);
}

ErrorCode code_of(const std::string& name) {
  try {
    (void)make_backend(name, 1);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()), "");
    return error.code();
  }
  ADD_FAILURE() << name << " should not exist";
  return ErrorCode::usage;
}

TEST(MakeBackend, SaysWhatIsMissing) {
  EXPECT_EQ(code_of("cuda:30000"), ErrorCode::resource) << "compiled in or not, there is no such device";
  EXPECT_EQ(code_of("cuda-f64:30000"), ErrorCode::resource);
  for (const char* name : {"abacus", "", "cuda:", "cuda:x", "cuda:1x", "cuda:-1", "cuda-f32", "cpu:1"})
    EXPECT_EQ(code_of(name), ErrorCode::usage) << name;
}

TEST(MakeBackend, AutoTakesOneThatWorks) {
  const std::vector<std::string> names = compiled_backends();
  EXPECT_EQ(std::count(names.begin(), names.end(), make_backend("auto", 1)->name()), 1);
}

}  // namespace
}  // namespace anamorph
