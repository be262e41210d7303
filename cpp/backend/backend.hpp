// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cpp/backend/coherent_stack.hpp"
#include "cpp/core/image.hpp"

// The boundary between the models and the machine. Everything above works on opaque arrays with the few whole-grid
// verbs below; everything below (CPU, CUDA) implements them. A verb costs at least tens of microseconds, so a virtual
// call is free. Adjoints add to their output, because several terms of an objective share one input.

namespace anamorph {

/// [batch][ny][nx] numbers; complex ones are interleaved pairs (components = 2).
struct Shape {
  int batch = 1;
  int ny = 0;
  int nx = 0;
  int components = 1;

  [[nodiscard]] std::size_t size() const noexcept {
    return static_cast<std::size_t>(batch) * static_cast<std::size_t>(ny) * static_cast<std::size_t>(nx) *
           static_cast<std::size_t>(components);
  }
  bool operator==(const Shape&) const = default;
};

/// Numbers in the memory, and in the precision, of the backend that allocated them.
class Array {
 public:
  Array() = default;
  Array(const Shape& shape, std::shared_ptr<void> storage) : shape_(shape), storage_(std::move(storage)) {}
  Array(Array&&) noexcept = default;
  Array& operator=(Array&&) noexcept = default;
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  [[nodiscard]] void* storage() noexcept { return storage_.get(); }
  [[nodiscard]] const void* storage() const noexcept { return storage_.get(); }

 private:
  Shape shape_;
  std::shared_ptr<void> storage_;
};

/// What the samples of a mask stand for.
enum class MaskSamples {
  squares,  ///< constant transmission over each pixel: the spectrum carries the pixel's sinc
  points    ///< samples of a function without detail below the pixel: no sinc
};

/// The low part of the spectrum of a real periodic mask, by two thin matrix products instead of a full FFT.
/// mask [batch][ny][nx] -> spectrum [batch][bins_y][bins_x] complex, M(f) = (1/A) Int m exp(-2 pi i f x) dx, with the
/// origin at the window's lower-left corner and samples at pixel centres.
class MaskSpectrum {
 public:
  virtual ~MaskSpectrum() = default;
  virtual void forward(const Array& mask, Array& spectrum) const = 0;
  virtual void adjoint(const Array& spectrum_bar, Array& mask_bar) const = 0;
};

/// I = sum_k w_k |F^-1[H_k M_g(k)]|^2 on the smallest grid that holds the intensity without aliasing.
/// spectrum [batch * spectra][bins_y][bins_x] complex -> intensity [batch][field_ny][field_nx], sampled at
/// x = j period / field_nx. The adjoint belongs to the latest forward call.
class CoherentSum {
 public:
  virtual ~CoherentSum() = default;
  [[nodiscard]] virtual int field_ny() const noexcept = 0;
  [[nodiscard]] virtual int field_nx() const noexcept = 0;
  virtual void forward(const Array& spectrum, Array& intensity) = 0;
  virtual void adjoint(const Array& intensity_bar, Array& spectrum_bar) = 0;
};

/// Band of an intensity and the grid where it is wanted. A Gaussian blur of the resist, being a factor on the
/// spectrum, costs nothing here.
struct ResamplePlan {
  int in_ny = 0, in_nx = 0;       ///< samples at j period / n
  int band_y = 0, band_x = 0;     ///< highest frequency held, in bins; 2 band + 1 <= n
  int out_ny = 0, out_nx = 0;     ///< samples at the pixel centres (i + 1/2) period / out_n
  double blur_y = 0, blur_x = 0;  ///< standard deviation of a Gaussian blur as a fraction of the period
};

/// Exact Fourier interpolation [batch][in_ny][in_nx] -> [batch][out_ny][out_nx].
class Resample {
 public:
  virtual ~Resample() = default;
  virtual void forward(const Array& in, Array& out) const = 0;
  virtual void adjoint(const Array& out_bar, Array& in_bar) const = 0;
};

/// One process condition: which intensity it prints and by what factor.
struct PrintCorner {
  int intensity = 0;
  double dose = 1;
  bool band = true;  ///< takes part in the PV band
  double flare = 0;  ///< added to the intensity, before the dose
};

/// The smooth print objective on the print grid. With u = sign (dose (I + flare) - threshold) per corner (sign +1 where the
/// bright part prints, -1 where the dark part does) and Z = logistic(steepness u):
///   fidelity = sum (Z_nominal - T)^2,  pvband = sum (Z_max - Z_min)^2,
///   sites = sum S (Z_nominal - T)^2,  background = sum B Z_max^2,
/// where S marks places of the edge that matter more and B where nothing may print in any condition,
/// Z_max and Z_min over the corners of the band. For steepness -> infinity these are the areas L2 and PVB in pixels.
struct PrintLossPlan {
  ResamplePlan resample;
  std::vector<PrintCorner> corners;  ///< the first is the nominal one
  double threshold = 0.225;
  bool bright = true;
};

struct PrintLossWeights {
  double steepness = 50;  ///< infinity: a step; then there is no gradient (std::logic_error when one is asked for)
  double fidelity = 1;
  double sites = 0;
  double background = 0;
  double pvband = 1;
};

struct PrintLossTerms {
  double fidelity = 0;
  double sites = 0;
  double background = 0;
  double pvband = 0;
};

/// Resample, resist, loss and their adjoint in one pass that never stores an image.
class PrintLoss {
 public:
  virtual ~PrintLoss() = default;
  /// intensities [batch][field_ny][field_nx] per stack; target, sites, background [batch][out_ny][out_nx].
  /// Adds d(loss)/d(intensity) to intensity_bar (skipped when empty) and overwrites terms [batch][4] with the
  /// unweighted terms, in the order of PrintLossTerms, which print_loss_terms() fetches.
  virtual void evaluate(std::span<const Array> intensity, const Array& target, const Array& sites,
                        const Array& background, const PrintLossWeights&, std::span<Array> intensity_bar,
                        Array& terms) const = 0;
};

/// A batch of periodic bitmaps, a bit a pixel, in the memory of the backend that made them.
class Bitmaps {
 public:
  Bitmaps() = default;
  Bitmaps(int batch, int ny, int nx, std::shared_ptr<void> storage)
      : batch_(batch), ny_(ny), nx_(nx), storage_(std::move(storage)) {}
  Bitmaps(Bitmaps&&) noexcept = default;
  Bitmaps& operator=(Bitmaps&&) noexcept = default;
  Bitmaps(const Bitmaps&) = delete;
  Bitmaps& operator=(const Bitmaps&) = delete;

