// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// The optics from recipe to image, through the built program: each physics statement against a closed form or a second
// way to the same numbers.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <complex>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string>
#include <thread>
#include <vector>

#include "cpp/io/fields.hpp"
#include "cpp/io/npy.hpp"
#include "tests/cli_fixture.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using std::numbers::pi;

constexpr double euv = 13.5;

std::vector<std::string> sets(const std::vector<std::string>& settings) {
  std::vector<std::string> words;
  for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
  return words;
}

/// Equal lines on a window of one pitch. The middles of line and space lie on the middles of pixels.
class CliOptics : public ProgramTest {
 protected:
  /// Writes `lines.toml` and its layout: openings of half the pitch along y.
  void write_lines(int pitch, const std::string& optics, double pixel = 1) const {
    write_text(folder_ / "lines.glp",
               "CNAME lines\nCELL lines PRIME\n   RECT N M1 0 0 " + std::to_string(pitch / 2) + " 4\nENDMSG\n");
    const double x0 = -pitch / 4.0 - 0.5;
    write_text(folder_ / "lines.toml", "[layout]\nfile = \"lines.glp\"\nwindow_nm = [" + std::to_string(x0) + ", 0, " +
                                           std::to_string(x0 + pitch) + ", 4]\npixel_nm = " + std::to_string(pixel) +
                                           "\n[optics]\n" + optics);
  }

  /// Runs the verb with settings; the results are in `name`.
  void run_to(const std::string& verb, const std::string& name, const std::vector<std::string>& settings) const {
    std::vector<std::string> words{verb, "lines.toml", "-o", name, "--backend", "cpu", "--force", "-q"};
    for (const std::string& word : sets(settings)) words.push_back(word);
    const Outcome o = run(words);
    ASSERT_EQ(o.code, 0) << o.err;
  }

  /// The images of `simulate` with these settings, [condition][y][x].
  NpyArray<double> images(const std::vector<std::string>& settings = {}) const {
    run_to("simulate", "run", settings);
    return fs::exists(folder_ / "run/aerial.npy") ? read_npy_real(folder_ / "run/aerial.npy")
                                                  : NpyArray<double>{{1, 1, 1}, {0}};
  }

  std::vector<double> image(const std::vector<std::string>& settings = {}) const { return images(settings).values; }

  Json metrics(const std::string& name = "run") const {
    return Json::parse(read_text(folder_ / name / "metrics.json"));
  }

  NpyArray<std::complex<double>> pupil(const std::vector<std::string>& settings) const {
    run_to("optics", "optics", settings);
    return read_npy_complex(folder_ / "optics/pupil.npy");
  }

  /// Rows of sx, sy, weight, s1, s2, s3.
  std::vector<double> source(const std::vector<std::string>& settings) const {
    run_to("optics", "optics", settings);
    return read_npy_real(folder_ / "optics/source.npy").values;
  }
};

double contrast(const std::vector<double>& image) {
  const auto [low, high] = std::minmax_element(image.begin(), image.end());
  return (*high - *low) / (*high + *low);
}

double difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return INFINITY;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

/// Contrast of two beams with the amplitudes 1/2 and 1/pi of equal lines.
const double two_beams = (1 / pi) / (0.25 + 1 / (pi * pi));

/// A direction that sends the orders 0 and -1 of lines through the pupil at opposite places.
std::string balanced_point(double pitch, double na) { return "[" + std::to_string(euv / (2 * pitch * na)) + ", 0]"; }

// ---------------------------------------------------------------------------------------------------------------------
// The verb optics

TEST_F(CliOptics, TheOpticsOfEveryScannerAreWritten) {
  for (const std::string scanner : {"euv_na033", "euv_na055", "duv_193i_na135"}) {
    // 10 half pitches of its resolution: a few hundred frequencies everywhere
    write_text(folder_ / "lines.toml", "[layout]\ntile_nm = " + std::string(scanner[0] == 'e' ? "120" : "600") +
                                           "\n[optics]\nscanner = \"" + scanner + "\"\nzernike_nm = { Z9 = 0.1 }\n" +
                                           "[optics.source]\nshape = \"dipole\"\nstep = 0.1\n");
    const Outcome o = run({"optics", "lines.toml", "-o", scanner, "--json"});
    ASSERT_EQ(o.code, 0) << o.err;
    const fs::path out = folder_ / scanner;
    for (const char* name : {"source.npy", "pupil.npy", "kernels/kernels.npy", "kernels/weights.npy",
                             "kernels/kernels.json", "metrics.json", "report.html", "run.json"})
      EXPECT_TRUE(fs::exists(out / name)) << scanner << "/" << name;
    EXPECT_EQ(fs::exists(out / "fields.nc"), writes_fields());
    for (const auto& entry : fs::recursive_directory_iterator(out))
      EXPECT_LE(fs::last_write_time(entry.path()), fs::last_write_time(out / "run.json")) << entry.path();

    const Json m = Json::parse(o.out);
    EXPECT_EQ(m, metrics(scanner));
    EXPECT_GT(m["kernels"], 1);
    EXPECT_GT(m["tcc_captured_fraction"], 0.9);
    EXPECT_LT(m["socs_abbe_error_max"], 1e-4);
    EXPECT_NEAR(m["pupil_fill"].get<double>(), 0.5 * (0.9 * 0.9 - 0.55 * 0.55), 1e-12);
    EXPECT_EQ(m["illumination_efficiency"], 1);
    EXPECT_NEAR(m["half_pitch_limit_nm"].get<double>(), 0.25 * m["wavelength_nm"].get<double>() / m["na"].get<double>(),
                1e-12);

    const NpyArray<double> points = read_npy_real(out / "source.npy");
    ASSERT_EQ(points.shape.size(), 2U);
    ASSERT_EQ(points.shape[1], 6);
    EXPECT_EQ(m["source_points"], points.shape[0]);
    double weight = 0;
    for (std::size_t i = 0; i < points.values.size(); i += 6) {
      weight += points.values[i + 2];
      EXPECT_LE(std::hypot(points.values[i], points.values[i + 1]), 0.9);
    }
    EXPECT_NEAR(weight, 1, 1e-12);
    const auto pupil = read_npy_complex(out / "pupil.npy");
    ASSERT_EQ(pupil.shape, (std::vector<int>{257, 257}));
    const double obscuration = scanner == "euv_na055" ? 0.2 : 0;
    EXPECT_EQ(pupil.values[128 * 257 + 128] == 0.0, obscuration > 0);
    EXPECT_NE(pupil.values[128 * 257 + 200], 0.0);
    EXPECT_EQ(pupil.values[0], 0.0);

    const NpyArray<double> weights = read_npy_real(out / "kernels/weights.npy");
    EXPECT_EQ(m["kernels"], weights.shape[0]);
    const Json record = Json::parse(read_text(out / "run.json"));
    EXPECT_EQ(record["recipe"]["optics"]["na"], m["na"]);
  }
}

