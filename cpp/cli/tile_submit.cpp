// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cpp/cli/tile.hpp"
#include "cpp/io/atomic_file.hpp"
#include "cpp/io/sha256.hpp"
#include "cpp/tile/submit.hpp"

namespace anamorph::cli {

namespace {

namespace fs = std::filesystem;

/// Where a program lies that the shell would find; empty if it does not.
fs::path program_of(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (const fs::path file = fs::path(folder) / name; !folder.empty() && access(file.c_str(), X_OK) == 0) return file;
  return {};
}

struct Answer {
  int code = 0;
  std::string text;
};

/// Runs a program with a file as its input and returns what it prints.
Answer ask(const fs::path& program, const std::vector<std::string>& arguments, const fs::path& input) {
  int pipes[2];
  if (pipe(pipes) != 0) throw Error(ErrorCode::resource, "TIL-0017", "no pipe to " + program.string());
  const pid_t child = fork();
  if (child < 0) throw Error(ErrorCode::resource, "TIL-0017", "cannot start " + program.string());
  if (child == 0) {
    std::vector<std::string> words{program.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (!std::freopen(input.c_str(), "r", stdin) || dup2(pipes[1], STDOUT_FILENO) < 0) _exit(127);
    close(pipes[0]);
    close(pipes[1]);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(pipes[1]);
  Answer answer;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(pipes[0], buffer, sizeof buffer)) > 0;)
    answer.text.append(buffer, static_cast<std::size_t>(n));
  close(pipes[0]);
  int status = 0;
  waitpid(child, &status, 0);
  answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  while (!answer.text.empty() && answer.text.back() == '\n') answer.text.pop_back();
  return answer;
}

}  // namespace

int run_tile_submit(const Options& options, const TileChoice& choice, Console& console) {
  if (choice.engine == "local") return run_tile_run(options, choice, console);
  const fs::path directory = fs::absolute(choice.directory).lexically_normal();
  const TilePlan plan = read_plan(directory);
  const TileStore store(directory, plan);
  std::vector<int> missing;
  for (int i = 0; i < plan.grid.count(); ++i)
    if (store.look(i).state != TileStore::State::done) missing.push_back(i);
  if (missing.empty()) {
    console.print("all tiles are done");
    if (console.json()) console.document("{\"job\": null, \"members\": 0, \"tiles\": 0}\n");
    return 0;
  }
  const auto chunks = chunks_of(missing, choice.jobs > 0 ? choice.jobs : 64);
  std::string lines;
  for (const auto& chunk : chunks) lines += tiles_text(chunk) + "\n";
  const BatchJob job{"anamorph-" + plan.hash().substr(0, 8), fs::read_symlink("/proc/self/exe"), directory,
                     "tiles-" + sha256(lines).substr(0, 12), static_cast<int>(chunks.size()),    choice.batch_options};
  const bool slurm = choice.engine == "slurm";
  const std::string script = slurm ? slurm_script(job) : lsf_script(job);
  if (choice.print) {
    console.document(console.json() ? nlohmann::json{{"script", script}}.dump() : script);
    return 0;
  }
  make_folder(directory / "submit");
  const fs::path file = directory / "submit" / (slurm ? "slurm.sh" : "lsf.sh");
  write_file_atomic(directory / "submit" / job.lines, lines);
  write_file_atomic(file, script);
  const fs::path program = program_of(slurm ? "sbatch" : "bsub");
  const std::string submit = slurm ? "sbatch " + file.string() : "bsub < " + file.string();
  if (program.empty())
    throw Error(ErrorCode::resource, "TIL-0018",
                std::string("nothing was submitted: there is no ") + (slurm ? "sbatch" : "bsub") +
                    " here; the script is written: run `" + submit + "` where there is",
                {file.string()});
  const Answer answer = ask(program, slurm ? std::vector<std::string>{"--parsable"} : std::vector<std::string>{}, file);
  if (answer.code != 0)
    throw Error(ErrorCode::resource, "TIL-0019",
                "`" + submit + "` ended with exit code " + std::to_string(answer.code));
  console.print(answer.text);
  console.info(std::to_string(missing.size()) + " tiles in " + std::to_string(chunks.size()) + " members of the array");
  if (console.json())
    console.document("{\"job\": \"" + answer.text.substr(0, answer.text.find_first_of(";\n\"")) + "\", \"members\": " +
                     std::to_string(chunks.size()) + ", \"tiles\": " + std::to_string(missing.size()) + "}\n");
  return 0;
}

}  // namespace anamorph::cli
