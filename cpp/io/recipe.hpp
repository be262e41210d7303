// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/core/geometry.hpp"
#include "cpp/optimize/ilt.hpp"
#include "cpp/optimize/opc.hpp"
#include "masks/rules.hpp"

// What a run is to do: the recipe, after defaults and checks. Each key is one line of recipe_table.cpp, from
// which parsing, ranges, the resolved JSON, the JSON Schema and docs/recipe.md all follow.

namespace anamorph {

struct LayoutSection {
  enum class Target { exact, inclusive };

  std::filesystem::path file;
  std::string cell;              ///< empty: the only top cell of the file
  std::string layer;             ///< empty: the only layer of the cell
  std::optional<Box> window_nm;  ///< absent: a tile of tile_nm
  double tile_nm = 2048;
  bool centre = true;  ///< the bounding box sits in the middle of the tile; otherwise the tile starts at (0, 0)
  double pixel_nm = 1;
  Target target = Target::exact;
};

/// A round pole of a freeform source.
struct PoleSection {
  Point centre;  ///< in units of sigma
  double radius = 0.1;
  double brightness = 1;
};

struct SourceSection {
  enum class Shape { conventional, annular, dipole, quasar, crossquad, point, poles, image };
  enum class Polarised { none, x, y, te, tm, map };

  Shape shape = Shape::conventional;
  double sigma = 0.9;
  double sigma_inner = 0.55;
  double sigma_outer = 0.9;
  std::optional<double> opening_deg;  ///< of each sector; set after parsing where the shape has sectors
  double rotation_deg = 0;
  Point position;                  ///< of a point
  std::vector<PoleSection> poles;  ///< of a freeform source
  std::filesystem::path file;      ///< of an image
  int facets = 0;                  ///< across the pupil; 0: none
  double facet_fill = 0.5;         ///< diameter of a facet's spot over the pitch of the facets
  std::optional<double> step;      ///< absent: chosen for the window
  Polarised polarisation = Polarised::none;
  double polarisation_degree = 1;
  std::filesystem::path polarisation_map;
};

/// A mirror with a rough surface of K-correlated spectrum.
struct MirrorSection {
  double rms_nm = 0.1;       ///< of the frequencies that scatter between flare_inner_um and flare_outer_um
  double figure_rms_nm = 0;  ///< of the lower ones, which aberrate, on top of what the spectrum has there
  double high_rms_nm = 0;    ///< of the higher ones, which lose light, likewise
  double correlation_um = 100;
  double exponent = 2.5;
  double incidence_deg = 0;
  double footprint_mm = 50;
};

/// A layer above or on the wafer, top first; one without a thickness is the substrate.
struct FilmSection {
  std::string material;  ///< empty: n and k are given
  std::optional<double> n, k;
  std::optional<double> thickness_nm;
  bool resist = false;  ///< the image is formed here
};

struct OpticsSection {
  enum class Boundary { periodic };
  enum class Method { socs, abbe };
  enum class ZernikeBasis { fringe, annular, pupil };

  std::filesystem::path kernels;  ///< not empty: given SOCS kernels, the keys below are not used
  std::string scanner;            ///< name of a shipped data file, or a path; empty: none
  std::optional<double> wavelength_nm;
  std::optional<double> na;
  double immersion_index = 1;
  double magnification_x = 4;
  double magnification_y = 4;
  bool radiometric = true;
  bool vector = false;
  Boundary boundary = Boundary::periodic;

  double obscuration = 0;
  double apodisation = 0;
  std::map<int, double> zernike_nm;  ///< by number
  ZernikeBasis zernike_basis = ZernikeBasis::fringe;
  std::filesystem::path transmission, wavefront, jones;  ///< maps; empty: none

  double bandwidth_nm = 0;     ///< full width at half maximum
  double chromatic_focus = 0;  ///< nm of focus per nm of wavelength
  double focus_blur_nm = 0;
  double msd_x_nm = 0;
  double msd_y_nm = 0;
  double slit_position = 0;
  double slit_azimuth_deg = 0;

  double flare = 0;                     ///< scattered share of the light
  std::optional<double> flare_density;  ///< clear share of the surroundings; absent: that of the window
  double flare_inner_um = 1;
  double flare_outer_um = 10000;
  std::vector<MirrorSection> mirrors;

  Method method = Method::socs;
  double image_error = 1e-5;
  double energy = 1;
  int max_kernels = 200;
  int image_planes = 5;  ///< depths in the resist film over which the image is averaged
  SourceSection source;
};

struct ResistSection {
  enum class Model { threshold };
  enum class Prints { bright, dark };

