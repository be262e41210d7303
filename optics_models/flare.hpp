// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cpp/core/image.hpp"
#include "optics_models/mirrors.hpp"

namespace anamorph {

/// Flare at every pixel of a large layout: the kernel folded with the map of its clear density,
///     flare(x) = Int PSF(|x - y|) clear(y) dy.
/// `clear` is the mean intensity of the image in each square pixel, a clear field being 1; the coverage of the openings
/// stands for it where the image is not known, and is more where diffraction orders miss the pupil. Around the map the
/// density is `outside`.
///
/// Distances are parted, with smooth transitions, into octaves. Each octave is summed on pixels that grow with it, as
/// an exact integral of the kernel over every pixel, and then interpolated: some 3000 additions per pixel of the map
/// however far the kernel reaches. The shares of all octaves add up to the kernel's total, so that a constant density c
/// gives c total() to rounding. Against the sum over all pixels of a random black-and-white map the result is good to
/// 2e-4 of the total. What a single far block contributes is good to 10 % of itself, for coarse pixels blur its place.
///
/// Throws Error{recipe} for an empty map, a pixel that is not positive, a density < 0, or more than 30 octaves.
[[nodiscard]] Image<double> flare_map(const Image<double>& clear, double pixel_nm, double outside,
                                      const ScatterKernel& kernel, int threads);

/// The part [x0, x0 + nx pixel) x [y0, y0 + ny pixel) of a map on other pixels, linear between its pixel centres and
/// constant beyond the outer ones. The map's corner is at 0, 0. Throws Error{recipe} for an empty map or a pixel that
/// is not positive.
[[nodiscard]] Image<double> sample_map(const Image<double>& map, double map_pixel_nm, double x0_nm, double y0_nm,
                                       double pixel_nm, int ny, int nx);

/// An image with the light that the optics scatter: (1 - scattered) I + flare, `scattered` being the kernel's total.
/// Throws Error{recipe} unless 0 <= scattered < 1, and if the images differ in size.
[[nodiscard]] Image<double> with_flare(Image<double> intensity, double scattered, const Image<double>& flare);
[[nodiscard]] Image<double> with_flare(Image<double> intensity, double scattered, double flare);

}  // namespace anamorph
