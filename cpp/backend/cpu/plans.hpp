// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <memory>

#include "cpp/backend/backend.hpp"

// Constructors of the CPU plans, for float and double.

namespace anamorph::cpu {

template <typename Real>
std::unique_ptr<MaskSpectrum> make_mask_spectrum(int ny, int nx, int extent_y, int extent_x, MaskSamples, int threads);
template <typename Real>
std::unique_ptr<CoherentSum> make_coherent_sum(const CoherentStack& stack, int batch, int threads);
template <typename Real>
std::unique_ptr<Resample> make_resample(const ResamplePlan& plan, int threads);
template <typename Real>
std::unique_ptr<PrintLoss> make_print_loss(const PrintLossPlan& plan, int threads);
template <typename Real>
std::unique_ptr<Morphology> make_morphology(int threads);

}  // namespace anamorph::cpu
