// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <memory>

#include "cuda/device.hpp"

// Constructors of the CUDA plans, for float and double.

namespace anamorph::cuda {

template <typename Real>
std::unique_ptr<MaskSpectrum> make_mask_spectrum(std::shared_ptr<Device>, int ny, int nx, int extent_y, int extent_x,
                                                 MaskSamples);
template <typename Real>
std::unique_ptr<CoherentSum> make_coherent_sum(std::shared_ptr<Device>, const CoherentStack& stack, int batch);
template <typename Real>
std::unique_ptr<Resample> make_resample(std::shared_ptr<Device>, const ResamplePlan& plan);
template <typename Real>
std::unique_ptr<PrintLoss> make_print_loss(std::shared_ptr<Device>, const PrintLossPlan& plan);
template <typename Real>
std::unique_ptr<Morphology> make_morphology(std::shared_ptr<Device>);

}  // namespace anamorph::cuda
