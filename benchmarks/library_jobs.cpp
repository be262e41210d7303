// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

#include "benchmarks/job.hpp"
#include "benchmarks/reference.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/optimize/coarsen.hpp"
#include "cpp/optimize/ilt.hpp"
#include "cpp/optimize/objective.hpp"

namespace anamorph::bench {
namespace {

// Least work. Bytes: every array that comes in is read once and every array that goes out is written once; what lies
// between could stay in a cache. Flops (a multiply-add is two): those of the band-limited algorithm, that is
//  - n x n samples to or from b x b frequencies or coarse samples: two matrix products, n n b and n b b multiply-adds,
//    halved by the mirror symmetry of sines and cosines;
//  - a field: H M on the bins (6 per bin), transforms of b rows and n columns at 5 n log2 n each, |E|^2 summed (4 per
//    point); back: 2 per point, the same transforms, 8 per bin;
//  - 20 for a logistic function, and what the formulas say for the rest.
struct Work {
  double bytes = 0, flops = 0;
};

constexpr double kLogistic = 20;

double product_flops(double n, double b) { return n * n * b + n * b * b; }

double field_transform_flops(const CoherentStack& s, double n) { return (s.bins_y() + n) * 5 * n * std::log2(n); }
double sum_flops(const CoherentStack& s, double n) {
  return s.terms() * (6.0 * static_cast<double>(s.bins()) + field_transform_flops(s, n) + 4 * n * n);
}
double sum_adjoint_flops(const CoherentStack& s, double n) {
  return s.terms() * (8.0 * static_cast<double>(s.bins()) + field_transform_flops(s, n) + 2 * n * n);
}
double stack_bytes(const CoherentStack& s, double real) { return 2 * real * static_cast<double>(s.bins()) * s.terms(); }

/// The print of all corners, their loss, and the cotangent of the images, per pixel.
double print_loss_flops(const ImagingModel& m) {
  return kLogistic * 3 + 4.0 * static_cast<double>(m.conditions.size()) + 30;
}

Image<double> starting_control(const Image<double>& target) {
  Image<double> control = target;
  std::mt19937 random(1);
  for (double& c : control)
    c = -0.2 + 1.2 * c + 0.02 * (static_cast<double>(random()) / static_cast<double>(std::mt19937::max()) - 0.5);
  return control;
}

/// The terms that the plain implementation knows.
MaskObjective::View fixed_view() {
  MaskObjective::View view;
  view.pvband = 1.2;
  return view;
}

/// Mask on the device -> prints of all corners on the host, every pixel of 1 nm, by the verbs of the backend.
struct Forward {
  Forward(const Clip& c, const std::string& name, int team)
      : clip(c), threads(team), backend(make_backend(name, team)), prints(c.model.conditions.size()) {
    const CoherentStack& first = clip.model.stacks.front();
    const int ny = clip.grid.ny, nx = clip.grid.nx;
    mask = backend->allocate({1, ny, nx, 1});
    backend->upload(Image<double>(coarsen(clip.target, 1)).span(), mask);
    mask_spectrum = backend->plan_mask_spectrum(ny, nx, first.extent_y, first.extent_x, MaskSamples::squares);
    spectrum = backend->allocate({1, first.bins_y(), first.bins_x(), 2});
    for (const CoherentStack& stack : clip.model.stacks) {
      sums.push_back(backend->plan_coherent_sum(stack, 1));
      intensity.push_back(backend->allocate({1, sums.back()->field_ny(), sums.back()->field_nx(), 1}));
      device_image.push_back(backend->allocate(mask.shape()));
      image.emplace_back(ny, nx);
    }
    resample = backend->plan_resample(resample_plan(clip.model, *sums.front(), clip.grid, 0));
  }

  void run() {
    mask_spectrum->forward(mask, spectrum);
    for (std::size_t s = 0; s < sums.size(); ++s) {
      sums[s]->forward(spectrum, intensity[s]);
      resample->forward(intensity[s], device_image[s]);
    }
    parallel_for(static_cast<int>(image.size()), threads, [&](int s) {
      backend->download(device_image[static_cast<std::size_t>(s)], image[static_cast<std::size_t>(s)].span());
    });
    parallel_for(static_cast<int>(prints.size()), threads, [&](int c) {
      const Condition& condition = clip.model.conditions[static_cast<std::size_t>(c)];
      prints[static_cast<std::size_t>(c)] =
          printed(image[static_cast<std::size_t>(condition.stack)], condition.dose, clip.resist);
    });
  }

