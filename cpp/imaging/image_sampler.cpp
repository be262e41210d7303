// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/imaging/image_sampler.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "cpp/backend/cpu/fft.hpp"
#include "cpp/core/error.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph {
namespace {

using Complex = std::complex<double>;
using Matrix = Eigen::Matrix<Complex, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using std::numbers::pi;

/// exp(2 pi i m t), the whole turns taken out first.
Complex wave(int m, double t) {
  const double turns = m * t;
  return std::polar(1.0, 2 * pi * (turns - std::round(turns)));
}

/// Re sum_m s_m exp(2 pi i m (first + j step)), j < count, m = 0 .. size - 1: the waves are turned on from point to
/// point, and set anew now and then, so that their rounding does not add up.
std::vector<double> series_along(const std::vector<Complex>& series, double first, double step, int count) {
  constexpr int anew = 64;
  const std::size_t n = series.size();
  std::vector<double> re(n), im(n), turn_re(n), turn_im(n), values(static_cast<std::size_t>(count));
  for (std::size_t m = 0; m < n; ++m) {
    const Complex turn = wave(static_cast<int>(m), step);
    turn_re[m] = turn.real();
    turn_im[m] = turn.imag();
  }
  for (int j = 0; j < count; ++j) {
    if (j % anew == 0)
      for (std::size_t m = 0; m < n; ++m) {
        const Complex term = series[m] * wave(static_cast<int>(m), first + j * step);
        re[m] = term.real();
        im[m] = term.imag();
      }
    double sum = 0;
    for (std::size_t m = 0; m < n; ++m) {
      sum += re[m];
      const double next = re[m] * turn_re[m] - im[m] * turn_im[m];
      im[m] = re[m] * turn_im[m] + im[m] * turn_re[m];
      re[m] = next;
    }
    values[static_cast<std::size_t>(j)] = sum;
  }
  return values;
}

}  // namespace

ImageSampler::ImageSampler(const Image<double>& intensity, const ResamplePlan& plan, const Box& window)
    : window_(window), band_x_(plan.band_x), band_y_(plan.band_y) {
  if (intensity.ny() != plan.in_ny || intensity.nx() != plan.in_nx)
    throw Error(ErrorCode::recipe, "IMG-0001", "the samples do not have the size that their plan says");
  if (2 * band_x_ + 1 > plan.in_nx || 2 * band_y_ + 1 > plan.in_ny || band_x_ < 0 || band_y_ < 0)
    throw Error(ErrorCode::recipe, "IMG-0002",
                "the samples do not hold the band of the image; expected 2 band + 1 of them");
  if (!(window.width() > 0) || !(window.height() > 0))
    throw Error(ErrorCode::recipe, "IMG-0003", "the window of an image has no area");
  const int nx = plan.in_nx, ny = plan.in_ny;
  std::vector<Complex> field(intensity.begin(), intensity.end());
  cpu::transform(field.data(), {nx, 1, ny, nx, 1, 0}, true);
  cpu::transform(field.data(), {ny, nx, nx, 1, 1, 0}, true);
  const auto gaussian = [](int m, double blur) { return std::exp(-2 * std::pow(pi * blur * m, 2)); };
  coefficient_.reserve(static_cast<std::size_t>(bins_y()) * static_cast<std::size_t>(bins_x()));
  for (int my = -band_y_; my <= band_y_; ++my)
    for (int mx = 0; mx <= band_x_; ++mx) {
      const double scale = (mx > 0 ? 2.0 : 1.0) / (static_cast<double>(nx) * ny);
      coefficient_.push_back(scale * gaussian(mx, plan.blur_x) * gaussian(my, plan.blur_y) *
                             field[static_cast<std::size_t>((my + ny) % ny) * static_cast<std::size_t>(nx) +
                                   static_cast<std::size_t>(mx)]);
    }
}

