// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/tile/submit.hpp"

#include <algorithm>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

/// A word of the shell that means just this text.
std::string quoted(const std::string& text) {
  if (text.find('\n') != std::string::npos)
    throw Error(ErrorCode::usage, "TIL-0016", "a path with a line break cannot stand in a batch script", {text});
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string directive(const char* mark, const std::string& options) {
  if (options.find('\n') != std::string::npos) throw Error(ErrorCode::usage, "TIL-0016", "--options must be one line");
  return options.empty() ? "" : std::string(mark) + " " + options + "\n";
}

/// The share of member `line` (an expression of the shell, from 1).
std::string work(const BatchJob& job, const std::string& line, const std::string& threads) {
  const std::string folder = quoted(job.directory.string());
  return "tiles=$(sed -n \"" + line + "p\" " + folder + "/submit/" + job.lines + ")\n" + "exec " +
         quoted(job.program.string()) + " tile run " + folder + " --tiles \"$tiles\" -j \"" + threads + "\"\n";
}

constexpr const char* head =
    "# The tiles that were missing when this was written; tiles that are done meanwhile are passed over.\n";

}  // namespace

std::vector<std::vector<int>> chunks_of(const std::vector<int>& tiles, int most) {
  const std::size_t count = std::min(tiles.size(), static_cast<std::size_t>(std::max(1, most)));
  std::vector<std::vector<int>> chunks;
  for (std::size_t i = 0; i < count; ++i)
    chunks.emplace_back(tiles.begin() + static_cast<std::ptrdiff_t>(tiles.size() * i / count),
                        tiles.begin() + static_cast<std::ptrdiff_t>(tiles.size() * (i + 1) / count));
  return chunks;
}

std::string slurm_script(const BatchJob& job) {
  // %, as sbatch expands it in names of files, is doubled.
  std::string log = (job.directory / "submit" / "").string(), escaped;
  for (const char c : log) escaped += c == '%' ? std::string("%%") : std::string(1, c);
  return "#!/bin/bash\n#SBATCH --job-name=" + job.name + "\n#SBATCH --array=0-" + std::to_string(job.members - 1) +
         "\n#SBATCH --ntasks=1\n#SBATCH --output=" + quoted(escaped + "%A_%a.log") + "\n" +
         directive("#SBATCH", job.options) + head +
         work(job, "$((SLURM_ARRAY_TASK_ID + 1))", "${SLURM_CPUS_PER_TASK:-1}");
}

std::string lsf_script(const BatchJob& job) {
  return "#!/bin/bash\n#BSUB -J \"" + job.name + "[1-" + std::to_string(job.members) + "]\"\n#BSUB -o " +
         quoted((job.directory / "submit" / "%J_%I.log").string()) + "\n" + directive("#BSUB", job.options) + head +
         work(job, "${LSB_JOBINDEX}", "${LSB_DJOB_NUMPROC:-1}");
}

}  // namespace anamorph