/// The automatic step of the source does not depend on where its first point lies: the disc has one on the axis, which
/// the obscuration hides.
TEST_F(CliOptics, ADiscBehindAnObscurationHasAStepOfItsOwn) {
  write_text(
      folder_ / "lines.toml",
      "[layout]\ntile_nm = 20\n[optics]\nscanner = \"euv_na055\"\nmax_kernels = 4\n[optics.source]\nsigma = 0.9\n");
  EXPECT_EQ(run({"optics", "lines.toml", "-o", "out"}).code, 0) << read_text(folder_ / "stderr");
}

TEST_F(CliOptics, ADryRunPrintsARecipeWithTheSameOptics) {
  for (const std::string optics :
       {"scanner = \"euv_na055\"\nzernike_nm = { Z5 = 0.2, Z37 = -0.01 }\nzernike_basis = \"annular\"\n"
        "[optics.source]\nshape = \"quasar\"\nrotation_deg = 10\n",
        "scanner = \"euv_na033\"\nslit_position = 1\n[optics.source]\nshape = \"poles\"\n"
        "[[optics.source.pole]]\ncentre = [0.5, 0]\nradius = 0.2\n[[optics.source.pole]]\ncentre = [-0.5, 0]\n"
        "radius = 0.2\nbrightness = 2\n[[optics.mirror]]\nrms_nm = 0.05\n",
        "scanner = \"duv_193i_na135\"\nvector = true\n[optics.source]\npolarisation = \"te\"\n"
        "[[film]]\nn = 1.7\nk = 0.02\nthickness_nm = 90\nresist = true\n[[film]]\nn = 1.8\nk = 0.3\n"}) {
    write_lines(160, optics);
    const Outcome o = run({"optics", "lines.toml", "-o", "out", "--dry-run"});
    ASSERT_EQ(o.code, 0) << o.err;
    EXPECT_FALSE(fs::exists(folder_ / "out"));
    write_text(folder_ / "again.toml", o.out);
    EXPECT_EQ(run({"optics", "again.toml", "--dry-run"}).out, o.out);
    EXPECT_TRUE(Json::accept(run({"optics", "again.toml", "--dry-run", "--json"}).out));
  }
}

TEST_F(CliOptics, WrittenKernelsGiveTheSameImages) {
  write_lines(96,
              "scanner = \"euv_na055\"\nzernike_nm = { Z8 = 0.4 }\n[optics.source]\nshape = \"dipole\"\nstep = 0.05\n"
              "[process]\nfocus_nm = [0, 30]\n");
  const NpyArray<double> direct = images();
  ASSERT_EQ(direct.shape[0], 2);
  run_to("optics", "optics", {});
  ASSERT_TRUE(fs::exists(folder_ / "optics/kernels/focus_30nm/kernels.npy"));
  std::string layout = read_text(folder_ / "lines.toml");
  layout.resize(layout.find("[optics]"));
  write_text(folder_ / "lines.toml", layout +
                                         "[optics]\nkernels = \"optics/kernels\"\n"
                                         "[[process.corner]]\nname = \"a\"\n"
                                         "[[process.corner]]\nname = \"b\"\nkernels = \"focus_30nm\"\n");
  const NpyArray<double> given = images();
  EXPECT_EQ(given.shape, direct.shape);
  EXPECT_LT(difference(given.values, direct.values), 1e-12);
  // The optics of given kernels are the kernels.
  run_to("optics", "again", {});
  EXPECT_EQ(read_text(folder_ / "again/kernels/kernels.npy"), read_text(folder_ / "optics/kernels/kernels.npy"));
  EXPECT_TRUE(metrics("again")["tcc_captured_fraction"].is_null());  // not known of given kernels
}

TEST_F(CliOptics, TheContestsFormGivesTheSameImageInSinglePrecision) {
  write_text(folder_ / "lines.glp", "CELL a PRIME\n   RECT N M1 0 0 400 900\nENDMSG\n");
  const std::string layout = "[layout]\nfile = \"lines.glp\"\npixel_nm = 16\n[optics]\n";
  write_text(folder_ / "lines.toml", layout +
                                         "wavelength_nm = 193.368\nna = 0.5\nzernike_nm = { Z7 = 10 }\n"
                                         "[optics.source]\nsigma = 0.4\nstep = 0.1\n");
  const std::vector<double> direct = image();
  const Outcome o = run({"optics", "lines.toml", "-o", "optics", "--contest-kernels"});
  ASSERT_EQ(o.code, 0) << o.err;
  write_text(folder_ / "lines.toml", layout + "kernels = \"optics/kernels/contest\"\n");
  const double error = difference(image(), direct);
  EXPECT_LT(error, 2e-6);  // some 20 roundings to 24 bits
  EXPECT_GT(error, 0);
}

// ---------------------------------------------------------------------------------------------------------------------
// Known contrasts

