// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/app.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <iostream>
#include <new>
#include <string_view>

#include "cpp/cli/convert.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/tile.hpp"
#include "cpp/cli/twin_couple.hpp"
#include "cpp/cli/twin_update.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/core/version.hpp"
#include "cpp/io/recipe.hpp"

namespace anamorph::cli {

namespace {

/// Verbs of the interface that this version does not have yet.
const std::vector<std::string> planned{"mask3d"};

/// Options as the parser fills them.
struct Line {
  Options options;
  Console::Settings console;
  SuiteOptions suite;
  BenchChoice bench;
  UpdateChoice update;
  CoupleChoice couple;
  ConvertOptions convert;
  TileChoice tile;
  std::string suite_name;
  std::filesystem::path mask;
  std::string target;
  std::optional<int> seed;
  bool unconstrained = false;
  bool markdown = false;
  bool twin_schema = false;
  std::string method = "ilt";
  std::filesystem::path directory;
  bool contest_form = false;
};

void add_common(CLI::App& verb, Line& line) {
  verb.add_flag("--json", line.console.json, "Write one JSON document to stdout, and nothing else");
  verb.add_flag("-q,--quiet", line.console.quiet, "Say nothing but warnings and errors");
  verb.add_flag("-v,--verbose", line.console.verbose, "Say more");
  verb.add_option("--log", line.console.log, "Append all messages to FILE")->type_name("FILE");
}

void add_run(CLI::App& verb, Line& line) {
  Options& o = line.options;
  verb.add_option("-o,--output", o.output, "Run directory (default: runs/<verb>-<layout>-<time>)")->type_name("DIR");
  verb.add_flag("--force", o.force, "Write into a run directory that holds files");
  // Appended, because an option may come before the verb and again after it.
  verb.add_option_function<std::vector<std::string>>(
          "--set", [&o](const auto& more) { o.overrides.insert(o.overrides.end(), more.begin(), more.end()); },
          "Set a key of the recipe, e.g. --set layout.pixel_nm=2; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb.add_option("--backend", o.backend, "auto, cpu, cpu-f32, cuda[:N] or cuda-f64[:N]")->capture_default_str()->type_name("NAME");
  verb.add_option("-j,--threads", o.threads, "Threads of the CPU backend")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  verb.add_option("--seed", line.seed, "Seed of everything random, as --set seed=N")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  verb.add_flag("--dry-run", o.dry_run, "Print the resolved recipe and do nothing");
}

CLI::App& add_verb(CLI::App& app, Line& line, const std::string& name, const std::string& job,
                   const std::string& example) {
  CLI::App& verb = *app.add_subcommand(name, job);
  verb.set_help_flag("-h,--help", "Print this help");
  verb.footer("Example:\n  " + example);
  add_common(verb, line);
  return verb;
}

void add_recipe(CLI::App& verb, Line& line) {
  verb.add_option("recipe", line.options.recipe, "Recipe (TOML; keys: docs/recipe.md, or `anamorph schema`)")
      ->required()
      ->type_name("RECIPE");
}

void add_bench(CLI::App& verb, Line& line) {
  BenchChoice& b = line.bench;
  verb.add_option("--batches", b.batches, "Numbers of clips at a time (default: 1,2; on a device 1,4,16,64)")
      ->delimiter(',')
      ->type_name("LIST")
      ->check(CLI::Range(1, 4096));
  verb.add_option("--only", b.only, "Parts of full, solver, euv, ilt, suite (default: all that can be)")
      ->delimiter(',')
      ->type_name("LIST");
  verb.add_option("--seconds", b.seconds, "Least duration of a timing (default: 0.2)")
      ->type_name("S")
      ->check(CLI::Range(0.0, 3600.0));
  verb.add_option("--iterations", b.iterations, "Of a whole optimisation (default: 300)")
      ->type_name("N")
      ->check(CLI::Range(1, 100000));
  verb.add_option("--kernels", b.kernels, "Folder of the ICCAD-2013 kernels, instead of own optics")->type_name("DIR");
  verb.add_option("--layouts", b.layouts, "Folder of the ICCAD-2013 clips, optimised as one batch")->type_name("DIR");
  verb.add_flag("--quick", b.quick, "A small window and short timings: says that it works, not how fast");
}

void add_update(CLI::App& verb, Line& line) {
  UpdateChoice& u = line.update;
  DriftSettings& s = u.settings;
  verb.add_option("export", u.exported, "Directory of an export, or its co-simulation unit")
      ->required()
      ->type_name("EXPORT");
  verb.add_option("measurements", u.measurements, "Measured CDs (CSV; columns: docs/theory/drift.md)")
      ->required()
      ->type_name("CSV");
  verb.add_option("-o,--output", line.options.output, "Run directory (default: runs/twin-update-<file>-<time>)")
      ->type_name("DIR");
  verb.add_flag("--force", line.options.force, "Write into a run directory that holds files");
  const auto number = [&](const char* name, double& value, const char* unit, const char* text) {
    verb.add_option(name, value, text)->capture_default_str()->type_name(unit)->check(CLI::NonNegativeNumber);
  };
  verb.add_option("--dose-prior", u.dose_prior_percent,
                  "Standard uncertainty of the dose offset at first (default: the export's, else 1)")
      ->type_name("PERCENT")
      ->check(CLI::PositiveNumber);
  verb.add_option("--focus-prior", u.focus_prior_nm,
                  "Standard uncertainty of the focus offset at first (default: the export's, else 20)")
      ->type_name("NM")
      ->check(CLI::PositiveNumber);
  number("--dose-walk", s.dose_walk_percent, "PERCENT", "Random walk of the dose offset in a wafer (lot, hour, ...)");
  number("--focus-walk", s.focus_walk_nm, "NM", "Random walk of the focus offset, likewise");
  verb.add_flag("--no-rates", u.no_rates, "The offsets walk, but do not drift steadily");
  number("--dose-rate-prior", s.dose_rate_prior_percent, "PERCENT",
         "Standard uncertainty of the dose drift in a wafer (lot, hour, ...), around 0");
  number("--focus-rate-prior", s.focus_rate_prior_nm, "NM", "Standard uncertainty of the focus drift, likewise");
  verb.add_option("--cd-u", s.cd_u_nm, "Standard uncertainty of a CD that does not state its own")
      ->capture_default_str()
      ->type_name("NM")
      ->check(CLI::Range(1e-6, 1e6));
  number("--gauge-bias", s.gauge_bias_nm, "NM",
         "Standard uncertainty of a lasting difference between metrology and model at a gauge");
  verb.add_option("--outlier-level", u.outliers.level, "Share of good measurements that the outlier test rejects")
      ->capture_default_str()
      ->type_name("P")
      ->check(CLI::Range(1e-12, 0.5));
  verb.add_option("--step-after", u.outliers.step_after, "Wafers (lots, ...) that a sudden change must last to be one")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(2, 1000));
}

void add_couple(CLI::App& verb, Line& line) {
  Options& o = line.options;
  verb.add_option("export", line.couple.exported, "Directory of an export, or its co-simulation unit")
      ->required()
      ->type_name("EXPORT");
  verb.add_option("--gauge", line.couple.loop.gauge, "Whose CD is etched and held (default: the first)")
      ->type_name("NAME");
  verb.add_option("--runs", line.couple.loop.runs, "Runs of the system's default experiment")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(1.0, 1e6));
  verb.add_option_function<std::vector<std::string>>(
          "--set", [&o](const auto& more) { o.overrides.insert(o.overrides.end(), more.begin(), more.end()); },
          "Set a start value of a cell, e.g. --set etch.time_s=20; may be repeated")
      ->type_name("CELL.NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb.add_option("-o,--output", o.output, "Run directory (default: runs/twin-couple-<unit>-<time>)")
      ->type_name("DIR");
  verb.add_flag("--force", o.force, "Write into a run directory that holds files");
}

void add_convert(CLI::App& verb, Line& line) {
  ConvertOptions& c = line.convert;
  verb.add_option("in", c.in, "Layout to be read (.glp, .gds, .oas)")->required()->type_name("IN");
  verb.add_option("out", c.out, "Layout to be written (.glp, .gds, .oas)")->required()->type_name("OUT");
  verb.add_option("--cell", c.cell, "Only this cell and what it holds (default: all cells)")->type_name("NAME");
  verb.add_option("--window", c.window_nm, "Only what lies in x0,y0,x1,y1, cut at its edges and flattened")
      ->delimiter(',')
      ->expected(4)
      ->type_name("NM");
  verb.add_option("--layers", c.layers, "Only these: 11/0, or 11 for any datatype; of GLP by name")
      ->delimiter(',')
      ->type_name("LIST");
  verb.add_option("--map", c.map,
                  "Other layers for some, e.g. 11/0:21/0 or M1:11/0. GLP names that are no numbers become 1/0, 2/0, ... "
                  "in their order; numbers become GLP names like 11/0")
      ->delimiter(',')
      ->type_name("FROM:TO");
  verb.add_flag("--flatten", c.flatten, "Polygons and texts of one cell instead of a hierarchy");
  verb.add_option("--most-shapes", c.most_shapes, "Give up a --window or --flatten of more shapes and cells")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 60U));
  verb.add_option("--dbu", c.dbu_nm, "Database unit of OUT (default: that of IN)")
      ->type_name("NM")
      ->check(CLI::Range(1e-6, 1e6));
  verb.add_flag("--force", c.force, "Replace OUT if it is there");
  verb.add_option("-j,--threads", line.options.threads, "Threads that read cells")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
}

