// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cmath>
#include <stdexcept>

#include "cpp/backend/plan_tables.hpp"
#include "cpp/backend/pointwise.hpp"
#include "cuda/multiply.hpp"
#include "cuda/plans.hpp"

// The print grid is far finer than the intensities need. Dense products take these to a middle grid of twice the
// samples that the band asks for; from there a pixel needs a few neighbours only (local_interpolation). A block takes a
// tile of the print grid, a thread a column of it. Along x the thread interpolates the few middle rows that the tile
// needs, once, into its strip in shared memory; along y it walks down its column with the middle rows of the moment in
// registers, so that a pixel costs one multiplication per tap and image, and as many again for the gradient, which goes
// back the same way. No image is ever stored.

namespace anamorph::cuda {
namespace {

constexpr int kTerms = 4;     // numbers of a PrintLossTerms
constexpr int kSegment = 32;  // columns that a thread takes on the way back along x
constexpr int kAhead = 4;     // rows whose pixels are fetched together
constexpr int kMostRows = 64;
constexpr int kGeneralBlocks = 512;                          // see Column<Real, 0, gradient>
constexpr std::size_t kPatchBytes = std::size_t{128} << 20;  // batch entries are taken together up to this

/// Sizes for a precision: a strip of two images has to fit into 48 KiB.
template <typename Real>
struct Tile {
  static constexpr bool in_double = sizeof(Real) == 8;
  static constexpr int taps = interpolation_taps(in_double);
  static constexpr int columns = in_double ? 64 : 128;  ///< threads of a block
  static constexpr int reach = in_double ? 32 : 24;     ///< most middle rows of a tile
};

template <typename Real>
struct alignas(16) Taps {
  Real of[Tile<Real>::taps];
};

/// A part of the print grid that needs a middle point, and the point's place among those that the part needs.
struct Cover {
  int part, at;
};

/// Where, along one axis, the parts of the print grid that are worked on together lie on the middle grid.
template <typename Real>
struct Axis {
  int out, mid;            ///< points of the print grid and of the middle grid
  int part, parts;         ///< points of the print grid that make a part; number of parts
  int reach;               ///< most middle points that a part needs
  const int* first;        ///< [out]
  const Taps<Real>* taps;  ///< [out]
  const int* cover_begin;  ///< [mid + 1] into cover
  const Cover* cover;

  /// Middle points that the output points [from, to) need: the first one, and how many.
  __device__ int origin(int from) const { return first[from]; }
  __device__ int needs(int from, int to) const { return first[to - 1] + Tile<Real>::taps - first[from]; }
  __device__ int wrapped(int at) const { return (at % mid + mid) % mid; }
};

template <typename Real>
struct alignas(16) Corner {
  int image;
  bool band;
  Real dose, level;
};

/// What a block needs to know beside its place.
template <typename Real>
struct Problem {
  Axis<Real> y, x;
  pointwise::PrintFactors<Real> factors;
  Real gain;  ///< steepness, or 1 for a step, with the sign of the tone
  bool step, bright;
  const Corner<Real>* corners;
  int corner_count, images, batch;
  int tiles_x;
  const Real *target, *sites, *background;
  const Real* mid;  ///< [image][entry][y.mid][x.mid]
  Real* patches;    ///< [entry][part of y][part of x][x.reach][image][y.reach]: cotangents of the parts
  Real* strips;     ///< for more images than fit into a block: [block][2][image][y.reach][columns]
  double* partial;  ///< [entry][tile][kTerms]
};

/// The images along a thread's column of a tile, and their cotangents. `strip` holds the image's values in the middle
/// rows of the tile, [image][row][column]; a row that the thread has passed takes the cotangent instead.
template <typename Real, int kImages, bool kGradient>
class Column {
 public:
  static constexpr int kTaps = Tile<Real>::taps, kColumns = Tile<Real>::columns, kReach = Tile<Real>::reach;

