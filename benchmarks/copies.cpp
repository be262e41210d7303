// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// A layout of many copies of another one, all shapes written out, so that nothing but tiles can find the repetition:
//
//     anamorph_copies IN OUT.oas LAYER COLUMNS ROWS PITCH_X_NM PITCH_Y_NM
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "cpp/core/error.hpp"
#include "cpp/io/atomic_file.hpp"
#include "masks/layout_query.hpp"

using namespace anamorph;

namespace {

LayerNumber layer_of(const std::string& text) {
  LayerNumber layer;
  if (std::sscanf(text.c_str(), "%u/%u", &layer.layer, &layer.datatype) != 2)
    throw Error(ErrorCode::usage, "BCH-0001", "the layer is '" + text + "'; expected LAYER/DATATYPE, as 11/0");
  return layer;
}

void write_copies(char** words) {
  const auto file = open_layout(open_bytes(words[1]));
  const LayoutIndex index(*file);
  const LayerNumber layer = layer_of(words[3]);
  const std::int64_t columns = std::atoll(words[4]), rows = std::atoll(words[5]);
  const std::int64_t pitch_x = std::llround(std::atof(words[6]) / file->dbu_nm());
  const std::int64_t pitch_y = std::llround(std::atof(words[7]) / file->dbu_nm());

  AtomicFile out(words[2]);
  const auto writer = write_oasis([&](std::string_view bytes) { out.write(bytes); }, file->dbu_nm());
  writer->begin_cell("COPIES");
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column)
      index.shapes({index.find(), {layer}, {}}, [&](const LayerNumber& of, const DbuPolygon& drawn) {
        DbuPolygon moved = drawn;
        for (DbuPoint& p : moved) p = {p.x + column * pitch_x, p.y + row * pitch_y};
        writer->polygon(of, moved, {}, {});
      });
  writer->end_cell();
  writer->finish();
  out.commit();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 8) throw Error(ErrorCode::usage, "BCH-0002", "usage: anamorph_copies IN OUT.oas LAYER COLUMNS ROWS PITCH_X_NM PITCH_Y_NM");
    write_copies(argv);
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
