// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/socs.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <string>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/core/parallel.hpp"
#include "optics_models/abbe.hpp"
#include "optics_models/check_masks.hpp"

namespace anamorph {
namespace {

using Complex = std::complex<double>;
using Matrix = Eigen::Matrix<Complex, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;

constexpr double mode_window = 10;   // side of a square window of the mode problem, in lambda / NA
constexpr double check_window = 20;  // of the check masks
constexpr Index small_window = 1600;  // bins up to which the window wanted is its own mode window
constexpr Index full_space = 400;     // bins up to which the subspace is the whole space
constexpr Index tiny_space = 100;     // bins up to which a bound takes the place of the check masks, which need room
constexpr int block_terms = 96;      // terms that go through one matrix product together
constexpr int chunk_blocks = 64;     // blocks whose products are held at once
constexpr int guard_columns = 12;    // of the subspace beyond the kernels wanted
constexpr int passes = 3;            // of the subspace iteration
constexpr double sampling_margin = 1.25;  // the largest value of an image above that of a few hundred of its points

/// The terms as the matrix A [terms x bins] of one window, in pieces: a few points on one row of frequencies at a time.
class TermMatrix {
 public:
  TermMatrix(const CoherentTerms& terms, double period_x_nm, double period_y_nm, int threads,
             std::function<void()> check = {})
      : terms_(terms),
        frame_(empty_stack(terms, period_x_nm, period_y_nm)),
        threads_(threads),
        check_(std::move(check)),
        points_per_block_(std::max(1, block_terms / terms.per_point())) {}

  [[nodiscard]] const CoherentStack& frame() const { return frame_; }
  [[nodiscard]] Index bins() const { return static_cast<Index>(frame_.bins()); }
  [[nodiscard]] int blocks() const { return (terms_.points() + points_per_block_ - 1) / points_per_block_; }
  [[nodiscard]] Index first_term(int block) const {
    return static_cast<Index>(std::min(block * points_per_block_, terms_.points())) * terms_.per_point();
  }

  /// Y = A V for the terms of blocks [first, last).
  [[nodiscard]] Matrix forward(int first, int last, const Matrix& v) const {
    if (check_) check_();
    Matrix y = Matrix::Zero(first_term(last) - first_term(first), v.cols());
    parallel_for(last - first, threads_, [&](int b) {
      const Index at = first_term(first + b) - first_term(first), terms = first_term(first + b + 1) - first_term(first + b);
      for (int row = 0; row < frame_.bins_y(); ++row)
        with_piece(first + b, row, [&](const auto& piece, Index bin) {
          y.middleRows(at, terms).noalias() += piece * v.middleRows(bin, piece.cols());
        });
    });
    return y;
  }

  /// W += A^H Y.
  void adjoint(int first, int last, const Matrix& y, Matrix& w) const {
    parallel_for(frame_.bins_y(), threads_, [&](int row) {
      for (int block = first; block < last; ++block)
        with_piece(block, row, [&](const auto& piece, Index bin) {
          w.middleRows(bin, piece.cols()).noalias() +=
              piece.adjoint() * y.middleRows(first_term(block) - first_term(first), piece.rows());
        });
    });
  }

  /// phi = U^H A [columns of U x bins]; returns the sum of |A|^2.
  double mixture(const Matrix& u, Eigen::Map<Matrix> phi) const {
    std::vector<double> power(static_cast<std::size_t>(frame_.bins_y()));
    parallel_for(frame_.bins_y(), threads_, [&](int row) {
      if (check_) check_();
      for (int block = 0; block < blocks(); ++block)
        with_piece(block, row, [&](const auto& piece, Index bin) {
          phi.middleCols(bin, piece.cols()).noalias() += u.middleRows(first_term(block), piece.rows()).adjoint() * piece;
          power[static_cast<std::size_t>(row)] += piece.squaredNorm();
        });
    });
    double sum = 0;
    for (const double p : power) sum += p;
    return sum;
  }

  /// Sum of |A|^2 without anything else.
  [[nodiscard]] double power() const {
    std::vector<double> part(static_cast<std::size_t>(blocks()));
    parallel_for(blocks(), threads_, [&](int block) {
      for (int row = 0; row < frame_.bins_y(); ++row)
        with_piece(block, row, [&](const auto& piece, Index) { part[static_cast<std::size_t>(block)] += piece.squaredNorm(); });
    });
    double sum = 0;
    for (const double p : part) sum += p;
    return sum;
  }

