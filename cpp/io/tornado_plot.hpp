// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace anamorph {

/// What one input does to an output when it goes to its low and to its high value.
struct TornadoRow {
  std::string name;                       ///< of the input
  std::string range;                      ///< "200 … 300 W"
  std::optional<double> at_low, at_high;  ///< the output; nothing: it does not exist there
};

struct TornadoPlot {
  std::string title;  ///< read out where nothing is seen
  std::string axis;   ///< of the output, with its unit
  double value = 0;   ///< with all inputs at their own values
  std::vector<TornadoRow> rows;
};

/// Two bars for each input, away from the line of the value: the upper one for the input's low value, the lower one for
/// its high value, with the outputs at their ends. Empty without rows. Rows are drawn in the order given.
[[nodiscard]] std::string tornado_svg(const TornadoPlot& plot);

}  // namespace anamorph