  __device__ Column(Real* strip, int /*images*/, int /*reach*/) : strip_(strip) {
#pragma unroll
    for (int s = 0; s < kImages; ++s)
#pragma unroll
      for (int t = 0; t < kTaps; ++t) {
        value_[s][t] = row(s, t);
        bar_[s][t] = 0;
      }
  }

  /// To an output row that needs the middle rows from `first` on.
  __device__ void move_to(int first, const Taps<Real>& w) {
    for (; at_ < first; ++at_) {
#pragma unroll
      for (int s = 0; s < kImages; ++s) {
        if (kGradient) row(s, at_) = bar_[s][0];
#pragma unroll
        for (int t = 0; t + 1 < kTaps; ++t) value_[s][t] = value_[s][t + 1], bar_[s][t] = bar_[s][t + 1];
        value_[s][kTaps - 1] = row(s, at_ + kTaps);
        bar_[s][kTaps - 1] = 0;
      }
    }
#pragma unroll
    for (int s = 0; s < kImages; ++s) {
      pixel_[s] = 0;
      pixel_bar_[s] = 0;
#pragma unroll
      for (int t = 0; t < kTaps; ++t) pixel_[s] += w.of[t] * value_[s][t];
    }
  }

  [[nodiscard]] __device__ Real pixel(int image, const Taps<Real>& /*w*/) const {
    Real value = pixel_[0];
#pragma unroll
    for (int s = 1; s < kImages; ++s) value = image == s ? pixel_[s] : value;
    return value;
  }

  __device__ void add(int image, Real bar, const Taps<Real>& /*w*/) {
#pragma unroll
    for (int s = 0; s < kImages; ++s) pixel_bar_[s] += image == s ? bar : Real(0);
  }

  /// After all that was to be added to this row's pixel.
  __device__ void leave(const Taps<Real>& w) {
#pragma unroll
    for (int s = 0; s < kImages; ++s)
#pragma unroll
      for (int t = 0; t < kTaps; ++t) bar_[s][t] += w.of[t] * pixel_bar_[s];
  }

  __device__ void finish() {
#pragma unroll
    for (int s = 0; s < kImages; ++s)
#pragma unroll
      for (int t = 0; t < kTaps; ++t) row(s, at_ + t) = bar_[s][t];
  }

 private:
  __device__ Real& row(int s, int r) { return strip_[(s * kReach + r) * kColumns]; }

  Real* strip_;
  int at_ = 0;
  Real value_[kImages][kTaps], bar_[kImages][kTaps], pixel_[kImages], pixel_bar_[kImages];
};

/// The same for any number of images: strips in device memory, the cotangents behind the values.
template <typename Real, bool kGradient>
class Column<Real, 0, kGradient> {
 public:
  static constexpr int kTaps = Tile<Real>::taps, kColumns = Tile<Real>::columns, kReach = Tile<Real>::reach;

  __device__ Column(Real* strip, int images, [[maybe_unused]] int reach) : strip_(strip), images_(images) {
    if constexpr (kGradient) {
      for (int s = 0; s < images; ++s)
        for (int r = 0; r < reach; ++r) row(images_ + s, r) = 0;
    }
  }
  __device__ void move_to(int first, const Taps<Real>& /*w*/) { at_ = first; }
  [[nodiscard]] __device__ Real pixel(int image, const Taps<Real>& w) const {
    Real value = 0;
#pragma unroll
    for (int t = 0; t < kTaps; ++t) value += w.of[t] * row(image, at_ + t);
    return value;
  }
  __device__ void add(int image, Real bar, const Taps<Real>& w) {
#pragma unroll
    for (int t = 0; t < kTaps; ++t) row(images_ + image, at_ + t) += w.of[t] * bar;
  }
  __device__ void leave(const Taps<Real>& /*w*/) {}
  __device__ void finish() {}

 private:
  __device__ Real& row(int s, int r) const { return strip_[(s * kReach + r) * kColumns]; }

