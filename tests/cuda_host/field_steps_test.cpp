// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cuda/field_steps.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <limits>
#include <random>

#include "cpp/backend/plan_tables.hpp"

// The transforms in shared memory against the sum of their definition, for every length that can occur.

namespace anamorph::cuda {
namespace {

/// field (in and out) [ny][nx], through all steps.
template <typename Real, bool kForth>
void transform_kernel(const FieldPlan plan, const Complex<Real>* table, Complex<Real>* out) {
  Complex<Real>* field = dynamic_shared<Complex<Real>>();
  Complex<Real>* roots = field + plan.ny * plan.pitch;
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  for (int i = thread; i < plan.nx + plan.ny; i += threads) roots[i] = table[i];
  for (int i = thread; i < plan.points(); i += threads) field[i / plan.nx * plan.pitch + i % plan.nx] = out[i];
  __syncthreads();
  run_steps<kForth>(plan, 0, plan.steps, field, roots);
  for (int i = thread; i < plan.points(); i += threads) out[i] = field[i / plan.nx * plan.pitch + i % plan.nx];
}

template <typename Real>
class Transformer {
 public:
  using Number = std::complex<double>;

  /// Forth from bins in FFT order, or back from places; as it lies in the field afterwards.
  std::vector<Number> run(const FieldPlan& plan, const std::vector<Number>& in, bool forth) const {
    std::vector<double> roots;
    add_roots(plan.nx, roots);
    add_roots(plan.ny, roots);
    const Buffer<Real> root_table = table<Real>(*device_, roots);
    std::vector<Real> numbers;
    for (const Number& v : in) {
      numbers.push_back(static_cast<Real>(v.real()));
      numbers.push_back(static_cast<Real>(v.imag()));
    }
    const Buffer<Real> field(*device_, numbers);
    const auto kernel = forth ? transform_kernel<Real, true> : transform_kernel<Real, false>;
    const std::size_t bytes = static_cast<std::size_t>(plan.numbers()) * sizeof(Complex<Real>);
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)), "test");
    device_->launch_shared(kernel, dim3(1), dim3(64), bytes, plan,
                           reinterpret_cast<const Complex<Real>*>(root_table.get()),
                           reinterpret_cast<Complex<Real>*>(field.get()));
    device_->download(numbers.data(), field.get(), numbers.size() * sizeof(Real));
    std::vector<Number> out;
    for (std::size_t i = 0; i < in.size(); ++i) out.emplace_back(numbers[2 * i], numbers[2 * i + 1]);
    return out;
  }

  [[nodiscard]] static double epsilon() { return std::numeric_limits<Real>::epsilon(); }

 private:
  std::shared_ptr<Device> device_ = std::make_shared<Device>(0);
};

using Wide = std::complex<long double>;

/// exp(2 pi i k m / n)
Wide wave(int k, int m, int n) {
  const std::int64_t turn = (static_cast<std::int64_t>(k) * m) % n;
  const long double angle = 2 * std::numbers::pi_v<long double> * static_cast<long double>(turn) / n;
  return {std::cos(angle), std::sin(angle)};
}