  [[nodiscard]] int batch() const noexcept { return batch_; }
  [[nodiscard]] int ny() const noexcept { return ny_; }
  [[nodiscard]] int nx() const noexcept { return nx_; }
  [[nodiscard]] void* storage() noexcept { return storage_.get(); }
  [[nodiscard]] const void* storage() const noexcept { return storage_.get(); }

 private:
  int batch_ = 0, ny_ = 0, nx_ = 0;
  std::shared_ptr<void> storage_;
};

/// What a verb of Morphology works on. With `zeros` the ones and zeros are changed for each other before it and after
/// it: opening becomes closing, islands become holes.
enum class Of { ones, zeros };

/// What mask rules ask of bitmaps; masks/morphology.hpp defines the terms. Every verb takes a whole batch, and every
/// backend comes to the same bits. Islands are 4-connected.
class Morphology {
 public:
  static constexpr int kLargestDisc = 4096;  ///< diameter, px

  virtual ~Morphology() = default;
  /// Bitmaps of one size. Throws std::logic_error if there are none or their sizes differ.
  [[nodiscard]] virtual Bitmaps upload(std::span<const Bitmap> host) = 0;
  [[nodiscard]] virtual Bitmap download(const Bitmaps& x, int entry) const = 0;
  /// Copies of these entries, in this order.
  [[nodiscard]] virtual Bitmaps selected(const Bitmaps& x, std::span<const int> entries) = 0;
  virtual void copy_entry(const Bitmaps& from, int entry, Bitmaps& to, int to_entry) = 0;