 private:
  /// Calls body(piece [terms of the block x bins], first bin) unless no term of the block passes the row.
  template <typename Body>
  void with_piece(int block, int row, const Body& body) const {
    const int first = block * points_per_block_, last = std::min(first + points_per_block_, terms_.points());
    CoherentTerms::Row bins{-frame_.extent_x / frame_.period_x_nm, 1 / frame_.period_x_nm,
                            (row - frame_.extent_y) / frame_.period_y_nm, frame_.bins_x()};
    const auto interval = terms_.support(first, last, bins);
    if (interval.empty()) return;
    thread_local std::vector<Complex> values;
    bins.fx0 = (interval.first - frame_.extent_x) / frame_.period_x_nm;
    bins.n = interval.last - interval.first;
    const Index rows = static_cast<Index>(last - first) * terms_.per_point();
    values.resize(static_cast<std::size_t>(rows * bins.n));
    for (int point = first; point < last; ++point)
      terms_.evaluate(point, bins, values.data() + static_cast<Index>(point - first) * terms_.per_point() * bins.n, bins.n);
    body(Eigen::Map<const Matrix>(values.data(), rows, bins.n),
         static_cast<Index>(row) * frame_.bins_x() + interval.first);
  }

  const CoherentTerms& terms_;
  CoherentStack frame_;
  int threads_;
  std::function<void()> check_;
  int points_per_block_;
};

/// Square root of the mean power that masks have at a frequency, up to a factor: they are piecewise constant, so it
/// falls like 1/f in amplitude beyond a few lambda / NA; the mean transmission stands out.
Eigen::VectorXd mask_amplitude(const CoherentStack& frame, double resolution_nm) {
  Eigen::VectorXd amplitude(static_cast<Index>(frame.bins()));
  Index at = 0;
  for (int my = -frame.extent_y; my <= frame.extent_y; ++my)
    for (int mx = -frame.extent_x; mx <= frame.extent_x; ++mx) {
      const double f = std::hypot(mx / frame.period_x_nm, my / frame.period_y_nm) * resolution_nm;
      amplitude[at++] = f == 0 ? 6 : 1 / std::sqrt(std::max(f, 0.05));
    }
  return amplitude;
}

/// Columns that span all bins that any term passes, when those are few; otherwise `most` random ones.
Matrix start_vectors(const CoherentStack& frame, double reach, Index most, bool& complete) {
  std::vector<Index> active;
  Index at = 0;
  for (int my = -frame.extent_y; my <= frame.extent_y; ++my)
    for (int mx = -frame.extent_x; mx <= frame.extent_x; ++mx, ++at)
      if (std::hypot(mx / frame.period_x_nm, my / frame.period_y_nm) <= reach) active.push_back(at);
  complete = static_cast<Index>(active.size()) <= std::max(most, full_space);
  if (complete) {
    Matrix v = Matrix::Zero(static_cast<Index>(frame.bins()), static_cast<Index>(active.size()));
    for (std::size_t i = 0; i < active.size(); ++i) v(active[i], static_cast<Index>(i)) = 1;
    return v;
  }
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  Matrix v(static_cast<Index>(frame.bins()), most);
  for (Index i = 0; i < v.rows(); ++i)
    for (Index j = 0; j < v.cols(); ++j) v(i, j) = Complex(normal(random), normal(random));
  return v;
}

struct Eigenpairs {
  Eigen::VectorXd values;  ///< falling, none that is rounding only
  Matrix vectors;          ///< columns
};

Eigenpairs eigenpairs(const Matrix& hermitian) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd> solver{Eigen::MatrixXcd(hermitian)};
  const Index n = hermitian.rows();
  const double floor = 1e-14 * std::max(0.0, solver.eigenvalues()[n - 1]);
  Index kept = 0;
  while (kept < n && solver.eigenvalues()[n - 1 - kept] > floor) ++kept;
  return {solver.eigenvalues().tail(kept).reverse(), solver.eigenvectors().rightCols(kept).rowwise().reverse()};
}

/// What the subspace iteration finds: U = Y T, which is not formed before it is known how many modes are kept.
struct Modes {
  Matrix y;        ///< A V [terms x vectors]; empty when `complete`
  Matrix t;        ///< [vectors x modes]
  Matrix kernels;  ///< phi on the bins of the mode window [modes x bins]
  bool complete = false;  ///< the kernels hold all that the terms pass, on the window wanted
  bool tiny = false;      ///< complete, and the kernels are eigenvectors of the TCC as it is
};

/// `same`: the mode window is the window wanted.
Modes find_modes(const TermMatrix& a, const CoherentTerms& all, Index most, bool same) {
  Modes modes;
  bool whole_space = false;
  Matrix v = start_vectors(a.frame(), all.reach(), most, whole_space);
  modes.complete = same && whole_space;
  modes.tiny = modes.complete && v.cols() <= tiny_space;
  const Eigen::VectorXd amplitude =
      modes.tiny ? Eigen::VectorXd::Ones(a.bins()) : mask_amplitude(a.frame(), all.resolution_nm());
  const double gigabytes = modes.complete ? 0 : static_cast<double>(all.count() * v.cols()) * sizeof(Complex) / 1e9;
  if (gigabytes > 1)
    throw Error(ErrorCode::recipe, "SOC-0002",
                "the kernels of " + std::to_string(all.count()) + " coherent terms need " + std::to_string(gigabytes) +
                    " GB; expected at most 1 GB: raise the step of the source, or take fewer kernels");
  Matrix w, gram;
  for (int pass = whole_space ? passes : 1; pass <= passes; ++pass) {
    const bool last_pass = pass == passes;
    const Matrix weighted = amplitude.asDiagonal() * v;
    w = Matrix::Zero(v.rows(), v.cols());
    gram = Matrix::Zero(v.cols(), v.cols());
    if (last_pass && !modes.complete) modes.y.resize(all.count(), v.cols());
    for (int first = 0; first < a.blocks(); first += chunk_blocks) {
      const int last = std::min(first + chunk_blocks, a.blocks());
      const Matrix part = a.forward(first, last, weighted);
      if (last_pass) gram.noalias() += part.adjoint() * part;
      a.adjoint(first, last, part, w);
      if (last_pass && !modes.complete) modes.y.middleRows(a.first_term(first), part.rows()) = part;
    }
    if (last_pass) break;
    const Eigen::HouseholderQR<Eigen::MatrixXcd> qr{Eigen::MatrixXcd(amplitude.asDiagonal() * w)};
    v = qr.householderQ() * Eigen::MatrixXcd::Identity(v.rows(), v.cols());
  }
  // Within the subspace: A V Q lambda^-1/2 has orthonormal columns, ordered by what they capture.
  const Eigenpairs pairs = eigenpairs(gram);
  modes.t = pairs.vectors * pairs.values.cwiseSqrt().cwiseInverse().asDiagonal();
  modes.kernels = (w * modes.t).adjoint();
  return modes;
}

/// A bound for the intensity that is missing from the check masks' images with the first 1, 2, ... modes.
std::vector<double> image_errors(const TermMatrix& check, const Modes& modes, double resolution_nm) {
  const Matrix masks = Eigen::Map<const Matrix>(check_mask_waves(check.frame(), resolution_nm).data(), check.bins(),
                                                check_columns);
  Matrix fields;  // of the modes [modes x columns]
  Eigen::VectorXd missing = Eigen::VectorXd::Zero(check_columns);
  if (modes.complete) {
    fields = modes.kernels * masks;
    missing = fields.colwise().squaredNorm();
  } else {
    Matrix products = Matrix::Zero(modes.y.cols(), check_columns);  // Y^H A m
    for (int first = 0; first < check.blocks(); first += chunk_blocks) {
      const int last = std::min(first + chunk_blocks, check.blocks());
      const Matrix part = check.forward(first, last, masks);
      missing += part.colwise().squaredNorm().transpose();
      products.noalias() += modes.y.middleRows(check.first_term(first), part.rows()).adjoint() * part;
    }
    fields = modes.t.adjoint() * products;
  }
  std::vector<double> errors;
  for (Index k = 0; k < fields.rows(); ++k) {
    missing -= fields.row(k).cwiseAbs2().transpose();
    errors.push_back(std::max(0.0, sampling_margin * missing.maxCoeff()));
  }
  return errors;
}

/// Without the kernels from number k + 1 on a mask loses at most the largest of their eigenvalues times its power
/// sum |M(f)|^2, which is its clear share and at most 1.
std::vector<double> error_bounds(const Modes& modes) {
  std::vector<double> bounds;
  for (Index k = 1; k < modes.kernels.rows(); ++k) bounds.push_back(modes.kernels.row(k).squaredNorm());
  bounds.push_back(0);
  return bounds;
}

/// Reduces the modes to the first `count`, mixed so that their kernels are orthogonal on the mode window and fall in
/// norm, and returns their U [terms x count] (empty when complete).
Matrix keep(Modes& modes, Index count) {
  modes.kernels = modes.kernels.topRows(count).eval();
  modes.t = modes.t.leftCols(count).eval();
  const Eigenpairs pairs = eigenpairs(modes.kernels * modes.kernels.adjoint());
  if (pairs.values.size() == count) {  // else some hold nothing here and must not be mixed with the rest
    modes.kernels = (pairs.vectors.adjoint() * modes.kernels).eval();
    modes.t = (modes.t * pairs.vectors).eval();
  }
  if (modes.complete) return {};
  Matrix u = modes.y * modes.t;
  modes.y = Matrix();
  // Orthonormal to rounding, also for modes far below the first: once more, by Cholesky.
  const Eigen::LLT<Eigen::MatrixXcd> factor{Eigen::MatrixXcd(u.adjoint() * u)};
  const Matrix inverse = factor.matrixU().solve(Eigen::MatrixXcd::Identity(count, count));
  modes.kernels = (inverse.adjoint() * modes.kernels).eval();
  for (Index row = 0; row < u.rows(); row += 4096) {
    auto part = u.middleRows(row, std::min<Index>(4096, u.rows() - row));
    part = (part * inverse).eval();
  }
  return u;
}

}  // namespace

