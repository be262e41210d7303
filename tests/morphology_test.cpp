// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/morphology.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/error.hpp"
#include "masks/repair.hpp"

namespace anamorph {
namespace {

int wrapped(int i, int n) { return ((i % n) + n) % n; }

/// Pixels of 0 and 1, one in `one_in` of them 0.
Bitmap noise(int ny, int nx, unsigned seed, unsigned one_in = 2) {
  std::mt19937 random(seed);
  Bitmap mask(ny, nx);
  for (auto& pixel : mask) pixel = random() % one_in != 0;
  return mask;
}

/// Discs of many sizes, across the seams as well.
Bitmap blobs(int ny, int nx, unsigned seed, int count, int largest) {
  std::mt19937 random(seed);
  Bitmap mask(ny, nx);
  for (int k = 0; k < count; ++k) {
    const int cy = static_cast<int>(random() % static_cast<unsigned>(ny)),
              cx = static_cast<int>(random() % static_cast<unsigned>(nx));
    const int r = static_cast<int>(random() % static_cast<unsigned>(largest)) + 1;
    for (int y = -r; y <= r; ++y)
      for (int x = -r; x <= r; ++x)
        if (y * y + x * x <= r * r) mask(wrapped(cy + y, ny), wrapped(cx + x, nx)) ^= 1;
  }
  return mask;
}

/// A square spiral one pixel wide with a gap of one: the longest island there is.
Bitmap spiral(int n) {
  Bitmap mask(n, n);
  int y = 1, x = 1, dy = 0, dx = 1;
  mask(y, x) = 1;
  for (int turns = 0; turns < 2;) {
    const int v = y + 2 * dy, u = x + 2 * dx;
    const bool clear = v > 0 && u > 0 && v < n - 1 && u < n - 1 && mask(v, u) == 0 && mask(y + dy, x + dx) == 0;
    if (clear) {
      y += dy;
      x += dx;
      mask(y, x) = 1;
      turns = 0;
    } else {
      const int old = dy;
      dy = dx;
      dx = -old;
      ++turns;
    }
  }
  return mask;
}

/// Teeth of one pixel on a back of one pixel, in the last row: they touch the first row across the seam.
Bitmap comb(int ny, int nx, bool upright) {
  Bitmap mask(ny, nx);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) mask(y, x) = upright ? (x % 2 == 0 || y == ny - 1) : (y % 2 == 0 || x == nx - 1);
  return mask;
}

/// One pixel wide, round the window several times before it meets itself.
Bitmap helix(int n, int step) {
  Bitmap mask(n, n);
  for (int k = 0; k < n * n; ++k) {
    const int y = k * step / n % n;
    if (k * step / n < n) mask(y, k % n) = mask(y, (k + 1) % n) = 1;
  }
  return mask;
}

/// What grows, by its definition: pixel after pixel, centres in floating point.
Bitmap grown_by_definition(const Bitmap& mask, double min_area) {
  const Components found = components(mask, Connectivity::four);
  const int ny = mask.ny(), nx = mask.nx();
  const auto near = [](int delta, int n) { return delta > n / 2 ? delta - n : delta < -n / 2 ? delta + n : delta; };
  const double radius = std::sqrt(min_area / std::numbers::pi) + 0.5;
  const int reach = static_cast<int>(std::ceil(radius)) + 1;
  Bitmap result = mask;
  for (std::size_t k = 0; k < found.areas.size(); ++k) {
    const double area = static_cast<double>(found.areas[k]);
    if (!(area < min_area && 2 * area >= min_area)) continue;
    int y0 = -1, x0 = 0;
    double sum_y = 0, sum_x = 0;
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < nx; ++x) {
        if (found.labels(y, x) != static_cast<int>(k) + 1) continue;
        if (y0 < 0) {
          y0 = y;
          x0 = x;
        }
        sum_y += near(y - y0, ny);
        sum_x += near(x - x0, nx);
      }
    const double cy = y0 + sum_y / area, cx = x0 + sum_x / area;
    for (int y = static_cast<int>(std::lround(cy)) - reach; y <= std::lround(cy) + reach; ++y)
      for (int x = static_cast<int>(std::lround(cx)) - reach; x <= std::lround(cx) + reach; ++x)
        if (std::hypot(y - cy, x - cx) <= radius) result(wrapped(y, ny), wrapped(x, nx)) = 1;
  }
  return result;
}