  Real* strip_;
  int images_, at_ = 0;
};

/// One pixel: its terms, and its cotangents to the column.
template <typename Real, bool kGradient, typename Images, typename Print>
__device__ void print_pixel(const Problem<Real>& p, const Print& print, const Taps<Real>& w, Real target, Real site,
                            Real dark, Images& images, Real (&terms)[kTerms]) {
  const auto argument = [&](const Corner<Real>& c) { return p.gain * (c.dose * images.pixel(c.image, w) - c.level); };
  Real most = 0, least = 0, most_dose = 0, least_dose = 0;
  int most_image = -1, least_image = -1;
  for (int i = 0; i < p.corner_count; ++i) {
    const Corner<Real> c = p.corners[i];
    if (!c.band) continue;
    const Real u = argument(c);
    if (most_image < 0 || u > most) most = u, most_dose = c.dose, most_image = c.image;
    if (least_image < 0 || u < least) least = u, least_dose = c.dose, least_image = c.image;
  }
  const Corner<Real> nominal = p.corners[0];
  const pointwise::PrintPixel<Real> pixel = pointwise::print_pixel(print, p.factors, argument(nominal), most, most_dose,
                                                                   least, least_dose, target, site, dark);
  terms[0] += pixel.fidelity;
  terms[1] += pixel.sites;
  terms[2] += pixel.background;
  terms[3] += pixel.pvband;
  if constexpr (kGradient) {
    images.add(nominal.image, pixel.nominal_bar, w);
    images.add(most_image, pixel.most_bar, w);
    images.add(least_image, -pixel.least_bar, w);
    images.leave(w);
  }
}

/// Fills the thread's column, `x`, of the strips: the images in the `reach` middle rows from `origin` on.
template <typename Real>
__device__ void fill_strip(const Problem<Real>& p, int entry, int x, int origin, int reach, Real* strip) {
  constexpr int kTaps = Tile<Real>::taps;
  const Taps<Real> w = p.x.taps[x];
  int at[kTaps];
  at[0] = p.x.wrapped(p.x.first[x]);
#pragma unroll
  for (int t = 1; t < kTaps; ++t) at[t] = at[t - 1] + 1 < p.x.mid ? at[t - 1] + 1 : 0;
  for (int s = 0; s < p.images; ++s) {
    const Real* image = p.mid + (static_cast<std::size_t>(s) * p.batch + entry) * p.y.mid * p.x.mid;
    int y = p.y.wrapped(origin);
    for (int r = 0; r < reach; ++r) {
      const Real* line = image + static_cast<std::size_t>(y) * p.x.mid;
      Real value = 0;
#pragma unroll
      for (int t = 0; t < kTaps; ++t) value += w.of[t] * line[at[t]];
      strip[(s * Tile<Real>::reach + r) * Tile<Real>::columns] = value;
      y = y + 1 < p.y.mid ? y + 1 : 0;
    }
  }
}

/// The way back along x: the cotangents in `strips`, [image][row][column], of the columns [begin, end), become those of
/// the middle points, patch [point][image][row]. A thread takes one middle row and one segment.
template <typename Real>
__device__ void reduce_strip(const Problem<Real>& p, int begin, int end, int reach_y, const Real* strips,
                             Real* patches) {
  constexpr int kTaps = Tile<Real>::taps;
  const int rows = p.images * p.y.reach, segments = (end - begin + kSegment - 1) / kSegment;
  for (int n = static_cast<int>(threadIdx.x); n < rows * segments; n += Tile<Real>::columns) {
    const int row = n % rows, segment = n / rows, image = row / p.y.reach, r = row % p.y.reach;
    if (r >= reach_y) continue;
    const Real* strip = strips + (image * Tile<Real>::reach + r) * Tile<Real>::columns - begin;
    Real* patch = patches + static_cast<std::size_t>(segment) * p.x.reach * rows + row;
    const int from = begin + segment * kSegment, to = from + kSegment < end ? from + kSegment : end;
    int at = p.x.first[from];
    Real bar[kTaps] = {};
    for (int x = from; x < to; ++x) {
      for (const int first = p.x.first[x]; at < first; ++at) {
        *patch = bar[0];
        patch += rows;
#pragma unroll
        for (int t = 0; t + 1 < kTaps; ++t) bar[t] = bar[t + 1];
        bar[kTaps - 1] = 0;
      }
      const Taps<Real> w = p.x.taps[x];
#pragma unroll
      for (int t = 0; t < kTaps; ++t) bar[t] += w.of[t] * strip[x];
    }
#pragma unroll
    for (int t = 0; t < kTaps; ++t) patch[static_cast<std::size_t>(t) * rows] = bar[t];
  }
}

/// A block for each tile of each batch entry, or fewer that take several.
template <typename Real, int kImages, bool kGradient>
__global__ void __launch_bounds__(Tile<Real>::columns) print_loss_kernel(Problem<Real> p) {
  constexpr int kColumns = Tile<Real>::columns, kStrip = Tile<Real>::reach * kColumns;
  __shared__ Real shared_strips[kImages > 0 ? kImages * kStrip : 1];
  __shared__ double sums[kTerms][kColumns];
  Real* strips = kImages > 0 ? shared_strips : p.strips + static_cast<std::size_t>(blockIdx.x) * 2 * p.images * kStrip;
  const int column = static_cast<int>(threadIdx.x), tiles = p.y.parts * p.tiles_x;
  for (int item = static_cast<int>(blockIdx.x); item < tiles * p.batch; item += static_cast<int>(gridDim.x)) {
    const int entry = item / tiles, tile_y = item % tiles / p.tiles_x, tile_x = item % p.tiles_x;
    const int y_begin = tile_y * p.y.part, y_end = y_begin + p.y.part < p.y.out ? y_begin + p.y.part : p.y.out;
    const int x_begin = tile_x * kColumns, x_end = x_begin + kColumns < p.x.out ? x_begin + kColumns : p.x.out;
    const int origin = p.y.origin(y_begin), reach = p.y.needs(y_begin, y_end), x = x_begin + column;

    double total[kTerms] = {};
    if (x < x_end) {
      fill_strip(p, entry, x, origin, reach, strips + column);
      Column<Real, kImages, kGradient> images(strips + column, p.images, reach);
      const std::size_t first_pixel = (static_cast<std::size_t>(entry) * p.y.out + y_begin) * p.x.out + x;
      for (int y = y_begin; y < y_end; y += kAhead) {
        Real target[kAhead], site[kAhead], dark[kAhead], terms[kTerms] = {};
#pragma unroll
        for (int k = 0; k < kAhead; ++k) {
          if (y + k >= y_end) break;
          const std::size_t at = first_pixel + static_cast<std::size_t>(y + k - y_begin) * p.x.out;
          target[k] = p.target[at];
          site[k] = p.sites[at];
          dark[k] = p.background[at];
        }
#pragma unroll
        for (int k = 0; k < kAhead; ++k) {
          if (y + k >= y_end) break;
          const Taps<Real> w = p.y.taps[y + k];
          images.move_to(p.y.first[y + k] - origin, w);
          if (!kGradient && p.step)
            print_pixel<Real, false>(p, pointwise::StepPrint{p.bright}, w, target[k], site[k], dark[k], images, terms);
          else
            print_pixel<Real, kGradient>(p, pointwise::SmoothPrint{}, w, target[k], site[k], dark[k], images, terms);
        }
#pragma unroll
        for (int t = 0; t < kTerms; ++t) total[t] += static_cast<double>(terms[t]);
      }
      if (kGradient) images.finish();
    }

    for (int t = 0; t < kTerms; ++t) sums[t][column] = total[t];
    for (int half = kColumns / 2; half > 0; half /= 2) {
      __syncthreads();
      if (column < half)
        for (int t = 0; t < kTerms; ++t) sums[t][column] += sums[t][column + half];
    }
    __syncthreads();
    if (column < kTerms) p.partial[static_cast<std::size_t>(item) * kTerms + column] = sums[column][0];
    if (kGradient) {
      const std::size_t part = (static_cast<std::size_t>(entry) * p.y.parts + tile_y) * p.x.parts + x_begin / kSegment;
      reduce_strip(p, x_begin, x_end, reach, strips + (kImages > 0 ? 0 : p.images * kStrip),
                   p.patches + part * p.x.reach * p.images * p.y.reach);
    }
    __syncthreads();  // the next tile writes the strips and the sums again
  }
}

/// terms[entry][t] = sum over the tiles of partial[entry][tile][t]; a block for each of them.
template <typename Real>
__global__ void __launch_bounds__(kThreads) add_terms_kernel(int tiles, const double* partial, Real* terms) {
  const std::size_t entry = blockIdx.x / kTerms, term = blockIdx.x % kTerms;
  double sum = 0;
  for (int tile = static_cast<int>(threadIdx.x); tile < tiles; tile += kThreads)
    sum += partial[(entry * static_cast<std::size_t>(tiles) + static_cast<std::size_t>(tile)) * kTerms + term];
  sum = over_block(sum, Plus{});
  if (threadIdx.x == 0) terms[blockIdx.x] = static_cast<Real>(sum);
}

/// One number of mid_bar, [image][entry][y.mid][x.mid]: the cotangents that the parts have for a middle point, added in
/// a fixed order.
template <typename Real>
struct Gather {
  Problem<Real> p;
  Real* mid_bar;