  /// Where x is positive on `factor` times as many pixels along each axis, by periodic cubic (Catmull-Rom)
  /// interpolation in single precision.
  [[nodiscard]] virtual Bitmaps positive(const Array& x, int factor) = 0;
  /// share = a * (part of the ones in each block of factor x factor pixels) + b * share; b = 0 ignores old share
  /// [batch][ny / factor][nx / factor].
  virtual void coverage(double a, const Bitmaps& x, int factor, double b, Array& share) = 0;

  /// The ones of x that are not in y.
  [[nodiscard]] virtual Bitmaps minus(const Bitmaps& x, const Bitmaps& y) = 0;
  /// Opening with a disc. Throws Error{recipe} for a diameter out of 1 .. kLargestDisc, as does dilated().
  [[nodiscard]] virtual Bitmaps opened(const Bitmaps& x, int diameter_px, Of of = Of::ones) = 0;
  /// Dilation with a disc of odd diameter.
  [[nodiscard]] virtual Bitmaps dilated(const Bitmaps& x, int diameter_px) = 0;
  /// Without the islands under `min_area_px`; one that is the whole window stays.
  [[nodiscard]] virtual Bitmaps without_small(const Bitmaps& x, long min_area_px, Of of = Of::ones) = 0;
  /// Islands of at least half, but not all, of `min_area_px` become discs of that area around their centre.
  [[nodiscard]] virtual Bitmaps small_grown(const Bitmaps& x, double min_area_px, Of of = Of::ones) = 0;

  /// Pixels in which each entry differs from that of y. The only verb whose result comes back, but for download().
  [[nodiscard]] virtual std::vector<long> differences(const Bitmaps& x, const Bitmaps& y) const = 0;

 protected:
  static void require_disc(int diameter_px);
  static void require_one_size(std::span<const Bitmap> bitmaps);
  static void require_one_size(const Bitmaps& x, const Bitmaps& y);
};

/// Parameters of one Adam step (Kingma and Ba 2015); `iteration` counts from 1.
struct AdamStep {
  double rate = 0.1;
  double decay1 = 0.9;
  double decay2 = 0.999;
  double floor = 1e-8;
  int iteration = 1;
};

/// What a backend remembers of a sequence of verbs that it ran before; see Backend::repeat.
class Recording {
 public:
  virtual ~Recording() = default;
};

/// How much work measures the ceilings; 0 is what suits the backend.
struct CeilingSizes {
  std::size_t copy_bytes = 0;  ///< of each of the two arrays
  int product = 0;             ///< side of the matrices
};

/// What a backend reaches on this machine, the best of a few tries, in its own precision. A multiply-add is two flops.
struct Ceilings {
  double copy_bytes_per_s = 0;             ///< copy in the memory of the arrays, bytes read and bytes written
  double gemm_flops_per_s = 0;             ///< product of two square matrices, as the backend computes it
  std::optional<double> peak_flops_per_s;  ///< multiply-adds on registers; absent where that is not measured
  std::size_t cache_bytes = 0;             ///< of the last cache: what fits may move faster; 0: not known
};

class Backend {
 public:
  virtual ~Backend() = default;

  [[nodiscard]] virtual std::string name() const = 0;    ///< "cpu", "cpu-f32", "cuda", ...
  [[nodiscard]] virtual std::string device() const = 0;  ///< what it runs on, for the record of a run
  [[nodiscard]] virtual double epsilon() const noexcept = 0;
  /// Clips that are best computed together when nobody says how many: one on a CPU, enough to fill a device on it.
  [[nodiscard]] virtual int natural_batch() const noexcept { return 1; }

  [[nodiscard]] virtual Array allocate(const Shape& shape) = 0;  ///< zeroed
  virtual void upload(std::span<const double> host, Array& array) = 0;
  virtual void download(const Array& array, std::span<double> host) const = 0;

  virtual void fill(double value, Array& x) = 0;
  virtual void add(double value, Array& x) = 0;
  virtual void axpby(double a, const Array& x, double b, Array& y) = 0;  ///< y = a x + b y; b = 0 ignores old y
  [[nodiscard]] virtual double sum(const Array& x) const = 0;
  [[nodiscard]] virtual double max_abs(const Array& x) const = 0;
  [[nodiscard]] virtual double dot(const Array& x, const Array& y) const = 0;