TEST_F(CliOptics, ContrastsOfKnownSettings) {
  struct Case {
    const char* source;
    double na, obscuration;
    int pitch;
    double contrast, tolerance;
  };
  const char* disc = "optics.source={shape=\"conventional\", sigma=0.9, step=0.003}";
  const char* ring = "optics.source={shape=\"annular\", sigma_inner=0.55, sigma_outer=0.9, step=0.003}";
  const char* dipole =
      "optics.source={shape=\"dipole\", sigma_inner=0.55, sigma_outer=0.9, opening_deg=90, step=0.002}";
  // The first and the sixth differ from the overlap of two discs (docs/accuracy.md) by 8e-5 and 5e-5.
  for (const Case& c : std::initializer_list<Case>{{disc, 0.33, 0, 32, .50642, 1e-4},
                                                   {disc, 0.33, 0, 24, .1067, 1e-4},
                                                   {disc, 0.33, 0, 16, 0, 1e-12},
                                                   {disc, 0.55, 0, 32, .8947, 1e-4},
                                                   {disc, 0.55, 0, 24, .7518, 1e-4},
                                                   {disc, 0.55, 0, 16, .25615, 1e-4},
                                                   {ring, 0.33, 0, 32, .5854, 1e-4},
                                                   {dipole, 0.33, 0, 32, .90604, 1e-5},
                                                   {dipole, 0.33, 0, 26, .6075, 1e-4},
                                                   {dipole, 0.55, 0.2, 20, .90604, 1e-5},
                                                   {dipole, 0.55, 0.2, 16, .6893, 1e-4},
                                                   {dipole, 0.55, 0, 28, .90604, 1e-5},
                                                   {dipole, 0.55, 0.2, 28, .7882, 1e-4}}) {
    write_lines(c.pitch, "scanner = \"euv_na055\"\nradiometric = false\nna = " + std::to_string(c.na) +
                             "\nobscuration = " + std::to_string(c.obscuration) + "\n");
    EXPECT_NEAR(contrast(image({c.source})), c.contrast, c.tolerance)
        << c.source << ", NA " << c.na << ", obscuration " << c.obscuration << ", pitch " << c.pitch;
  }
}

