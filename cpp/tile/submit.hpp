// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace anamorph {

/// A job array: member i does the tiles of line i + 1 of a file, from 0 (Slurm), or of line i, from 1 (LSF).
struct BatchJob {
  std::string name;
  std::filesystem::path program;    ///< that does the tiles
  std::filesystem::path directory;  ///< of the plan; both must hold on the hosts of the batch system
  std::string lines;  ///< name of that file below directory/submit; one for each submission, because jobs wait
  int members = 1;
  std::string options;  ///< further options of sbatch or bsub, as one would type them
};

/// The tiles in at most `most` shares of neighbours, none more than one tile larger than another.
[[nodiscard]] std::vector<std::vector<int>> chunks_of(const std::vector<int>& tiles, int most);

/// Scripts for sbatch and bsub. Directory and program may hold any character but a line break (Error{usage}).
[[nodiscard]] std::string slurm_script(const BatchJob& job);
[[nodiscard]] std::string lsf_script(const BatchJob& job);

}  // namespace anamorph