  __device__ void operator()(std::size_t i) const {
    const std::size_t size = static_cast<std::size_t>(p.y.mid) * p.x.mid,
                      rows = static_cast<std::size_t>(p.images) * p.y.reach;
    const int at_y = static_cast<int>(i % size) / p.x.mid, at_x = static_cast<int>(i % size) % p.x.mid;
    const int image = static_cast<int>(i / size) / p.batch, entry = static_cast<int>(i / size) % p.batch;
    Real sum = 0;
    for (int k = p.y.cover_begin[at_y]; k < p.y.cover_begin[at_y + 1]; ++k) {
      const Cover y = p.y.cover[k];
      for (int m = p.x.cover_begin[at_x]; m < p.x.cover_begin[at_x + 1]; ++m) {
        const Cover x = p.x.cover[m];
        const std::size_t part = (static_cast<std::size_t>(entry) * p.y.parts + y.part) * p.x.parts + x.part;
        sum += p.patches[(part * p.x.reach + x.at) * rows + static_cast<std::size_t>(image) * p.y.reach + y.at];
      }
    }
    mid_bar[i] = sum;
  }
};

/// The tables of one axis on the device.
template <typename Real>
class AxisTables {
 public:
  AxisTables(const Device& device, int in_n, int out_n, int band, double blur, int part, int most_reach)
      : AxisTables(device, local_interpolation(in_n, out_n, band, blur, Tile<Real>::taps), out_n, part, most_reach) {}