TEST_F(CliOptics, TheExamplesPrintTheirFeatures) {
  for (const std::string name : {"euv_lines", "high_na", "immersion_quasar"}) {
    const std::string recipe = std::string(ANAMORPH_SOURCE) + "/masks/patterns/" + name + ".toml";
    const Outcome o = run({"simulate", recipe, "-o", name, "--json"});
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_TRUE(o.err.empty()) << o.err;  // no warnings in examples
    const Json record = Json::parse(read_text(folder_ / name / "run.json"));
    const Json m = Json::parse(o.out);
    EXPECT_GE(m["conditions"].size(), 3U) << name;
    EXPECT_EQ(m["missing_prints"], 0) << name;
    EXPECT_EQ(m["extra_prints"], 0) << name;
    for (const Json& gauge : record["recipe"]["gauge"]) {
      const double cd = gauge["cd_nm"];
      EXPECT_NEAR(m["cd_" + gauge["name"].get<std::string>() + "_nm"].get<double>(), cd, 0.05 * cd) << name;
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// What blurs an image

const std::string plain = "scanner = \"euv_na033\"\nradiometric = false\nmethod = \"abbe\"\n";

TEST_F(CliOptics, VibrationTakesItsShareOfTheContrast) {
  write_lines(32, plain + "source = { shape = \"point\", position = " + balanced_point(32, 0.33) + " }\n");
  const std::vector<double> still = image();
  EXPECT_NEAR(contrast(still), two_beams, 1e-12);
  for (const double msd : {1.0, 4.0}) {
    const double share = std::exp(-2 * pi * pi * msd * msd / (32 * 32));
    EXPECT_NEAR(contrast(image({"optics.msd_x_nm=" + std::to_string(msd)})), two_beams * share, 1e-12);
  }
  EXPECT_LT(difference(image({"optics.msd_y_nm=4"}), still), 1e-14);
}

TEST_F(CliOptics, FlareAddsAnEvenBackground) {
  write_lines(32, plain + "source = { shape = \"dipole\", step = 0.1 }\n", 0.5);  // pixels that fit the lines
  const std::vector<double> clean = image();
  const auto with = [&](double flare, double density) {
    std::vector<double> expected = clean;
    for (double& value : expected) value = (1 - flare) * value + flare * density;
    return expected;
  };
  EXPECT_LT(difference(image({"optics.flare=0.1"}), with(0.1, 0.5)), 1e-12);  // half of the window is open
  EXPECT_EQ(metrics()["flare"], 0.1);
  EXPECT_LT(difference(image({"optics.flare=0.1", "optics.flare_density=0.2"}), with(0.1, 0.2)), 1e-12);
  EXPECT_LT(difference(image({"optics.flare=0.1", "mask.polygons=absorber", "optics.flare_density=1"}),
                       image({"mask.polygons=absorber"})),
            0.1 + 1e-12);
  // Mirrors: the sum of (4 pi rms cos / wavelength)^2.
  const std::string mirrors = "optics.mirror=[{rms_nm=0.05}, {rms_nm=0.1, incidence_deg=15, exponent=2}]";
  const double total = std::pow(4 * pi / euv, 2) * (0.05 * 0.05 + std::pow(0.1 * std::cos(15 * pi / 180), 2));
  EXPECT_LT(difference(image({mirrors}), with(total, 0.5)), 1e-9);
  EXPECT_NEAR(metrics()["flare"].get<double>(), total, 1e-12);
  run_to("optics", "optics", {mirrors});
  EXPECT_NEAR(metrics("optics")["flare"].get<double>(), total, 1e-12);
}

/// Nodes and weights for the mean over a normal distribution (Gauss and Hermite, three points are exact to degree 5).
const std::vector<std::pair<double, double>> normal{
    {-std::sqrt(3.0), 1.0 / 6}, {0, 2.0 / 3}, {std::sqrt(3.0), 1.0 / 6}};

TEST_F(CliOptics, ABlurOfFocusIsTheMeanOverFocusPositions) {
  write_lines(32, plain + "source = { shape = \"dipole\", sigma_outer = 0.8, step = 0.1 }\n");
  const double blur = 4;  // small, so that the images depend on focus as a polynomial of low degree
  const std::vector<double> blurred = image({"optics.focus_blur_nm=" + std::to_string(blur)});
  const std::vector<double> sharp = image();
  std::vector<double> mean(sharp.size(), 0);
  for (const auto& [node, weight] : normal) {
    const NpyArray<double> at = images({"process.focus_nm=[" + std::to_string(node * blur) + "]"});
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += weight * at.values[i];
  }
  EXPECT_LT(difference(blurred, mean), 2e-8);
  EXPECT_GT(difference(blurred, sharp), 5e-5);
  const std::string wide = "optics.focus_blur_nm=20";
  EXPECT_LT(difference(image({wide, "process.focus_nm=[30]"}), image({wide, "process.focus_nm=[-30]"})), 1e-12);
}

TEST_F(CliOptics, BothSidesOfFocusAreOneOnlyWhereTheirImagesAre) {
  write_lines(32, plain + "source = { shape = \"annular\", sigma_inner = 0.5, sigma_outer = 0.9, step = 0.1 }\n");
  const std::string foci = "process.focus_nm=[0, 30, -30]";
  const auto gap = [&](const std::vector<std::string>& settings) {
    const NpyArray<double> all = images(settings);
    const auto size = static_cast<std::ptrdiff_t>(all.values.size() / 3);
    const auto at = all.values.begin();
    return difference({at + size, at + 2 * size}, {at + 2 * size, at + 3 * size});
  };
  EXPECT_EQ(gap({foci}), 0);
  // An odd wavefront leaves them alike as well; an even one does not.
  EXPECT_EQ(gap({foci, "optics.zernike_nm.Z7=0.3"}), 0);
  EXPECT_GT(gap({foci, "optics.zernike_nm.Z9=0.3"}), 1e-3);
  // Apart they are what they are together.
  const std::vector<double> alone = image({"process.focus_nm=[-30]", "optics.zernike_nm.Z9=0.3"});
  const NpyArray<double> all = images({foci, "optics.zernike_nm.Z9=0.3"});
  EXPECT_LT(difference({all.values.end() - static_cast<std::ptrdiff_t>(alone.size()), all.values.end()}, alone), 1e-12);
}

TEST_F(CliOptics, AWideBlurOfFocusIsTheMeanToo) {
  write_lines(32, plain + "source = { shape = \"dipole\", sigma_outer = 0.8, step = 0.1 }\n");
  const double blur = 100;  // 2.6 rad between the middle and the edge of the pupil: five positions would not do
  constexpr int half = 16;
  std::string positions = "0";  // the nominal one first
  std::vector<double> weights{1};
  double sum = 1;
  for (int i = -half; i <= half; ++i) {
    if (i == 0) continue;
    const double x = 6.0 * i / half;
    positions += ", " + Json(x * blur).dump();
    weights.push_back(std::exp(-x * x / 2));
    sum += weights.back();
  }
  const std::vector<double> blurred = image({"optics.focus_blur_nm=" + std::to_string(blur)});
  const std::vector<double> all = images({"process.focus_nm=[" + positions + "]"}).values;
  ASSERT_EQ(all.size(), blurred.size() * weights.size());
  std::vector<double> mean(blurred.size(), 0);
  for (std::size_t k = 0; k < weights.size(); ++k)
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += weights[k] / sum * all[k * mean.size() + i];
  EXPECT_LT(difference(blurred, mean), 1e-6);
}

TEST_F(CliOptics, ABandwidthIsTheMeanOverWavelengths) {
  write_lines(40, plain + "source = { shape = \"point\", position = [0.3, 0.1] }\n");
  const double fwhm = 0.05, sigma = fwhm / (2 * std::sqrt(2 * std::numbers::ln2)), focus_per_nm = 800;
  const std::vector<double> broad =
      image({"optics.bandwidth_nm=" + std::to_string(fwhm), "optics.chromatic_focus=" + std::to_string(focus_per_nm)});
  std::vector<double> mean(broad.size(), 0);
  for (const auto& [node, weight] : normal) {
    const std::vector<double> one = image({"optics.wavelength_nm=" + Json(euv + node * sigma).dump(),
                                           "process.focus_nm=[" + Json(node * sigma * focus_per_nm).dump() + "]"});
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += weight * one[i];
  }
  const double error = difference(broad, mean);
  EXPECT_LT(error, 1e-5);
  EXPECT_GT(difference(broad, image()), 100 * error);
}

// ---------------------------------------------------------------------------------------------------------------------
// Sources

TEST_F(CliOptics, TheEndOfTheSlitTurnsTheSource) {
  write_lines(32, plain + "source = { shape = \"dipole\", step = 0.1 }\n");
  const std::vector<double> middle = source({"optics.slit_azimuth_deg=18"});
  const std::vector<double> end = source({"optics.slit_azimuth_deg=18", "optics.slit_position=1"});
  const std::vector<double> turned = source({"optics.source.rotation_deg=18", "optics.slit_azimuth_deg=0"});
  EXPECT_LT(difference(end, turned), 1e-15);
  ASSERT_EQ(middle.size(), end.size());
  for (std::size_t i = 0; i < middle.size(); i += 6) {  // counter-clockwise
    const std::complex<double> before(middle[i], middle[i + 1]), after(end[i], end[i + 1]);
    ASSERT_LT(std::abs(after - before * std::polar(1.0, 18 * pi / 180)), 1e-14);
  }
  EXPECT_LT(difference(source({"optics.slit_position=-0.5"}), source({"optics.source.rotation_deg=-9"})), 1e-15);
}

TEST_F(CliOptics, PolarisationAlongAnAxisStaysThereWhenTheShapeIsTurned) {
  write_lines(32, plain + "vector = true\nsource = { shape = \"dipole\", step = 0.1, polarisation = \"x\" }\n");
  const auto s1 = [&](const std::vector<std::string>& settings) { return source(settings).at(3); };
  EXPECT_NEAR(s1({}), 1, 1e-15);
  EXPECT_NEAR(s1({"optics.source.rotation_deg=90"}), 1, 1e-15);
  EXPECT_NEAR(s1({"optics.slit_azimuth_deg=30", "optics.slit_position=1"}), std::cos(pi / 3), 1e-15);  // the slit turns all
}

TEST_F(CliOptics, FacetsMakeSpots) {
  write_lines(32, plain + "source = { shape = \"annular\", sigma_inner = 0.5, sigma_outer = 0.8, step = 0.02 }\n");
  const int across = 20;
  const double fill = 0.6, spot = fill / across;  // half of the diameter, the pitch being 2 / across
  const std::vector<double> points =
      source({"optics.source.facets=" + std::to_string(across), "optics.source.facet_fill=" + std::to_string(fill)});
  int lit = 0;
  const auto centre = [](int i) { return (2 * i + 1.0) / across - 1; };
  for (int y = 0; y < across; ++y)
    for (int x = 0; x < across; ++x) {
      const double sigma = std::hypot(centre(x), centre(y));
      lit += sigma >= 0.5 && sigma <= 0.8;
    }
  EXPECT_NEAR(metrics("optics")["pupil_fill"].get<double>(), lit * spot * spot, 1e-12);
  // EUV illuminators lose light below a pupil fill of 20 %.
  EXPECT_NEAR(metrics("optics")["illumination_efficiency"].get<double>(), lit * spot * spot / 0.2, 1e-12);
  for (std::size_t i = 0; i < points.size(); i += 6) {
    const auto nearest = [&](double s) { return centre(static_cast<int>(std::floor((s + 1) / 2 * across))); };
    const double x = nearest(points[i]), y = nearest(points[i + 1]);
    ASSERT_LE(std::hypot(points[i] - x, points[i + 1] - y), spot);
    ASSERT_GE(std::hypot(x, y), 0.5);
    ASSERT_LE(std::hypot(x, y), 0.8);
  }
}

TEST_F(CliOptics, AnImageOfARingIsTheRing) {
  write_lines(32, plain + "[optics.source]\nstep = 0.01\n");
  const int n = 401;
  std::vector<double> ring;
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) {
      const double sigma = std::hypot((2 * x + 1.0) / n - 1, (2 * y + 1.0) / n - 1);
      ring.push_back(sigma >= 0.5 && sigma <= 0.8 ? 7 : 0);
    }
  write_npy(folder_ / "ring.npy", {n, n}, ring);
  const std::vector<double> pictured = image({"optics.source={shape=\"image\", file=\"ring.npy\"}"});
  run_to("optics", "optics", {"optics.source={shape=\"image\", file=\"ring.npy\"}"});
  EXPECT_NEAR(metrics("optics")["pupil_fill"].get<double>(), 0.8 * 0.8 - 0.5 * 0.5, 1e-3);
  const Json record = Json::parse(read_text(folder_ / "run/run.json"));
  EXPECT_NE(record["inputs"].dump().find("ring.npy"), std::string::npos);
  EXPECT_LT(difference(pictured, image({"optics.source={shape=\"annular\", sigma_inner=0.5, sigma_outer=0.8}"})), 2e-3);
  // A source that is no ring is not taken for one: the picture's row 0 is the lowest sy.
  ring.assign(ring.size(), 0);
  for (int x = 120; x < 280; ++x) ring[static_cast<std::size_t>(80 * n + x)] = 1;
  write_npy(folder_ / "ring.npy", {n, n}, ring);
  const std::vector<double> below = source({"optics.source={shape=\"image\", file=\"ring.npy\"}"});
  for (std::size_t i = 0; i < below.size(); i += 6) EXPECT_NEAR(below[i + 1], 161.0 / n - 1, 2.0 / n);
}

TEST_F(CliOptics, PolesAreDiscsOfTheirOwnBrightness) {
  write_lines(32, plain + "[optics.source]\nstep = 0.05\n");
  EXPECT_LT(difference(source({"optics.source={shape=\"poles\", pole=[{centre=[0,0], radius=0.5}]}"}),
                       source({"optics.source={shape=\"conventional\", sigma=0.5}"})),
            1e-15);
  // Three poles at 0, 120 and 240 degrees, one of twice the brightness and half the area.
  const std::vector<double> three = source(
      {"optics.source={shape=\"poles\", pole=[{centre=[0.6,0], radius=0.2}, {centre=[-0.3,0.5196152], radius=0.2}, "
       "{centre=[-0.3,-0.5196152], radius=0.1414213562373095, brightness=2}]}"});
  EXPECT_NEAR(metrics("optics")["pupil_fill"].get<double>(), 2.5 * 0.04, 1e-12);
  double total = 0, right = 0, lower = 0;
  for (std::size_t i = 0; i < three.size(); i += 6) {
    total += three[i + 2];
    if (three[i] > 0) right += three[i + 2];
    if (three[i + 1] < -0.25) lower += three[i + 2];
  }
  EXPECT_NEAR(total, 1, 1e-12);
  EXPECT_NEAR(right, 1.0 / 3, 1e-12);
  EXPECT_NEAR(lower, 1.0 / 3, 1e-12);
}

// ---------------------------------------------------------------------------------------------------------------------
// Vector waves, films, maps

TEST_F(CliOptics, TwoVectorBeamsHaveTheContrastOfTheirAngle) {
  write_lines(14,
              "scanner = \"euv_na055\"\nobscuration = 0\nradiometric = false\nvector = true\nmethod = \"abbe\"\n"
              "source = { shape = \"point\", position = " +
                  balanced_point(14, 0.55) + " }\n");
  const double sine = euv / (2 * 14), cos2 = 1 - 2 * sine * sine;
  const auto seen = [&](const std::string& state, double degree = 1) {
    return contrast(
        image({"optics.source.polarisation=" + state, "optics.source.polarisation_degree=" + std::to_string(degree)}));
  };
  EXPECT_NEAR(seen("te"), two_beams, 1e-12);
  EXPECT_NEAR(seen("y"), two_beams, 1e-12);
  EXPECT_NEAR(seen("tm"), two_beams * std::abs(cos2), 1e-12);
  EXPECT_NEAR(seen("x"), two_beams * std::abs(cos2), 1e-12);
  EXPECT_NEAR(contrast(image()), two_beams * (1 + cos2) / 2, 1e-12);
  EXPECT_NEAR(seen("x", 0.4), two_beams * (0.7 * cos2 + 0.3), 1e-12);
  // Stokes parameters as maps: s1 = -1 is along y.
  std::vector<double> stokes(3 * 4, 0);
  std::fill_n(stokes.begin(), 4, -1.0);
  write_npy(folder_ / "stokes.npy", {3, 2, 2}, stokes);
  EXPECT_NEAR(contrast(image({"optics.source.polarisation=map", "optics.source.polarisation_map=stokes.npy"})),
              two_beams, 1e-12);
}

TEST_F(CliOptics, AFilmThatDoesNotRefractIsNoFilm) {
  // Not balanced: the image moves with the depth.
  write_lines(40,
              "scanner = \"euv_na055\"\nvector = true\nmethod = \"abbe\"\nimage_planes = 1\n"
              "source = { shape = \"point\", position = [0.5, 0.2] }\n");
  const std::vector<double> deeper = image({"process.focus_nm=[15]"});
  const std::vector<double> film = image({"film=[{n=1, k=0, thickness_nm=30, resist=true}, {n=1, k=0}]"});
  EXPECT_LT(difference(film, deeper), 1e-9);  // the middle of the film is 15 nm below its top
  EXPECT_GT(difference(film, image()), 1e-2);
  // A film above the resist that does not refract either only moves the resist down.
  EXPECT_LT(
      difference(image({"film=[{n=1, k=0, thickness_nm=5}, {n=1, k=0, thickness_nm=20, resist=true}, {n=1, k=0}]"}),
                 deeper),
      1e-9);
}

TEST_F(CliOptics, AFilmRefracts) {
  write_lines(120,
              "scanner = \"duv_193i_na135\"\nradiometric = false\nvector = true\nmethod = \"abbe\"\n"
              "source = { shape = \"point\", position = [" +
                  std::to_string(193.368 / (2 * 120 * 1.35)) + ", 0] }\n");
  // Matched substrate: no standing wave, so the contrast is that of the refracted angle at every depth, as far as the
  // table of the film's response over the angle allows.
  const std::string film = "film=[{n=1.7, k=0, thickness_nm=60, resist=true}, {n=1.7, k=0}]";
  const double sine = 193.368 / (2 * 120 * 1.7), cos2 = 1 - 2 * sine * sine;
  EXPECT_NEAR(contrast(image({film, "optics.source.polarisation=y"})), two_beams, 1e-7);
  EXPECT_NEAR(contrast(image({film, "optics.source.polarisation=x"})), two_beams * std::abs(cos2), 1e-7);
}

TEST_F(CliOptics, MapsOfThePupilAreWhatTheyPicture) {
  write_lines(40,
              "scanner = \"euv_na055\"\nobscuration = 0\nmethod = \"abbe\"\nvector = true\n"
              "[optics.source]\nshape = \"dipole\"\nstep = 0.05\n");
  const int n = 257;  // the pixels of pupil.npy
  std::vector<double> disc, wavefront;
  std::vector<std::complex<double>> jones(4 * n * n);
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) {
      const double px = (2 * x + 1.0) / n - 1, py = (2 * y + 1.0) / n - 1, r2 = px * px + py * py;
      disc.push_back(r2 < 0.2 * 0.2 ? 0 : 1);
      wavefront.push_back(0.5 * (6 * r2 * r2 - 6 * r2 + 1));
    }
  std::fill_n(jones.begin(), n * n, 1.0);
  std::fill_n(jones.begin() + 3 * n * n, n * n, 1.0);
  write_npy(folder_ / "disc.npy", {n, n}, disc);
  write_npy(folder_ / "z9.npy", {n, n}, wavefront);
  write_npy(folder_ / "jones.npy", {4, n, n}, jones);
  const auto largest = [](const auto& a, const auto& b) {
    double found = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i) found = std::max(found, std::abs(a.values[i] - b.values[i]));
    return found;
  };
  EXPECT_EQ(largest(pupil({"optics.transmission=disc.npy"}), pupil({"optics.obscuration=0.2"})), 0);
  EXPECT_LT(largest(pupil({"optics.wavefront=z9.npy"}), pupil({"optics.zernike_nm.Z9=0.5"})), 1e-12);
  EXPECT_LT(difference(image({"optics.transmission=disc.npy"}), image({"optics.obscuration=0.2"})), 1e-2);
  EXPECT_GT(difference(image({"optics.transmission=disc.npy"}), image()), 5e-2);
  const std::vector<double> z9 = image({"optics.zernike_nm.Z9=0.5"});
  // Between pixels the map is bilinear: h^2 / 8 of the second derivative, here 60 x 0.5 nm at the most.
  const double sag = std::pow(2.0 / n, 2) / 8 * 2 * 30;
  EXPECT_LT(difference(image({"optics.wavefront=z9.npy"}), z9), 4 * pi * sag / euv);
  EXPECT_GT(difference(image(), z9), 5e-3);
  EXPECT_LT(difference(image({"optics.jones=jones.npy"}), image()), 1e-13);
}

