// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/edge_spectrum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "cpp/core/error.hpp"
#include "masks/polygon_spectrum.hpp"
#include "region_fixture.hpp"

namespace anamorph {
namespace {

using Complex = std::complex<double>;
using Long = std::complex<long double>;
using namespace region_fixture;

constexpr Box window{-30, 10, 970, 760};
constexpr int ex = 23, ey = 31;

Long turn(long double turns) { return std::polar(1.0L, -2 * std::numbers::pi_v<long double> * turns); }

/// Int exp(-2 pi i m t) dt from t0 to t1.
Long integral(int m, long double t0, long double t1) {
  if (m == 0) return t1 - t0;
  const long double half = std::numbers::pi_v<long double> * m * (t1 - t0);
  return turn(m * (t0 + t1) / 2) * (half == 0 ? 1 : std::sin(half) / half) * (t1 - t0);
}

long double u(double x) { return (static_cast<long double>(x) - window.x0) / window.width(); }
long double v(double y) { return (static_cast<long double>(y) - window.y0) / window.height(); }

template <class Value>
std::vector<Complex> spectrum_of(const Value& value, int extent_x = ex, int extent_y = ey) {
  std::vector<Complex> m;
  for (int my = -extent_y; my <= extent_y; ++my)
    for (int mx = -extent_x; mx <= extent_x; ++mx) {
      const Long sum = value(mx, my);
      m.emplace_back(static_cast<double>(sum.real()), static_cast<double>(sum.imag()));
    }
  return m;
}

double difference(const std::vector<Complex>& a, const std::vector<Complex>& b) {
  EXPECT_EQ(a.size(), b.size());
  double worst = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

std::vector<EdgePiece> edges_of(const std::vector<Polygon>& rings) {
  std::vector<EdgePiece> edges;
  for (const Polygon& ring : rings)
    for (std::size_t i = 0; i < ring.size(); ++i) edges.push_back({ring[i], ring[(i + 1) % ring.size()]});
  return edges;
}

/// Edges cut into pieces that each may move by a shift of its own, with jogs between them.
struct Fragmented {
  explicit Fragmented(const std::vector<Polygon>& rings) {
    for (const Polygon& ring : rings) {
      std::vector<std::size_t>& loop = loops.emplace_back();
      for (std::size_t i = 0; i < ring.size(); ++i) {
        const Point &a = ring[i], &b = ring[(i + 1) % ring.size()];
        const int parts = 1 + static_cast<int>((std::abs(b.x - a.x) + std::abs(b.y - a.y)) / 60);
        for (int k = 0; k < parts; ++k) {
          const auto along = [&](int n) {
            return n == parts ? b : Point{a.x + (b.x - a.x) * n / parts, a.y + (b.y - a.y) * n / parts};
          };
          loop.push_back(pieces.size());
          pieces.push_back({along(k), along(k + 1)});
        }
      }
    }
  }

  /// The closed boundary: pieces moved to their right, and jogs.
  [[nodiscard]] std::vector<EdgePiece> boundary(const std::vector<double>& shift) const {
    std::vector<EdgePiece> result;
    for (const auto& loop : loops) {
      Polygon ring;
      const auto upright = [&](std::size_t i) { return pieces[i].from.x == pieces[i].to.x; };
      const auto place = [&](std::size_t i) {
        const auto& [from, to] = pieces[i];
        return upright(i) ? from.x + (to.y > from.y ? shift[i] : -shift[i])
                          : from.y + (to.x > from.x ? -shift[i] : shift[i]);
      };
      for (std::size_t k = 0; k < loop.size(); ++k) {
        const std::size_t i = loop[k], next = loop[(k + 1) % loop.size()];
        if (upright(i) != upright(next)) {
          ring.push_back(upright(i) ? Point{place(i), place(next)} : Point{place(next), place(i)});
        } else {
          const Point joint = pieces[i].to;
          ring.push_back(upright(i) ? Point{place(i), joint.y} : Point{joint.x, place(i)});
          ring.push_back(upright(i) ? Point{place(next), joint.y} : Point{joint.x, place(next)});
        }
      }
      for (const EdgePiece& e : edges_of({ring})) result.push_back(e);
    }
    return result;
  }

  std::vector<EdgePiece> pieces;
  std::vector<std::vector<std::size_t>> loops;
};

std::vector<Complex> random_spectrum(std::mt19937& random) {
  std::normal_distribution<double> normal;
  std::vector<Complex> m(static_cast<std::size_t>((2 * ex + 1) * (2 * ey + 1)));
  for (Complex& z : m) z = {normal(random), normal(random)};
  return m;
}

double real_product(const std::vector<Complex>& m_bar, const std::vector<Complex>& m) {
  double sum = 0;
  for (std::size_t i = 0; i < m.size(); ++i) sum += (std::conj(m_bar[i]) * m[i]).real();
  return sum;
}

Region random_region(std::mt19937& random, int count = 60) { return Region(random_boxes(random, count, 900)); }

TEST(EdgeSpectrum, IsTheSumOverItsBoxes) {
  std::mt19937 random(1);
  for (const int count : {1, 8, 60, 400}) {  // up to several portions of edges
    const Region region = random_region(random, count);
    const auto expected = spectrum_of([&](int mx, int my) {
      Long sum = 0;
      for (const DbuBox& b : region.boxes())
        sum += integral(mx, u(static_cast<double>(b.x0)), u(static_cast<double>(b.x1))) *
               integral(my, v(static_cast<double>(b.y0)), v(static_cast<double>(b.y1)));
      return sum;
    });
    const std::vector<Polygon> rings = polygons_nm(region, 1);
    std::vector<EdgePiece> edges = edges_of(rings);
    EXPECT_LE(difference(EdgeSpectrum(window, ex, ey).forward(edges), expected), 2e-15);
    EXPECT_LE(difference(polygon_spectrum(rings, window, ex, ey), expected), 2e-15);
    std::shuffle(edges.begin(), edges.end(), random);
    EXPECT_LE(difference(EdgeSpectrum(window, ex, ey).forward(edges), expected), 2e-15);
    if (!region.empty()) {
      EXPECT_GT(std::abs(expected[expected.size() / 2]), 1e-3);
    }
  }
  // High orders of a fine grid, and a single one of them.
  const std::vector<Polygon> small{{{0.125, 20.5}, {0.375, 20.5}, {0.375, 21.75}, {0.125, 21.75}}};
  const auto sharp = [&](int mx, int my) { return integral(mx, u(0.125), u(0.375)) * integral(my, v(20.5), v(21.75)); };
  EXPECT_LE(difference(EdgeSpectrum(window, 700, 0).forward(edges_of(small)), spectrum_of(sharp, 700, 0)), 1e-16);
  EXPECT_LE(difference(EdgeSpectrum(window, 0, 700).forward(edges_of(small)), spectrum_of(sharp, 0, 700)), 1e-16);
  EXPECT_EQ(EdgeSpectrum(window, 2, 1).forward({}), std::vector<Complex>(15));
}

TEST(EdgeSpectrum, EqualsTheWayOfSlantedEdges) {
  std::mt19937 random(2);
  // Each corner cut by a triangle too small to see: the ring then goes the other way.
  const Region region = random_region(random);
  std::vector<Polygon> cut = polygons_nm(region, 1);
  for (Polygon& ring : cut) {
    const Point a = ring[0], b = ring[1];
    const double length = std::abs(b.x - a.x) + std::abs(b.y - a.y);
    ring[0] = {a.x + 1e-9 * (b.x - a.x) / length, a.y + 1e-9 * (b.y - a.y) / length};
  }
  EXPECT_LE(difference(polygon_spectrum(cut, window, ex, ey), polygon_spectrum(polygons_nm(region, 1), window, ex, ey)),
            1e-12);
}

TEST(EdgeSpectrum, TheAdjointIsTheLineIntegralOfTheField) {
  std::mt19937 random(3);
  for (const int count : {8, 400}) {
    const Fragmented mask(polygons_nm(random_region(random, count), 1));
    const std::vector<Complex> m_bar = random_spectrum(random);
    const std::vector<double> d = EdgeSpectrum(window, ex, ey).adjoint(m_bar, mask.pieces);
    ASSERT_EQ(d.size(), mask.pieces.size());
    double scale = 0;
    for (const double value : d) scale = std::max(scale, std::abs(value));
    for (std::size_t i = 0; i < d.size(); i += count == 8 ? 1 : 37) {
      const auto& [from, to] = mask.pieces[i];
      Long sum = 0;
      for (int my = -ey; my <= ey; ++my)
        for (int mx = -ex; mx <= ex; ++mx) {
          const Complex bar = m_bar[static_cast<std::size_t>((my + ey) * (2 * ex + 1) + mx + ex)];
          const Long along =
              from.x == to.x
                  ? turn(mx * u(from.x)) * integral(my, v(std::min(from.y, to.y)), v(std::max(from.y, to.y))) /
                        static_cast<long double>(window.width())
                  : turn(my * v(from.y)) * integral(mx, u(std::min(from.x, to.x)), u(std::max(from.x, to.x))) /
                        static_cast<long double>(window.height());
          sum += Long(bar.real(), -bar.imag()) * along;
        }
      EXPECT_NEAR(d[i], static_cast<double>(sum.real()), 1e-13 * scale) << i;
    }
  }
}

TEST(EdgeSpectrum, TheAdjointIsTheDerivativeOfTheForward) {
  std::mt19937 random(4);
  const EdgeSpectrum spectrum(window, ex, ey);
  const Fragmented mask(polygons_nm(random_region(random, 25), 1));
  const std::vector<Complex> m_bar = random_spectrum(random);
  const std::vector<double> zero(mask.pieces.size(), 0.0);
  const std::vector<double> d = spectrum.adjoint(m_bar, mask.pieces);
  EXPECT_LE(difference(spectrum.forward(mask.boundary(zero)), spectrum.forward(mask.pieces)), 1e-15)
      << "pieces of edges are edges";
  double scale = 0;
  for (const double value : d) scale = std::max(scale, std::abs(value));
  const auto slope = [&](const std::vector<double>& direction) {
    const double h = 1e-2;
    std::vector<double> plus = zero, minus = zero;
    for (std::size_t i = 0; i < zero.size(); ++i) {
      plus[i] = h * direction[i];
      minus[i] = -h * direction[i];
    }
    return (real_product(m_bar, spectrum.forward(mask.boundary(plus))) -
            real_product(m_bar, spectrum.forward(mask.boundary(minus)))) /
           (2 * h);
  };
  for (std::size_t i = 0; i < d.size(); i += 7) {
    std::vector<double> one = zero;
    one[i] = 1;
    EXPECT_NEAR(slope(one), d[i], 1e-6 * scale) << i;
  }
  std::normal_distribution<double> normal;
  std::vector<double> all = zero;
  double product = 0;
  for (std::size_t i = 0; i < d.size(); ++i) {
    all[i] = normal(random);
    product += all[i] * d[i];
  }
  EXPECT_NEAR(slope(all), product, 1e-5 * std::abs(product));
}

TEST(EdgeSpectrum, AnEdgeOfAWideLineMovesItsDutyCycle) {
  // A vertical line over the whole period in y, its right edge moved: M(0, 0) grows by s / width.
  std::vector<Complex> m_bar(9);
  m_bar[4] = 1;
  const std::vector<EdgePiece> edges{{{100, 10}, {400, 10}},
                                     {{400, 10}, {400, 760}},
                                     {{400, 760}, {100, 760}},
                                     {{100, 760}, {100, 10}},
                                     {{5, 5}, {5, 5}}};
  const std::vector<double> d = EdgeSpectrum(window, 1, 1).adjoint(m_bar, edges);
  EXPECT_NEAR(d[1], 1.0 / 1000, 1e-15);
  EXPECT_NEAR(d[3], 1.0 / 1000, 1e-15);
  EXPECT_NEAR(d[0], 300.0 / 1000 / 750, 1e-15);
  EXPECT_EQ(d[4], 0);
}

TEST(EdgeSpectrum, RefusesWhatIsNoBoundary) {
  const EdgeSpectrum spectrum(window, 2, 2);
  const std::vector<EdgePiece> open{{{0, 0}, {1, 0}}, {{1, 0}, {1, 1}}};
  const std::vector<EdgePiece> slanted{{{0, 0}, {1, 1}}};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<EdgePiece> none{{{1, 0}, {1, nan}}};
  EXPECT_THROW((void)spectrum.forward(open), Error);
  EXPECT_THROW((void)spectrum.forward(slanted), Error);
  EXPECT_THROW((void)spectrum.forward(none), Error);
  EXPECT_THROW((void)spectrum.adjoint(std::vector<Complex>(25), slanted), Error);
  EXPECT_THROW((void)spectrum.adjoint(std::vector<Complex>(24), open), Error);
  EXPECT_EQ(spectrum.adjoint(std::vector<Complex>(25), open).size(), 2U);
  EXPECT_THROW((void)EdgeSpectrum({0, 0, 0, 1}, 1, 1), Error);
  EXPECT_THROW((void)EdgeSpectrum({0, 0, 1, 1}, 1, -1), Error);
}

}  // namespace
}  // namespace anamorph
