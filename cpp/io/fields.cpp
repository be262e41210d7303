// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/fields.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "cpp/core/error.hpp"
#include "cpp/io/netcdf.hpp"

namespace anamorph {
namespace {

std::vector<double> centres(int count, double first, double step) {
  std::vector<double> values(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) values[static_cast<std::size_t>(i)] = first + (i + 0.5) * step;
  return values;
}

/// One number of each element as an array.
template <typename Element, typename Number>
std::vector<double> column(const std::vector<Element>& elements, Number number) {
  std::vector<double> values(elements.size());
  std::transform(elements.begin(), elements.end(), values.begin(), number);
  return values;
}

void write_bitmap(NetcdfFile& file, const std::string& name, const Bitmap& bitmap, const std::string& meaning) {
  if (!bitmap.empty()) file.variable(name, {"y", "x"}, bitmap.span(), {"1", meaning});
}

void write_images(NetcdfFile& file, const std::string& name, const Fields& fields,
                  const std::function<Image<double>(int)>& image, const std::string& meaning) {
  if (!image || fields.conditions.empty()) return;
  Image<double> current;
  const auto slab = [&](std::size_t i) -> std::span<const double> {
    current = image(static_cast<int>(i));
    if (current.ny() != fields.grid.ny || current.nx() != fields.grid.nx)
      throw Error(ErrorCode::input, "NCF-0002",
                  name + ": an image of " + std::to_string(current.ny()) + " x " + std::to_string(current.nx()) +
                      " pixels, " + std::to_string(fields.grid.ny) + " x " + std::to_string(fields.grid.nx) +
                      " expected");
    return current.span();
  };
  file.variable(name, {"condition", "y", "x"}, fields.single, slab, {"1", meaning});
}

void write_conditions(NetcdfFile& file, const std::vector<FieldCondition>& conditions) {
  if (conditions.empty()) return;
  std::vector<std::string> names(conditions.size());
  std::transform(conditions.begin(), conditions.end(), names.begin(), [](const FieldCondition& c) { return c.name; });
  file.dimension("condition", names, {"", "process condition"});
  file.variable("dose", {"condition"}, column(conditions, [](const FieldCondition& c) { return c.dose; }),
                {"1", "dose relative to nominal"});
  file.variable("focus", {"condition"}, column(conditions, [](const FieldCondition& c) { return c.focus_nm; }),
                {"nm", "focus, positive: the wafer moves away from the lens"});
}

void write_source(NetcdfFile& file, const std::vector<SourcePoint>& source) {
  if (source.empty()) return;
  file.dimension("source_point", source.size());
  const auto write = [&](const char* name, const char* meaning, auto number) {
    file.variable(name, {"source_point"}, column(source, number), {"1", meaning});
  };
  write("source_x", "direction cosine along x / NA", [](const SourcePoint& p) { return p.sx; });
  write("source_y", "direction cosine along y / NA", [](const SourcePoint& p) { return p.sy; });
  write("source_weight", "share of the light", [](const SourcePoint& p) { return p.weight; });
  write("source_s1", "normalised Stokes parameter, x against y",
        [](const SourcePoint& p) { return p.polarisation.s1; });
  write("source_s2", "normalised Stokes parameter, x = y against x = -y",
        [](const SourcePoint& p) { return p.polarisation.s2; });
  write("source_s3", "normalised Stokes parameter, circular", [](const SourcePoint& p) { return p.polarisation.s3; });
}

void write_pupil(NetcdfFile& file, const Fields& fields) {
  const Image<double>& any = fields.pupil_amplitude.empty() ? fields.pupil_wavefront_nm : fields.pupil_amplitude;
  if (any.empty()) return;
  file.dimension("pupil_y", centres(any.ny(), -1, 2.0 / any.ny()), {"1", "direction cosine along y / NA"});
  file.dimension("pupil_x", centres(any.nx(), -1, 2.0 / any.nx()), {"1", "direction cosine along x / NA"});
  const auto write = [&](const char* name, const Image<double>& image, const Meaning& meaning) {
    if (!image.empty()) file.variable(name, {"pupil_y", "pupil_x"}, image.span(), meaning);
  };
  write("pupil_amplitude", fields.pupil_amplitude, {"1", "amplitude of the pupil"});
  write("pupil_wavefront", fields.pupil_wavefront_nm, {"nm", "optical path added by the pupil"});
}

}  // namespace

bool writes_fields() noexcept { return true; }

void write_fields(const std::filesystem::path& path, const Fields& fields) {
  const Grid& grid = fields.grid;
  NetcdfFile file(path);
  if (!fields.title.empty()) file.attribute("title", fields.title);
  for (const Fact& fact : fields.attributes) file.attribute(fact.label, fact.value);
  write_conditions(file, fields.conditions);
  if (grid.nx > 0 && grid.ny > 0) {
    file.dimension("y", centres(grid.ny, grid.y0_nm, grid.pixel_nm), {"nm", "y on the wafer, upwards"});
    file.dimension("x", centres(grid.nx, grid.x0_nm, grid.pixel_nm), {"nm", "x on the wafer, to the right"});
    write_bitmap(file, "mask", fields.mask, "mask, 1 in an opening");
    write_bitmap(file, "target", fields.target, "target, 1 where it is to be printed");
    write_images(file, "aerial", fields, fields.aerial, "intensity, clear field = 1");
    write_images(file, "resist", fields, fields.resist, "smooth print, 1/2 on its edge");
  }
  if (std::isfinite(fields.wavelength_nm))
    file.variable("wavelength", {}, std::span(&fields.wavelength_nm, 1), {"nm", "wavelength in vacuum"});
  if (std::isfinite(fields.na)) file.variable("na", {}, std::span(&fields.na, 1), {"1", "numerical aperture"});
  write_source(file, fields.source);
  write_pupil(file, fields);
  file.commit();
}

}  // namespace anamorph
