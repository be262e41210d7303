// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <stdexcept>

#include "cpp/backend/plan_tables.hpp"
#include "cpp/backend/pointwise.hpp"
#include "cuda/multiply.hpp"
#include "cuda/plans.hpp"

namespace anamorph::cuda {
namespace {

/// The print grid is worked on in pieces of about this size, whole clips or rows of one: a piece is still in the
/// device's cache when the next kernel reads it, and memory stays bounded.
constexpr std::size_t kPieceBytes = std::size_t{32} << 20;
constexpr int kTerms = 4;                 // numbers of a PrintLossTerms
constexpr unsigned kMostEntries = 65535;  // limit of gridDim.y

template <typename Real>
struct Corner {
  int image;
  bool band;
  Real dose, level;
};

/// What a pixel needs to know beside its place.
template <typename Real>
struct Objective {
  pointwise::PrintFactors<Real> factors;
  Real gain;  ///< steepness with the sign of the tone
  const Corner<Real>* corners;
  int corner_count, images;
};

/// Images [image][entry][pixel] on the print grid become cotangents in place; partial [entry][block][kTerms] takes the
/// terms. blockIdx.y is the batch entry.
template <typename Real>
__global__ void __launch_bounds__(kThreads)
    print_loss_kernel(Objective<Real> objective, std::size_t pixels, const Real* target, const Real* sites,
                      const Real* background, Real* images, double* partial) {
  const std::size_t entry = blockIdx.y, image_size = pixels * gridDim.y;
  const Corner<Real>* corners = objective.corners;
  double sums[kTerms] = {};
  for (std::size_t p = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; p < pixels;
       p += static_cast<std::size_t>(gridDim.x) * blockDim.x) {
    const std::size_t at = entry * pixels + p;
    const auto argument = [&](const Corner<Real>& c) {
      return objective.gain * (c.dose * images[static_cast<std::size_t>(c.image) * image_size + at] - c.level);
    };
    Real most = 0, least = 0, most_dose = 0, least_dose = 0;
    int most_image = -1, least_image = -1;
    for (int i = 0; i < objective.corner_count; ++i) {
      const Corner<Real> c = corners[i];
      if (!c.band) continue;
      const Real u = argument(c);
      if (most_image < 0 || u > most) most = u, most_dose = c.dose, most_image = c.image;
      if (least_image < 0 || u < least) least = u, least_dose = c.dose, least_image = c.image;
    }
    const pointwise::PrintPixel<Real> pixel =
        pointwise::print_pixel(objective.factors, argument(corners[0]), most, most_dose, least, least_dose, target[at],
                               sites[at], background[at]);
    sums[0] += static_cast<double>(pixel.fidelity);
    sums[1] += static_cast<double>(pixel.sites);
    sums[2] += static_cast<double>(pixel.background);
    sums[3] += static_cast<double>(pixel.pvband);
    for (int s = 0; s < objective.images; ++s) {
      Real bar = 0;
      if (corners[0].image == s) bar += pixel.nominal_bar;
      if (most_image == s) bar += pixel.most_bar;
      if (least_image == s) bar -= pixel.least_bar;
      images[static_cast<std::size_t>(s) * image_size + at] = bar;
    }
  }
  for (int t = 0; t < kTerms; ++t) {
    const double sum = over_block(sums[t], Plus{});
    if (threadIdx.x == 0) partial[(entry * gridDim.x + blockIdx.x) * kTerms + t] = sum;
  }
}

/// terms[entry][t] += sum over the blocks of partial[entry][block][t]; a block for each t (x) and entry (y).
__global__ void __launch_bounds__(kThreads) add_terms_kernel(int blocks, const double* partial, double* terms) {
  const std::size_t entry = blockIdx.y;
  double sum = 0;
  for (int block = static_cast<int>(threadIdx.x); block < blocks; block += kThreads)
    sum += partial[(entry * static_cast<std::size_t>(blocks) + block) * kTerms + blockIdx.x];
  sum = over_block(sum, Plus{});
  if (threadIdx.x == 0) terms[entry * kTerms + blockIdx.x] += sum;
}

template <typename Real>
class CudaPrintLoss final : public PrintLoss {
 public:
  CudaPrintLoss(std::shared_ptr<Device> device, const PrintLossPlan& plan)
      : device_(std::move(device)),
        plan_(plan),
        ay_(table<Real>(*device_, interpolation_table(plan.resample.in_ny, plan.resample.out_ny, plan.resample.band_y,
                                                      plan.resample.blur_y))),
        ax_(table<Real>(*device_, interpolation_table(plan.resample.in_nx, plan.resample.out_nx, plan.resample.band_x,
                                                      plan.resample.blur_x))) {
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
    const Shape fine{batch, r.out_ny, r.out_nx, 1}, coarse{batch, r.in_ny, r.in_nx, 1};
    require_shape(target, fine, "target");
    require_shape(sites, fine, "sites");
    require_shape(background, fine, "background");
    require_shape(terms, {batch, 1, kTerms, 1}, "terms");
    for (const Array& i : intensity) require_shape(i, coarse, "intensity");
    for (const Array& i : intensity_bar) require_shape(i, coarse, "intensity_bar");
    const Objective<Real> objective = make_objective(weights, images);

    const std::size_t row_bytes = static_cast<std::size_t>(images) * static_cast<std::size_t>(r.out_nx) * sizeof(Real);
    const int rows_at_once =
        static_cast<int>(std::clamp<std::size_t>(kPieceBytes / row_bytes, 1, static_cast<std::size_t>(r.out_ny)));
    const int entries_at_once = rows_at_once < r.out_ny
                                    ? 1
                                    : static_cast<int>(std::clamp<std::size_t>(
                                          kPieceBytes / row_bytes / static_cast<std::size_t>(r.out_ny), 1,
                                          std::min(static_cast<unsigned>(std::max(batch, 1)), kMostEntries)));
    const Piece largest{0, entries_at_once, 0, rows_at_once};
    const Scratch scratch{{*device_, static_cast<std::size_t>(images) * pixels(largest)},
                          {*device_, static_cast<std::size_t>(largest.entries) *
                                         static_cast<std::size_t>(largest.rows) * static_cast<std::size_t>(r.in_nx)},
                          {*device_, static_cast<std::size_t>(largest.entries) * kMostBlocks * kTerms}};
    const Buffer<double> sums(*device_, static_cast<std::size_t>(batch) * kTerms);
    device_->zero(sums.get(), static_cast<std::size_t>(batch) * kTerms * sizeof(double));
    for (int entry = 0; entry < batch; entry += entries_at_once) {
      for (int row = 0; row < r.out_ny; row += rows_at_once) {
        const Piece piece{entry, std::min(entries_at_once, batch - entry), row, std::min(rows_at_once, r.out_ny - row)};
        for (int s = 0; s < images; ++s) interpolate(piece, intensity[static_cast<std::size_t>(s)], s, scratch);
        add_loss(piece, objective, target, sites, background, scratch, sums.get());
        for (std::size_t s = 0; s < intensity_bar.size(); ++s)
          interpolate_adjoint(piece, static_cast<int>(s), scratch, intensity_bar[s]);
      }
    }
    const double* from = sums.get();
    Real* to = data<Real>(terms);
    device_->each(static_cast<std::size_t>(batch) * kTerms,
                  [=] __device__(std::size_t i) { to[i] = static_cast<Real>(from[i]); });
  }