  [[nodiscard]] const Real* dense() const { return dense_.get(); }
  [[nodiscard]] const Axis<Real>& axis() const { return axis_; }

 private:
  AxisTables(const Device& device, const LocalInterpolation& t, int out_n, int part, int most_reach)
      : dense_(table<Real>(device, t.dense)), first_(device, t.first) {
    const auto needs = [&](int from) {
      return t.first[static_cast<std::size_t>(std::min(from + part, out_n) - 1)] + Tile<Real>::taps -
             t.first[static_cast<std::size_t>(from)];
    };
    const auto reach = [&] {
      int most = 0;
      for (int from = 0; from < out_n; from += part) most = std::max(most, needs(from));
      return most;
    };
    while (reach() > most_reach) part -= kAhead;

    std::vector<Taps<Real>> taps(static_cast<std::size_t>(out_n), Taps<Real>{});  // those beyond t.taps are 0
    for (std::size_t i = 0; i < t.weight.size(); ++i)
      taps[i / static_cast<std::size_t>(t.taps)].of[i % static_cast<std::size_t>(t.taps)] =
          static_cast<Real>(t.weight[i]);
    taps_ = Buffer<Taps<Real>>(device, taps);

    std::vector<std::vector<Cover>> needed_by(static_cast<std::size_t>(t.mid_n));
    for (int from = 0; from < out_n; from += part)
      for (int k = 0; k < needs(from); ++k) {
        const int at = (t.first[static_cast<std::size_t>(from)] + k) % t.mid_n;
        needed_by[static_cast<std::size_t>(at < 0 ? at + t.mid_n : at)].push_back({from / part, k});
      }
    std::vector<int> begin{0};
    std::vector<Cover> cover;
    for (const std::vector<Cover>& parts : needed_by) {
      cover.insert(cover.end(), parts.begin(), parts.end());
      begin.push_back(static_cast<int>(cover.size()));
    }
    cover_begin_ = Buffer<int>(device, begin);
    cover_ = Buffer<Cover>(device, cover);
    axis_ = {out_n,       t.mid_n,      part,        (out_n + part - 1) / part,
             reach(),     first_.get(), taps_.get(), cover_begin_.get(),
             cover_.get()};
  }

