// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "cpp/cli/app.hpp"
#include "cpp/cli/clip_optics.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/optimise.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/io/report.hpp"

namespace anamorph::cli {

namespace fs = std::filesystem;

namespace {

/// The ICCAD-2013 contest: tiles of 2048 nm at 1 nm; the nominal print is compared with the target, the PV band lies
/// between the outer and the inner print, and the dose multiplies the amplitude.
constexpr const char* contest_recipe = R"(
[layout]
tile_nm = 2048
pixel_nm = 1
target = "inclusive"
[resist]
threshold = 0.225
[process]
dose_applies_to = "amplitude"
[[process.corner]]
name = "nominal"
pvband = false
[[process.corner]]
name = "outer"
dose = 1.02
[[process.corner]]
name = "inner"
dose = 0.98
kernels = "defocus"
[opc.fragment]
length_nm = 60
)";

/// The place of a name in natural order: "M1_test2" before "M1_test10".
bool natural_less(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      const auto number = [&](const std::string& text, std::size_t& at) {
        const std::size_t begin = std::min(text.find_first_not_of('0', at), text.size());
        for (at = begin; at < text.size() && digit(text[at]);) ++at;
        return text.substr(begin, at - begin);
      };
      const std::string x = number(a, i), y = number(b, j);
      if (x != y) return x.size() != y.size() ? x.size() < y.size() : x < y;
    } else if (a[i] != b[j]) {
      return a[i] < b[j];
    } else {
      ++i;
      ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

/// Names of all clips below a folder: their paths without suffix, in natural order.
std::vector<std::string> find_cases(const fs::path& layouts) {
  if (!fs::is_directory(layouts))
    throw Error(ErrorCode::input, "CLI-0002", "not a folder; expected one with .glp clips", {layouts.string()});
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(layouts))
    if (entry.is_regular_file() && entry.path().extension() == ".glp")
      names.push_back(entry.path().lexically_relative(layouts).replace_extension().generic_string());
  if (names.empty()) throw Error(ErrorCode::input, "CLI-0008", "no .glp clips in this folder", {layouts.string()});
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

/// A case by its name, the last part of its name, its last number, or its place in the list (from 1).
std::string find_case(const std::vector<std::string>& names, const std::string& wanted) {
  const bool is_number =
      !wanted.empty() && wanted.size() < 9 &&
      std::all_of(wanted.begin(), wanted.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  const auto unique = [&](const auto& matches) -> std::optional<std::string> {
    if (std::count_if(names.begin(), names.end(), matches) != 1) return std::nullopt;
    return *std::find_if(names.begin(), names.end(), matches);
  };
  if (const auto found = unique([&](const std::string& name) { return name == wanted; })) return *found;
  if (const auto found = unique([&](const std::string& name) { return fs::path(name).filename() == wanted; }))
    return *found;
  const auto ends_in_number = [&](const std::string& name) {
    return name.substr(name.find_last_not_of("0123456789") + 1) == wanted;
  };
  if (is_number) {
    if (const auto found = unique(ends_in_number)) return *found;
    const auto place = static_cast<std::size_t>(std::stoi(wanted));
    if (place >= 1 && place <= names.size()) return names[place - 1];
  }
  throw Error(ErrorCode::usage, "CLI-0004",
              "there is no case '" + wanted + "'; the first is '" + names.front() + "', the last of " +
                  std::to_string(names.size()) + " is '" + names.back() + "'");
}

std::vector<std::string> choose_cases(const SuiteOptions& suite) {
  const std::vector<std::string> names = find_cases(suite.layouts);
  if (suite.cases.empty()) return names;
  std::vector<std::string> chosen;
  for (const std::string& wanted : suite.cases)
    if (std::string name = find_case(names, wanted); std::find(chosen.begin(), chosen.end(), name) == chosen.end())
      chosen.push_back(std::move(name));
  return chosen;
}

std::string row(const std::string& name, const std::vector<Metric>& metrics) {
  const auto value = [&](const char* key) { return metric(metrics, key); };
  char line[200];
  std::snprintf(line, sizeof line, "%-20s %9.0f %9.0f %9.0f %5.4g %8.4g %7.0f %9.0f %9.3g %9.2f", name.c_str(),
                value("l2_nm2"), value("pvband_nm2"), value("l2_nm2") + value("pvband_nm2"), value("epe_violations"),
                value("epe_max_nm"), value("mask_shots"), value("mask_min_area_nm2"), value("mask_min_distance_nm"),
                value("seconds"));
  return line;
}

std::string header() {
  char line[200];
  std::snprintf(line, sizeof line, "%-20s %9s %9s %9s %5s %8s %7s %9s %9s %9s", "case", "L2", "PVB", "L2+PVB", "EPE",
                "max EPE", "shots", "min area", "min dist", "seconds");
  return line;
}

/// `suite.json`; `complete` says whether all cases that were asked for are in it.
std::string summary(const std::vector<SuiteCase>& cases, bool complete) {
  nlohmann::ordered_json json = {{"suite", "iccad13"}, {"complete", complete}};
  json.update(nlohmann::ordered_json::parse(suite_json(cases)));
  return json.dump(2) + "\n";
}

}  // namespace

int run_suite(const Options& options, const SuiteOptions& suite, Console& console) {
  const auto recipe_for = [&](const fs::path& layout) {
    std::vector<std::string> overrides{text_override("optics.kernels", suite.kernels.string())};
    if (!layout.empty()) overrides.push_back(text_override("layout.file", layout.string()));
    overrides.insert(overrides.end(), options.overrides.begin(), options.overrides.end());
    return parse_recipe(contest_recipe, "iccad13", overrides);
  };
  const std::string verb = suite.edges ? "opc" : "ilt";
  const Recipe common = recipe_for({});
  if (dry_run(options, common, console)) return 0;

  RunRecord record(options, "suite", common);
  const std::vector<std::string> names = choose_cases(suite);
  const std::unique_ptr<Backend> backend = make_backend(options.backend, options.threads);
  record.set_backend(*backend);
  const ClipOptics optics = clip_optics(common, window_grid(common, {}), 0, options.threads);
  record.add_input(suite.kernels);
  RunDirectory directory = open_run_directory(options, "suite", "iccad13");

  std::vector<SuiteCase> done;
  directory.write("suite.json", summary(done, false));
  console.print(header());
  Progress progress(console, "suite", static_cast<double>(names.size()));
  const auto report_progress = [&](double fraction, const std::string& note) {
    progress.update(static_cast<double>(done.size()) + fraction, note);
  };
  auto at_once = static_cast<std::size_t>(suite.batch > 0 ? suite.batch : backend->natural_batch());
  while (done.size() < names.size() && !stop_requested()) {
    std::vector<ClipJob> jobs;
    for (std::size_t i = done.size(); i < std::min(names.size(), done.size() + at_once); ++i) {
      const Recipe recipe = recipe_for(suite.layouts / (names[i] + ".glp"));
      RunRecord case_record(options, verb, recipe);
      case_record.begin_stage("read");
      case_record.set_backend(*backend);
      jobs.push_back({recipe, {}, RunDirectory(directory.directory() / names[i], options.force),
                      std::move(case_record), {}, {}, {}, 0});
    }
    parallel_for(static_cast<int>(jobs.size()), options.threads, [&](int i) {
      ClipJob& job = jobs[static_cast<std::size_t>(i)];
      job.clip = load_clip(job.recipe, jobs.size() == 1 ? options.threads : 1);
      job.record.add_input(job.recipe.layout.file);
    });
    const std::string first = names[done.size()];
    record.begin_stage(jobs.size() == 1 ? first : first + " and " + std::to_string(jobs.size() - 1) + " more");
    try {
      (suite.edges ? correct : optimise)(jobs, *backend, optics, options.threads, [&](double fraction, const std::string& note) {
        report_progress(fraction * static_cast<double>(jobs.size()), first + ": " + note);
      });
    } catch (const Error& error) {
      if (error.code() != ErrorCode::interrupted) throw;
      break;
    }
    const auto fitted = static_cast<std::size_t>(jobs.front().optimised.together);
    if (fitted < jobs.size()) at_once = fitted;  // what did not fit is not tried again
    for (ClipJob& job : jobs) {
      const std::string& name = names[done.size()];
      const ClipResult result = finish(job, verb, optics, options.threads, false);
      done.push_back({name, result.metrics, result.pass(), thumbnail_png(result)});
      for (const std::string& warning : result.warnings) console.warn("CLI-0010", name + ": " + warning);
      warn_of_rules(result, name + ": ", console);
      console.print(row(name, done.back().metrics));
      directory.write("suite.json", summary(done, done.size() == names.size()));
    }
  }
  if (done.size() < names.size())
    throw Error(ErrorCode::interrupted, "CLI-0130",
                "stopped on request; " + std::to_string(done.size()) + " of " + std::to_string(names.size()) +
                    " cases are finished and kept",
                {directory.directory().string()});

  console.print(row("mean", mean_metrics(done)));
  directory.write("report.html", suite_report("ICCAD-2013", done, record.finish()));
  record.write(directory);
  console.print("report: " + (directory.directory() / "report.html").string());
  if (console.json()) console.document(summary(done, true));
  return std::all_of(done.begin(), done.end(), [](const SuiteCase& one) { return one.pass; }) ? 0 : 1;
}

}  // namespace anamorph::cli
