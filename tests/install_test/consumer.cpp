// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Calls what lies on top of each library that a consumer has to link: Clipper, libpng, the threads.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "cpp/backend/coherent_stack.hpp"
#include "cpp/core/geometry.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/core/version.hpp"
#include "cpp/io/png.hpp"
#include "masks/region.hpp"
#include "optics_models/abbe.hpp"

int main() {
  using namespace anamorph;
  const CoherentStack stack = abbe_stack({}, disc_source(0.5, 0.25).points, 200, 200);
  const std::vector<Polygon> corner = merge({{{0, 0}, {2, 0}, {2, 1}, {0, 1}}, {{0, 0}, {1, 0}, {1, 2}, {0, 2}}});
  const std::string png = encode_png(Picture(2, 2));
  int calls[4] = {};
  parallel_for(4, 2, [&](int i) { calls[i] = 1; });

  const bool ok = std::abs(stack.clear_field() - 1) < 1e-12 && corner.size() == 1 &&
                  std::abs(signed_area(corner[0]) - 3) < 1e-12 && png.substr(1, 3) == "PNG" &&
                  calls[0] + calls[1] + calls[2] + calls[3] == 4;
  std::printf("anamorph %s: %s\n", version, ok ? "ok" : "wrong result");
  return ok ? 0 : 1;
}