  Buffer<Real> dense_;
  Buffer<int> first_;
  Buffer<Taps<Real>> taps_;
  Buffer<int> cover_begin_;
  Buffer<Cover> cover_;
  Axis<Real> axis_;
};

template <typename Real>
class CudaPrintLoss final : public PrintLoss {
 public:
  CudaPrintLoss(std::shared_ptr<Device> device, const PrintLossPlan& plan)
      : device_(std::move(device)),
        plan_(plan),
        y_(*device_, plan.resample.in_ny, plan.resample.out_ny, plan.resample.band_y, plan.resample.blur_y, kMostRows,
           Tile<Real>::reach),
        x_(*device_, plan.resample.in_nx, plan.resample.out_nx, plan.resample.band_x, plan.resample.blur_x, kSegment,
           kSegment + Tile<Real>::taps) {
    if (plan.corners.empty()) throw std::logic_error("print loss: no corners");
    if (std::none_of(plan.corners.begin(), plan.corners.end(), [](const PrintCorner& c) { return c.band; }))
      throw std::logic_error("print loss: no corner takes part in the band");
    std::vector<Corner<Real>> corners;
    for (const PrintCorner& c : plan.corners)
      corners.push_back(
          {c.intensity, c.band, static_cast<Real>(c.dose), static_cast<Real>(plan.threshold - c.dose * c.flare)});
    corners_ = Buffer<Corner<Real>>(*device_, corners);
  }