Bitmap islands_by_definition(const Bitmap& mask, long min_area) {
  const Components found = components(mask, Connectivity::four);
  Bitmap result = mask;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const int label = found.labels.data()[i];
    if (label == 0) continue;
    const long area = found.areas[static_cast<std::size_t>(label - 1)];
    if (area < min_area && area != static_cast<long>(mask.size())) result.data()[i] = 0;
  }
  return result;
}

Bitmap round_by_definition(const Bitmap& mask, int width, int space, double area) {
  Bitmap x = complement(grown_by_definition(mask, area));
  x = complement(grown_by_definition(x, area));
  return remove_small(close_disc(open_disc(x, width), space), static_cast<long>(std::ceil(area)));
}

/// The whole search on one mask, as repair.hpp tells it.
Bitmap repaired_by_definition(const Bitmap& mask, double pixel_nm, const MaskRules& rules, bool once) {
  const auto wide = [&](double nm) { return static_cast<int>(std::ceil(nm / pixel_nm)) + 1; };
  const int width = wide(rules.min_width_nm), space = wide(rules.min_space_nm);
  const double area = rules.min_area_nm2 / (pixel_nm * pixel_nm);
  if (once) return round_by_definition(mask, width, space, area);
  Bitmap current = mask;
  for (int round = 0; round < 16; ++round) {
    Bitmap next = round_by_definition(current, width, space, area);
    if (next == current) {
      Bitmap neck = open_disc(current, width);
      for (std::size_t i = 0; i < neck.size(); ++i) neck.data()[i] ^= current.data()[i];
      if (std::count(neck.begin(), neck.end(), 0) == static_cast<long>(neck.size())) return current;
      neck = dilate_disc(neck, space / 2 + 1);
      for (std::size_t i = 0; i < neck.size(); ++i) next.data()[i] &= neck.data()[i] == 0;
    }
    current = std::move(next);
  }
  return current;
}

class MorphologyTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    try {
      backend_ = make_backend(GetParam(), 2);
    } catch (const Error& error) {
      if (std::getenv("ANAMORPH_REQUIRE_CUDA") != nullptr) FAIL() << error.what();
      GTEST_SKIP() << error.what();
    }
  }

  Morphology& m() { return backend_->morphology(); }

  std::vector<Bitmap> downloaded(const Bitmaps& x) {
    std::vector<Bitmap> host;
    for (int entry = 0; entry < x.batch(); ++entry) host.push_back(m().download(x, entry));
    return host;
  }

  /// verb(batch) must be definition(mask) for each mask.
  template <typename Verb, typename Definition>
  void expect(const std::vector<Bitmap>& masks, const Verb& verb, const Definition& definition,
              const std::string& what) {
    const Bitmaps bits = verb(m().upload(masks));
    const std::vector<Bitmap> result = downloaded(bits);
    ASSERT_EQ(result.size(), masks.size());
    // What lies beyond the last pixel of a row stays 0 and is not counted.
    EXPECT_EQ(m().differences(bits, m().upload(result)), std::vector<long>(masks.size(), 0)) << what;
    for (std::size_t k = 0; k < masks.size(); ++k)
      EXPECT_EQ(result[k], definition(masks[k]))
          << what << ", entry " << k << " of " << masks[k].ny() << " x " << masks[k].nx();
  }

  std::unique_ptr<Backend> backend_;
};

// Widths around those of a machine word and of a tile, and windows smaller than a disc.
const std::vector<std::pair<int, int>> kSizes{{1, 1},   {5, 31},  {40, 32},  {9, 33},
                                              {33, 64}, {7, 100}, {37, 130}, {3, 300}};