  Model model = Model::threshold;
  Prints prints = Prints::bright;
  double threshold = 0.225;
  double blur_nm = 0;
  double steepness = 50;
};

struct MaskSection {
  enum class Polygons { opening, absorber };
  enum class Model { thin };

  std::filesystem::path file;  ///< a mask to be verified, instead of the layout itself
  std::vector<std::string> layers;         ///< of a mask that is a layout: its main features; none: the only layer
  std::vector<std::string> assist_layers;  ///< and those that must not print
  Polygons polygons = Polygons::opening;
  Model model = Model::thin;
  bool enforce_rules = true;
  MaskRules rules;
};

/// One process condition.
struct CornerSection {
  std::string name = "nominal";
  double dose = 1;
  double focus_nm = 0;
  std::optional<double> depth_nm;  ///< in the resist film; absent: the mean over depths
  std::string kernels;             ///< folder below optics.kernels; empty unless kernels are given
  bool pvband = true;   ///< its print counts in the PV band
};

struct ProcessSection {
  enum class DoseAppliesTo { intensity, amplitude };

  DoseAppliesTo dose_applies_to = DoseAppliesTo::intensity;
  std::vector<CornerSection> corners;  ///< never empty after parsing; the first is the nominal condition
  std::vector<double> dose;            ///< shorthand for a full matrix, empty once expanded into corners
  std::vector<double> focus_nm;
};

/// Where a critical dimension is measured, and what it should be.
struct GaugeSection {
  std::string name;
  Point at_nm;
  double angle_deg = 0;
  double cd_nm = 0;
};

/// Limits of `verify`; an absent one is not checked.
struct LimitsSection {
  std::optional<double> epe_nm;
  std::optional<double> epe_share_percent;
  std::optional<double> line_end_nm;
  std::optional<double> pinch_nm;
  std::optional<double> bridge_nm;
  std::optional<double> pv_band_width_nm;
  std::optional<double> assist_prints;
  std::optional<double> mask_violations;
  std::optional<double> epe_violations;
  std::optional<double> epe_max_nm;
  std::optional<double> pvband_nm2;
  std::optional<double> l2_nm2;
  std::optional<double> extra_prints;
  std::optional<double> missing_prints;
};

/// The focus-exposure matrix and process window of `window`.
struct WindowSection {
  std::vector<double> dose{0.9, 0.92, 0.94, 0.96, 0.98, 1, 1.02, 1.04, 1.06, 1.08, 1.1};  ///< ascending
  std::vector<double> focus_nm;  ///< ascending; set after parsing unless kernels are given
  double cd_tolerance_percent = 10;
  double exposure_latitude_percent = 8;
  bool epe = true;
  std::optional<double> epe_tolerance_nm;  ///< absent: epe.tolerance_nm
  double meef_delta_nm = 0.5;
  double budget_focus_nm = 0;  ///< three standard deviations
  double budget_dose_percent = 0;
  double budget_mask_nm = 0;
  std::optional<double> limit_dof_nm;
  std::optional<double> limit_exposure_latitude_percent;
};

/// A scanner of `compare`: the recipe's optics with another data file, and what differs from that.
struct CompareScannerSection {
  std::string name;     ///< empty: that of the data file
  std::string scanner;  ///< as optics.scanner
  std::optional<double> na;
  std::optional<double> obscuration;
  std::map<int, double> zernike_nm;
  std::optional<double> pupil_fill_min;
  std::optional<double> dose_mj_cm2;
  std::optional<double> focus_budget_nm;
};

/// Patterns of `compare`, one for each pitch and direction.
struct ComparePatternSection {
  enum class Kind {
    lines, contacts, staggered_contacts, line_ends, tip_to_tip, two_bar, metal, vias, sram, layout
  };
  enum class Direction { both, vertical, horizontal };
  enum class Source { each, shared };