void ImageSampler::along_rows(const std::vector<SampleLine>& lines, const std::vector<int>& which, int threads,
                              std::vector<std::vector<double>>& values) const {
  std::map<double, std::vector<int>> rows;  // by height in the window
  for (const int i : which) rows[lines[static_cast<std::size_t>(i)].from.y].push_back(i);
  const std::vector<std::pair<double, std::vector<int>>> tasks(rows.begin(), rows.end());
  const auto count = static_cast<Eigen::Index>(tasks.size());
  Matrix waves(count, bins_y());
  for (Eigen::Index r = 0; r < count; ++r) {
    const double t = (tasks[static_cast<std::size_t>(r)].first - window_.y0) / window_.height();
    for (int my = -band_y_; my <= band_y_; ++my) waves(r, my + band_y_) = wave(my, t);
  }
  const Eigen::Map<const Matrix> coefficient(coefficient_.data(), bins_y(), bins_x());
  constexpr int block = 32;
  parallel_for((static_cast<int>(count) + block - 1) / block, threads, [&](int b) {
    const Eigen::Index first = static_cast<Eigen::Index>(b) * block,
                       rows_here = std::min<Eigen::Index>(block, count - first);
    const Matrix series = waves.middleRows(first, rows_here) * coefficient;
    for (Eigen::Index r = 0; r < rows_here; ++r) {
      const std::vector<Complex> one(series.row(r).begin(), series.row(r).end());
      for (const int i : tasks[static_cast<std::size_t>(first + r)].second) {
        const SampleLine& line = lines[static_cast<std::size_t>(i)];
        values[static_cast<std::size_t>(i)] =
            series_along(one, (line.from.x - window_.x0) / window_.width(), line.step.x / window_.width(), line.count);
      }
    }
  });
}

void ImageSampler::along_columns(const std::vector<SampleLine>& lines, const std::vector<int>& which, int threads,
                                 std::vector<std::vector<double>>& values) const {
  std::map<double, std::vector<int>> columns;
  for (const int i : which) columns[lines[static_cast<std::size_t>(i)].from.x].push_back(i);
  const std::vector<std::pair<double, std::vector<int>>> tasks(columns.begin(), columns.end());
  const auto count = static_cast<Eigen::Index>(tasks.size());
  Matrix waves(bins_x(), count);
  for (Eigen::Index c = 0; c < count; ++c) {
    const double t = (tasks[static_cast<std::size_t>(c)].first - window_.x0) / window_.width();
    for (int mx = 0; mx <= band_x_; ++mx) waves(mx, c) = wave(mx, t);
  }
  const Eigen::Map<const Matrix> coefficient(coefficient_.data(), bins_y(), bins_x());
  constexpr int block = 32;
  parallel_for((static_cast<int>(count) + block - 1) / block, threads, [&](int b) {
    const Eigen::Index first = static_cast<Eigen::Index>(b) * block,
                       here = std::min<Eigen::Index>(block, count - first);
    const Matrix series = coefficient * waves.middleCols(first, here);
    for (Eigen::Index c = 0; c < here; ++c) {
      // The real part of what my and -my give is that of one of them with the conjugate of the other.
      std::vector<Complex> one(static_cast<std::size_t>(band_y_ + 1));
      one[0] = series(band_y_, c);
      for (int my = 1; my <= band_y_; ++my)
        one[static_cast<std::size_t>(my)] = series(band_y_ + my, c) + std::conj(series(band_y_ - my, c));
      for (const int i : tasks[static_cast<std::size_t>(first + c)].second) {
        const SampleLine& line = lines[static_cast<std::size_t>(i)];
        values[static_cast<std::size_t>(i)] = series_along(one, (line.from.y - window_.y0) / window_.height(),
                                                           line.step.y / window_.height(), line.count);
      }
    }
  });
}