TEST_F(CliOptics, ApodisationDimsTheEdgeOfThePupil) {
  write_lines(32, plain + "source = { shape = \"point\" }\n");
  const auto apodised = pupil({"optics.apodisation=0.3"});
  for (const int x : {128, 160, 200, 250}) {
    const double p = (2 * x + 1.0) / 257 - 1;
    EXPECT_NEAR(std::abs(apodised.values[static_cast<std::size_t>(128 * 257 + x)]), std::exp(-0.3 * p * p), 1e-14);
  }
}

TEST_F(CliOptics, TheSumOfCoherentSystemsIsAbbesSum) {
  write_lines(96,
              "scanner = \"euv_na055\"\nvector = true\nzernike_nm = { Z7 = 0.3 }\n"
              "source = { shape = \"quasar\", step = 0.1, polarisation = \"te\" }\n");
  const double error =
      difference(image({"optics.max_kernels=12", "optics.image_error=0"}), image({"optics.method=abbe"}));
  EXPECT_LT(difference(image(), image({"optics.method=abbe"})), 1e-5);
  run_to("simulate", "run", {"optics.max_kernels=12", "optics.image_error=0"});
  EXPECT_EQ(metrics()["kernels"], 12);
  EXPECT_LT(error, metrics()["socs_abbe_error_max"].get<double>());
}