Socs socs(const CoherentTerms& terms, double period_x_nm, double period_y_nm, const SocsOptions& options) {
  const auto require = [](bool condition, const char* key, const char* range, double value) {
    if (!condition)
      throw Error(ErrorCode::recipe, "SOC-0001", std::string(key) + " = " + std::to_string(value) + ": " + range + " expected");
  };
  require(options.max_kernels >= 1, "max_kernels", "at least 1", options.max_kernels);
  require(options.image_error >= 0, "image_error", "not negative", options.image_error);
  require(options.energy > 0 && options.energy <= 1, "energy", "above 0 to 1", options.energy);

  const double resolution = terms.resolution_nm();
  const TermMatrix wanted(terms, period_x_nm, period_y_nm, options.threads, options.check);
  const auto window = [&](double side) {
    if (wanted.bins() <= small_window) side = INFINITY;
    // A window that is narrower than this is longer: a square's worth of bins, or there are fewer modes than kernels.
    const double least = resolution / 4, square = side * resolution;
    const auto along = [&](double own, double other) {
      return std::min(own, other < square ? square * (square / std::max(other, least)) : square);
    };
    return TermMatrix(terms, along(period_x_nm, period_y_nm), along(period_y_nm, period_x_nm), options.threads,
                      options.check);
  };
  const TermMatrix mode = window(mode_window);
  const bool same = mode.bins() == wanted.bins();
  Modes modes = find_modes(mode, terms, std::min<Index>(terms.count(), options.max_kernels + guard_columns), same);

  const std::vector<double> errors =
      modes.tiny ? error_bounds(modes) : image_errors(window(check_window), modes, resolution);
  const Index most = std::min<Index>(options.max_kernels, static_cast<Index>(errors.size()));
  const double mode_power = mode.power();
  Index count = 0;
  for (double captured = 0; count < most;) {
    captured += modes.kernels.row(count).squaredNorm();
    ++count;
    if (errors[static_cast<std::size_t>(count - 1)] <= options.image_error || captured >= options.energy * mode_power) break;
  }
  const double gigabytes = static_cast<double>(count) * static_cast<double>(wanted.bins()) * sizeof(Complex) / 1e9;
  if (gigabytes > 8)
    throw Error(ErrorCode::recipe, "SOC-0003",
                std::to_string(count) + " kernels on " + std::to_string(wanted.bins()) + " frequencies need " +
                    std::to_string(gigabytes) + " GB; expected at most 8 GB: take a smaller window or fewer kernels");

  Socs result;
  result.trace = mode_power;
  result.errors = errors;
  for (Index k = 0; k < modes.kernels.rows(); ++k) result.eigenvalues.push_back(modes.kernels.row(k).squaredNorm());
  std::sort(result.eigenvalues.rbegin(), result.eigenvalues.rend());
  const Matrix mixture = keep(modes, count);

  result.stack = wanted.frame();
  result.image_error = errors[static_cast<std::size_t>(count - 1)];
  result.stack.transfer.resize(static_cast<std::size_t>(count) * result.stack.bins());
  Eigen::Map<Matrix> kernels(result.stack.transfer.data(), count, wanted.bins());
  double power = mode_power;
  if (same)
    kernels = modes.kernels;
  else
    power = wanted.mixture(mixture, kernels);
  double kept = 0;
  for (Index k = 0; k < count; ++k) {
    const double norm2 = kernels.row(k).squaredNorm();
    kept += norm2;
    result.stack.weight.push_back(norm2);
    if (norm2 > 0) kernels.row(k) /= std::sqrt(norm2);
  }
  result.captured_fraction = kept / power;
  return result;
}