  /// Sums over each batch entry that stay on the device: out [batch] = factor <x, y>. Either array may have a batch of
  /// one, which then serves all entries.
  virtual void dot_each(double factor, const Array& x, const Array& y, Array& out) = 0;
  /// Row `row` of table, [rows][...], becomes a copy of x, which has as many numbers as a row.
  virtual void store(const Array& x, int row, Array& table) = 0;

  /// y = logistic(steepness (x - level)); the adjoint adds y_bar dy/dx to x_bar.
  virtual void sigmoid(const Array& x, double steepness, double level, Array& y) = 0;
  virtual void sigmoid_adjoint(const Array& y, const Array& y_bar, double steepness, Array& x_bar) = 0;

  /// Periodic Gaussian blur, standard deviation in pixels; its own adjoint.
  virtual void gaussian(const Array& x, double sigma_px, Array& y) = 0;

  /// y = x on `factor` times as many pixels along each axis, by periodic cubic (Catmull-Rom) interpolation.
  virtual void refine(const Array& x, int factor, Array& y) = 0;

  /// One Adam step on x with first and second moments m and v.
  virtual void adam(const Array& gradient, const AdamStep& step, Array& m, Array& v, Array& x) = 0;

  [[nodiscard]] virtual std::unique_ptr<MaskSpectrum> plan_mask_spectrum(int ny, int nx, int extent_y, int extent_x,
                                                                         MaskSamples samples) = 0;
  [[nodiscard]] virtual std::unique_ptr<CoherentSum> plan_coherent_sum(const CoherentStack& stack, int batch) = 0;
  [[nodiscard]] virtual std::unique_ptr<Resample> plan_resample(const ResamplePlan& plan) = 0;
  [[nodiscard]] virtual std::unique_ptr<PrintLoss> plan_print_loss(const PrintLossPlan& plan) = 0;

  [[nodiscard]] virtual Morphology& morphology() = 0;

  /// Runs `verbs`, a sequence of calls of this backend and its plans that allocates, uploads and downloads nothing. With
  /// a recording of an earlier call it must be the same sequence on the same arrays; only the numbers that are passed by
  /// value may differ. A device may then launch all of it at once.
  virtual void repeat(std::unique_ptr<Recording>& recording, const std::function<void()>& verbs) = 0;

  /// Seconds that the device spends on `work`, by its own clock.
  [[nodiscard]] virtual double seconds(const std::function<void()>& work) = 0;

  [[nodiscard]] virtual Ceilings ceilings(const CeilingSizes& sizes) = 0;
  /// What is known of the device: pairs of a name ("driver") and a value, for the record of a measurement.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> facts() const = 0;
  /// Most bytes in use at a time since the last call: arrays, plans and scratch memory on a device; on the CPU the
  /// resident memory of the whole process. 0 when the system does not say.
  [[nodiscard]] virtual std::size_t take_peak_memory() = 0;
};

/// The terms that PrintLoss::evaluate left in `terms`, per batch entry.
[[nodiscard]] std::vector<PrintLossTerms> print_loss_terms(const Backend& backend, const Array& terms);

/// Names of the backends compiled into this library, whether or not their device is present.
[[nodiscard]] std::vector<std::string> compiled_backends();

/// Id of the Error{resource} thrown when the memory of a device is used up; a smaller batch may fit, and what was
/// computed before is intact.
inline constexpr const char* kOutOfDeviceMemory = "CUD-0002";

/// "cpu" (double), "cpu-f32", "cuda" (single precision) or "cuda-f64", both on device 0 or, as "cuda:N", on device N;
/// "auto": the fastest that works here. `threads` is for the CPU. Throws Error{resource} when the name is not compiled
/// in or its device is missing, Error{usage} for any other name.
[[nodiscard]] std::unique_ptr<Backend> make_backend(const std::string& name, int threads);

}  // namespace anamorph
