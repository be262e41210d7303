// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>

namespace anamorph::cpu {

/// Lines of a complex array to be transformed in place: `count0` x `count1` lines of `length` numbers, strides counted
/// in numbers. Unnormalised; forward is exp(-2 pi i), backward exp(+2 pi i). One thread.
struct Lines {
  int length;
  std::ptrdiff_t stride;
  int count0;
  std::ptrdiff_t stride0;
  int count1;
  std::ptrdiff_t stride1;
};

/// The engine sits behind this one function (pocketfft; see docs/decisions).
template <typename Real>
void transform(std::complex<Real>* data, const Lines& lines, bool forward);

extern template void transform<float>(std::complex<float>*, const Lines&, bool);
extern template void transform<double>(std::complex<double>*, const Lines&, bool);

}  // namespace anamorph::cpu