  std::string name;
  Kind kind = Kind::lines;
  std::vector<double> pitch_nm;
  double cd_nm = 0;
  double gap_nm = 0;
  Direction direction = Direction::vertical;
  ResistSection::Prints prints = ResistSection::Prints::bright;
  Source source = Source::each;
};

struct CompareSection {
  std::string title;  ///< empty: the name of the recipe
  std::vector<CompareScannerSection> scanners;
  std::vector<ComparePatternSection> patterns;
  bool search = true;
  bool correct_mask = true;
  bool limits = true;
  double resolved_nils = 1.5;
  double mask_minimum_nm = 30;
  double absorption_per_um = 4.4;
  double resist_thickness_nm = 50;
  double cd_variation_percent = 15;
  double least_dose_mj_cm2 = 20;
  double etch_bias_nm = 6;
  std::filesystem::path process_file;  ///< empty: the shipped figures
};

/// The model of the process that `twin export` makes. Its dose and focus ranges are those of the window.
struct TwinSection {
  std::optional<double> dose_mj_cm2;  ///< what a relative dose of 1 is; absent: the scanner's, once known
  std::vector<int> zernikes{5, 7, 8, 9};
  std::optional<double> zernike_range_nm;  ///< to both sides; set after parsing unless kernels are given
  std::optional<double> mask_bias_nm;      ///< change of the mask's CD to both sides, likewise
  std::optional<int> samples;              ///< absent: as many as cd_error_nm takes
  double cd_error_nm = 0.1;
  double coverage = 0.95;
  std::optional<double> uncertainty_dose_percent;  ///< standard uncertainties of the inputs; absent: not stated
  std::optional<double> uncertainty_focus_nm;
  std::optional<double> uncertainty_zernike_nm;
  std::optional<double> uncertainty_mask_nm;
};

/// How `tile` cuts a layout.
struct TileSection {
  double core_nm = 4000;
  std::optional<double> halo_nm;  ///< absent: from the optics
  bool reuse = true;
  std::optional<double> seam_limit_nm;
};

/// How contours become the polygons of mask.gds and contours.gds.
struct OutputSection {
  enum class Polygons { gds, oas };

  Polygons polygons = Polygons::gds;
  double chord_error_nm = 0.05;
  std::optional<int> max_vertices;  ///< absent: as many as the chord error needs
};

struct Recipe {
  LayoutSection layout;
  OpticsSection optics;
  ResistSection resist;
  MaskSection mask;
  ProcessSection process;
  std::vector<FilmSection> films;
  std::vector<GaugeSection> gauges;
  EpeDistances epe;
  IltOptions ilt;  ///< without what stands elsewhere in the recipe; see ilt_options
  OpcOptions opc;  ///< likewise; see opc_options
  LimitsSection limits;
  std::optional<double> pattern_radius_nm;  ///< of `verify`: surroundings by which findings are grouped
  WindowSection window;
  CompareSection compare;
  TwinSection twin;
  TileSection tile;
  OutputSection output;
  int seed = 1;

  /// Where each key was given, by its dotted name; a key that is not here has its default.
  std::map<std::string, Location> given;

  [[nodiscard]] bool has(const std::string& key) const { return given.contains(key); }
  [[nodiscard]] Location where(const std::string& key) const;
};

/// What the optimiser is told, mask rules, EPE sites and seed included.
[[nodiscard]] IltOptions ilt_options(const Recipe& recipe);

/// The same for the correction of edges. Throws Error{recipe} where mask.polygons and resist.prints contradict each
/// other: the edges of openings are corrected where bright parts of the image stand, those of absorber where dark ones do.
[[nodiscard]] OpcOptions opc_options(const Recipe& recipe);

/// Reads a recipe from TOML text. `name` is the file named in messages; relative paths inside the text are relative to
/// its folder. Each override is "a.b=VALUE", VALUE being TOML or a bare word; its paths stay as they are.
/// Throws Error{recipe, "RCP-..."} with file:line:col for a syntax error, an unknown key (with the nearest known one),
/// a wrong type, a value that is not finite or out of range, and keys that contradict each other.
[[nodiscard]] Recipe parse_recipe(std::string_view text, const std::string& name,
                                  const std::vector<std::string>& overrides = {});

/// The same from a file; Error{input} when it cannot be read.
[[nodiscard]] Recipe load_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

/// "key=VALUE" with VALUE quoted as a TOML string: an override for a text that may hold any character.
[[nodiscard]] std::string text_override(const std::string& key, const std::string& value);

/// The recipe with all defaults as a JSON object; keys without a value are left out.
[[nodiscard]] std::string recipe_json(const Recipe& recipe, int indent = 2);

/// The same as TOML; parses to the same recipe, given the folder it is read from.
[[nodiscard]] std::string recipe_toml(const Recipe& recipe);

/// The JSON Schema (draft 2020-12) of a recipe.
[[nodiscard]] std::string recipe_schema();

/// The reference page docs/recipe.md.
[[nodiscard]] std::string recipe_markdown();

}  // namespace anamorph