  const Clip& clip;
  int threads;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<MaskSpectrum> mask_spectrum;
  std::vector<std::unique_ptr<CoherentSum>> sums;
  std::unique_ptr<Resample> resample;
  Array mask, spectrum;
  std::vector<Array> intensity, device_image;
  std::vector<Image<double>> image;
  std::vector<Bitmap> prints;
};

/// Loss and gradient on pixels of `factor` nm, and the step of the solver.
struct Gradient {
  Gradient(const Clip& clip, const std::string& name, int threads, int factor, double blur_nm)
      : backend(make_backend(name, threads)), view(fixed_view()) {
    const Image<double> target = coarsen(clip.target, factor);
    Grid grid = clip.grid;
    grid.ny /= factor;
    grid.nx /= factor;
    grid.pixel_nm *= factor;
    const Pattern pattern{target, Image<double>(grid.ny, grid.nx), Image<double>(grid.ny, grid.nx)};
    objective = std::make_unique<MaskObjective>(*backend, clip.model, clip.resist, grid, blur_nm,
                                                std::span<const Pattern>(&pattern, 1));
    for (Array* array : {&control, &gradient, &first, &second}) *array = backend->allocate({1, grid.ny, grid.nx, 1});
    backend->upload(starting_control(target).span(), control);
  }

  void evaluate() { objective->evaluate(control, view, gradient); }

  double loss() {
    evaluate();
    return objective->terms().front().front().loss(view);
  }

  /// A rate of zero: all the work of a step, and every repetition sees the same mask.
  void iterate() {
    evaluate();
    backend->adam(gradient, {.rate = 0, .decay1 = 0.9, .decay2 = 0.99, .floor = 1e-12, .iteration = 1}, first, second,
                  control);
  }

  std::unique_ptr<Backend> backend;
  MaskObjective::View view;
  std::unique_ptr<MaskObjective> objective;
  Array control, gradient, first, second;
};

/// Plans and arrays of the single steps on the grid of 1 nm, one focus.
struct Pieces {
  Pieces(const Clip& clip, const std::string& name, int threads) : forward(clip, name, threads) {
    Backend& backend = *forward.backend;
    forward.run();
    target = backend.allocate(forward.mask.shape());
    sites = backend.allocate(forward.mask.shape());
    mask_bar = backend.allocate(forward.mask.shape());
    terms = backend.allocate({1, 1, 4, 1});
    spectrum_bar = backend.allocate(forward.spectrum.shape());
    for (const Array& i : forward.intensity) intensity_bar.push_back(backend.allocate(i.shape()));
    backend.axpby(1, forward.mask, 0, target);
    PrintLossPlan plan;
    plan.resample = resample_plan(clip.model, *forward.sums.front(), clip.grid, 0);
    for (const Condition& c : clip.model.conditions) plan.corners.push_back({c.stack, c.dose, c.band});
    plan.threshold = clip.resist.threshold;
    print_loss = backend.plan_print_loss(plan);
  }