 private:
  /// Some rows of one batch entry, or all rows of some entries.
  struct Piece {
    int first_entry, entries, first_row, rows;
  };

  struct Scratch {
    Buffer<Real> images;     ///< [image][entry][row][out_nx]: images, then their cotangents
    Buffer<Real> rows;       ///< [entry][row][in_nx]: interpolated along y only
    Buffer<double> partial;  ///< [entry][block][kTerms]
  };

  [[nodiscard]] Objective<Real> make_objective(const PrintLossWeights& w, int images) const {
    const Real gain = static_cast<Real>(w.steepness) * (plan_.bright ? Real(1) : Real(-1));
    return {{static_cast<Real>(w.fidelity) * gain, static_cast<Real>(w.sites) * gain,
             static_cast<Real>(w.background) * gain, static_cast<Real>(w.pvband) * gain,
             static_cast<Real>(plan_.corners.front().dose)},
            gain,
            corners_.get(),
            static_cast<int>(plan_.corners.size()),
            images};
  }

  [[nodiscard]] std::size_t pixels(const Piece& piece) const {
    return static_cast<std::size_t>(piece.entries) * static_cast<std::size_t>(piece.rows) *
           static_cast<std::size_t>(plan_.resample.out_nx);
  }
  [[nodiscard]] Real* image(const Piece& piece, int s, const Scratch& scratch) const {
    return scratch.images.get() + static_cast<std::size_t>(s) * pixels(piece);
  }
  [[nodiscard]] std::ptrdiff_t coarse_size() const {
    return static_cast<std::ptrdiff_t>(plan_.resample.in_ny) * plan_.resample.in_nx;
  }
  /// The rows of the y interpolation that belong to a piece.
  [[nodiscard]] Operand<Real> rows_of_ay(const Piece& piece) const {
    const std::ptrdiff_t in_ny = plan_.resample.in_ny;
    return rows_of<Real>(ay_.get() + piece.first_row * in_ny, in_ny);
  }