template <typename Real>
void expect_transform(const Transformer<Real>& transformer, int ny, int nx, std::mt19937& engine) {
  // Bins up to about half of what the length would hold; on the axis of a single point none but the mean.
  const int ey = (ny - 1) / 4, ex = (nx - 1) / 4;
  const std::optional<FieldPlan> plan = field_plan(ny, nx, ey, ex);
  ASSERT_TRUE(plan.has_value()) << ny << " x " << nx;
  const std::vector<int> rows = output_order(ny), columns = output_order(nx);
  std::uniform_real_distribution<double> uniform(-1, 1);
  const auto count = static_cast<std::size_t>(plan->points());
  const auto wanted = [](int at, int extent, int n) { return at <= extent || at >= n - extent; };
  std::vector<std::complex<double>> bins(count), points(count);
  double bins_norm = 0, points_norm = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const int y = static_cast<int>(i) / nx, x = static_cast<int>(i) % nx;
    // What lies outside the band must not be looked at.
    bins[i] = {std::numeric_limits<double>::quiet_NaN(), 1};
    if (wanted(y, ey, ny) && wanted(x, ex, nx)) {
      bins[i] = {uniform(engine), uniform(engine)};
      bins_norm += std::norm(bins[i]);
    }
    points[i] = {uniform(engine), uniform(engine)};
    points_norm += std::norm(points[i]);
  }
  const auto forth = transformer.run(*plan, bins, true), back = transformer.run(*plan, points, false);
  // Errors of the roots and of the sums, each step adding its own: a few epsilon times the root of the sum of squares.
  const double tolerance = 8 * transformer.epsilon();
  for (int trial = 0; trial < 6; ++trial) {
    const int row = static_cast<int>(engine() % static_cast<unsigned>(ny));
    const int column = static_cast<int>(engine() % static_cast<unsigned>(nx));
    const auto at = static_cast<std::size_t>(row * nx + column);
    Wide sum = 0;
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < nx; ++x)
        if (wanted(y, ey, ny) && wanted(x, ex, nx))
          sum += Wide(bins[static_cast<std::size_t>(y * nx + x)]) * wave(rows[static_cast<std::size_t>(row)], y, ny) *
                 wave(columns[static_cast<std::size_t>(column)], x, nx);
    EXPECT_LE(std::abs(Wide(forth[at]) - sum), tolerance * std::sqrt(bins_norm)) << ny << " x " << nx << ", forth";
    if (!wanted(row, ey, ny) || !wanted(column, ex, nx)) continue;
    sum = 0;
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < nx; ++x)
        sum += Wide(points[static_cast<std::size_t>(y * nx + x)]) * wave(rows[static_cast<std::size_t>(y)], row, ny) *
               wave(columns[static_cast<std::size_t>(x)], column, nx);
    EXPECT_LE(std::abs(Wide(back[at]) - sum), tolerance * std::sqrt(points_norm)) << ny << " x " << nx << ", back";
  }
}

template <typename Real>
class FieldSteps : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(FieldSteps, Precisions);

TYPED_TEST(FieldSteps, EveryLengthAlongBothAxes) {
  const Transformer<TypeParam> transformer;
  std::mt19937 engine{3};
  // A line and its roots in the 227 KiB that the largest devices have.
  const int most = static_cast<int>((227 << 10) / sizeof(Complex<TypeParam>) / 2) - 2;
  for (int n = 1; n <= most; n = good_length(n + 1)) {
    expect_transform(transformer, 1, n, engine);
    expect_transform(transformer, n, 1, engine);
  }
}

TYPED_TEST(FieldSteps, Fields) {
  const Transformer<TypeParam> transformer;
  std::mt19937 engine{4};
  for (const auto& [ny, nx] : {std::pair{72, 72}, {5, 9}, {18, 15}, {25, 24}, {50, 36}, {45, 128}, {81, 60}})
    expect_transform(transformer, ny, nx, engine);
}

TEST(FieldPlan, OrderIsAPermutation) {
  for (int n = 1; n < 500; n = good_length(n + 1)) {
    std::vector<int> order = output_order(n);
    std::sort(order.begin(), order.end());
    for (int i = 0; i < n; ++i) ASSERT_EQ(order[static_cast<std::size_t>(i)], i) << n;
  }
  EXPECT_FALSE(field_plan(7, 8, 1, 1).has_value());
}

TEST(FieldPlan, QuotientsAreExact) {
  for (int by = 1; by < 30000; by += by < 300 ? 1 : 97) {
    const Divider divider(by);
    for (int i = 0; i < 30000; i += i < 1000 ? 1 : 13) ASSERT_EQ(divider.quotient(i), i / by) << i << " / " << by;
  }
}

}  // namespace
}  // namespace anamorph::cuda
