// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors

// Kernels of 0.55 NA, annular .55/.9, for clips of several sizes: time, memory, count, and the largest difference from
// Abbe's sum over the whole image of clips that the choice of the kernels never saw. Writes benchmarks/results/socs.json.
//
//     socs_bench [--quick]      only the smallest clip

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <complex>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/core/version.hpp"
#include "masks/layout.hpp"
#include "masks/polygon_spectrum.hpp"
#include "masks/region.hpp"
#include "optics_models/abbe.hpp"
#include "optics_models/socs.hpp"

namespace anamorph {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr double wanted_error = 3e-3;  // of the clear field's intensity

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

Polygon rectangle(double x, double y, double w, double h) { return {{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}; }

/// Wires of random length in tracks of half-pitch `cd`, with a few wide ones and pads.
std::vector<Polygon> metal(double side, double cd, unsigned seed) {
  std::mt19937 random(seed);
  const auto uniform = [&](double low, double high) { return low + (high - low) * static_cast<double>(random()) / 4294967295.0; };
  std::vector<Polygon> shapes;
  for (double y = cd; y + 2 * cd < side; y += 2 * cd)
    for (double x = uniform(1, 8) * cd; x < side - 3 * cd;) {
      const double length = std::min(uniform(2, 20) * cd, side - cd - x);
      shapes.push_back(rectangle(x, y, length, cd));
      x += length + uniform(1.2, 4) * cd;
    }
  return merge(shapes);
}

std::vector<Polygon> contacts(double side, double cd, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Polygon> shapes;
  for (double y = cd; y + cd < side; y += 2.5 * cd)
    for (double x = cd; x + cd < side; x += 2.5 * cd)
      if (random() % 3 != 0) shapes.push_back(rectangle(x, y, cd, cd));
  return shapes;
}

/// Intensity of a stack on its own grid, added to `image`.
void add_image(Backend& backend, const CoherentStack& stack, const std::vector<std::complex<double>>& spectrum, int batch,
               std::vector<double>& image) {
  const auto sum = backend.plan_coherent_sum(stack, batch);
  Array m = backend.allocate({batch, stack.bins_y(), stack.bins_x(), 2});
  Array intensity = backend.allocate({batch, sum->field_ny(), sum->field_nx(), 1});
  std::vector<double> flat;
  for (const auto& value : spectrum) {
    flat.push_back(value.real());
    flat.push_back(value.imag());
  }
  backend.upload(flat, m);
  sum->forward(m, intensity);
  std::vector<double> part(intensity.shape().size());
  backend.download(intensity, part);
  if (image.empty()) image.resize(part.size());
  for (std::size_t i = 0; i < part.size(); ++i) image[i] += part[i];
}

struct Case {
  std::string what;
  double side_nm;
  double obscuration;
  double focus_nm;
  bool compare;  ///< with Abbe's sum, which takes a minute on a large clip
};

using Shapes = std::vector<Polygon>;

/// Clips of this size, drawn here or taken from the contest and scaled.
std::vector<std::pair<std::string, Shapes>> clips(double side) {
  std::vector<std::pair<std::string, Shapes>> all{{"metal 13 nm", metal(side, 13, 1)},
                                                  {"metal 9 nm", metal(side, 9, 2)},
                                                  {"metal 20 nm", metal(side, 20, 3)},
                                                  {"contacts 16 nm", contacts(side, 16, 4)},
                                                  {"contacts 30 nm", contacts(side, 30, 5)}};
  for (const char* name : {"M1_test1", "M1_test4"}) {
    const auto file = std::filesystem::path(ANAMORPH_DATA) / "iccad13" / (std::string(name) + ".glp");
    if (!std::filesystem::exists(file)) continue;
    Shapes shapes = merge(centred(polygons(read_layout(file)), 2048, 2048));
    for (Polygon& shape : shapes)
      for (Point& p : shape) p = {p.x * side / 2048, p.y * side / 2048};
    all.push_back({std::string(name) + " scaled", shapes});
  }
  return all;
}

/// Largest difference of the images of the clips, and of their complements, which are brighter.
void compare(const Case& test, const CoherentTerms& terms, const CoherentStack& stack, Json& result) {
  const Box window{0, 0, test.side_nm, test.side_nm};
  const auto drawn = clips(test.side_nm);
  std::vector<std::complex<double>> spectra;
  for (const bool open : {true, false})
    for (const auto& [name, shapes] : drawn) {
      auto m = polygon_spectrum(shapes, window, stack.extent_x, stack.extent_y);
      if (!open) {
        for (auto& value : m) value = -value;
        m[m.size() / 2] += 1.0;
      }
      spectra.insert(spectra.end(), m.begin(), m.end());
    }
  const int batch = static_cast<int>(2 * drawn.size());
  const auto backend = make_backend("cpu", hardware_threads());
  std::vector<double> truncated, exact;
  add_image(*backend, stack, spectra, batch, truncated);
  constexpr int part = 50;  // points whose pupils are held at once
  for (int first = 0; first < terms.points(); first += part)
    add_image(*backend, abbe_stack(terms, test.side_nm, test.side_nm, first, std::min(first + part, terms.points())),
              spectra, batch, exact);
  double largest = 0;
  const std::size_t size = exact.size() / static_cast<std::size_t>(batch);
  for (std::size_t c = 0; c < static_cast<std::size_t>(batch); ++c) {
    double own = 0;
    for (std::size_t i = c * size; i < (c + 1) * size; ++i) own = std::max(own, std::abs(exact[i] - truncated[i]));
    result["errors"][(c < drawn.size() ? "" : "complement of ") + drawn[c % drawn.size()].first] = own;
    largest = std::max(largest, own);
  }
  result["largest_error"] = largest;
}

Json measure(const Case& test) {
  Projection projection{.na = 0.55, .focus_nm = test.focus_nm, .radiometric = true, .magnification_y = 8};
  projection.pupil.obscuration = test.obscuration;
  const auto start = Clock::now();
  const double area = annular_source(0.55, 0.9, 0.1).pupil_fill * std::numbers::pi;
  const double step = suggested_source_step(projection, area, 1, test.side_nm, test.side_nm);
  const CoherentTerms terms(projection, annular_source(0.55, 0.9, step).points);
  const Socs found = socs(terms, test.side_nm, test.side_nm,
                          {.image_error = wanted_error, .max_kernels = 500, .threads = hardware_threads()});
  Json result{{"what", test.what},
              {"side_nm", test.side_nm},
              {"source_step", step},
              {"source_points", terms.points()},
              {"bins", found.stack.bins()},
              {"kernels", found.stack.terms()},
              {"captured_fraction", found.captured_fraction},
              {"seconds", seconds_since(start)},
              {"peak_memory_mb", peak_mb()},
              {"estimated_error", found.image_error}};
  if (test.compare) compare(test, terms, found.stack, result);
  return result;
}

}  // namespace
}  // namespace anamorph

