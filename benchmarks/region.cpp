// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// CPU seconds of geometry on the grid and of the exact spectrum, median of three: the table of
// docs/performance-notes.md. One thread.
#include "masks/region.hpp"

#include <algorithm>
#include <array>
#include <complex>
#include <cstdio>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "masks/edge_spectrum.hpp"

namespace {

using namespace anamorph;

/// `work` returns the size of its result and does the same `repeats` times.
template <class Work>
void row(const std::string& what, const Work& work, int repeats = 1) {
  std::array<double, 3> times{};
  std::size_t size = 0;
  for (double& t : times) {
    const std::clock_t start = std::clock();
    for (int i = 0; i < repeats; ++i) size = work();
    t = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / repeats;
  }
  std::sort(times.begin(), times.end());
  std::printf("| %s | %.2g s | %zu |\n", what.c_str(), times[1], size);
}

std::vector<DbuPolygon> boxes(int count, unsigned side, unsigned least, unsigned most) {
  std::mt19937 random(1);
  const auto any = [&](unsigned below) { return static_cast<std::int64_t>(random() % below); };
  std::vector<DbuPolygon> result;
  for (int i = 0; i < count; ++i) {
    const std::int64_t x = any(side), y = any(side), w = least + any(most - least), h = least + any(most - least);
    result.push_back({{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}});
  }
  return result;
}

}  // namespace

int main() {
  std::printf("| work | CPU time | result |\n| --- | --: | --: |\n");
  Region region;
  const auto drawn = boxes(1000000, 3000000, 20, 1020);
  row("union of 10^6 rectangles: rings", [&] {
    region = Region(drawn);
    return region.boundary().size();
  });
  row("its boxes", [&] { return region.boxes().size(); });
  row("its parts", [&] { return region.parts().size(); });
  row("it sized by 10: rings", [&] { return region.sized(10).boundary().size(); });
  const Region moved = region.moved({250, 250});
  row("its XOR with itself, moved: rings", [&] { return (region ^ moved).boundary().size(); });
  std::vector<DbuPolygon> diamonds;
  for (const DbuPolygon& b : boxes(100000, 200000, 20, 500)) {
    const std::int64_t w = (b[1].x - b[0].x) / 2, h = (b[2].y - b[1].y) / 2;
    diamonds.push_back({{b[0].x + w, b[0].y}, {b[1].x, b[0].y + h}, {b[0].x + w, b[2].y}, {b[0].x, b[0].y + h}});
  }
  row("union of 10^5 diamonds, crossings rounded: rings", [&] { return Region(diamonds).boundary().size(); });
  const Region dense(boxes(25000, 16000, 30, 130));
  std::size_t edges = 0;
  for (const DbuPolygon& ring : dense.boundary()) edges += ring.size();
  row("width below 40 on " + std::to_string(edges) + " edges: pairs",
      [&] { return width_violations(dense, 40).size(); });
  row("space on them: pairs", [&] { return space_violations(dense, 40).size(); });

  // 125 rectangles whose edges are halved: 1000 pieces, 151 x 151 orders.
  std::vector<EdgePiece> pieces;
  for (const DbuPolygon& b : boxes(125, 1900, 20, 130))
    for (std::size_t i = 0; i < 4; ++i) {
      const auto point = [&](std::size_t k) {
        return Point{static_cast<double>(b[k % 4].x), static_cast<double>(b[k % 4].y)};
      };
      const Point p = point(i), q = point(i + 1), middle{(p.x + q.x) / 2, (p.y + q.y) / 2};
      pieces.push_back({p, middle});
      pieces.push_back({middle, q});
    }
  const EdgeSpectrum spectrum({0, 0, 2048, 2048}, 75, 75);
  std::vector<std::complex<double>> m;
  constexpr int repeats = 50;
  row(
      "spectrum of 1000 edge pieces, 151 x 151 orders: numbers", [&] { return (m = spectrum.forward(pieces)).size(); },
      repeats);
  row(
      "its adjoint: derivatives", [&] { return spectrum.adjoint(m, pieces).size(); }, repeats);
  return 0;
}