double abbe_difference(const CoherentTerms& terms, const CoherentStack& stack,
                       const std::vector<std::complex<double>>& spectrum, int points, int threads) {
  const TermMatrix a(terms, stack.period_x_nm, stack.period_y_nm, threads);
  Matrix waves(a.bins(), points);
  for (Index p = 0; p < points; ++p) {
    const auto [u, v] = even_point(static_cast<int>(p));
    Index bin = 0;
    for (int my = -stack.extent_y; my <= stack.extent_y; ++my)
      for (int mx = -stack.extent_x; mx <= stack.extent_x; ++mx, ++bin)
        waves(bin, p) = spectrum[static_cast<std::size_t>(bin)] * std::polar(1.0, 2 * std::numbers::pi * (mx * u + my * v));
  }
  Eigen::VectorXd difference = Eigen::VectorXd::Zero(points);
  for (int first = 0; first < a.blocks(); first += chunk_blocks)
    difference += a.forward(first, std::min(first + chunk_blocks, a.blocks()), waves).colwise().squaredNorm().transpose();
  const Matrix fields = Eigen::Map<const Matrix>(stack.transfer.data(), stack.terms(), a.bins()) * waves;
  for (Index k = 0; k < fields.rows(); ++k)
    difference -= stack.weight[static_cast<std::size_t>(k)] * fields.row(k).cwiseAbs2().transpose();
  return difference.cwiseAbs().maxCoeff();
}

