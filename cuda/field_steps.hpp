// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <type_traits>

#include "cuda/device.hpp"
#include "cuda/field_plan.hpp"

// The steps of field_plan.hpp on the device, by the threads of one block.

namespace anamorph::cuda {

template <typename Real>
struct alignas(2 * sizeof(Real)) Complex {
  Real re, im;
};
template <typename Real>
__device__ Complex<Real> operator+(Complex<Real> a, Complex<Real> b) {
  return {a.re + b.re, a.im + b.im};
}
template <typename Real>
__device__ Complex<Real> operator-(Complex<Real> a, Complex<Real> b) {
  return {a.re - b.re, a.im - b.im};
}
template <typename Real>
__device__ Complex<Real> operator*(Complex<Real> a, Complex<Real> b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <typename Real>
__device__ Complex<Real> times(Real a, Complex<Real> b) {
  return {a * b.re, a * b.im};
}
template <typename Real>
__device__ Complex<Real> times_i(Complex<Real> a) {
  return {-a.im, a.re};
}
template <typename Real>
__device__ Complex<Real> exchanged(Complex<Real> a) {
  return {a.im, a.re};
}

// x[c] = sum_q x[q] exp(2 pi i q c / R), R being the size of the array.

template <typename Real>
__device__ void transform(Complex<Real> (&)[1]) {}

template <typename Real>
__device__ void transform(Complex<Real> (&x)[2]) {
  const Complex<Real> difference = x[0] - x[1];
  x[0] = x[0] + x[1];
  x[1] = difference;
}

template <typename Real>
__device__ void transform(Complex<Real> (&x)[3]) {
  constexpr Real kSine = static_cast<Real>(0.86602540378443864676);
  const Complex<Real> sum = x[1] + x[2], turned = times_i(times(kSine, x[1] - x[2]));
  const Complex<Real> middle = x[0] - times(Real(0.5), sum);
  x[0] = x[0] + sum;
  x[1] = middle + turned;
  x[2] = middle - turned;
}

template <typename Real>
__device__ void transform(Complex<Real> (&x)[4]) {
  const Complex<Real> a = x[0] + x[2], b = x[0] - x[2], c = x[1] + x[3], d = times_i(x[1] - x[3]);
  x[0] = a + c;
  x[1] = b + d;
  x[2] = a - c;
  x[3] = b - d;
}

template <typename Real>
__device__ void transform(Complex<Real> (&x)[5]) {
  constexpr Real kCos1 = static_cast<Real>(0.30901699437494742410), kCos2 = static_cast<Real>(-0.80901699437494742410),
                 kSin1 = static_cast<Real>(0.95105651629515357212), kSin2 = static_cast<Real>(0.58778525229247312917);
  const Complex<Real> s1 = x[1] + x[4], d1 = x[1] - x[4], s2 = x[2] + x[3], d2 = x[2] - x[3];
  const Complex<Real> a1 = x[0] + times(kCos1, s1) + times(kCos2, s2),
                      b1 = times_i(times(kSin1, d1) + times(kSin2, d2));
  const Complex<Real> a2 = x[0] + times(kCos2, s1) + times(kCos1, s2),
                      b2 = times_i(times(kSin2, d1) - times(kSin1, d2));
  x[0] = x[0] + s1 + s2;
  x[1] = a1 + b1;
  x[2] = a2 + b2;
  x[3] = a2 - b2;
  x[4] = a1 - b1;
}

/// Two of length 4, then four of length 2.
template <typename Real>
__device__ void transform(Complex<Real> (&x)[8]) {
  constexpr Real kHalf = static_cast<Real>(0.70710678118654752440);
  Complex<Real> even[4] = {x[0], x[2], x[4], x[6]}, odd[4] = {x[1], x[3], x[5], x[7]};
  transform(even);
  transform(odd);
  odd[1] = times(kHalf, Complex<Real>{odd[1].re - odd[1].im, odd[1].re + odd[1].im});
  odd[2] = times_i(odd[2]);
  odd[3] = times(kHalf, Complex<Real>{-odd[3].re - odd[3].im, odd[3].re - odd[3].im});
#pragma unroll
  for (int c = 0; c < 4; ++c) {
    x[c] = even[c] + odd[c];
    x[c + 4] = even[c] - odd[c];
  }
}

/// Three of length 3, then three more.
template <typename Real>
__device__ void transform(Complex<Real> (&x)[9]) {
  constexpr Complex<Real> kRoot1{static_cast<Real>(0.76604444311897803520), static_cast<Real>(0.64278760968653932632)};
  constexpr Complex<Real> kRoot2{static_cast<Real>(0.17364817766693034885), static_cast<Real>(0.98480775301220805937)};
  constexpr Complex<Real> kRoot4{static_cast<Real>(-0.93969262078590838405), static_cast<Real>(0.34202014332566873304)};
  Complex<Real> part[3][3] = {{x[0], x[3], x[6]}, {x[1], x[4], x[7]}, {x[2], x[5], x[8]}};
#pragma unroll
  for (int o = 0; o < 3; ++o) transform(part[o]);
  part[1][1] = part[1][1] * kRoot1;
  part[1][2] = part[1][2] * kRoot2;
  part[2][1] = part[2][1] * kRoot2;
  part[2][2] = part[2][2] * kRoot4;
#pragma unroll
  for (int c = 0; c < 3; ++c) {
    Complex<Real> column[3] = {part[0][c], part[1][c], part[2][c]};
    transform(column);
#pragma unroll
    for (int k = 0; k < 3; ++k) x[c + 3 * k] = column[k];
  }
}

/// visit(std::integral_constant<int, radix>): a radix is a constant where registers are indexed.
template <typename Visit>
__device__ void with_radix(int radix, const Visit& visit) {
  switch (radix) {
    case 2:
      return visit(std::integral_constant<int, 2>{});
    case 3:
      return visit(std::integral_constant<int, 3>{});
    case 4:
      return visit(std::integral_constant<int, 4>{});
    case 5:
      return visit(std::integral_constant<int, 5>{});
    case 8:
      return visit(std::integral_constant<int, 8>{});
    case 9:
      return visit(std::integral_constant<int, 9>{});
    default:
      return visit(std::integral_constant<int, 1>{});
  }
}

/// The same for a last step along the length of a field, 4 extent + 1 points or a few more: it is never 2, 3 or 4.
inline bool is_last_radix(int radix) { return radix == 1 || radix == 5 || radix == 8 || radix == 9; }
template <typename Visit>
__device__ void with_last_radix(int radix, const Visit& visit) {
  switch (radix) {
    case 5:
      return visit(std::integral_constant<int, 5>{});
    case 8:
      return visit(std::integral_constant<int, 8>{});
    case 9:
      return visit(std::integral_constant<int, 9>{});
    default:
      return visit(std::integral_constant<int, 1>{});
  }
}

/// One step with the radix R: forth, to the points of the field, or back, to its bins. What is zero is not read, what
/// is not wanted not written.
template <int R, bool kForth, typename Real>
__device__ void run_butterflies(const FieldStep& step, Complex<Real>* field, const Complex<Real>* roots) {
  const int m = step.by_span.divisor, low = step.low, high = step.high, apart = m * step.point;
  const auto matters = [&](int point) { return point <= low || point >= high; };
  for (int i = static_cast<int>(threadIdx.x); i < step.butterflies; i += static_cast<int>(blockDim.x)) {
    const int j = step.by_lines.quotient(i), line = i - j * step.by_lines.divisor;
    const int run = step.by_span.quotient(j), o = j - run * m;
    Complex<Real>* at =
        field + (line > step.upper ? line + step.gap : line) * step.line + (run * R * m + o) * step.point;
    const Complex<Real>* root = roots + step.roots;
    Complex<Real> x[R];
#pragma unroll
    for (int q = 0; q < R; ++q) {
      x[q] = kForth && !matters(o + q * m) ? Complex<Real>{0, 0} : at[q * apart];
      if (!kForth && m > 1 && q > 0) x[q] = x[q] * root[o * q * step.turns];
    }
    transform(x);
#pragma unroll
    for (int q = 0; q < R; ++q) {
      if (kForth && m > 1 && q > 0) x[q] = x[q] * root[o * q * step.turns];
      if (kForth || matters(o + q * m)) at[q * apart] = x[q];
    }
  }
}

/// Steps first .. end - 1, or back from end - 1 to first, with a barrier after each.
template <bool kForth, typename Real>
__device__ void run_steps(const FieldPlan& plan, int first, int end, Complex<Real>* field, const Complex<Real>* roots) {
  for (int count = 0; count < end - first; ++count) {
    const FieldStep& step = plan.step[kForth ? first + count : end - 1 - count];
    with_radix(step.radix, [&](auto radix) { run_butterflies<decltype(radix)::value, kForth>(step, field, roots); });
    __syncthreads();
  }
}

/// visit(slot, row, column) for the points that this thread owns: the outputs of its butterflies in the last step, each
/// time in the same slot, below kSlots. Rows and columns are places, not points.
constexpr int kSlots = 27;
template <int R, int kBlock, typename Visit>
__device__ void for_owned(const FieldPlan& plan, const Visit& visit) {
  const FieldStep& step = plan.step[plan.steps - 1];
#pragma unroll
  for (int turn = 0; turn < kSlots / R; ++turn) {
    const int i = static_cast<int>(threadIdx.x) + turn * kBlock;
    if (i < step.butterflies) {
      const int j = step.by_lines.quotient(i);
      visit(turn * R, j * R, i - j * step.by_lines.divisor);
    }
  }
}

}  // namespace anamorph::cuda
