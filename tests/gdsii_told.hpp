// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "masks/layout_stream.hpp"
#include "tests/folder_fixture.hpp"
#include "tests/gdsii_bytes.hpp"
#include "tests/layout_text.hpp"

// GDSII streams in memory, and what is told of them.

namespace anamorph::testing {

/// All that a stream tells; its bytes need not live on.
inline std::string told(const std::string& bytes) {
  const auto file = open_layout(memory_bytes(bytes, "a.gds"));
  return anamorph::testing::told(*file);
}

inline std::string error_text(const std::string& bytes) {
  return error_of([&] { (void)told(bytes); }).what();
}

/// One cell with what `fill` puts into it.
inline std::string with_cell(const std::function<void(GdsiiBytes&)>& fill) {
  GdsiiBytes out;
  out.library().cell("A");
  fill(out);
  return out.end_cell().end_library().bytes;
}

inline std::string written(const std::function<void(LayoutWriter&)>& fill, double dbu_nm = 1,
                           const Properties& of_file = {}) {
  std::string bytes;
  const auto writer = write_gdsii([&](std::string_view part) { bytes += part; }, dbu_nm, "LIB", of_file);
  writer->begin_cell("A", {{"S_GDS_PROPERTY", {std::uint64_t{5}, std::string("cell")}}});
  fill(*writer);
  writer->end_cell();
  writer->finish();
  return bytes;
}

}  // namespace anamorph::testing
