// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "cpp/core/error.hpp"
#include "cpp/twin/drift.hpp"
#include "cpp/twin/measurements.hpp"
#include "tests/fuzz/scratch_folder.hpp"
#include "tests/surrogate_fixture.hpp"

/// Any bytes as a file of measured CDs: an Error{input} that names it, or a stream that leads to finite offsets.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anamorph;
  const auto require = [](bool kept) {
    if (!kept) std::abort();
  };
  static const ScratchFolder scratch;
  static const SurrogateModel model = cosine_model({CosineImage{}, CosineImage{}});
  const auto file = scratch.write("any.csv", {data, size});
  try {
    const MeasurementStream stream = read_measurements(file, model, 0.3);
    require(!stream.rows.empty());
    if (stream.rows.size() > 20) return 0;
    const DriftResult result = track_drift(model, stream.rows, {}, {});
    require(result.updates.size() == stream.rows.size());
    require(std::isfinite(result.last.dose_percent) && std::isfinite(result.last.u_focus_nm));
  } catch (const Error& error) {
    require(error.code() == ErrorCode::input && error.where().file == file.string());
  }
  return 0;
}
