// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "optics_models/pupil.hpp"
#include "optics_models/source.hpp"
#include "optics_models/thin_film.hpp"

namespace anamorph {

/// A wavelength of the light with its share of the power and the focus error that it brings.
struct SpectralLine {
  double wavelength_nm = 0;
  double weight = 1;
  double focus_nm = 0;
};

/// A focus that the wafer takes for a share of the exposure.
struct FocusNode {
  double offset_nm = 0;
  double weight = 1;
};

/// Where in a film stack the image is formed.
struct ImagePlanes {
  FilmStack stack;
  int film = 0;                   ///< which film is the resist
  std::vector<double> depth_nm = {};  ///< below its top; the image is the mean over them
  std::vector<double> mean_nm = {};   ///< depths over which an open mask has the mean 1; empty: depth_nm
};

/// A projection system and how it is used.
struct Projection {
  double wavelength_nm = 13.5;  ///< in vacuum
  double na = 0.33;
  double immersion_index = 1;   ///< of the medium above the wafer
  double focus_nm = 0;          ///< positive: the wafer moves away from the lens
  bool radiometric = false;     ///< amplitude factor sqrt(cos theta_object / cos theta_image)
  double magnification_x = 4;   ///< reduction; matters for the angles at the mask, hence for the radiometric factor
  double magnification_y = 4;
  bool vector = false;          ///< fields with direction and polarisation, instead of scalar waves
  Pupil pupil = {};
  std::vector<SpectralLine> spectrum = {};   ///< empty: wavelength_nm alone
  std::vector<FocusNode> focus_blur = {};    ///< empty: focus_nm alone
  std::optional<ImagePlanes> planes = {};    ///< image inside a resist film; needs `vector`

  /// Throws Error{recipe} naming the parameter and its range.
  void validate() const;
};

/// What a scalar wave through the pupil coordinates p is multiplied by, at the projection's wavelength and focus: amplitude,
/// radiometric factor, aberration and defocus. 0 outside the pupil.
[[nodiscard]] std::complex<double> pupil_value(const Projection& projection, double px, double py);

/// The coherent terms that Abbe's sum consists of: one for each source point, wavelength, focus, state of polarisation,
/// component of the field and image plane. For a source point s its transfer is the pupil as seen from there,
///
///     H(f) = sqrt(w) R exp(i k z (cos theta - 1)) P(p) q(p),   p = f wavelength / NA + s,  |p| <= 1,
///
/// with k = 2 pi n / wavelength, z the focus, sin theta = NA |p| / n: exact at any angle. R is the radiometric factor, P
/// the pupil, q = 1 for scalar waves. For vector waves a field (e_x, e_y) of the pupil arrives at the wafer as
///
///     E = e_s t + e_p (cos theta r - sin theta z),  e_s = -e_x sin phi + e_y cos phi,  e_p = e_x cos phi + e_y sin phi,
///
/// r and t being the radial and azimuthal unit vectors (Mansuripur, J. Opt. Soc. Am. A 6, 786 (1989)); inside a film the
/// three factors 1, cos theta, -sin theta become those of field_in_film. Weights are such that an open mask has
/// intensity 1; inside a film that is its mean over depths.
///
/// Sign: fields go with exp(+2 pi i f x - i omega t), so a wave gains exp(+i k z cos theta) on the way to a wafer that is
/// z farther away. A pattern lit from s (waves that travel towards +s) then moves to +s with growing z.
class CoherentTerms {
 public:
  /// The points are put in an order in which neighbours are near each other. Throws Error{recipe} naming the parameter
  /// and its range; also when no light passes an open mask.
  CoherentTerms(Projection projection, std::vector<SourcePoint> source);

  [[nodiscard]] int points() const noexcept { return static_cast<int>(source_.size()); }
  [[nodiscard]] const std::vector<SourcePoint>& source() const noexcept { return source_; }  ///< in that order
  [[nodiscard]] int per_point() const noexcept {
    return static_cast<int>(instances_.size()) * per_instance_;
  }
  [[nodiscard]] int count() const noexcept { return points() * per_point(); }
  /// No term passes a frequency beyond this in either direction, 1/nm.
  [[nodiscard]] double reach() const noexcept { return reach_; }
  /// Shortest wavelength / NA.
  [[nodiscard]] double resolution_nm() const noexcept { return resolution_nm_; }

  /// A row of frequencies (fx0 + j dfx, fy), j < n.
  struct Row {
    double fx0 = 0;
    double dfx = 0;
    double fy = 0;
    int n = 0;
  };
  /// out[t * stride + j] = H of term t of the point at frequency j, t < per_point().
  void evaluate(int point, const Row& row, std::complex<double>* out, std::ptrdiff_t stride) const;
  /// The j of a row, first <= j < last, outside of which all terms of the points are zero.
  struct Interval {
    int first = 0;
    int last = 0;
    [[nodiscard]] bool empty() const noexcept { return last <= first; }
  };
  [[nodiscard]] Interval support(int first_point, int last_point, const Row& row) const noexcept;

 private:
  struct Instance {  ///< a wavelength at a focus
    double wavelength_nm = 0;
    double focus_nm = 0;
    double amplitude = 1;
  };
  struct Samples;
  void sample_pupil(const SourcePoint& point, const Instance& instance, const Row& row, Samples& samples) const;
  void put_vector_terms(const SourcePoint& point, std::size_t instance, const Samples& samples,
                        std::complex<double>* out, std::ptrdiff_t stride) const;
  [[nodiscard]] FilmField plane_field(std::size_t instance, std::size_t plane, double rho2) const;
  void tabulate_planes();
  [[nodiscard]] double clear_field() const;
  void normalise();
  void sort_points();

  Projection projection_;
  std::vector<SourcePoint> source_;
  std::vector<Instance> instances_;
  int states_ = 1;  ///< of polarisation per source point
  int planes_ = 1;
  int per_instance_ = 1;
  double reach_ = 0;
  double resolution_nm_ = 0;
  std::vector<std::vector<FilmField>> tables_;  ///< [instance * plane][rho^2]
};

/// Half pitch of the finest lines that can be printed at all, by two beams at the rim of the pupil: wavelength / (4 NA).
[[nodiscard]] double smallest_half_pitch_nm(double wavelength_nm, double na) noexcept;

/// Range of focus between the places where the marginal ray is a quarter wave off: wavelength / (2 n (1 - cos theta)),
/// sin theta = NA / n, at any angle.
[[nodiscard]] double depth_of_focus_nm(double wavelength_nm, double na, double immersion_index) noexcept;

}  // namespace anamorph
