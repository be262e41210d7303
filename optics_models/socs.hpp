// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <functional>
#include <vector>

#include "cpp/backend/coherent_stack.hpp"
#include "optics_models/projection.hpp"

namespace anamorph {

/// When a sum of coherent systems is long enough: at the first kernel count that brings the image error of the check
/// masks below `image_error`, or captures the share `energy` of the TCC's trace, or reaches `max_kernels`.
struct SocsOptions {
  double image_error = 1e-5;  ///< of the clear field's intensity; 0: as many kernels as the other two allow
  double energy = 1;          ///< captured share of the trace of the TCC, 0 .. 1
  int max_kernels = 200;
  int threads = 1;
  std::function<void()> check = {};  ///< called now and then; may throw to stop
};

/// Kernels and what is lost with the rest.
struct Socs {
  CoherentStack stack;              ///< kernels of unit norm, by falling weight
  std::vector<double> eigenvalues;  ///< norms of the kernels found, kept or not, on the window of the mode problem
  std::vector<double> errors;       ///< of the check masks with the first 1, 2, ... of them
  double trace = 0;                 ///< what the eigenvalues of all kernels sum up to
  double captured_fraction = 0;     ///< of the trace of the TCC on the bins of the stack
  double image_error = 0;           ///< bound on the SOCS-minus-Abbe error of intensity, from the check masks
};

/// Sum of coherent systems (Cobb, PhD thesis, Berkeley 1998) of what CoherentTerms add up to.
///
/// With the terms H_r as rows of a matrix A [terms x bins], Abbe's sum is |A m|^2 for a mask spectrum m. A unitary mixture
/// of the rows leaves it as it is, so a truncated one, phi_k = sum_r conj(U_rk) H_r with orthonormal columns U, can only
/// lose intensity. The best U are the left singular vectors of A. They hardly depend on the window: a kernel reaches a
/// few lambda / NA. So U comes from a small problem, the bins of a window of at most 10 lambda / NA, by subspace
/// iteration on A^H A, whose matrix is never formed (randomised SVD: Halko, Martinsson, Tropp, SIAM Review 53, 217 (2011)),
/// and the kernels follow on the bins of any window as the mixture of the exact pupils. Neither the source points nor the
/// number of kernels have to know the window. Bins of low frequency, where masks have their power, count more. With as
/// many kernels as there are terms, or bins, the sum is Abbe's to rounding.
///
/// The check masks (lines, blocks, contacts; none is a user's) are imaged by Abbe's sum at a few hundred points of a
/// window of up to 20 lambda / NA; the largest error found there, and a quarter more, is taken for that of an image. On a
/// window of few bins, where they would not fit, the largest eigenvalue left out bounds the error of any mask.
///
/// The result does not depend on the number of threads. Throws Error{recipe} for options out of range.
[[nodiscard]] Socs socs(const CoherentTerms& terms, double period_x_nm, double period_y_nm, const SocsOptions& options);

/// Largest difference between a stack and Abbe's sum over the terms for one mask, at `points` evenly spread points of
/// the window; the spectrum is on the bins of the stack. Costs as much as a kernel per point.
[[nodiscard]] double abbe_difference(const CoherentTerms& terms, const CoherentStack& stack,
                                     const std::vector<std::complex<double>>& spectrum, int points, int threads);

/// A step of the source for a window of this size: fine on small windows, where single orders matter and points are
/// cheap, coarser on large ones, whose many orders average. `terms_per_point` as in CoherentTerms.
[[nodiscard]] double suggested_source_step(const Projection& projection, double source_area, int terms_per_point,
                                           double period_x_nm, double period_y_nm);

}  // namespace anamorph