  Forward forward;
  std::unique_ptr<PrintLoss> print_loss;
  Array target, sites, terms, mask_bar, spectrum_bar;
  std::vector<Array> intensity_bar;
};

}  // namespace

std::vector<Job> library_jobs(const Clip& clip, const std::string& name, int threads) {
  const bool single = name == "cpu-f32";
  const ImagingModel& model = clip.model;
  const CoherentStack& stack = model.stacks.front();
  const int field = make_backend(name, 1)->plan_coherent_sum(stack, 1)->field_nx();
  const double real = single ? 4 : 8, n = field, b = stack.bins_x(), foci = static_cast<double>(model.stacks.size());
  const double side = clip.grid.nx, pixels = side * side;
  const double corners = static_cast<double>(model.conditions.size());

  const auto gradient_work = [&](double nx, double blur_px) {
    const double px = nx * nx, reach = blur_px > 0 ? std::ceil(4.5 * blur_px) : 0;
    double flops = 2 * product_flops(nx, b) +
                   foci * (2 * product_flops(nx, n) + sum_flops(stack, n) + sum_adjoint_flops(stack, n));
    flops += px * (kLogistic + 4 + print_loss_flops(model));
    flops += px * (blur_px > 0 ? 2 * 2 * (3 * reach + 1) : 0);            // two blurs, two axes, symmetric kernel
    return Work{real * 3 * px + foci * stack_bytes(stack, real), flops};  // control, target, gradient
  };

  std::vector<Job> jobs;
  const auto add = [&](const std::string& what, const std::string& text, const Work& work, double must_ms,
                       double aim_ms, const std::string& reference, auto prepare) {
    const std::string twin = reference.empty() ? "" : reference + (single ? "/float" : "/double");
    jobs.push_back({what + "/" + name, text, single, work.bytes, work.flops, must_ms, aim_ms, twin, prepare});
  };

  add("forward", "mask to three printed corners, 1 nm grid",
      {real * pixels + corners * pixels + foci * stack_bytes(stack, real),
       product_flops(side, b) + foci * (sum_flops(stack, n) + product_flops(side, n)) + 2 * corners * pixels},
      50, 20, "reference_forward",
      [&clip, name, threads] { return [job = std::make_shared<Forward>(clip, name, threads)] { job->run(); }; });
  add("gradient", "loss and exact gradient, 1 nm grid", gradient_work(side, 0), 120, 60, "reference_gradient",
      [&clip, name, threads] {
        return [job = std::make_shared<Gradient>(clip, name, threads, 1, 0)] { job->evaluate(); };
      });
  const IltOptions ilt;
  const int factor = static_cast<int>(std::lround(ilt.grid_nm));
  const double blur = ilt.schedule.control_blur_nm;
  add("gradient_blurred", "the same with the solver's blur of the control values", gradient_work(side, blur), 0, 0,
      "reference_gradient", [&clip, name, threads, blur] {
        return [job = std::make_shared<Gradient>(clip, name, threads, 1, blur)] { job->evaluate(); };
      });
  Work iteration = gradient_work(side / factor, blur / factor);
  const double solver_pixels = pixels / (factor * factor);
  iteration.bytes += real * 8 * solver_pixels;  // reads sites, background, wish, m, v; writes m, v, control
  iteration.flops += 18 * solver_pixels;
  add("iteration", "one iteration of the solver: gradient and Adam step, 4 nm grid", iteration, 15, 5,
      "reference_gradient", [&clip, name, threads, factor, blur] {
        const auto job = std::make_shared<Gradient>(clip, name, threads, factor, blur);
        job->view.sites = job->view.background = job->view.pull = 1;  // all that the second half of a run computes
        return [job] { job->iterate(); };
      });

  const auto piece = [&](const std::string& what, const std::string& text, const Work& work, void (*run)(Pieces&)) {
    add(what, text, work, 0, 0, "", [&clip, name, threads, run] {
      return [job = std::make_shared<Pieces>(clip, name, threads), run] { run(*job); };
    });
  };
  const double transfers = stack_bytes(stack, real);
  piece("mask_spectrum", "1 nm mask to its low frequencies", {real * pixels, product_flops(side, b)},
        [](Pieces& p) { p.forward.mask_spectrum->forward(p.forward.mask, p.forward.spectrum); });
  piece("mask_spectrum_adjoint", "its adjoint, added to the mask's cotangent",
        {2 * real * pixels, product_flops(side, b)},
        [](Pieces& p) { p.forward.mask_spectrum->adjoint(p.forward.spectrum, p.mask_bar); });
  piece("coherent_sum", "spectrum to intensity, one focus", {transfers + real * n * n, sum_flops(stack, n)},
        [](Pieces& p) { p.forward.sums[0]->forward(p.forward.spectrum, p.forward.intensity[0]); });
  piece("coherent_sum_adjoint", "its adjoint", {transfers + real * n * n, sum_adjoint_flops(stack, n)},
        [](Pieces& p) { p.forward.sums[0]->adjoint(p.forward.intensity[0], p.spectrum_bar); });
  piece("resample", "intensity to the 1 nm grid, one focus", {real * pixels, product_flops(side, n)},
        [](Pieces& p) { p.forward.resample->forward(p.forward.intensity[0], p.forward.device_image[0]); });
  piece("resample_adjoint", "its adjoint", {real * pixels, product_flops(side, n)},
        [](Pieces& p) { p.forward.resample->adjoint(p.forward.device_image[0], p.intensity_bar[0]); });
  piece("print_loss", "both intensities to loss and their cotangents, 1 nm grid",
        {2 * real * pixels, foci * 2 * product_flops(side, n) + pixels * print_loss_flops(model)}, [](Pieces& p) {
          p.print_loss->evaluate(p.forward.intensity, p.target, p.sites, p.sites, PrintLossWeights{}, p.intensity_bar,
                                 p.terms);
        });
  return jobs;
}

namespace {

template <typename Real>
struct PlainClip {
  PlainClip(const Clip& clip, MaskSamples samples, int threads)
      : reference(clip.model, clip.resist, clip.grid, samples, threads),
        target(clip.grid.ny, clip.grid.nx),
        control(target),
        gradient(target) {
    std::copy(clip.target.begin(), clip.target.end(), target.begin());
    const Image<double> start = starting_control(coarsen(clip.target, 1));
    std::transform(start.begin(), start.end(), control.begin(), [](double c) { return static_cast<Real>(c); });
  }