TEST_P(MorphologyTest, BitmapsComeBackAsTheyWent) {
  for (const auto& [ny, nx] : kSizes) {
    const std::vector<Bitmap> masks{noise(ny, nx, 1), Bitmap(ny, nx), Bitmap(ny, nx, 1)};
    Bitmaps x = m().upload(masks);
    EXPECT_EQ(downloaded(x), masks);
    const std::vector<int> order{2, 0, 1, 2};
    Bitmaps chosen = m().selected(x, order);
    EXPECT_EQ(downloaded(chosen), (std::vector<Bitmap>{masks[2], masks[0], masks[1], masks[2]}));
    m().copy_entry(x, 0, chosen, 3);
    EXPECT_EQ(m().download(chosen, 3), masks[0]);
    EXPECT_EQ(m().download(chosen, 0), masks[2]);

    const std::vector<Bitmap> others{noise(ny, nx, 2), masks[1], masks[1]};
    const Bitmaps y = m().upload(others);
    long different = 0;
    Bitmap left = masks[0];
    for (std::size_t i = 0; i < left.size(); ++i) {
      different += left.data()[i] != others[0].data()[i];
      left.data()[i] &= others[0].data()[i] == 0;
    }
    EXPECT_EQ(m().differences(x, y), (std::vector<long>{different, 0, static_cast<long>(ny) * nx}));
    EXPECT_EQ(downloaded(m().minus(x, y)), (std::vector<Bitmap>{left, masks[1], masks[2]}));
  }
  EXPECT_THROW((void)m().upload(std::vector<Bitmap>{Bitmap(2, 3), Bitmap(3, 2)}), std::logic_error);
  EXPECT_THROW((void)m().upload({}), std::logic_error);
}

TEST_P(MorphologyTest, DiscsActAsOnTheHost) {
  for (const auto& [ny, nx] : kSizes) {
    const std::vector<Bitmap> masks{noise(ny, nx, 3, 40), blobs(ny, nx, 4, 12, 12), noise(ny, nx, 5, 300)};
    for (const int d : {1, 2, 5, 8, 17, 34}) {
      const std::string what = "d = " + std::to_string(d);
      expect(
          masks, [&](const Bitmaps& x) { return m().opened(x, d); }, [&](const Bitmap& b) { return open_disc(b, d); },
          "opening " + what);
      expect(
          masks, [&](const Bitmaps& x) { return m().opened(x, d, Of::zeros); },
          [&](const Bitmap& b) { return close_disc(b, d); }, "closing " + what);
      if (d % 2 == 0) continue;
      expect(
          masks, [&](const Bitmaps& x) { return m().dilated(x, d); },
          [&](const Bitmap& b) { return dilate_disc(b, d / 2); }, "dilation " + what);
    }
  }
  Bitmap large(40, 150, 1);
  large(3, 20) = large(39, 149) = 0;
  for (const int d : {33, 64, 65, 400})  // the last: round the window several times, and taken in several parts
    expect(
        {large}, [&](const Bitmaps& x) { return m().opened(x, d); }, [&](const Bitmap& b) { return open_disc(b, d); },
        "opening " + std::to_string(d));
  const Bitmaps x = m().upload({&large, 1});
  EXPECT_THROW((void)m().opened(x, 0), Error);
  EXPECT_THROW((void)m().opened(x, Morphology::kLargestDisc + 1), Error);
}

TEST_P(MorphologyTest, SmallIslandsAndHolesGo) {
  std::vector<std::vector<Bitmap>> batches;
  for (const auto& [ny, nx] : kSizes)
    batches.push_back(
        {noise(ny, nx, 6), noise(ny, nx, 7, 3), blobs(ny, nx, 8, 14, 6), Bitmap(ny, nx), Bitmap(ny, nx, 1)});
  batches.push_back({spiral(66), comb(66, 66, true), comb(66, 66, false), helix(66, 1), helix(66, 7)});
  batches.push_back({comb(40, 130, true), comb(40, 130, false), noise(40, 130, 9, 5)});
  for (const std::vector<Bitmap>& masks : batches) {
    const long window = static_cast<long>(masks[0].size());
    for (const long area : {2L, 9L, 70L, window / 2, window, window + 1}) {
      const std::string what = "area " + std::to_string(area);
      expect(
          masks, [&](const Bitmaps& x) { return m().without_small(x, area); },
          [&](const Bitmap& b) { return islands_by_definition(b, area); }, "islands, " + what);
      expect(
          masks, [&](const Bitmaps& x) { return m().without_small(x, area, Of::zeros); },
          [&](const Bitmap& b) { return complement(islands_by_definition(complement(b), area)); }, "holes, " + what);
    }
  }
}

