// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

#include "cpp/backend/plan_tables.hpp"
#include "cuda/device.hpp"

namespace anamorph::cuda {

/// What both ways to a coherent sum know of the stack: its terms, sorted by their mask spectrum and with sqrt(w_k) in
/// H_k, so that the sums need neither weights nor a search.
template <typename Real>
struct CoherentTerms {
  CoherentTerms(const Device& device, const CoherentStack& stack, int entries)
      : terms(stack.terms()),
        spectra(stack.spectra()),
        ey(stack.extent_y),
        ex(stack.extent_x),
        ny(field_length(stack.extent_y)),
        nx(field_length(stack.extent_x)),
        batch(entries) {
    const auto count = static_cast<std::size_t>(terms);
    const std::vector<int> given = stack.spectrum.empty() ? std::vector<int>(count, 0) : stack.spectrum;
    std::vector<int> order(count);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return given[static_cast<std::size_t>(a)] < given[static_cast<std::size_t>(b)];
    });
    std::vector<Real> numbers;
    numbers.reserve(2 * count * stack.bins());
    first.assign(static_cast<std::size_t>(spectra) + 1, 0);
    for (const int term : order) {
      const auto source = static_cast<std::size_t>(term);
      const auto root = static_cast<Real>(std::sqrt(stack.weight[source]));
      for (std::size_t bin = 0; bin < stack.bins(); ++bin) {
        const std::complex<double>& h = stack.transfer[source * stack.bins() + bin];
        numbers.push_back(static_cast<Real>(h.real()) * root);
        numbers.push_back(static_cast<Real>(h.imag()) * root);
      }
      index.push_back(given[source]);
      ++first[static_cast<std::size_t>(given[source]) + 1];
    }
    std::partial_sum(first.begin(), first.end(), first.begin());
    transfer = Buffer<Real>(device, numbers);
  }

  [[nodiscard]] Shape spectrum_shape() const { return {batch * spectra, 2 * ey + 1, 2 * ex + 1, 2}; }
  [[nodiscard]] Shape intensity_shape() const { return {batch, ny, nx, 1}; }

  int terms, spectra, ey, ex, ny, nx, batch;
  std::vector<int> index;  ///< mask spectrum of a term
  std::vector<int> first;  ///< those of spectrum g are the terms first[g] .. first[g + 1] - 1
  Buffer<Real> transfer;   ///< [term][2 ey + 1][2 ex + 1] complex
};

/// Fields that stay in a multiprocessor's shared memory; null when they do not fit there.
template <typename Real>
std::unique_ptr<CoherentSum> make_small_fields(std::shared_ptr<Device>, const CoherentStack& stack, int batch);

/// Fields of any size in the device's memory, by cuFFT.
template <typename Real>
std::unique_ptr<CoherentSum> make_large_fields(std::shared_ptr<Device>, const CoherentStack& stack, int batch);

}  // namespace anamorph::cuda