void add_mask(CLI::App& verb, Line& line, const char* kinds = ".npy; ") {
  verb.add_option("--mask", line.mask, "Mask to take instead of the layout (" + std::string(kinds) + "as --set mask.file=FILE)")
      ->type_name("FILE");
}

/// `tile` and what it does; returns the chosen one's work by `job`.
void add_tile(CLI::App& app, Line& line, Console& console, std::function<int()>& job) {
  TileChoice& t = line.tile;
  CLI::App& tile = add_verb(app, line, "tile", "A layout of any size, tile by tile: plan, run, status, merge, submit",
                            "anamorph tile plan chip.toml --job opc -o runs/chip");
  tile.require_subcommand(1);
  const auto folder = [&](CLI::App& verb) {
    verb.add_option("directory", t.directory, "Folder of the plan")->required()->type_name("DIR");
  };
  const auto threads = [&](CLI::App& verb) {
    verb.add_option("-j,--threads", line.options.threads, "Tiles made at a time")
        ->capture_default_str()
        ->type_name("N")
        ->check(CLI::Range(1, 1024));
  };
  CLI::App& plan = add_verb(tile, line, "plan", "Cut a layout into tiles, and compute the optics that they share",
                            "anamorph tile plan chip.toml --job opc -o runs/chip");
  add_recipe(plan, line);
  plan.add_option("--job", t.job, "What is done with each tile")
      ->required()
      ->type_name("JOB")
      ->check(CLI::IsMember(tile_kind_names()));
  add_run(plan, line);
  plan.callback([&] { job = [&] { return run_tile_plan(line.options, t, console); }; });

  CLI::App& run = add_verb(tile, line, "run", "Make the tiles that are missing", "anamorph tile run runs/chip --part 2/8 -j 4");
  folder(run);
  threads(run);
  CLI::Option* tiles = run.add_option("--tiles", t.tiles, "These tiles alone")->type_name("0,5,7-20");
  run.add_option("--part", t.part, "The i-th of n shares of them")->type_name("i/n")->excludes(tiles);
  run.callback([&] { job = [&] { return run_tile_run(line.options, t, console); }; });

  CLI::App& status = add_verb(tile, line, "status", "What is done and what is not", "anamorph tile status runs/chip --json");
  folder(status);
  status.callback([&] { job = [&] { return run_tile_status(t, console); }; });

  CLI::App& merge = add_verb(tile, line, "merge", "One layout, one report of all tiles; their seams are checked",
                             "anamorph tile merge runs/chip");
  folder(merge);
  merge.add_option("--format", t.format, "Of the merged layout")->capture_default_str()->check(CLI::IsMember({"oas", "gds"}));
  merge.callback([&] { job = [&] { return run_tile_merge(line.options, t, console); }; });

  CLI::App& submit = add_verb(tile, line, "submit", "Hand the missing tiles to a batch system, or do them here",
                              "anamorph tile submit runs/chip --engine slurm --jobs 64 --options \"--time=1:00:00\"");
  folder(submit);
  threads(submit);
  submit.add_option("--engine", t.engine, "Who does them")->capture_default_str()->check(CLI::IsMember({"local", "slurm", "lsf"}));
  submit.add_option("--jobs", t.jobs, "Members of the job array (default: one a tile, at most 64)")
      ->type_name("N")
      ->check(CLI::Range(1, 100000));
  submit.add_option("--options", t.batch_options, "More options for the batch system, in one word")->type_name("TEXT");
  submit.add_flag("--print", t.print, "Show the script and submit nothing");
  submit.callback([&] { job = [&] { return run_tile_submit(line.options, t, console); }; });
}

