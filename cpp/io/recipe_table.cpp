// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/recipe_table.hpp"

#include <utility>

#include "optics_models/zernike.hpp"

// The keys of each section but the optics, and those of an element of each list.

namespace anamorph::recipe_keys {

namespace {

Keys layout_keys(LayoutSection& l) {
  return {
      path("layout.file", l.file, "Layout file (`.glp`, `.gds`, `.oas`)."),
      text("layout.cell", l.cell, "Cell; without it the file must have exactly one that no other holds."),
      text("layout.layer", l.layer,
           "Layer; without it the cell must have exactly one. Of GDSII and OASIS: `11/0` (layer and datatype), or `11` "
           "(any datatype)."),
      box("layout.window_nm", l.window_nm,
          "Window [x0, y0, x1, y1] in the layout's coordinates, one period of the image. Without it the window is a "
          "tile of `tile_nm`."),
      number("layout.tile_nm", l.tile_nm, positive(1e6), "Side of the tile when there is no `window_nm`."),
      boolean("layout.centre", l.centre,
              "Without `window_nm`: move the layout's bounding box to the middle of the tile (to whole nm); otherwise "
              "the tile's lower-left corner is the layout's origin."),
      number("layout.pixel_nm", l.pixel_nm, {0.01, 1000, false},
             "Side of a pixel; the window of a clip must be a whole number of them."),
      choice("layout.target", l.target, {"exact", "inclusive"},
             "Raster of the target: by area, or with the right and upper edge pixels counted as inside, as in the "
             "ICCAD-2013 contest."),
  };
}

Keys resist_keys(ResistSection& p) {
  return {
      choice("resist.model", p.model, {"threshold"}, "Resist model."),
      choice("resist.prints", p.prints, {"bright", "dark"}, "Which side of the threshold is the wanted pattern."),
      number("resist.threshold", p.threshold, positive(10), "Intensity at the printed edge, clear field = 1."),
      number("resist.blur_nm", p.blur_nm, not_negative(1000), "Standard deviation of a Gaussian blur."),
      number("resist.steepness", p.steepness, positive(1e6),
             "Steepness of the logistic curve that gives the resist image."),
  };
}

Keys mask_keys(MaskSection& m) {
  return {
      path("mask.file", m.file,
           "Mask to be simulated or verified (`.npy`, one value per pixel of the window); without it the layout. `verify` "
           "takes a layout (`.gds`, `.oas`, `.glp`) too."),
      texts("mask.layers", m.layers,
            "With a layout as `mask.file`: the layers of its main features; without them it must have exactly one."),
      texts("mask.assist_layers", m.assist_layers,
            "With a layout as `mask.file`: the layers of its assist features, which must not print."),
      choice("mask.polygons", m.polygons, {"opening", "absorber"}, "What the drawn shapes are."),
      choice("mask.model", m.model, {"thin"}, "Mask model."),
      boolean("mask.rules.enforce", m.enforce_rules, "Make optimised masks obey the rules below."),
      number("mask.rules.min_width_nm", m.rules.min_width_nm, not_negative(64),
             "Least width; by default 16 nm, or 0.15 wavelength / NA if that is less. The space likewise; the area "
             "becomes twice the square."),
      number("mask.rules.min_space_nm", m.rules.min_space_nm, not_negative(64), "Least space."),
      number("mask.rules.min_area_nm2", m.rules.min_area_nm2, not_negative(1e9), "Least area of an island or a hole."),
  };
}

Keys process_keys(ProcessSection& p) {
  return {
      choice(
          "process.dose_applies_to", p.dose_applies_to, {"intensity", "amplitude"},
          "What the dose multiplies; `amplitude` (the ICCAD-2013 contest) makes the intensity go with dose squared."),
      numbers("process.dose", p.dose, positive(100),
              "With `focus_nm`: shorthand for the full matrix of conditions, instead of `[[process.corner]]`. The "
              "condition nearest to dose 1 and focus 0 comes first."),
      numbers("process.focus_nm", p.focus_nm, {-10000, 10000, false}, "See `dose`."),
  };
}

Keys corner_keys(CornerSection& c) {
  return {
      required(text("name", c.name, "Name of the condition in the results.")),
      number("dose", c.dose, positive(100), "Relative dose."),
      number("focus_nm", c.focus_nm, {-10000, 10000, false}, "Position of the wafer, positive away from the lens."),
      number("depth_nm", c.depth_nm, not_negative(1e6),
             "Depth below the top of the resist (see `[[film]]`) where the image is taken; without it the mean over "
             "depths."),
      text("kernels", c.kernels,
           "With `optics.kernels`: the folder below it that holds this condition's kernels, instead of `focus_nm` "
           "(default `focus`)."),
      boolean("pvband", c.pvband,
              "Count this condition's print in the PV band; the ICCAD-2013 contest leaves the nominal one out."),
  };
}

Keys epe_keys(EpeDistances& e) {
  return {
      number("epe.interval_nm", e.interval_nm, positive(1000), "Spacing of the EPE sites along an edge."),
      number("epe.end_nm", e.end_nm, positive(1000),
             "Distance of the outermost sites from the ends of an edge; one up to twice as long has one site."),
      number("epe.tolerance_nm", e.tolerance_nm, positive(1000),
             "A violation is a print that ends this far inside an edge, or reaches this far outside. These three "
             "default to the ICCAD-2013 contest's 40, 40 and 15 nm, and shrink with wavelength / NA below 140 nm, as "
             "do `ilt.grid_nm` and `ilt.schedule.control_blur_nm`."),
  };
}

Keys ilt_keys(IltOptions& o) {
  return {
      integer("ilt.iterations", o.iterations, at_least_one(100000), "Number of iterations."),
      choice("ilt.optimizer", o.optimizer, {"adam", "lbfgs"}, "Optimiser."),
      choice("ilt.parametrisation", o.parametrisation, {"sigmoid", "levelset"},
             "What is optimised: the transmission of every pixel, or the mask's edge."),
      number("ilt.grid_nm", o.grid_nm, positive(1000),
             "Pixel of the optimisation, a multiple of `pixel_nm` that divides the window; without it the largest up "
             "to 4 nm, see `epe.tolerance_nm`."),
      number("ilt.weights.fidelity", o.weights.fidelity, not_negative(1e6),
             "Weight of the difference between nominal print and target."),
      number("ilt.weights.pvband", o.weights.pvband, not_negative(1e6), "Weight of the PV band."),
      number("ilt.weights.epe", o.weights.epe, not_negative(1e6), "Extra weight of the target around the EPE sites."),
      number("ilt.weights.assist", o.weights.assist, not_negative(1e6),
             "Extra weight of the background, where assist features must not print."),
      number("ilt.weights.complexity", o.weights.complexity, not_negative(1e6), "Weight of the mask's perimeter."),
      ramp("ilt.schedule.print_steepness", o.schedule.print_steepness, positive(1e5),
           "Steepness of the smooth print per unit of intensity, [first, last] iteration, geometric between."),
      ramp("ilt.schedule.mask_steepness", o.schedule.mask_steepness, positive(1e5),
           "Steepness of the smooth mask per unit of control, likewise."),
      ramp("ilt.schedule.rate", o.schedule.rate, positive(1e3), "Step of the optimiser, likewise."),
      number("ilt.schedule.control_blur_nm", o.schedule.control_blur_nm, not_negative(200),
             "Standard deviation of the blur of the control values."),
      number("ilt.schedule.coarse_share", o.schedule.coarse_share, not_negative(1),
             "Share of the iterations on pixels of twice `grid_nm`."),
      number("ilt.schedule.rules_from", o.schedule.rules_from, not_negative(1),
             "Progress from which the mask rules act."),
      number("ilt.schedule.rules_pull", o.schedule.rules_pull, not_negative(1e3),
             "Force towards a mask that keeps the rules, per nm^2, reached at the end."),
      integer("ilt.schedule.rules_every", o.schedule.rules_every, at_least_one(100000),
              "Iterations between two looks at the rules."),
  };
}

Keys opc_keys(OpcOptions& o) {
  return {
      integer("opc.iterations", o.iterations, not_negative(100000), "Number of iterations with the gradient of the loss."),
      integer("opc.feedback", o.feedback, not_negative(100000),
              "Number of iterations after them that drive the edge placement error at the sites to zero."),
      choice("opc.step", o.step, {"adam", "newton", "lbfgs"},
             "How displacements follow from the gradient: Adam; the gradient over each fragment's curvature; limited "
             "memory preconditioned by that."),
      ramp("opc.rate", o.rate, positive(100), "Step in nm, [first, last] iteration, geometric between."),
      ramp("opc.print_steepness", o.print_steepness, positive(1e5),
           "Steepness of the smooth print per unit of intensity, likewise."),
      number("opc.print_grid_nm", o.print_grid_nm, positive(1000), "Pixel on which print and target are compared."),
      number("opc.most_nm", o.most_nm, positive(1000), "Largest displacement of an edge."),
      number("opc.grid_nm", o.grid_nm, positive(100), "Step of the displacements: of the mask's coordinates where the layout is drawn on it."),
      number("opc.jog_nm", o.jog_nm, not_negative(100),
             "Neighbouring fragments whose displacements differ by less become one."),
      number("opc.fragment.corner_nm", o.fragments.corner_nm, positive(1000), "Length of the fragments at corners."),
      number("opc.fragment.length_nm", o.fragments.length_nm, positive(10000), "Length of the others, about."),
      number("opc.fragment.least_nm", o.fragments.least_nm, positive(1000), "No shorter ones are made."),
      number("opc.fragment.line_end_nm", o.fragments.line_end_nm, not_negative(10000),
             "An edge between two outer corners is a line end up to this length, and moves as a whole."),
      number("opc.fragment.project_nm", o.fragments.project_nm, not_negative(10000),
             "Edges are also cut where a corner faces them within this distance."),
      choice("opc.assist.place", o.assist.place, {"none", "rule", "model"},
             "Assist features: none, parallel to long edges, or where the gradient says that light helps."),
      number("opc.assist.width_nm", o.assist.width_nm, positive(1000), "Their width at first."),
      number("opc.assist.least_length_nm", o.assist.least_length_nm, positive(10000), "Their least length at first."),
      number("opc.assist.distance_nm", o.assist.distance_nm, positive(10000),
             "`rule`: from an edge to the middle of its assist feature."),
      number("opc.assist.space_nm", o.assist.space_nm, positive(10000), "Least distance to shapes and each other at first."),
      number("opc.assist.gain", o.assist.gain, not_negative(1),
             "`model`: least use per area, as a share of that of the best one."),
      integer("opc.assist.most", o.assist.most, not_negative(100000), "Most of them in a window of 2048 nm squared."),
      number("opc.weights.fidelity", o.weights.fidelity, not_negative(1e6),
             "Weight of the difference between nominal print and target."),
      number("opc.weights.pvband", o.weights.pvband, not_negative(1e6), "Weight of the PV band."),
      number("opc.weights.epe", o.weights.epe, not_negative(1e6), "Extra weight of the target around the EPE sites."),
      number("opc.weights.assist", o.weights.assist, not_negative(1e6),
             "Extra weight of the background, where assist features must not print."),
  };
}

Keys verify_keys(LimitsSection& l, std::optional<double>& pattern_radius_nm) {
  return {
      number("verify.pattern_radius_nm", pattern_radius_nm, positive(1e5),
             "Of layouts: half the side of the square around a finding whose target decides which findings are of one "
             "pattern; without it ten times `epe.tolerance_nm`."),
      number("verify.limits.epe_nm", l.epe_nm, positive(1000),
             "Of layouts: edge placement error at nominal beyond which a site counts as over; without it "
             "`epe.tolerance_nm`, without effect on the verdict. Of layouts, a kind without its limit is looked for "
             "beyond `epe.tolerance_nm` (line ends, PV band) or twice that (widths and gaps), and only reported."),
      number("verify.limits.epe_share_percent", l.epe_share_percent, {0, 100, false},
             "Of layouts: share of the sites that may be beyond `epe_nm`; without it none."),
      number("verify.limits.line_end_nm", l.line_end_nm, positive(1000),
             "Of layouts: largest pull-back of a line's end in any condition."),
      number("verify.limits.pinch_nm", l.pinch_nm, positive(1000),
             "Of layouts: least printed width of a feature in any condition."),
      number("verify.limits.bridge_nm", l.bridge_nm, positive(1000),
             "Of layouts: least printed gap between two features in any condition."),
      number("verify.limits.pv_band_width_nm", l.pv_band_width_nm, positive(1000),
             "Of layouts: largest movement of an edge over the conditions."),
      number("verify.limits.assist_prints", l.assist_prints, not_negative(1e9),
             "Of layouts: most assist features that print in some condition."),
      number("verify.limits.mask_violations", l.mask_violations, not_negative(1e9),
             "Most places of the mask that break `[mask.rules]`, `enforce` or not."),
      number("verify.limits.epe_violations", l.epe_violations, not_negative(1e9),
             "Most EPE violations; of layouts: sites that are off by more than `epe.tolerance_nm`."),
      number("verify.limits.epe_max_nm", l.epe_max_nm, not_negative(1e9), "Largest edge placement error."),
      number("verify.limits.pvband_nm2", l.pvband_nm2, not_negative(1e15), "Largest PV band."),
      number("verify.limits.l2_nm2", l.l2_nm2, not_negative(1e15), "Largest L2 error."),
      number("verify.limits.extra_prints", l.extra_prints, not_negative(1e9),
             "Most places that print in some condition and should not."),
      number("verify.limits.missing_prints", l.missing_prints, not_negative(1e9),
             "Most places that should print and do not in some condition."),
  };
}

Keys window_keys(WindowSection& w) {
  return {
      series("window.dose", w.dose, positive(100), "Relative doses of the focus-exposure matrix."),
      series("window.focus_nm", w.focus_nm, {-10000, 10000, false},
             "Focus positions of the matrix; without it 15 over the quarter-wave depth of focus. The window is looked "
             "for between the first and the last, between them at any focus and at any dose."),
      number("window.cd_tolerance_percent", w.cd_tolerance_percent, {0, 99, true},
             "How far the CD of a gauge may be from its `cd_nm`, to both sides."),
      number("window.exposure_latitude_percent", w.exposure_latitude_percent, {0, 200, true},
             "The exposure latitude at which the depth of focus is told."),
      boolean("window.epe", w.epe,
              "The edge placement of the layout counts in the window: at every EPE site (see `[epe]`) the print ends "
              "within the tolerance."),
      number("window.epe_tolerance_nm", w.epe_tolerance_nm, positive(1000),
             "That tolerance; without it `epe.tolerance_nm`."),
      number("window.meef_delta_nm", w.meef_delta_nm, not_negative(100),
             "Change of the mask's CD, on the wafer's scale, by which the mask error enhancement factor is found: the "
             "layout's edges move by half of it to both sides. 0: no such masks."),
      number("window.budget.focus_nm", w.budget_focus_nm, not_negative(10000),
             "Error of the focus for the CD budget, three standard deviations."),
      number("window.budget.dose_percent", w.budget_dose_percent, not_negative(100), "Error of the dose, likewise."),
      number("window.budget.mask_nm", w.budget_mask_nm, not_negative(1000),
             "Error of the mask's CD on the wafer's scale, likewise. Needs `window.meef_delta_nm`."),
      number("window.limits.dof_nm", w.limit_dof_nm, not_negative(1e6),
             "Least depth of focus at `exposure_latitude_percent`."),
      number("window.limits.exposure_latitude_percent", w.limit_exposure_latitude_percent, not_negative(1000),
             "Least exposure latitude at the best single focus."),
  };
}

Keys twin_keys(TwinSection& t) {
  return {
      number("twin.dose_mJ_cm2", t.dose_mj_cm2, positive(10000),
             "What a relative dose of 1 is on the wafer; without it the dose of the scanner's data file."),
      integers("twin.zernikes", t.zernikes, {1, fringe_terms, false},
               "Numbers of the Zernike terms (see `optics.zernike_basis`) that are inputs of the model."),
      number(
          "twin.zernike_range_nm", t.zernike_range_nm, not_negative(100),
          "How far each of them may go from its value in `optics.zernike_nm`; 0: they are no inputs. Without it 0.015 "
          "wavelengths."),
      number(
          "twin.mask_bias_nm", t.mask_bias_nm, not_negative(1000),
          "How far the mask's CD may be from drawn, on the wafer's scale, to both sides; 0: it is no input. Without it "
          "a 40th of wavelength / NA."),
      integer("twin.samples", t.samples, {4, 100000, false},
              "Simulations that the model is fitted to; without it as many as `cd_error_nm` takes, at most 3000."),
      number("twin.cd_error_nm", t.cd_error_nm, positive(100),
             "Largest error of a CD of the model that is wanted inside the process window."),
      number("twin.coverage", t.coverage, {0.5, 0.999, false},
             "Share of the conditions whose error the model's stated uncertainty covers, at least."),
      number(
          "twin.uncertainty.dose_percent", t.uncertainty_dose_percent, not_negative(100),
          "Standard uncertainty of the dose (one standard deviation). Without it none is stated, and none propagated."),
      number("twin.uncertainty.focus_nm", t.uncertainty_focus_nm, not_negative(10000), "The focus, likewise."),
      number("twin.uncertainty.zernike_nm", t.uncertainty_zernike_nm, not_negative(100),
             "Each Zernike coefficient, likewise."),
      number("twin.uncertainty.mask_nm", t.uncertainty_mask_nm, not_negative(1000),
             "The mask's CD on the wafer's scale, likewise."),
  };
}

Keys output_keys(OutputSection& o) {
  return {
      choice("output.polygons", o.polygons, {"gds", "oas"},
             "Format of the polygons of a run, mask and contours: GDSII or OASIS."),
      number("output.chord_error_nm", o.chord_error_nm, not_negative(100),
             "How far polygons written of contours and of curved masks may leave them. Vertices are rounded to 0.1 nm "
             "besides; `metrics.json` states the largest distance that came of both."),
      integer("output.max_vertices", o.max_vertices, {3, 1e6, false},
              "Most vertices of each outline or hole, at the cost of the chord error."),
  };
}

Keys tile_keys(TileSection& t) {
  return {
      number("tile.core_nm", t.core_nm, {10, 1e6, false},
             "Largest side of the part of a layout whose result is taken from one tile."),
      number("tile.halo_nm", t.halo_nm, positive(1e5),
             "Width of the surroundings that a tile sees; without it 5 wavelength / NA and three standard deviations of "
             "all blurs (docs/theory/tiles.md)."),
      boolean("tile.reuse", t.reuse, "Make tiles that hold the same shapes once."),
      number("tile.seam_limit_nm", t.seam_limit_nm, positive(1000),
             "Largest difference of the edges that two tiles make of their common part; beyond it the seam is marked."),
  };
}

Keys gauge_keys(GaugeSection& g) {
  return {
      required(text("name", g.name, "Name of the gauge in the results.")),
      required(point("at_nm", g.at_nm, "A point [x, y] inside the feature.")),
      number("angle_deg", g.angle_deg, {-360, 360, false}, "Direction of the cut, counter-clockwise from +x."),
      required(number("cd_nm", g.cd_nm, positive(1e6), "Wanted critical dimension.")),
  };
}

Keys compare_scanner_keys(CompareScannerSection& c) {
  return {
      text("name", c.name, "Name in the results; without it that of the data file."),
      required(text("scanner", c.scanner, "Data file, as `optics.scanner`.")),
      number("na", c.na, positive(2), "Numerical aperture instead of the data file's."),
      number("obscuration", c.obscuration, {0, 0.99, false}, "Central obscuration instead of the data file's."),
      zernikes("zernike_nm", c.zernike_nm, {-1000, 1000, false},
               "Aberrations of this scanner, instead of `optics.zernike_nm`."),
      number("pupil_fill_min", c.pupil_fill_min, {0, 1, true},
             "Least lit share of the pupil that the search may choose, instead of the data file's."),
      number("dose_mJ_cm2", c.dose_mj_cm2, positive(1e5),
             "Clear-field dose at which photon noise is told, instead of the data file's."),
      number("focus_budget_nm", c.focus_budget_nm, not_negative(1e5),
             "Depth of focus that a pattern must have to count as printable, instead of the data file's."),
  };
}

Keys compare_pattern_keys(ComparePatternSection& c) {
  return {
      required(text("name", c.name, "Name of these patterns in the results.")),
      required(choice("kind", c.kind,
                      {"lines", "contacts", "staggered_contacts", "line_ends", "tip_to_tip", "two_bar", "metal", "vias",
                       "sram", "layout"},
                      "What is drawn, in terms of the pitch; `layout`: `[layout]` with `[[gauge]]`, once.")),
      series("pitch_nm", c.pitch_nm, positive(10000), "Pitches; one pattern for each. Not for `layout`."),
      number("cd_nm", c.cd_nm, not_negative(10000), "Width of lines and contacts; 0: half the pitch."),
      number("gap_nm", c.gap_nm, not_negative(10000),
             "Gap between line ends; 0: three pitches for `line_ends`, one otherwise."),
      choice("direction", c.direction, {"both", "vertical", "horizontal"},
             "Lines along y, lines along x, or both; clips are turned."),
      choice("prints", c.prints, {"bright", "dark"},
             "`bright`: openings of the mask print as features; `dark`: absorber does."),
      choice("source", c.source, {"each", "shared"},
             "One source for each pitch, or one source and one dose for all of them, as in one layer."),
  };
}

Keys film_keys(FilmSection& f) {
  return {
      text("material", f.material, "Name in the table of materials; or else `n` and `k`."),
      number("n", f.n, {0, 10, false}, "Real part of the refractive index."),
      number("k", f.k, not_negative(10), "Imaginary part, for absorption."),
      number("thickness_nm", f.thickness_nm, positive(1e6), "Thickness; the substrate has none."),
      boolean("resist", f.resist, "The image is formed in this film."),
  };
}

Keys compare_keys(CompareSection& c) {
  return {
      text("compare.title", c.title, "Heading of the report; without it the recipe's name."),
      boolean(
          "compare.search", c.search,
          "Look for the best source of each pattern and scanner, of all usual shapes that light enough of the pupil; "
          "otherwise `[optics.source]` for all."),
      boolean("compare.correct_mask", c.correct_mask,
              "Move the mask's edges until all gauges of a pattern print to size in focus."),
      boolean("compare.limits", c.limits,
              "Find the smallest half pitch of lines and contacts on each scanner, and what layers cost."),
      number("compare.resolved_nils", c.resolved_nils, positive(100), "NILS from which a pattern counts as resolved."),
      number("compare.mask_minimum_nm", c.mask_minimum_nm, not_negative(10000),
             "Least feature and gap on the mask, at mask scale. The default is an assumption."),
      number("compare.absorption_per_um", c.absorption_per_um, positive(1000),
             "Absorption coefficient of the resist, Dill's A + B, for the photons that count in the noise. The default "
             "is that of a chemically amplified resist at 13.5 nm (4.3 to 5.2)."),
      number("compare.resist_thickness_nm", c.resist_thickness_nm, positive(10000),
             "Thickness of the resist, likewise. The default is an assumption."),
      number("compare.cd_variation_percent", c.cd_variation_percent, positive(1000),
             "Three standard deviations of a CD, in per cent of it, that photon noise may cause; sets the dose that a "
             "pattern needs. The default is an assumption."),
      number("compare.least_dose_mJ_cm2", c.least_dose_mj_cm2, positive(1e5),
             "No resist is faster than this. The default is an assumption."),
      number(
          "compare.etch_bias_nm", c.etch_bias_nm, not_negative(1000),
          "By how much a line of a layer with several exposures may be printed wider than it ends up after etch. The "
          "default is an assumption."),
      path(
          "compare.process_file", c.process_file,
          "Costs and times of the process steps (`quantity,value,origin` as in `cpp/study/patterning/process.csv`); without it "
          "the shipped ones."),
  };
}

}  // namespace

Table table(Recipe& r) {
  Table t;
  const auto add = [&](Keys keys) {
    for (Key& key : keys) t.keys.push_back(std::move(key));
  };
  add({integer("seed", r.seed, not_negative(2147483647), "Seed of everything random.")});
  add(layout_keys(r.layout));
  add(optics_keys(r.optics));
  add(source_keys(r.optics.source));
  add(resist_keys(r.resist));
  add(mask_keys(r.mask));
  add(process_keys(r.process));
  add(epe_keys(r.epe));
  add(ilt_keys(r.ilt));
  add(opc_keys(r.opc));
  add(verify_keys(r.limits, r.pattern_radius_nm));
  add(window_keys(r.window));
  add(compare_keys(r.compare));
  add(twin_keys(r.twin));
  add(tile_keys(r.tile));
  add(output_keys(r.output));
  t.lists = {
      list("process.corner", r.process.corners, corner_keys,
           "Process conditions. The first is the nominal one, whose print is compared with the target; the PV band is "
           "the union minus the intersection of the prints of all. Without any there is one: dose 1, focus 0."),
      list("optics.source.pole", r.optics.source.poles, pole_keys, "Poles of a freeform source."),
      list("optics.mirror", r.optics.mirrors, mirror_keys,
           "Rough mirrors, whose scattered light is the flare (instead of `optics.flare`)."),
      list("film", r.films, film_keys,
           "Layers of the wafer, top first; one of them is the resist, in which the image is formed. The last one, "
           "without a thickness, is the substrate. Needs `optics.vector`."),
      list("gauge", r.gauges, gauge_keys, "Where critical dimensions are measured."),
      list("compare.scanner", r.compare.scanners, compare_scanner_keys,
           "Scanners that `compare` puts side by side: `[optics]` with another data file."),
      list("compare.pattern", r.compare.patterns, compare_pattern_keys,
           "Patterns that `compare` prints with each of them."),
  };
  return t;
}

}  // namespace anamorph::recipe_keys