  Reference<Real> reference;
  Image<Real> target, control, gradient;
};

template <typename Real>
std::vector<Job> plain_jobs(const Clip& clip, int threads) {
  const bool single = sizeof(Real) == 4;
  const std::string suffix = single ? "/float" : "/double";
  Job forward, gradient;
  forward.name = "reference_forward" + suffix;
  forward.what = "images of both foci by full-grid FFTs";
  forward.prepare = [&clip, threads] {
    return [job = std::make_shared<PlainClip<Real>>(clip, MaskSamples::squares, threads)] {
      job->reference.images(job->target);
    };
  };
  gradient.name = "reference_gradient" + suffix;
  gradient.what = "loss and exact gradient by full-grid FFTs";
  gradient.prepare = [&clip, threads] {
    return [job = std::make_shared<PlainClip<Real>>(clip, MaskSamples::points, threads)] {
      job->reference.gradient(job->control, job->target, fixed_view(), job->gradient);
    };
  };
  forward.single = gradient.single = single;
  return {forward, gradient};
}

template <typename A, typename B>
double difference(const A& ours, const B& expected) {
  double largest = 0, error = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(expected.data()[i]));
    const double d = std::abs(ours.data()[i] - expected.data()[i]);
    if (!(d <= error)) error = d;  // keeps NaN
  }
  return error / largest;
}

}  // namespace

std::vector<Job> reference_jobs(const Clip& clip, bool single, int threads) {
  return single ? plain_jobs<float>(clip, threads) : plain_jobs<double>(clip, threads);
}

std::vector<Check> check_library(const Clip& clip, int threads) {
  std::vector<Check> checks;
  const std::vector<std::string> backends{"cpu", "cpu-f32"};
  {
    PlainClip<double> plain(clip, MaskSamples::squares, threads);
    const std::vector<Image<double>>& expected = plain.reference.images(plain.target);
    for (const std::string& name : backends) {
      Forward forward(clip, name, threads);
      forward.run();
      for (std::size_t s = 0; s < expected.size(); ++s)
        checks.push_back({"image " + std::to_string(s) + "/" + name, difference(forward.image[s], expected[s]),
                          name == "cpu" ? 1e-9 : 1e-5});
    }
  }
  PlainClip<double> plain(clip, MaskSamples::points, threads);
  const double loss = plain.reference.gradient(plain.control, plain.target, fixed_view(), plain.gradient);
  for (const std::string& name : backends) {
    Gradient ours(clip, name, threads, 1, 0);
    const double limit = name == "cpu" ? 1e-9 : 1e-4;
    checks.push_back({"loss/" + name, std::abs(ours.loss() / loss - 1), limit});
    Image<double> gradient(clip.grid.ny, clip.grid.nx);
    ours.backend->download(ours.gradient, gradient.span());
    checks.push_back({"gradient/" + name, difference(gradient, plain.gradient), limit});
  }
  return checks;
}

}  // namespace anamorph::bench