int main(int argc, char** argv) {
  using anamorph::Case;
  const bool quick = argc > 1 && std::string(argv[1]) == "--quick";
  std::vector<Case> cases{{"in focus", 500, 0, 0, true}};
  // Peak memory is that of the process so far: sizes grow, and what is compared comes last.
  if (!quick)
    cases = {{"in focus", 500, 0, 0, false},  {"in focus", 1000, 0, 0, false}, {"in focus", 2000, 0, 0, false},
             {"in focus", 4000, 0, 0, false}, {"in focus", 500, 0, 0, true},   {"in focus", 1000, 0, 0, true},
             {"in focus", 2000, 0, 0, true},  {"obscuration 0.2, focus 30 nm", 2000, 0.2, 30, true}};
  anamorph::Json document{{"version", anamorph::version},
                          {"commit", anamorph::commit},
                          {"threads", anamorph::hardware_threads()},
                          {"optics", "0.55 NA, 13.5 nm, annular 0.55/0.9, radiometric, 4x/8x"},
                          {"image_error", anamorph::wanted_error}};
  for (const Case& test : cases) {
    document["runs"].push_back(anamorph::measure(test));
    std::cout << document["runs"].back().dump() << std::endl;
  }
  if (quick) return 0;
  std::ofstream file(std::string(ANAMORPH_SOURCE) + "/benchmarks/results/socs.json");
  file << document.dump(2) << '\n';
  return file.good() ? 0 : 1;
}