  void evaluate(std::span<const Array> intensity, const Array& target, const Array& sites, const Array& background,
                const PrintLossWeights& weights, std::span<Array> intensity_bar, Array& terms) const override {
    const ResamplePlan& r = plan_.resample;
    const int batch = target.shape().batch, images = static_cast<int>(intensity.size());
    const bool gradient = !intensity_bar.empty();
    const Shape fine{batch, r.out_ny, r.out_nx, 1}, coarse{batch, r.in_ny, r.in_nx, 1};
    require_shape(target, fine, "target");
    require_shape(sites, fine, "sites");
    require_shape(background, fine, "background");
    require_shape(terms, {batch, 1, kTerms, 1}, "terms");
    for (const Array& i : intensity) require_shape(i, coarse, "intensity");
    for (const Array& i : intensity_bar) require_shape(i, coarse, "intensity_bar");
    if (gradient && std::isinf(weights.steepness)) throw std::logic_error("print loss: a step has no gradient");

    Scratch scratch(*device_);
    Problem<Real> p = problem(weights, images);
    const std::size_t tiles = tiles_of(p),
                      mid_size = static_cast<std::size_t>(p.y.mid) * static_cast<std::size_t>(p.x.mid);
    const std::size_t patches = gradient ? static_cast<std::size_t>(p.y.parts) * static_cast<std::size_t>(p.x.parts) *
                                               static_cast<std::size_t>(p.x.reach * images * p.y.reach)
                                         : 1;
    const int at_once = static_cast<int>(std::clamp<std::size_t>(kPatchBytes / (patches * sizeof(Real)), 1,
                                                                 static_cast<std::size_t>(std::max(batch, 1))));
    const std::size_t images_at_once = static_cast<std::size_t>(images) * static_cast<std::size_t>(at_once);
    Real *mid = scratch.take<Real>(images_at_once * mid_size),
         *rows = scratch.take<Real>(images_at_once * static_cast<std::size_t>(p.y.mid * r.in_nx));
    p.mid = mid;
    p.patches = scratch.take<Real>(static_cast<std::size_t>(at_once) * patches);
    p.partial = scratch.take<double>(static_cast<std::size_t>(batch) * tiles * kTerms);
    if (!in_registers(images))
      p.strips = scratch.take<Real>(blocks(p, at_once) * 2 * static_cast<std::size_t>(images) * Tile<Real>::reach *
                                    Tile<Real>::columns);
    double* const partial = p.partial;
    for (int entry = 0; entry < batch; entry += at_once) {
      const std::size_t pixel =
          static_cast<std::size_t>(entry) * static_cast<std::size_t>(r.out_ny) * static_cast<std::size_t>(r.out_nx);
      p.batch = std::min(at_once, batch - entry);
      p.target = data<Real>(target) + pixel;
      p.sites = data<Real>(sites) + pixel;
      p.background = data<Real>(background) + pixel;
      p.partial = partial + static_cast<std::size_t>(entry) * tiles * kTerms;
      to_middle(intensity, entry, p.batch, rows, mid);
      launch(p, gradient);
      if (!gradient) continue;
      device_->each(static_cast<std::size_t>(images) * static_cast<std::size_t>(p.batch) * mid_size,
                    Gather<Real>{p, mid});
      from_middle(mid, entry, p.batch, rows, intensity_bar);
    }
    if (batch > 0)
      device_->launch(add_terms_kernel<Real>, dim3(static_cast<unsigned>(batch * kTerms)), dim3(kThreads),
                      static_cast<int>(tiles), static_cast<const double*>(partial), data<Real>(terms));
  }

 private:
  /// Whether a kernel that keeps its images in registers takes that many.
  static bool in_registers(int images) { return images == 1 || images == 2; }

  [[nodiscard]] Problem<Real> problem(const PrintLossWeights& w, int images) const {
    const bool step = std::isinf(w.steepness);
    const Real gain = (step ? Real(1) : static_cast<Real>(w.steepness)) * (plan_.bright ? Real(1) : Real(-1));
    Problem<Real> p{};
    p.y = y_.axis();
    p.x = x_.axis();
    p.factors = {static_cast<Real>(w.fidelity) * gain, static_cast<Real>(w.sites) * gain,
                 static_cast<Real>(w.background) * gain, static_cast<Real>(w.pvband) * gain,
                 static_cast<Real>(plan_.corners.front().dose)};
    p.gain = gain;
    p.step = step;
    p.bright = plan_.bright;
    p.corners = corners_.get();
    p.corner_count = static_cast<int>(plan_.corners.size());
    p.images = images;
    p.tiles_x = (p.x.out + Tile<Real>::columns - 1) / Tile<Real>::columns;
    return p;
  }

  static std::size_t tiles_of(const Problem<Real>& p) {
    return static_cast<std::size_t>(p.y.parts) * static_cast<std::size_t>(p.tiles_x);
  }
  static std::size_t blocks(const Problem<Real>& p, int batch) {
    const std::size_t all = tiles_of(p) * static_cast<std::size_t>(batch);
    return in_registers(p.images) ? all : std::min<std::size_t>(all, kGeneralBlocks);
  }