[[noreturn]] void usage_error(const std::string& message) { throw Error(ErrorCode::usage, "CLI-0001", message); }

/// Refuses an unknown verb: the first word that is neither an option nor the value of one. CLI11 would only say that a
/// subcommand is required.
void check_verb(CLI::App& app, const std::vector<std::string>& words) {
  const std::string known = "; see anamorph --help";
  if (words.size() < 2) usage_error("a verb is missing" + known);
  std::size_t at = 1;
  for (; at < words.size() && words[at].starts_with('-'); ++at)
    if (const CLI::Option* option = app.get_option_no_throw(words[at]); option && option->get_items_expected_max() > 0)
      ++at;
  if (at >= words.size()) return;
  const std::string& verb = words[at];
  if (!app.get_subcommands([&](const CLI::App* one) { return one->check_name(verb); }).empty()) return;
  if (std::find(planned.begin(), planned.end(), verb) != planned.end())
    usage_error("'" + verb + "' is not available in this version" + known);
  usage_error("unknown verb '" + verb + "'" + known);
}

/// What the other options mean as settings of the recipe; the explicit --set come last and win.
void collect_overrides(Line& line) {
  std::vector<std::string> first;
  if (!line.mask.empty()) first.push_back(text_override("mask.file", line.mask.string()));
  if (!line.target.empty()) first.push_back(text_override("layout.target", line.target));
  if (line.seed) first.push_back("seed=" + std::to_string(*line.seed));
  if (line.unconstrained) first.push_back("mask.rules.enforce=false");
  auto& overrides = line.options.overrides;
  overrides.insert(overrides.begin(), first.begin(), first.end());
}