// ---------------------------------------------------------------------------------------------------------------------
// What is refused

class WrongOptics : public CliOptics {
 protected:
  /// `optics` with this recipe fails; line 7 is the first of `more`.
  void expect_recipe_failure(const std::string& more, int code, const std::vector<std::string>& parts) const {
    write_text(folder_ / "lines.toml", "[layout]\ntile_nm = 64\n[optics]\nwavelength_nm = 13.5\nna = 0.33\n\n" + more);
    expect_failure({"optics", "lines.toml", "-o", "out"}, code, parts);
  }
  void expect_source_failure(const std::string& source, const std::vector<std::string>& parts) const {
    expect_recipe_failure("[optics.source]\n" + source, 4, parts);
  }
};

TEST_F(WrongOptics, Sources) {
  expect_source_failure("sigma = 1.1\n", {"lines.toml:8:9", "optics.source.sigma", "1.1", "0 to 1"});
  expect_source_failure("shape = \"annular\"\nsigma_inner = 0.9\nsigma_outer = 0.9\n",
                        {"lines.toml:9:15", "sigma_inner", "0.9", "sigma_outer"});
  expect_source_failure("shape = \"annular\"\nsigma_inner = 0.95\n", {"lines.toml:9:15", "sigma_inner", "0.95", "0.9"});
  expect_source_failure("shape = \"star\"\n", {"lines.toml:8:9", "\"conventional\"", "\"quasar\""});
  expect_source_failure("shape = \"quasar\"\nopening_deg = 100\n", {"lines.toml:9:15", "opening_deg", "100", "90"});
  expect_source_failure("shape = \"dipole\"\nopening_deg = 181\n", {"lines.toml:9:15", "opening_deg", "181", "180"});
  expect_source_failure("shape = \"dipole\"\nsigma = 0.5\n", {"lines.toml:9:9", "optics.source.sigma", "conventional"});
  expect_source_failure("shape = \"point\"\nposition = [0.8, 0.7]\n", {"lines.toml:9:12", "position"});
  expect_source_failure("shape = \"poles\"\n", {"lines.toml:8:9", "[[optics.source.pole]]"});
  const std::string poles = "shape = \"poles\"\n[[optics.source.pole]]\ncentre = [0.5, 0]\nradius = 0.2\n";
  expect_source_failure(poles + "[[optics.source.pole]]\ncentre = [0.8, 0]\nradius = 0.2\n",
                        {"lines.toml:", "pole", "overlap"});
  expect_source_failure(poles + "[[optics.source.pole]]\ncentre = [-0.9, 0]\nradius = 0.2\n", {"lines.toml:", "pole"});
  expect_source_failure("step = 0.0001\n", {"lines.toml:8:8", "optics.source.step", "0.0005 to 0.5"});
  expect_source_failure("polarisation = \"te\"\n", {"lines.toml:8:16", "optics.source.polarisation", "optics.vector"});
  expect_source_failure("facets = 3\nsigma = 0.1\nfacet_fill = 1\nshape = \"annular\"\n", {"lines.toml:"});
}