TEST_P(MorphologyTest, SmallIslandsAndHolesGrow) {
  for (const auto& [ny, nx] : kSizes) {
    const std::vector<Bitmap> masks{noise(ny, nx, 10, 3), blobs(ny, nx, 11, 9, 5), complement(blobs(ny, nx, 12, 9, 4)),
                                    Bitmap(ny, nx), Bitmap(ny, nx, 1)};
    for (const double area : {1.5, 12.5, 60.0}) {
      const std::string what = "area " + std::to_string(area);
      expect(
          masks, [&](const Bitmaps& x) { return m().small_grown(x, area); },
          [&](const Bitmap& b) { return grown_by_definition(b, area); }, "islands, " + what);
      expect(
          masks, [&](const Bitmaps& x) { return m().small_grown(x, area, Of::zeros); },
          [&](const Bitmap& b) { return complement(grown_by_definition(complement(b), area)); }, "holes, " + what);
    }
  }
}

/// Catmull-Rom in double: the cubic through the two middle samples with the slopes of their neighbours.
double cubic(double a, double b, double c, double d, double t) {
  const double slope_b = (c - a) / 2, slope_c = (d - b) / 2, t2 = t * t, t3 = t2 * t;
  return (2 * t3 - 3 * t2 + 1) * b + (t3 - 2 * t2 + t) * slope_b + (3 * t2 - 2 * t3) * c + (t3 - t2) * slope_c;
}

TEST_P(MorphologyTest, RefinesByACubicThroughItsNeighbours) {
  for (const auto& [ny, nx] : {std::pair{1, 1}, {2, 3}, {9, 13}, {40, 33}})
    for (const int factor : {1, 2, 3, 4}) {
      const Shape coarse{2, ny, nx, 1}, fine{2, ny * factor, nx * factor, 1};
      std::mt19937 random(1);
      std::vector<double> values(coarse.size());
      for (double& v : values) v = static_cast<double>(random() % 8192) / 4096 - 1;  // exact in every precision
      Array x = backend_->allocate(coarse), y = backend_->allocate(fine);
      backend_->upload(values, x);
      backend_->refine(x, factor, y);
      std::vector<double> refined(fine.size());
      backend_->download(y, refined);
      const std::vector<Bitmap> positive = downloaded(m().positive(x, factor));

      const auto at = [&](int entry, int v, int u) {
        return values[static_cast<std::size_t>((entry * ny + wrapped(v, ny)) * nx + wrapped(u, nx))];
      };
      for (int entry = 0; entry < 2; ++entry)
        for (int v = 0; v < fine.ny; ++v)
          for (int u = 0; u < fine.nx; ++u) {
            const double py = (v % factor + 0.5) / factor - 0.5, px = (u % factor + 0.5) / factor - 0.5;
            const int iy = v / factor + (py < 0 ? -1 : 0), ix = u / factor + (px < 0 ? -1 : 0);
            const double ty = py < 0 ? py + 1 : py, tx = px < 0 ? px + 1 : px;
            double row[4];
            for (int k = 0; k < 4; ++k)
              row[k] = cubic(at(entry, iy + k - 1, ix - 1), at(entry, iy + k - 1, ix), at(entry, iy + k - 1, ix + 1),
                             at(entry, iy + k - 1, ix + 2), tx);
            const double expected = cubic(row[0], row[1], row[2], row[3], ty);
            const double got = refined[static_cast<std::size_t>((entry * fine.ny + v) * fine.nx + u)];
            // Sixteen products with weights whose magnitudes add up to 1.6 at most, along either axis.
            ASSERT_NEAR(got, expected, 16 * backend_->epsilon()) << factor << ": " << v << ", " << u;
            if (std::abs(expected) > 1e-5) {  // else single precision decides
              ASSERT_EQ(positive[static_cast<std::size_t>(entry)](v, u), expected > 0 ? 1 : 0) << v << ", " << u;
            }
          }
    }
}

TEST_P(MorphologyTest, EveryBackendRoundsTheEdgeToTheSamePixels) {
  // A quarter of a pixel below a row's centre the weights are -3, 29, 111 and -9 (over 128): rows that are 29, 3, 0 and
  // 0 times the same numbers cancel there but for the rounding, which then decides.
  const Shape coarse{1, 24, 40, 1};
  constexpr float kRows[]{29, 3, 0, 0};
  std::mt19937 random(5);
  std::vector<double> values(coarse.size()), numbers(40);
  for (double& number : numbers) number = 1 + 1e-9 * static_cast<double>(random() % 1000000000);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] =
        static_cast<double>(kRows[i / 40 % 4] * static_cast<float>(numbers[i % 40]));  // exact in every precision
  const auto reference = make_backend("cpu", 1);
  const auto positive = [&](Backend& backend, int factor) {
    Array x = backend.allocate(coarse);
    backend.upload(values, x);
    return backend.morphology().download(backend.morphology().positive(x, factor), 0);
  };
  for (const int factor : {2, 3, 4}) EXPECT_EQ(positive(*backend_, factor), positive(*reference, factor)) << factor;
}

