// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "tests/cli_fixture.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace anamorph {

namespace fs = std::filesystem;

std::string read_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void write_text(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

void ProgramTest::SetUp() {
  folder_ = fs::temp_directory_path() / ("anamorph-program-" + std::to_string(getpid()) + "-" +
                                         testing::UnitTest::GetInstance()->current_test_info()->name());
  fs::remove_all(folder_);
  fs::create_directories(folder_);
}

void ProgramTest::TearDown() { fs::remove_all(folder_); }

pid_t ProgramTest::start(const std::vector<std::string>& arguments) const {
  const pid_t child = fork();
  if (child != 0) return child;
  std::vector<std::string> words{ANAMORPH_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto redirect = [&](const char* file, int to) {
    const int descriptor = open((folder_ / file).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (descriptor < 0 || dup2(descriptor, to) < 0) _exit(127);
  };
  redirect("stdout", STDOUT_FILENO);
  redirect("stderr", STDERR_FILENO);
  if (chdir(folder_.c_str()) != 0) _exit(127);
  execv(argv[0], argv.data());
  _exit(127);
}

namespace {

/// Without what AddressSanitizer says of contexts, which is about the host stand-in of CUDA and not of the program.
std::string own_messages(const std::string& text) {
  std::istringstream lines(text);
  std::string own;
  for (std::string line; std::getline(lines, line);)
    if (line.find("ASan doesn't fully support makecontext/swapcontext") == std::string::npos) own += line + "\n";
  return own;
}

}  // namespace

Outcome ProgramTest::finish(pid_t child) const {
  int status = 0;
  waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_text(folder_ / "stdout"),
          own_messages(read_text(folder_ / "stderr"))};
}

Outcome ProgramTest::run(const std::vector<std::string>& arguments) const { return finish(start(arguments)); }

void ProgramTest::expect_failure(const std::vector<std::string>& arguments, int code,
                                 const std::vector<std::string>& parts) const {
  const Outcome o = run(arguments);
  EXPECT_EQ(o.code, code) << o.err;
  EXPECT_TRUE(o.out.empty()) << o.out;
  EXPECT_TRUE(o.err.starts_with("[ERROR ")) << o.err;
  EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << "one message expected: " << o.err;
  for (const std::string& part : parts)
    EXPECT_NE(o.err.find(part), std::string::npos) << "no <" << part << "> in: " << o.err;
  EXPECT_FALSE(fs::exists(folder_ / "out")) << "something was left behind";
}

}  // namespace anamorph
