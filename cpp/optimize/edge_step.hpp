// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <memory>
#include <span>

#include "cpp/optimize/opc.hpp"

namespace anamorph {

/// How the displacements of a clip follow from the gradient. Keeps what it has learnt from step to step.
class EdgeStep {
 public:
  virtual ~EdgeStep() = default;
  /// `rate` is the step, nm, of a fragment that is far from its place.
  virtual void advance(std::span<const double> gradient, double rate, std::span<double> displacement) = 0;
};

[[nodiscard]] std::unique_ptr<EdgeStep> make_edge_step(OpcOptions::Step step, std::size_t fragments);

}  // namespace anamorph