std::vector<double> ImageSampler::oblique(const SampleLine& line) const {
  Matrix wave_x(bins_x(), line.count), wave_y(bins_y(), line.count);
  for (int j = 0; j < line.count; ++j) {
    const double tx = (line.from.x + j * line.step.x - window_.x0) / window_.width();
    const double ty = (line.from.y + j * line.step.y - window_.y0) / window_.height();
    for (int mx = 0; mx <= band_x_; ++mx) wave_x(mx, j) = wave(mx, tx);
    for (int my = -band_y_; my <= band_y_; ++my) wave_y(my + band_y_, j) = wave(my, ty);
  }
  const Matrix rows = Eigen::Map<const Matrix>(coefficient_.data(), bins_y(), bins_x()) * wave_x;
  const Eigen::RowVectorXd sum = rows.cwiseProduct(wave_y).real().colwise().sum();
  return {sum.begin(), sum.end()};
}

std::vector<std::vector<double>> ImageSampler::lines(const std::vector<SampleLine>& lines, int threads) const {
  std::vector<std::vector<double>> values(lines.size());
  std::vector<int> rows, columns, others;
  for (int i = 0; i < static_cast<int>(lines.size()); ++i) {
    const SampleLine& line = lines[static_cast<std::size_t>(i)];
    (line.step.y == 0 ? rows : line.step.x == 0 ? columns : others).push_back(i);
  }
  if (!rows.empty()) along_rows(lines, rows, threads, values);
  if (!columns.empty()) along_columns(lines, columns, threads, values);
  parallel_for(static_cast<int>(others.size()), threads, [&](int i) {
    const auto which = static_cast<std::size_t>(others[static_cast<std::size_t>(i)]);
    values[which] = oblique(lines[which]);
  });
  return values;
}

std::vector<ImageSampler::Value> ImageSampler::at(const std::vector<Point>& points) const {
  std::vector<Value> values;
  for (const Point& p : points) {
    const double tx = (p.x - window_.x0) / window_.width(), ty = (p.y - window_.y0) / window_.height();
    Value& value = values.emplace_back();
    const Complex* c = coefficient_.data();
    for (int my = -band_y_; my <= band_y_; ++my) {
      const Complex row = wave(my, ty);
      for (int mx = 0; mx <= band_x_; ++mx, ++c) {
        const Complex term = *c * row * wave(mx, tx);
        value.intensity += term.real();
        value.slope_x -= 2 * pi * mx / window_.width() * term.imag();
        value.slope_y -= 2 * pi * my / window_.height() * term.imag();
      }
    }
  }
  return values;
}

std::vector<ImageSampler> sample_images(Backend& backend, const CoherentStack& stack,
                                        const std::vector<std::vector<std::complex<double>>>& spectra,
                                        const Box& window, double blur_x_nm, double blur_y_nm) {
  const int batch = static_cast<int>(spectra.size());
  const auto sum = backend.plan_coherent_sum(stack, batch);
  Array spectrum = backend.allocate({batch, stack.bins_y(), stack.bins_x(), 2});
  Array intensity = backend.allocate({batch, sum->field_ny(), sum->field_nx(), 1});
  std::vector<double> flat;
  flat.reserve(spectrum.shape().size());
  for (const auto& mask : spectra)
    for (const std::complex<double>& m : mask) {
      flat.push_back(m.real());
      flat.push_back(m.imag());
    }
  backend.upload(flat, spectrum);
  sum->forward(spectrum, intensity);
  std::vector<double> all(intensity.shape().size());
  backend.download(intensity, all);
  ResamplePlan plan{.in_ny = sum->field_ny(),
                    .in_nx = sum->field_nx(),
                    .band_y = 2 * stack.extent_y,
                    .band_x = 2 * stack.extent_x};
  plan.blur_y = blur_y_nm / window.height();
  plan.blur_x = blur_x_nm / window.width();
  std::vector<ImageSampler> images;
  for (int b = 0; b < batch; ++b) {
    Image<double> image(sum->field_ny(), sum->field_nx());
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(image.size()) * b, image.size(), image.begin());
    images.emplace_back(image, plan, window);
  }
  return images;
}

}  // namespace anamorph
