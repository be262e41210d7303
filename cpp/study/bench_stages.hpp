// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/study/bench_case.hpp"
#include "cpp/study/bench_work.hpp"

namespace anamorph {

/// The arrays and plans of a chain from control values to the loss and back, for a batch; each is made when it is first
/// asked for, so that a stage takes the memory that it needs and no more.
class BenchChain {
 public:
  BenchChain(Backend& backend, const BenchCase& bench, int batch);

  /// Arrays have a name and, where there is one per focus ("intensity", "intensity_bar", "image") or per corner
  /// ("print"), an index. Zero at first.
  Array& array(const std::string& name, int index = 0) { return arrays(name)[static_cast<std::size_t>(index)]; }
  std::vector<Array>& arrays(const std::string& name);
  [[nodiscard]] Shape shape(const std::string& name);

  [[nodiscard]] MaskSpectrum& mask_spectrum();
  [[nodiscard]] CoherentSum& sum(int focus);
  [[nodiscard]] Resample& resample();
  [[nodiscard]] PrintLoss& print_loss();

  [[nodiscard]] Backend& backend() noexcept { return backend_; }
  [[nodiscard]] const BenchCase& bench() const noexcept { return bench_; }
  [[nodiscard]] int batch() const noexcept { return batch_; }
  [[nodiscard]] int foci() const noexcept { return static_cast<int>(bench_.model.stacks.size()); }
  [[nodiscard]] int corners() const noexcept { return static_cast<int>(bench_.model.conditions.size()); }

  std::unique_ptr<Recording> recording;  ///< of the iteration, when it is recorded
  int iteration = 0;                     ///< done so far

 private:
  Backend& backend_;
  const BenchCase& bench_;
  int batch_;
  std::map<std::string, std::vector<Array>> arrays_;
  std::unique_ptr<MaskSpectrum> mask_spectrum_;
  std::vector<std::unique_ptr<CoherentSum>> sums_;
  std::unique_ptr<Resample> resample_;
  std::unique_ptr<PrintLoss> print_loss_;
};

/// Random numbers for an input of a stage.
enum class BenchContent {
  signed_unit,  ///< -1 .. 1
  unit,         ///< 0 .. 1
  positive,     ///< 1/4 .. 1
  intensity,    ///< 0 .. 0.6, about the threshold
  clip,         ///< a clip of wires, 0 or 1
  control,      ///< such a clip as a starting point of the optimisation
};

struct BenchInput {
  std::string array;
  int index = 0;
  BenchContent content = BenchContent::signed_unit;
};
struct BenchOutput {
  std::string array;
  int index = 0;
  bool added = false;  ///< the stage adds to it, as adjoints do, instead of overwriting it
};

/// Something that is checked and then timed.
struct BenchStage {
  std::string name;
  std::string what;  ///< one line for the reader
  std::vector<BenchInput> inputs;
  std::vector<BenchOutput> outputs;
  std::function<void(BenchChain&)> before;  ///< once, with the inputs there; may be empty
  std::function<void(BenchChain&)> run;
  int rehearsals = 0;    ///< runs that come before the one that is checked
  double tolerance = 0;  ///< of the outputs' relative error, in units of the backend's epsilon
  LeastWork work;
};

/// All stages for a batch. `field_ny`, `field_nx`: see CoherentSum; `real_bytes` of a number of the backend.
[[nodiscard]] std::vector<BenchStage> bench_stages(const BenchCase& bench, int field_ny, int field_nx, int batch,
                                                   int real_bytes);

}  // namespace anamorph