  void launch(const Problem<Real>& p, bool gradient) const {
    const auto queue = [&](void (*kernel)(Problem<Real>)) {
      device_->launch(kernel, dim3(static_cast<unsigned>(blocks(p, p.batch))), dim3(Tile<Real>::columns), p);
    };
    if (p.images == 1) return queue(gradient ? print_loss_kernel<Real, 1, true> : print_loss_kernel<Real, 1, false>);
    if (p.images == 2) return queue(gradient ? print_loss_kernel<Real, 2, true> : print_loss_kernel<Real, 2, false>);
    queue(gradient ? print_loss_kernel<Real, 0, true> : print_loss_kernel<Real, 0, false>);
  }

  /// Intensities of some batch entries -> mid [image][entry][y.mid][x.mid].
  void to_middle(std::span<const Array> intensity, int first_entry, int batch, Real* rows, Real* mid) const {
    const int in_ny = plan_.resample.in_ny, in_nx = plan_.resample.in_nx, mid_ny = y_.axis().mid,
              mid_nx = x_.axis().mid;
    const std::ptrdiff_t in_size = static_cast<std::ptrdiff_t>(in_ny) * in_nx,
                         rows_size = static_cast<std::ptrdiff_t>(mid_ny) * in_nx;
    for (std::size_t s = 0; s < intensity.size(); ++s)
      multiply<Real>(*device_, {batch, mid_ny, in_nx, in_ny}, rows_of<Real>(y_.dense(), in_ny),
                     rows_of(data<Real>(intensity[s]) + first_entry * in_size, in_nx, in_size),
                     {rows + static_cast<std::ptrdiff_t>(s) * batch * rows_size, rows_size, in_nx}, false);
    multiply<Real>(*device_, {1, static_cast<int>(intensity.size()) * batch * mid_ny, mid_nx, in_nx},
                   rows_of<Real>(rows, in_nx), rows_of<Real>(x_.dense(), in_nx).transposed(), {mid, 0, mid_nx}, false);
  }

  /// The adjoint of to_middle; adds.
  void from_middle(const Real* mid_bar, int first_entry, int batch, Real* rows, std::span<Array> intensity_bar) const {
    const int in_ny = plan_.resample.in_ny, in_nx = plan_.resample.in_nx, mid_ny = y_.axis().mid,
              mid_nx = x_.axis().mid;
    const std::ptrdiff_t in_size = static_cast<std::ptrdiff_t>(in_ny) * in_nx,
                         rows_size = static_cast<std::ptrdiff_t>(mid_ny) * in_nx;
    multiply<Real>(*device_, {1, static_cast<int>(intensity_bar.size()) * batch * mid_ny, in_nx, mid_nx},
                   rows_of<Real>(mid_bar, mid_nx), rows_of<Real>(x_.dense(), in_nx), {rows, 0, in_nx}, false);
    for (std::size_t s = 0; s < intensity_bar.size(); ++s)
      multiply<Real>(*device_, {batch, in_ny, in_nx, mid_ny}, rows_of<Real>(y_.dense(), in_ny).transposed(),
                     rows_of<Real>(rows + static_cast<std::ptrdiff_t>(s) * batch * rows_size, in_nx, rows_size),
                     {data<Real>(intensity_bar[s]) + first_entry * in_size, in_size, in_nx}, true);
  }

  std::shared_ptr<Device> device_;
  PrintLossPlan plan_;
  AxisTables<Real> y_, x_;
  Buffer<Corner<Real>> corners_;
};

}  // namespace

template <typename Real>
std::unique_ptr<PrintLoss> make_print_loss(std::shared_ptr<Device> device, const PrintLossPlan& plan) {
  return std::make_unique<CudaPrintLoss<Real>>(std::move(device), plan);
}

template std::unique_ptr<PrintLoss> make_print_loss<float>(std::shared_ptr<Device>, const PrintLossPlan&);
template std::unique_ptr<PrintLoss> make_print_loss<double>(std::shared_ptr<Device>, const PrintLossPlan&);

}  // namespace anamorph::cuda