int parse_and_run(int argc, char** argv, Console& console) {
  Line line;
  line.options.command.assign(argv, argv + argc);
  line.options.threads = hardware_threads();

  CLI::App app("Computational lithography: from a layout to images, prints and optimised masks.", "anamorph");
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", std::string("anamorph ") + version + " (" + commit + ", " + build_flags + ")");
  app.require_subcommand(1);
  add_common(app, line);
  add_run(app, line);
  app.footer(
      "Exit codes: 0 done; 1 done, but over the limits asked for; 2 usage; 3 unreadable or invalid input; 4 invalid\n"
      "recipe; 5 device or resource; 6 incomplete and resumable; 130 interrupted.\n"
      "`anamorph VERB --help` shows the options of a verb.");

  std::function<int()> job;
  CLI::App& simulate = add_verb(app, line, "simulate", "Aerial image, resist image, contours and CDs of a layout",
                                "anamorph simulate clip.toml -o runs/clip --set layout.pixel_nm=2");
  add_recipe(simulate, line);
  add_mask(simulate, line);
  add_run(simulate, line);
  simulate.callback([&] { job = [&] { return run_simulate(line.options, console); }; });

  CLI::App& ilt = add_verb(app, line, "ilt", "Optimise the mask of a layout (inverse lithography)",
                           "anamorph ilt clip.toml -o runs/clip-ilt --set ilt.iterations=100");
  add_recipe(ilt, line);
  add_run(ilt, line);
  ilt.callback([&] { job = [&] { return run_ilt(line.options, console); }; });

  CLI::App& opc = add_verb(app, line, "opc", "Correct a layout by moving its edges (optical proximity correction)",
                           "anamorph opc clip.toml -o runs/clip-opc --set opc.assist.place=rule");
  add_recipe(opc, line);
  add_run(opc, line);
  opc.callback([&] { job = [&] { return run_opc(line.options, console); }; });

  CLI::App& verify =
      add_verb(app, line, "verify", "Judge a mask against its target: EPE, PV band, mask rules",
               "anamorph verify clip.toml --mask runs/clip-ilt/mask.npy --set verify.limits.epe_violations=0");
  add_recipe(verify, line);
  add_mask(verify, line, ".npy, or a layout whose layers mask.layers names; ");
  add_run(verify, line);
  verify.callback([&] { job = [&] { return run_verify(line.options, console); }; });

  CLI::App& window = add_verb(app, line, "window", "Focus-exposure matrix, Bossung curves and process window of a layout",
                              "anamorph window clip.toml -o runs/window --set window.limits.dof_nm=60");
  add_recipe(window, line);
  add_mask(window, line);
  add_run(window, line);
  window.callback([&] { job = [&] { return run_window(line.options, console); }; });

  CLI::App& compare = add_verb(app, line, "compare", "The same patterns under several scanners: what each of them prints",
                               "anamorph compare masks/patterns/study.toml -o runs/study");
  add_recipe(compare, line);
  add_run(compare, line);
  compare.callback([&] { job = [&] { return run_compare(line.options, console); }; });

  CLI::App& optics = add_verb(app, line, "optics", "What a recipe's optics are: source, pupil, kernels and their truncation",
                              "anamorph optics clip.toml -o runs/optics --set optics.scanner=euv_na055");
  add_recipe(optics, line);
  optics.add_flag("--contest-kernels", line.contest_form, "Write the kernels in the form of the ICCAD-2013 contest too");
  add_run(optics, line);
  optics.callback([&] { job = [&] { return run_optics(line.options, line.contest_form, console); }; });

  CLI::App& suite =
      add_verb(app, line, "suite", "Optimise all clips of a benchmark and tabulate the results",
               "anamorph suite iccad13 --layouts clips --kernels clips/kernels --cases 1,4,10 -o runs/suite");
  suite.add_option("name", line.suite_name, "Benchmark: iccad13")
      ->required()
      ->type_name("NAME")
      ->check(CLI::IsMember({"iccad13"}));
  suite.add_option("--layouts", line.suite.layouts, "Folder searched for .glp clips, with its folders")
      ->required()
      ->type_name("DIR");
  suite.add_option("--kernels", line.suite.kernels, "Folder with the kernels, focus/ and defocus/")
      ->required()
      ->type_name("DIR");
  suite.add_option("--cases", line.suite.cases, "Names or numbers, separated by commas (default: all)")
      ->delimiter(',')
      ->type_name("LIST");
  suite.add_option("--batch", line.suite.batch, "Clips optimised together (default: 1 on a CPU, up to 64 on a GPU)")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  suite.add_option("--method", line.method, "Pixels (ilt) or edges (opc)")
      ->capture_default_str()
      ->check(CLI::IsMember({"ilt", "opc"}));
  suite.add_option("--target", line.target, "Raster of the target (default: inclusive)")
      ->check(CLI::IsMember({"inclusive", "exact"}));
  suite.add_flag("--unconstrained", line.unconstrained, "Do not enforce the mask rules");
  add_run(suite, line);
  suite.callback([&] {
    line.suite.edges = line.method == "opc";
    job = [&] { return run_suite(line.options, line.suite, console); };
  });

  CLI::App& convert = add_verb(app, line, "convert", "A layout in another format, or a part of it: GLP, GDSII, OASIS",
                               "anamorph convert chip.oas clip.gds --window 5000,5000,7000,7000 --layers 11/0");
  add_convert(convert, line);
  convert.callback([&] {
    line.convert.threads = line.options.threads;
    job = [&] { return run_convert(line.convert, console); };
  });

  CLI::App& twin = add_verb(app, line, "twin", "A lithography cell for the fab twin: export, check, couple, update from measured CDs",
                            "anamorph twin export cell.toml -o runs/twin");
  twin.require_subcommand(1);
  CLI::App& twin_export = add_verb(twin, line, "export", "Co-simulation unit, descriptor, images and contours of a recipe",
                                   "anamorph twin export cell.toml -o runs/twin");
  add_recipe(twin_export, line);
  add_mask(twin_export, line);
  add_run(twin_export, line);
  twin_export.callback([&] { job = [&] { return run_twin_export(line.options, console); }; });
  CLI::App& twin_check = add_verb(twin, line, "check", "Whether an export is whole and keeps its own rules",
                                  "anamorph twin check runs/twin");
  twin_check.add_option("directory", line.directory, "Directory of an export")->required()->type_name("DIR");
  twin_check.callback([&] { job = [&] { return run_twin_check(line.directory, console); }; });
  CLI::App& twin_couple = add_verb(twin, line, "couple", "A system of the cell, an etch cell and run-to-run control",
                                   "anamorph twin couple runs/twin -o runs/loop --gauge line --set etch.time_s=20");
  add_couple(twin_couple, line);
  twin_couple.callback([&] { job = [&] { return run_twin_couple(line.options, line.couple, console); }; });
  CLI::App& twin_update = add_verb(twin, line, "update", "Offsets of dose and focus from measured CDs, and their drift",
                                   "anamorph twin update runs/twin fab.csv -o runs/twin-update --cd-u 0.2");
  add_update(twin_update, line);
  twin_update.callback([&] { job = [&] { return run_twin_update(line.options, line.update, console); }; });

  add_tile(app, line, console, job);

  CLI::App& bench = add_verb(app, line, "bench", "The performance figures of this machine, each checked before it is timed",
                             "anamorph bench --backend cuda --batches 1,16 -o runs/bench");
  add_bench(bench, line);
  add_run(bench, line);
  bench.callback([&] {
    line.bench.seed = line.seed;
    job = [&] { return run_bench(line.options, line.bench, console); };
  });

  CLI::App& doctor =
      add_verb(app, line, "doctor", "What was built, and what of it works on this machine", "anamorph doctor");
  doctor.callback([&] { job = [&] { return run_doctor(line.options, console); }; });

  CLI::App& schema = add_verb(app, line, "schema", "The recipe's JSON Schema", "anamorph schema > recipe.schema.json");
  schema.add_flag("--markdown", line.markdown, "The reference page of the recipe instead");
  schema.add_flag("--twin", line.twin_schema, "The JSON Schema of twin.json instead");
  schema.callback([&] { job = [&] {
      return run_schema(line.twin_schema ? Schema::twin : line.markdown ? Schema::markdown : Schema::recipe, console);
    }; });

  check_verb(app, line.options.command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& e) {
    std::string chosen;
    for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
      at = at->get_subcommands().front();
      chosen += at->get_name() + " ";
    }
    usage_error(std::string(e.what()) + "; see anamorph " + chosen + "--help");
  }
  console = Console(line.console);
  collect_overrides(line);
  catch_signals();
  return job();
}

}  // namespace

int run(int argc, char** argv) {
  // The first errors come before the options are known.
  Console::Settings settings;
  settings.json = std::any_of(argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
  Console console(settings);
  const auto fail = [&](const Error& error) {
    console.error(error);
    return static_cast<int>(error.code());
  };
  try {
    const int code = parse_and_run(argc, argv, console);
    if (!std::cout.flush() || std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      return fail(Error(ErrorCode::resource, "CLI-0015", "not all that was to be printed could be written"));
    return code;
  } catch (const Error& error) {
    return fail(error);
  } catch (const std::bad_alloc&) {
    return fail(Error(ErrorCode::resource, "CLI-0005", "out of memory"));
  } catch (const std::exception& error) {
    return fail(Error(ErrorCode::resource, "CLI-0006", std::string("unexpected failure: ") + error.what()));
  }
}

}  // namespace anamorph::cli