TEST_F(WrongOptics, Lenses) {
  expect_recipe_failure("obscuration = 1\n", 4, {"lines.toml:7:15", "optics.obscuration", "0.99"});
  expect_recipe_failure("zernike_nm = { Z38 = 1 }\n", 4, {"lines.toml:7", "Z38", "Z37"});
  expect_recipe_failure("zernike_nm = { Z0 = 1 }\n", 4, {"lines.toml:7", "Z0", "Z1"});
  expect_recipe_failure("zernike_nm = { Z9 = 2000 }\n", 4, {"lines.toml:7:14", "zernike_nm", "2000", "-1000 to 1000"});
  expect_recipe_failure("slit_position = 1.5\n", 4, {"lines.toml:7:17", "optics.slit_position", "-1 to 1"});
  expect_recipe_failure("flare = 0.95\n", 4, {"lines.toml:7:9", "optics.flare", "0 to 0.9"});
  expect_recipe_failure("chromatic_focus = 100\n", 4, {"lines.toml:7:19", "optics.bandwidth_nm"});
  expect_recipe_failure("jones = \"jones.npy\"\n", 4, {"lines.toml:7:9", "optics.jones", "optics.vector"});
  expect_recipe_failure("scanner = \"euv_na075\"\n", 4, {"lines.toml:7:11", "euv_na075", "euv_na055"});
  expect_recipe_failure("flare = 0.1\n[[optics.mirror]]\nrms_nm = 0.1\n", 4, {"lines.toml:7:9", "[[optics.mirror]]"});
  expect_recipe_failure("[[optics.mirror]]\nrms_nm = 11\n", 4, {"lines.toml:8:10", "rms_nm", "0 to 10"});
}

TEST_F(WrongOptics, LightThatDoesNotArrive) {
  expect_recipe_failure("obscuration = 0.5\n[optics.source]\nsigma = 0.4\n", 4, {"lines.toml:", "obscuration"});
  expect_recipe_failure("obscuration = 0.5\n[optics.source]\nshape = \"point\"\n", 4, {"lines.toml:", "obscuration"});
}

TEST_F(WrongOptics, FlareFromNoRange) {
  expect_recipe_failure("flare_inner_um = 20000\n[[optics.mirror]]\nrms_nm = 0.1\n", 4,
                        {"lines.toml:7", "optics.flare_outer_um", "optics.flare_inner_um"});
}

