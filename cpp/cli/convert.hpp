// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cpp/cli/console.hpp"
#include "masks/layout_query.hpp"

namespace anamorph::cli {

struct ConvertOptions {
  std::filesystem::path in;
  std::filesystem::path out;
  std::string cell;                 ///< empty: all, or the only top cell where one is needed
  std::vector<double> window_nm;    ///< empty, or x0, y0, x1, y1
  std::vector<std::string> layers;  ///< empty: all
  std::vector<std::string> map;     ///< "FROM:TO"
  bool flatten = false;
  std::uint64_t most_shapes = LayoutIndex::usual_steps;  ///< of --flatten and --window
  std::optional<double> dbu_nm;
  bool force = false;
  int threads = 1;
};

/// One layout file from another, by their suffixes.
int run_convert(const ConvertOptions& options, Console& console);

}  // namespace anamorph::cli