TEST_P(MorphologyTest, CoverageIsTheMeanOfEachBlock) {
  for (const auto& [nx, factor] : {std::pair{32, 2}, {33, 3}, {100, 4}, {130, 2}, {70, 7}, {120, 40}}) {
    const int ny = 2 * factor;
    const std::vector<Bitmap> masks{noise(ny, nx, 20), noise(ny, nx, 21, 5), Bitmap(ny, nx, 1)};
    const Shape shape{3, 2, nx / factor, 1};
    Array share = backend_->allocate(shape);
    backend_->fill(NAN, share);
    const Bitmaps x = m().upload(masks), y = m().upload(std::vector<Bitmap>(3, masks[1]));
    m().coverage(1, x, factor, 0, share);  // ignores what was there
    m().coverage(-2, y, factor, 0.5, share);
    std::vector<double> got(shape.size());
    backend_->download(share, got);
    for (int entry = 0; entry < 3; ++entry)
      for (int v = 0; v < shape.ny; ++v)
        for (int u = 0; u < shape.nx; ++u) {
          const auto mean = [&](const Bitmap& mask) {
            double sum = 0;
            for (int k = 0; k < factor * factor; ++k) sum += mask(v * factor + k / factor, u * factor + k % factor);
            return sum / (factor * factor);
          };
          const double expected = 0.5 * mean(masks[static_cast<std::size_t>(entry)]) - 2 * mean(masks[1]);
          ASSERT_NEAR(got[static_cast<std::size_t>((entry * shape.ny + v) * shape.nx + u)], expected,
                      8 * backend_->epsilon());  // a product and a sum of numbers up to 2
        }
  }
}

TEST_P(MorphologyTest, RepairOfABatchIsThatOfEachMask) {
  // One clean from the start, one that takes a neck away, one that vanishes, noise of two sizes.
  const int n = 96;
  Bitmap bars(n, n), necks(n, n);
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) {
      bars(y, x) = x % 24 < 12;
      // Lines at the least space, joined by a neck narrower than the least width.
      necks(y, x) = (x % 14 < 8 && x < 84) || (y > 40 && y < 44 && x < 84);
    }
  const std::vector<Bitmap> masks{bars,
                                  necks,
                                  noise(n, n, 30),
                                  blobs(n, n, 31, 40, 9),
                                  complement(blobs(n, n, 32, 40, 8)),
                                  blobs(n, n, 33, 200, 3)};
  const MaskRules rules{5, 5, 60};
  expect(
      masks, [&](const Bitmaps& x) { return repaired_once(m(), x, 1, rules); },
      [&](const Bitmap& b) { return repaired_by_definition(b, 1, rules, true); }, "one round");
  expect(
      masks, [&](const Bitmaps& x) { return repaired(m(), x, 1, rules); },
      [&](const Bitmap& b) { return repaired_by_definition(b, 1, rules, false); }, "repair");
  for (const Bitmap& mask : masks)
    EXPECT_EQ(repaired(mask, 1, rules), repaired_by_definition(mask, 1, rules, false)) << "one mask, on the CPU";
  EXPECT_EQ(m().download(repaired(m(), m().upload({&bars, 1}), 1, rules), 0), bars) << "a clean mask stays";
  EXPECT_NE(repaired(necks, 1, rules), necks);
}

TEST_P(MorphologyTest, MasksThatCannotBeRepairedAreSaidToBe) {
  // Noise that goes round in circles: what opening takes away, growing puts back.
  const Bitmap restless = noise(24, 24, 136);
  EXPECT_THROW((void)repaired(m(), m().upload(std::vector<Bitmap>{Bitmap(24, 24), restless}), 1, {6, 6, 100}), Error);
  EXPECT_THROW((void)repaired(restless, 1, {6, 6, 100}), Error);
}

std::string name_of(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Backends, MorphologyTest, testing::ValuesIn(compiled_backends()), name_of);

}  // namespace
}  // namespace anamorph
