// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/exposure_matrix.hpp"

#include "cpp/io/netcdf.hpp"

namespace anamorph {

void write_exposure_matrix(const std::filesystem::path& path, const ExposureMatrix& m) {
  NetcdfFile file(path);
  if (!m.title.empty()) file.attribute("title", m.title);
  for (const Fact& fact : m.attributes) file.attribute(fact.label, fact.value);
  file.dimension("gauge", m.gauges, {"", "gauge"});
  file.dimension("dose", m.dose, {"1", "dose relative to nominal"});
  file.dimension("focus", m.focus_nm, {"nm", "focus, positive: the wafer moves away from the lens"});
  file.variable("dose_mJ_cm2", {"dose"}, m.dose_mj_cm2, {"mJ/cm2", "dose on the wafer"});
  std::vector<double> x, y;
  for (const Point& p : m.at_nm) {
    x.push_back(p.x);
    y.push_back(p.y);
  }
  file.variable("x", {"gauge"}, x, {"nm", "x of the gauge on the wafer"});
  file.variable("y", {"gauge"}, y, {"nm", "y of the gauge on the wafer"});
  file.variable("angle", {"gauge"}, m.angle_deg, {"degree", "direction of the cut, counter-clockwise from x"});
  file.variable("target", {"gauge"}, m.target_nm, {"nm", "wanted width"});
  const std::vector<std::string> all{"gauge", "dose", "focus"};
  file.variable("cd", all, m.cd_nm, {"nm", "critical dimension"});
  if (!m.cd_u_nm.empty()) file.variable("cd_u", all, m.cd_u_nm, {"nm", "standard uncertainty of cd"});
  file.variable("epe", all, m.epe_nm, {"nm", "edge placement error of the worse edge, positive: printed too large"});
  if (!m.epe_u_nm.empty()) file.variable("epe_u", all, m.epe_u_nm, {"nm", "standard uncertainty of epe"});
  file.variable("nils", all, m.nils, {"1", "normalised image log slope of the worse edge"});
  if (!m.nils_u.empty()) file.variable("nils_u", all, m.nils_u, {"1", "standard uncertainty of nils"});
  file.commit();
}

}  // namespace anamorph
