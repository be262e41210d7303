// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/backend/cpu/fft.hpp"

#include "cpp/backend/cpu/pocketfft.hpp"

namespace anamorph::cpu {

template <typename Real>
void transform(std::complex<Real>* data, const Lines& lines, bool forward) {
  if (lines.count0 == 0 || lines.count1 == 0) return;
  constexpr std::ptrdiff_t size = sizeof(std::complex<Real>);
  const pocketfft::shape_t shape{static_cast<std::size_t>(lines.count0), static_cast<std::size_t>(lines.count1),
                                 static_cast<std::size_t>(lines.length)};
  const pocketfft::stride_t stride{lines.stride0 * size, lines.stride1 * size, lines.stride * size};
  pocketfft::c2c(shape, stride, stride, {2}, forward, data, data, Real(1));
}

template void transform<float>(std::complex<float>*, const Lines&, bool);
template void transform<double>(std::complex<double>*, const Lines&, bool);

}  // namespace anamorph::cpu