TEST_F(WrongOptics, Films) {
  const std::string resist = "[[film]]\nn = 0.98\nk = 0.01\nthickness_nm = 40\nresist = true\n";
  const std::string substrate = "[[film]]\nn = 0.99\nk = 0.01\n";
  expect_recipe_failure(resist + substrate, 4, {"lines.toml:7", "film", "optics.vector"});
  const std::string vector = "vector = true\n";
  expect_recipe_failure(vector + resist, 4, {"lines.toml:", "film", "substrate"});
  expect_recipe_failure(vector + substrate, 4, {"lines.toml:", "film", "resist"});
  expect_recipe_failure(vector + resist + resist + substrate, 4, {"lines.toml:", "film", "resist", "one film"});
  expect_recipe_failure(vector + "[[film]]\nthickness_nm = 40\nresist = true\n" + substrate, 4,
                        {"lines.toml:", "film", "material", "n and k"});
  expect_recipe_failure(vector + "[[film]]\nmaterial = \"unobtainium\"\nthickness_nm = 40\nresist = true\n" + substrate,
                        4, {"lines.toml:9:12", "unobtainium"});
  // Measured in the extreme ultraviolet only.
  write_text(folder_ / "lines.toml",
             "[layout]\ntile_nm = 64\n[optics]\nwavelength_nm = 193.368\nna = 0.9\nvector = true\n" + resist +
                 "[[film]]\nmaterial = \"TaBN\"\n");
  expect_failure({"optics", "lines.toml", "-o", "out"}, 4, {"lines.toml:13:12", "TaBN", "193.368"});
}

TEST_F(WrongOptics, Files) {
  // A scanner's data file: the place is in it.
  write_text(folder_ / "own.csv", "# Own\nquantity,value,origin\nwavelength_nm,13.5,light\nna,wide,lens\n");
  expect_recipe_failure("scanner = \"own.csv\"\n", 3, {"own.csv:4", "wide"});
  write_text(folder_ / "own.csv", "# Own\nquantity,value,origin\nwavelength_nm,13.5,light\nna,3,lens\n");
  write_text(folder_ / "lines.toml", "[layout]\ntile_nm = 64\n[optics]\nscanner = \"own.csv\"\n");
  expect_failure({"optics", "lines.toml", "-o", "out"}, 4, {"own.csv", "optics.na", "3"});
  expect_recipe_failure("scanner = \"none.csv\"\n", 3, {"none.csv"});
  // Maps.
  write_text(folder_ / "map.npy", "no array");
  expect_recipe_failure("transmission = \"map.npy\"\n", 3, {"map.npy"});
  expect_recipe_failure("wavefront = \"none.npy\"\n", 3, {"none.npy"});
  write_npy(folder_ / "map.npy", {2, 2}, std::vector<double>{0, 1, 1, 1.5});
  expect_recipe_failure("transmission = \"map.npy\"\n", 3, {"map.npy", "transmission", "0 to 1"});
  expect_recipe_failure("vector = true\njones = \"map.npy\"\n", 3, {"map.npy", "complex128"});
  write_npy(folder_ / "map.npy", {2, 2}, std::vector<double>{1, 1, 1, NAN});
  expect_recipe_failure("wavefront = \"map.npy\"\n", 3, {"map.npy", "wavefront", "finite"});
  write_npy(folder_ / "map.npy", {2, 2}, std::vector<double>{1, 1, 1, -1});
  expect_recipe_failure("[optics.source]\nshape = \"image\"\nfile = \"map.npy\"\n", 3,
                        {"map.npy", "source image", "-1"});
  expect_source_failure("shape = \"image\"\n", {"lines.toml:8:9", "optics.source.file"});
  write_npy(folder_ / "map.npy", {3, 1, 1}, std::vector<double>{1, 1, 1});
  expect_recipe_failure("vector = true\nsource = { polarisation = \"map\", polarisation_map = \"map.npy\" }\n", 3,
                        {"map.npy", "polarisation"});
}

TEST_F(WrongOptics, Kernels) {
  write_lines(32, "scanner = \"euv_na033\"\n[optics.source]\nstep = 0.2\n");
  run_to("optics", "optics", {});
  const std::string layout = read_text(folder_ / "lines.toml");
  const auto given = [&](const std::string& more) {
    write_text(folder_ / "lines.toml",
               layout.substr(0, layout.find("[optics]")) + "[optics]\nkernels = \"optics/kernels\"\n" + more);
  };
  given("");
  const std::string numbers = read_text(folder_ / "optics/kernels/kernels.npy");
  for (const std::size_t size : {numbers.size() - 16, std::size_t{200}, std::size_t{20}, std::size_t{0}}) {
    write_text(folder_ / "optics/kernels/kernels.npy", numbers.substr(0, size));
    for (const char* verb : {"optics", "simulate"})
      expect_failure({verb, "lines.toml", "-o", "out"}, 3, {"kernels.npy"});
  }
  write_text(folder_ / "optics/kernels/kernels.npy", numbers);
  const std::string info = read_text(folder_ / "optics/kernels/kernels.json");
  write_text(folder_ / "optics/kernels/kernels.json", info.substr(0, info.size() / 2));
  expect_failure({"simulate", "lines.toml", "-o", "out"}, 3, {"kernels.json"});
  write_text(folder_ / "optics/kernels/kernels.json", info);
  given("[process]\nfocus_nm = [0, 20]\n");
  expect_failure({"simulate", "lines.toml", "-o", "out"}, 4, {"lines.toml:", "focus_nm", "kernels"});
  given("na = 0.33\n");
  expect_failure({"simulate", "lines.toml", "-o", "out"}, 4, {"optics.na", "optics.kernels"});
  given("");
  expect_failure({"simulate", "lines.toml", "-o", "out", "--set", "layout.window_nm=[-8.5, 0, 31.5, 4]"}, 4,
                 {"RCP-0012", "32 nm", "40 nm"});
}

TEST_F(CliOptics, CtrlCStopsTheKernelsWithoutAHalfWrittenResult) {
  std::string focuses;  // between them it looks up
  for (int i = 1; i < 200; ++i) focuses += std::to_string(i) + ", ";
  write_text(folder_ / "lines.toml",
             "[layout]\ntile_nm = 120\npixel_nm = 4\n[optics]\nscanner = \"euv_na055\"\n"
             "source = { shape = \"dipole\", step = 0.1 }\n[process]\nfocus_nm = [" +
                 focuses + "0]\n");
  const pid_t child = start({"optics", "lines.toml", "-o", "out"});
  for (int i = 0; i < 6000 && !fs::exists(folder_ / "out"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  kill(child, SIGINT);
  const Outcome o = finish(child);
  EXPECT_EQ(o.code, 130) << o.err;
  EXPECT_NE(o.err.find("[ERROR "), std::string::npos) << o.err;
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

}  // namespace
}  // namespace anamorph
