// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cuda/coherent_terms.hpp"
#include "cuda/plans.hpp"

namespace anamorph::cuda {

template <typename Real>
std::unique_ptr<CoherentSum> make_coherent_sum(std::shared_ptr<Device> device, const CoherentStack& stack, int batch) {
  stack.validate();
  if (std::unique_ptr<CoherentSum> small = make_small_fields<Real>(device, stack, batch)) return small;
  return make_large_fields<Real>(std::move(device), stack, batch);
}

template std::unique_ptr<CoherentSum> make_coherent_sum<float>(std::shared_ptr<Device>, const CoherentStack&, int);
template std::unique_ptr<CoherentSum> make_coherent_sum<double>(std::shared_ptr<Device>, const CoherentStack&, int);

}  // namespace anamorph::cuda
