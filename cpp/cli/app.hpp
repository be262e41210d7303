// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cpp/cli/console.hpp"

// The command line. Each verb is one function that returns its exit code or throws Error, whose code is the exit code.

namespace anamorph::cli {

/// The options that every verb takes.
struct Options {
  std::vector<std::string> command;  ///< as typed
  std::filesystem::path recipe;
  std::filesystem::path output;  ///< empty: runs/<verb>-<stem>-<time>
  bool force = false;
  std::vector<std::string> overrides;  ///< "a.b=VALUE"
  std::string backend = "auto";
  int threads = 1;
  bool dry_run = false;
};

struct SuiteOptions {
  std::filesystem::path layouts;
  std::filesystem::path kernels;
  std::vector<std::string> cases;  ///< names or numbers; empty: all
  bool edges = false;              ///< corrected by moving edges instead of pixels
  int batch = 0;                   ///< clips optimised together; 0: what suits the backend
};

struct BenchChoice {
  std::vector<int> batches;         ///< empty: what suits the backend
  std::vector<std::string> only;    ///< parts to be measured; empty: all
  std::optional<double> seconds;    ///< of a timing
  std::optional<int> iterations;    ///< of whole optimisations
  std::optional<int> seed;          ///< absent: a fresh one
  std::filesystem::path layouts;    ///< of the contest; empty: without
  std::filesystem::path kernels;    ///< of the contest; empty: those of own optics
  bool quick = false;               ///< a small window and short timings, to see that it works
};

int run_simulate(const Options& options, Console& console);
int run_verify(const Options& options, Console& console);
int run_ilt(const Options& options, Console& console);
int run_opc(const Options& options, Console& console);
int run_window(const Options& options, Console& console);
int run_compare(const Options& options, Console& console);
/// `contest_form`: the kernels also as files of the ICCAD-2013 contest.
int run_optics(const Options& options, bool contest_form, Console& console);
int run_twin_export(const Options& options, Console& console);
int run_twin_check(const std::filesystem::path& directory, Console& console);
int run_suite(const Options& options, const SuiteOptions& suite, Console& console);
int run_bench(const Options& options, const BenchChoice& choice, Console& console);
int run_doctor(const Options& options, Console& console);
/// Of the recipe; or its reference page; or of twin.json.
enum class Schema { recipe, markdown, twin };
int run_schema(Schema which, Console& console);

/// The whole program.
int run(int argc, char** argv);

}  // namespace anamorph::cli
