// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/bench_work.hpp"

#include <algorithm>
#include <cmath>

namespace anamorph {
namespace {

// Bytes: every array that comes into the stage is read once, every array that goes out is written once, an array that
// is added to is both; kernels are read once for the whole batch. What lies between could stay in registers or a cache.
// Flops: a multiply-add is two. Where several algorithms are known, the one with the fewest counts.

constexpr double kLogistic = 20;     // exp by a polynomial of degree 7, range reduction, one division
constexpr double kPrintPixel = 30;   // pointwise::print_pixel without its three logistic functions
constexpr double kAdam = 18;         // pointwise::adam, square root and division one each
constexpr double kRecursive = 8;     // multiply-adds per pixel and axis of a recursive Gaussian of fourth order, once
                                     // forward and once backward (Deriche 1993)

double pixels(const WorkSizes& s) { return s.batch * s.ny * s.nx; }
double field_points(const WorkSizes& s) { return s.field_ny * s.field_nx; }
double bins(const WorkSizes& s) { return s.bins_y * s.bins_x; }

/// Complex transform of n numbers; a real one costs half of it.
double fft(double n) { return 5 * n * std::log2(n); }

/// n real samples to or from b frequencies (real and imaginary parts counted, b < n): a product with a matrix whose
/// mirror symmetry saves half of the multiply-adds, or a real transform.
double few_frequencies(double n, double b) { return std::min(n * b, fft(n) / 2); }

/// `in` coarse samples to `out` samples of the same band-limited function: a product with a symmetric matrix, two real
/// transforms, or a transform to twice as many samples and from there `taps` neighbours for each.
double interpolation(double in, double out, int real_bytes) {
  const double taps = real_bytes == 4 ? 8 : 16;  // near the precision of the numbers
  const double through_transforms = (fft(in) + fft(out)) / 2;
  const double local = (fft(in) + fft(2 * in)) / 2 + 2 * taps * out;
  return std::min({in * out, through_transforms, local});
}

/// One coarse image to or from the pixels: one axis first, then the other.
double resample_flops(const WorkSizes& s) {
  return s.field_ny * interpolation(s.field_nx, s.nx, s.real_bytes) + s.nx * interpolation(s.field_ny, s.ny, s.real_bytes);
}

double spectrum_flops(const WorkSizes& s) {
  return s.ny * few_frequencies(s.nx, s.bins_x) + s.bins_x * few_frequencies(s.ny, s.bins_y);
}

/// Rows outside the band are zero, or not wanted.
double field_transform_flops(const WorkSizes& s) { return s.bins_y * fft(s.field_nx) + s.field_nx * fft(s.field_ny); }

double kernel_bytes(const WorkSizes& s, double terms) { return 2 * s.real_bytes * bins(s) * terms; }

}  // namespace

WorkSizes::WorkSizes(const BenchCase& bench, int in_field_ny, int in_field_nx, int in_batch, int in_real_bytes)
    : batch(in_batch),
      real_bytes(in_real_bytes),
      ny(bench.grid.ny),
      nx(bench.grid.nx),
      bins_y(bench.model.stacks.front().bins_y()),
      bins_x(bench.model.stacks.front().bins_x()),
      field_ny(in_field_ny),
      field_nx(in_field_nx),
      corners(static_cast<double>(bench.model.conditions.size())),
      blur_px(bench.blur_px()) {}

LeastWork blur_work(const WorkSizes& s) {
  const double reach = std::ceil(4.5 * s.blur_px), direct = 3 * reach + 1;  // a symmetric kernel: r sums, r + 1 products
  return {2 * s.real_bytes * pixels(s), 2 * pixels(s) * std::min(direct, 2 * kRecursive)};
}

LeastWork sigmoid_work(const WorkSizes& s) { return {2 * s.real_bytes * pixels(s), kLogistic * pixels(s)}; }

LeastWork sigmoid_adjoint_work(const WorkSizes& s) { return {4 * s.real_bytes * pixels(s), 5 * pixels(s)}; }

LeastWork mask_spectrum_work(const WorkSizes& s) {
  return {s.real_bytes * (pixels(s) + s.batch * 2 * bins(s)), s.batch * spectrum_flops(s)};
}

LeastWork mask_spectrum_adjoint_work(const WorkSizes& s) {
  return {s.real_bytes * (2 * pixels(s) + s.batch * 2 * bins(s)), s.batch * spectrum_flops(s)};
}

LeastWork coherent_sum_work(const WorkSizes& s, int terms) {
  // H M on the bins, the transforms, |E|^2 added up.
  const double term = 6 * bins(s) + field_transform_flops(s) + 4 * field_points(s);
  return {kernel_bytes(s, terms) + s.batch * s.real_bytes * (2 * bins(s) + field_points(s)), s.batch * terms * term};
}

LeastWork coherent_sum_adjoint_work(const WorkSizes& s, int terms) {
  // The fields that the forward call left: neither reading them nor computing them again is counted.
  const double term = 8 * bins(s) + field_transform_flops(s) + 2 * field_points(s);
  return {kernel_bytes(s, terms) + s.batch * s.real_bytes * (4 * bins(s) + field_points(s)), s.batch * terms * term};
}

LeastWork resample_work(const WorkSizes& s) {
  return {s.real_bytes * (pixels(s) + s.batch * field_points(s)), s.batch * resample_flops(s)};
}

LeastWork print_loss_work(const WorkSizes& s, const std::vector<CoherentStack>& stacks) {
  const double images = static_cast<double>(stacks.size());
  return {s.real_bytes * (3 * pixels(s) + s.batch * 3 * images * field_points(s)),
          s.batch * 2 * images * resample_flops(s) + pixels(s) * (3 * kLogistic + 4 * s.corners + kPrintPixel)};
}

LeastWork adam_work(const WorkSizes& s) { return {7 * s.real_bytes * pixels(s), kAdam * pixels(s)}; }

LeastWork iteration_work(const WorkSizes& s, const std::vector<CoherentStack>& stacks) {
  LeastWork all = blur_work(s);
  all += blur_work(s);  // the adjoint
  all += sigmoid_work(s);
  all += sigmoid_adjoint_work(s);
  all += mask_spectrum_work(s);
  all += mask_spectrum_adjoint_work(s);
  all += print_loss_work(s, stacks);
  all += adam_work(s);
  double kernels = 0;
  for (const CoherentStack& stack : stacks) {
    all += coherent_sum_work(s, stack.terms());
    all += coherent_sum_adjoint_work(s, stack.terms());
    kernels += kernel_bytes(s, stack.terms());
  }
  // In: control, target, sites, background, both moments. Out: control, both moments, gradient.
  return {10 * s.real_bytes * pixels(s) + kernels, all.flops};
}

LeastWork forward_work(const WorkSizes& s, const std::vector<CoherentStack>& stacks) {
  LeastWork all = mask_spectrum_work(s);
  double kernels = 0;
  for (const CoherentStack& stack : stacks) {
    all += coherent_sum_work(s, stack.terms());
    all += resample_work(s);
    kernels += kernel_bytes(s, stack.terms());
  }
  return {s.real_bytes * pixels(s) * (1 + s.corners) + kernels, all.flops + s.corners * kLogistic * pixels(s)};
}

}  // namespace anamorph
