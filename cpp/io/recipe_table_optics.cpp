// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/recipe_table.hpp"

// The keys of the optics and of the elements of its lists.

namespace anamorph::recipe_keys {

Keys optics_keys(OpticsSection& o) {
  return {
      path("optics.kernels", o.kernels,
           "Folder of given SOCS kernels, with one folder per focus condition (`focus`, `defocus`). Either this or "
           "`wavelength_nm` and `na`."),
      text("optics.scanner", o.scanner,
           "Data file of a scanner: a name of `optics_models/scanners` (`duv_193i_na135`, `euv_na033`, `euv_na055`) or "
           "a path. It sets those of the keys `wavelength_nm` to `slit_azimuth_deg` that it has and the recipe has "
           "not."),
      number("optics.wavelength_nm", o.wavelength_nm, positive(1000), "Vacuum wavelength."),
      number("optics.na", o.na, positive(2), "Numerical aperture at the wafer, below `immersion_index`."),
      number("optics.immersion_index", o.immersion_index, {1, 2, false}, "Refractive index between lens and wafer."),
      number("optics.magnification_x", o.magnification_x, {1, 100, false},
             "Reduction in x, for the angles at the mask."),
      number("optics.magnification_y", o.magnification_y, {1, 100, false},
             "Reduction in y, the direction of the scan."),
      number("optics.obscuration", o.obscuration, {0, 0.99, false},
             "Radius of the central obscuration over that of the pupil."),
      number("optics.slit_azimuth_deg", o.slit_azimuth_deg, {-90, 90, false},
             "Angle by which the source is turned at the end of a ring-shaped slit."),
      number("optics.slit_position", o.slit_position, {-1, 1, false},
             "Place along the slit, 1 at its end; the source is turned by this times `slit_azimuth_deg`."),
      boolean("optics.radiometric", o.radiometric, "Radiometric factor of the pupil."),
      boolean("optics.vector", o.vector, "Vector waves with polarisation instead of scalar ones."),
      choice("optics.boundary", o.boundary, {"periodic"}, "What surrounds the window."),
      zernikes("optics.zernike_nm", o.zernike_nm, {-1000, 1000, false},
               "Aberrations as optical path, Fringe numbering, e.g. `{ Z7 = 0.2, Z9 = -0.1 }`."),
      choice("optics.zernike_basis", o.zernike_basis, {"fringe", "annular", "pupil"},
             "Circle polynomials with the value 1 at the edge, or polynomials in the same order made orthonormal, "
             "whose coefficients are rms values: on the annulus of `obscuration` (Mahajan), or on the pupil as it is, "
             "`transmission` and `apodisation` included."),
      number("optics.apodisation", o.apodisation, {-10, 10, false},
             "Amplitude exp(-apodisation rho^2) over the pupil."),
      path("optics.transmission", o.transmission,
           "Amplitude over the pupil's square [-1, 1]^2 (`.npy`, [y][x], 0 to 1): an obscuration of any shape."),
      path("optics.wavefront", o.wavefront, "Measured wavefront in nm over the same square (`.npy`)."),
      path("optics.jones", o.jones,
           "Jones pupil over the same square (`.npy`, complex128 [4][y][x]: xx, xy, yx, yy). Needs `vector`."),
      number("optics.bandwidth_nm", o.bandwidth_nm, not_negative(10),
             "Full width at half maximum of a Gaussian spectrum."),
      number("optics.chromatic_focus", o.chromatic_focus, {-1e7, 1e7, false},
             "Shift of focus per change of wavelength, nm/nm."),
      number("optics.focus_blur_nm", o.focus_blur_nm, not_negative(1000),
             "Standard deviation of the focus during the exposure."),
      number("optics.msd_x_nm", o.msd_x_nm, not_negative(1000),
             "Moving standard deviation of the stage in x: a Gaussian blur of the image."),
      number("optics.msd_y_nm", o.msd_y_nm, not_negative(1000), "The same in y."),
      number("optics.flare", o.flare, {0, 0.9, false},
             "Share of the light that is scattered far: the image becomes (1 - flare) I + flare x density."),
      number("optics.flare_density", o.flare_density, {0, 1, false},
             "Clear share of the mask around; without it that of the window."),
      number("optics.flare_inner_um", o.flare_inner_um, positive(1e6),
             "With `[[optics.mirror]]`: least distance of scattered light on the wafer that counts as flare."),
      number("optics.flare_outer_um", o.flare_outer_um, positive(1e6), "Largest distance; beyond it light is lost."),
      choice("optics.method", o.method, {"socs", "abbe"}, "Sum of coherent systems, truncated, or Abbe's sum itself."),
      number("optics.image_error", o.image_error, not_negative(1),
             "As many kernels as bring the error of the intensity below this (clear field = 1) ..."),
      number("optics.energy", o.energy, {0, 1, true}, "... or capture this share of the TCC's trace ..."),
      integer("optics.max_kernels", o.max_kernels, at_least_one(5000), "... but no more than this."),
      integer("optics.image_planes", o.image_planes, at_least_one(100),
              "Depths in the resist film (see `[[film]]`) over which the image is averaged."),
  };
}

Keys source_keys(SourceSection& s) {
  return {
      choice("optics.source.shape", s.shape,
             {"conventional", "annular", "dipole", "quasar", "crossquad", "point", "poles", "image"},
             "Shape of the source: a disc, a ring, sectors of a ring (two along x; four on the diagonals; four on the "
             "axes), a single direction, round poles (`[[optics.source.pole]]`), or an image (`file`)."),
      number("optics.source.sigma", s.sigma, positive(1), "Radius of a conventional source."),
      number("optics.source.sigma_inner", s.sigma_inner, not_negative(1), "Inner radius of a ring or its sectors."),
      number("optics.source.sigma_outer", s.sigma_outer, positive(1), "Outer radius of a ring or its sectors."),
      number("optics.source.opening_deg", s.opening_deg, {0, 180, true},
             "Full angle of each sector; without it 90 for a dipole and 30 for four poles."),
      number("optics.source.rotation_deg", s.rotation_deg, {-360, 360, false},
             "Turns the source counter-clockwise: 90 makes the dipole one along y."),
      point("optics.source.position", s.position, "Direction of a point source, in units of sigma."),
      path("optics.source.file", s.file, "Brightness over the square [-1, 1]^2 of sigma (`.npy`, [y][x])."),
      integer("optics.source.facets", s.facets, not_negative(1000),
              "Facets across the pupil of a fly's-eye illuminator: the source becomes the spots of the facets whose "
              "centres it lights. 0: none."),
      number("optics.source.facet_fill", s.facet_fill, positive(1),
             "Diameter of a facet's spot over the facets' pitch."),
      number("optics.source.step", s.step, {0.0005, 0.5, false},
             "Distance of the source points, in units of sigma; without it chosen for the window."),
      choice("optics.source.polarisation", s.polarisation, {"none", "x", "y", "te", "tm", "map"},
             "State of polarisation: along x or y whatever the rotation, azimuthal (te), radial (tm), or a map. Needs "
             "`vector`."),
      number("optics.source.polarisation_degree", s.polarisation_degree, not_negative(1),
             "Polarised share of the light."),
      path("optics.source.polarisation_map", s.polarisation_map,
           "Stokes parameters s1, s2, s3 over s0 on the square [-1, 1]^2 of sigma (`.npy`, float64 [3][y][x])."),
  };
}

Keys pole_keys(PoleSection& p) {
  return {
      required(point("centre", p.centre, "Centre [x, y] in units of sigma.")),
      required(number("radius", p.radius, positive(1), "Radius in units of sigma.")),
      number("brightness", p.brightness, positive(1e6), "Relative power per area."),
  };
}

Keys mirror_keys(MirrorSection& m) {
  return {
      required(
          number("rms_nm", m.rms_nm, not_negative(10), "Roughness of the frequencies that scatter into the flare.")),
      number("figure_rms_nm", m.figure_rms_nm, not_negative(10),
             "Roughness of the lower frequencies, which aberrate, on top of what the spectrum has there."),
      number("high_rms_nm", m.high_rms_nm, not_negative(10),
             "Roughness of the higher frequencies, which lose light, likewise."),
      number("correlation_um", m.correlation_um, positive(1e6),
             "B of the K-correlation spectrum A / (1 + (B f)^2)^(C/2)."),
      number("exponent", m.exponent, {0.1, 10, false}, "C of the K-correlation spectrum."),
      number("incidence_deg", m.incidence_deg, {0, 89, false}, "Angle of incidence of the chief ray."),
      number("footprint_mm", m.footprint_mm, positive(1000), "Radius on the mirror of the beam of one image point."),
  };
}

}  // namespace anamorph::recipe_keys