  void interpolate(const Piece& piece, const Array& intensity, int s, const Scratch& scratch) const {
    const ResamplePlan& r = plan_.resample;
    const std::ptrdiff_t row_batch = static_cast<std::ptrdiff_t>(piece.rows) * r.in_nx;
    multiply<Real>(*device_, {piece.entries, piece.rows, r.in_nx, r.in_ny}, rows_of_ay(piece),
                   rows_of(data<Real>(intensity) + piece.first_entry * coarse_size(), r.in_nx, coarse_size()),
                   {scratch.rows.get(), row_batch, r.in_nx}, false);
    multiply<Real>(*device_, {1, piece.entries * piece.rows, r.out_nx, r.in_nx},
                   rows_of<Real>(scratch.rows.get(), r.in_nx), rows_of<Real>(ax_.get(), r.in_nx).transposed(),
                   {image(piece, s, scratch), 0, r.out_nx}, false);
  }

  void interpolate_adjoint(const Piece& piece, int s, const Scratch& scratch, Array& intensity_bar) const {
    const ResamplePlan& r = plan_.resample;
    const std::ptrdiff_t row_batch = static_cast<std::ptrdiff_t>(piece.rows) * r.in_nx;
    multiply<Real>(*device_, {1, piece.entries * piece.rows, r.in_nx, r.out_nx},
                   rows_of<Real>(image(piece, s, scratch), r.out_nx), rows_of<Real>(ax_.get(), r.in_nx),
                   {scratch.rows.get(), 0, r.in_nx}, false);
    multiply<Real>(*device_, {piece.entries, r.in_ny, r.in_nx, piece.rows}, rows_of_ay(piece).transposed(),
                   rows_of<Real>(scratch.rows.get(), r.in_nx, row_batch),
                   {data<Real>(intensity_bar) + piece.first_entry * coarse_size(), coarse_size(), r.in_nx}, true);
  }

  void add_loss(const Piece& piece, const Objective<Real>& objective, const Array& target, const Array& sites,
                const Array& background, const Scratch& scratch, double* terms) const {
    const ResamplePlan& r = plan_.resample;
    const std::size_t entry_pixels = pixels(piece) / static_cast<std::size_t>(piece.entries);
    const std::size_t first = (static_cast<std::size_t>(piece.first_entry) * static_cast<std::size_t>(r.out_ny) +
                               static_cast<std::size_t>(piece.first_row)) *
                              static_cast<std::size_t>(r.out_nx);
    const unsigned blocks = blocks_for(entry_pixels), entries = static_cast<unsigned>(piece.entries);
    device_->launch(print_loss_kernel<Real>, dim3(blocks, entries), dim3(kThreads), objective, entry_pixels,
                    data<Real>(target) + first, data<Real>(sites) + first, data<Real>(background) + first,
                    scratch.images.get(), scratch.partial.get());
    device_->launch(add_terms_kernel, dim3(kTerms, entries), dim3(kThreads), static_cast<int>(blocks),
                    static_cast<const double*>(scratch.partial.get()), terms + piece.first_entry * kTerms);
  }

  std::shared_ptr<Device> device_;
  PrintLossPlan plan_;
  Buffer<Real> ay_, ax_;
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