double suggested_source_step(const Projection& projection, double source_area, int terms_per_point,
                             double period_x_nm, double period_y_nm) {
  // Flops of the mode problem, which knows the whole space of a small window and `typical` vectors of a larger one, and
  // of the kernels on a large window, each point passing the bins of one pupil. On a small window, where points are
  // cheap and the error is below the last digit of anything, a part of the time goes a long way.
  constexpr double typical = 150;
  const double cutoff = projection.na / projection.wavelength_nm;
  const auto bins = [&](double radius, double x_nm, double y_nm) {
    const double x = 2 * radius * cutoff * x_nm, y = 2 * radius * cutoff * y_nm;
    return std::max({1.0, x, y, std::numbers::pi / 4 * x * y});
  };
  const double wanted = bins(1, period_x_nm, period_y_nm), space = bins(2, period_x_nm, period_y_nm);
  const double side = mode_window / cutoff;
  double per_term = 16 * wanted * space;
  if (space > full_space) per_term = 16 * passes * typical * std::min(wanted, bins(1, side, side));
  if (space > full_space) per_term += 8 * check_columns * std::min(wanted, bins(1, 2 * side, 2 * side));
  if (4 / std::numbers::pi * space > small_window) per_term += 8 * typical * wanted;
  const double flops = space > full_space ? 1e11 : 4e10;
  const double points = std::clamp(flops / per_term, 1000.0, 1e6) / terms_per_point;
  return std::clamp(std::sqrt(source_area / points), 0.001, 0.05);
}

}  // namespace anamorph
