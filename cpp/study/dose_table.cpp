// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/dose_table.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>

#include "cpp/core/parallel.hpp"

namespace anamorph {
namespace {

constexpr double unresolved = std::numeric_limits<double>::quiet_NaN();

/// Logarithms of doses over target pitch, for each number of exposures.
struct DoseTable {
  double low_nm = 0;
  double step_nm = 1;
  std::vector<std::vector<double>> log_dose;  ///< [exposures - 1][pitch]

  [[nodiscard]] std::optional<double> at(double pitch_nm, double cd_nm) const {
    const int exposures = static_cast<int>(std::lround(pitch_nm / (2 * cd_nm)));
    if (exposures < 1 || exposures > static_cast<int>(log_dose.size())) return std::nullopt;
    const std::vector<double>& row = log_dose[static_cast<std::size_t>(exposures - 1)];
    const double at = (pitch_nm / exposures - low_nm) / step_nm;
    if (!(at >= -1e-9) || !(at <= static_cast<double>(row.size() - 1) + 1e-9)) return std::nullopt;
    const auto i = static_cast<std::size_t>(std::clamp(std::floor(at), 0.0, static_cast<double>(row.size()) - 2));
    const double t = at - static_cast<double>(i);
    // The smallest pitch that prints lies between two of the table.
    const double a = std::isfinite(row[i]) ? row[i] : row[i + 1], b = std::isfinite(row[i + 1]) ? row[i + 1] : a;
    if (!std::isfinite(a)) return std::nullopt;
    return std::exp((1 - t) * a + t * b);
  }
};

}  // namespace

std::vector<DoseOfLines> simulated_doses(const std::vector<StudyScanner>& scanners, const StudySettings& settings,
                                         double pitch_low_nm, double pitch_high_nm, int most_exposures,
                                         const StudyWork& work) {
  const int pitches = std::max(2, static_cast<int>(std::ceil(pitch_high_nm - pitch_low_nm)) + 1);
  const double step = (pitch_high_nm - pitch_low_nm) / (pitches - 1);
  std::vector<std::shared_ptr<DoseTable>> tables;
  for (std::size_t s = 0; s < scanners.size(); ++s) {
    tables.push_back(std::make_shared<DoseTable>(DoseTable{pitch_low_nm, step, {}}));
    tables.back()->log_dose.assign(static_cast<std::size_t>(most_exposures),
                                   std::vector<double>(static_cast<std::size_t>(pitches), unresolved));
  }
  StudySettings quick = settings;
  quick.mask_step_nm = 0;
  const int jobs = static_cast<int>(scanners.size()) * most_exposures * pitches;
  std::atomic<int> next = 0;
  parallel_for(work.threads, work.threads, [&](int) {
    const std::unique_ptr<Backend> backend = work.backend();
    for (int job = next++; job < jobs; job = next++) {
      const auto pitch = static_cast<std::size_t>(job % pitches);
      const auto split = static_cast<std::size_t>(job / pitches % most_exposures);
      const auto s = static_cast<std::size_t>(job / pitches / most_exposures);
      PatternSpec spec;
      const double target = pitch_low_nm + static_cast<double>(pitch) * step;
      spec.pitch_nm = static_cast<double>(split + 1) * target;
      spec.cd_nm = std::min(spec.pitch_nm / 2, target / 2 + settings.etch_bias_nm);
      const CaseResult c = evaluate_case(make_pattern(spec, "lines"), scanners[s], quick, *backend, work.check);
      // The same nm of variation are a larger share of the final width.
      const double share = spec.cd_nm / (target / 2);
      if (c.resolved())
        tables[s]->log_dose[split][pitch] = std::log(std::max(settings.least_dose_mj_cm2, share * share * c.dose_for_noise_mj_cm2));
    }
  });
  std::vector<DoseOfLines> doses;
  for (const auto& table : tables)
    doses.emplace_back([table](double pitch_nm, double cd_nm) { return table->at(pitch_nm, cd_nm); });
  return doses;
}

}  // namespace anamorph
