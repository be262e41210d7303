// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/app.hpp"
#include "cpp/twin/check.hpp"

namespace anamorph::cli {

int run_twin_check(const std::filesystem::path& directory, Console& console) {
  const TwinCheck check = check_twin(directory);
  for (const CrateFinding& finding : check.findings) console.print(finding.file + ": " + finding.what);
  console.print(std::to_string(check.files) + " files, " +
                (check.findings.empty() ? "no" : std::to_string(check.findings.size())) +
                (check.findings.size() == 1 ? " finding" : " findings"));
  if (console.json()) console.document(twin_check_json(check));
  return check.findings.empty() ? 0 : 1;
}

}  // namespace anamorph::cli
