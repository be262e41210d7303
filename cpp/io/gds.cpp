// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/gds.hpp"

#include <string_view>

#include "cpp/io/atomic_file.hpp"
#include "masks/layout_stream.hpp"
#include "masks/region.hpp"

namespace anamorph {

void write_gds(const std::filesystem::path& path, const std::string& cell_name, const std::vector<GdsLayer>& layers,
               double dbu_nm) {
  AtomicFile file(path);
  const ByteSink sink = [&](std::string_view part) { file.write(part); };
  const auto writer = path.extension() == ".oas" ? write_oasis(sink, dbu_nm) : write_gdsii(sink, dbu_nm);
  writer->begin_cell(cell_name);
  for (const GdsLayer& layer : layers)
    for (const DbuPolygon& piece : region_of(layer.polygons, dbu_nm).pieces())
      writer->polygon({layer.layer, layer.datatype}, piece, {}, {});
  writer->end_cell();
  writer->finish();
  file.commit();
}

}  // namespace anamorph
