#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
"""Writes docs/performance.md from benchmarks/results/*.json and docs/performance-notes.md.

    performance.py                       write the page
    performance.py --check               exit 1 if the page is not what would be written
    performance.py --record RUN NAME     keep the result of `anamorph suite` in directory RUN as results/NAME.json
"""
import argparse
import json
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
README = ROOT / "README.md"
PAGE = ROOT / "docs" / "performance.md"
NOTES = ROOT / "docs" / "performance-notes.md"

# Published by others, or evaluated from masks that others published: (what, L2, PVB, EPE violations, time per clip).
PUBLISHED = [
    ("OpenILT, SimpleILT", 33850, 44713, 5.2, "2.26 s, RTX 3090"),
    ("LithoBench, reference masks", 26941, 43417, 2.0, ""),
    ("LithoBench, NeuralILT and fine-tuning", 27407, 42764, 2.6, ""),
    ("best public multilevel masks, evaluated again", 27668, 41815, 2.7, "146 to 335 s, 2 CPU cores"),
]
GOALS = [
    ("must, mask rules kept", 62800, 1.0, "5 s, 2 CPU cores"),
    ("must, mask free of rules", 61800, 1.0, ""),
    ("aim, mask rules kept", 61000, 0.7, "1 s, 2 CPU cores"),
]
TITLES = {
    "iccad13": "ICCAD-2013",
    "iccad13-free": "ICCAD-2013, masks free of rules",
    "iccad13-levelset": "ICCAD-2013, level set",
    "iccad13-lbfgs": "ICCAD-2013, L-BFGS",
    "iccad13-opc": "ICCAD-2013, by edges",
    "lithobench": "LithoBench, metal and contact clips",
    "lithobench-opc": "LithoBench, by edges",
}
COLUMNS = [  # key in suite.json, heading, digits
    ("l2_nm2", "L2 nm²", 0), ("pvband_nm2", "PVB nm²", 0), ("sum", "L2 + PVB", 0), ("epe_violations", "EPE", 1),
    ("mask_shots", "shots", 0), ("mask_min_area_nm2", "min. area nm²", 0),
    ("mask_min_width_nm", "min. width nm", 0), ("mask_min_distance_nm", "min. distance nm", 0), ("seconds", "s", 2),
]  # fmt: skip


def figure(value, digits=3):
    """A positive quantity with `digits` significant digits, without an exponent."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:.0f}"
    return f"{float(f'{value:.{digits}g}'):g}"


def table(header, rows, text_columns=1):
    rule = ["---"] * text_columns + ["--:"] * (len(header) - text_columns)
    return "".join("| " + " | ".join(map(str, row)) + " |\n" for row in [header, rule, *rows])


def timings(run):
    machine = run["machine"]
    results = run["results"]
    named = {r["name"]: r for r in results}
    yield (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']:.0f} GB "
        f"({', '.join(machine['caches'])}); {run['threads']} threads; {run['compiler']}, `{run['flags'].strip()}`; "
        f"version {run['version']}, commit `{run['commit']}`, {run['date']}.\n\n"
        f"Clip: {run['clip']}, 2048 x 2048 pixels of 1 nm, two foci, three corners. Optics: {run['optics']}.\n"
    )
    copies = [r for r in results if "gb_per_s" in r]
    products = [r for r in results if "gflop_per_s" in r]
    if copies and products:
        yield "\nWhat the machine can do, in the same run:\n\n"
        yield table(
            ["", "rate"],
            [[r["what"], figure(r["gb_per_s"]) + " GB/s"] for r in copies]
            + [[r["what"], figure(r["gflop_per_s"]) + " Gflop/s"] for r in products],
        )

    def rows(select):
        for r in filter(select, results):
            backend = r["name"].partition("/")[2]
            spread = f"{figure(r['min_ms'])} .. {figure(r['max_ms'])}"
            yield [r["what"], backend, figure(r["median_ms"]), spread, figure(r.get("must_ms")), figure(r.get("aim_ms")),
                   figure(r.get("floor_ms")), figure(r.get("ratio_to_floor")),
                   figure(r.get("times_faster_than_reference")), figure(r.get("peak_memory_mb"))]  # fmt: skip

    header = ["", "backend", "ms", "least .. most", "must", "aim", "floor", "ms / floor", "times faster than plain", "peak MB"]
    yield "\nWhole jobs:\n\n"
    yield table(header, rows(lambda r: "reference" in r), 2)
    yield "\nTheir pieces, on the 1 nm grid:\n\n"
    yield table([*header[:4], *header[6:8]], ([*row[:4], *row[6:8]] for row in rows(
        lambda r: "floor_ms" in r and "reference" not in r)), 2)  # fmt: skip
    yield "\nThe plain implementation:\n\n"
    yield table([*header[:4], header[9]], ([*row[:4], row[9]] for row in rows(
        lambda r: r["name"].startswith("reference_"))), 2)  # fmt: skip
    worst = [f"{c['name']} {c['error']:.1e}" for c in run["checks"]]
    yield f"\nDifference from the plain implementation in double, relative to the largest value: {', '.join(worst)}.\n"
    missed = [n for n, r in named.items() if r["median_ms"] > r.get("must_ms", float("inf"))]
    if missed:
        yield f"\nOver the limit in this run: {', '.join(missed)}.\n"


def kernels(run):
    yield "\n## Kernels from first principles\n\n"
    yield (
        f"`socs_bench`: {run['optics']}; as many kernels as bring the estimated error below {run['image_error']:g} of the clear\n"
        f"field. *Found error*: the largest |SOCS - Abbe| over the whole images of clips (and their complements) that had no part\n"
        f"in the choice, by Abbe's sum over the same source points. {run['threads']} threads, version {run['version']}, commit\n"
        f"`{run['commit']}`. Peak MB is that of the process so far, kernels in double precision included.\n\n"
    )
    yield table(
        ["clip nm", "", "source step", "points", "bins", "kernels", "energy", "s", "peak MB", "estimated error", "found error"],
        [[f"{r['side_nm']:.0f}", r["what"], figure(r["source_step"]), r["source_points"], r["bins"], r["kernels"],
          f"{r['captured_fraction']:.4f}", figure(r["seconds"]), "" if "largest_error" in r else figure(r["peak_memory_mb"]),
          f"{r['estimated_error']:.2e}", f"{r['largest_error']:.2e}" if "largest_error" in r else ""] for r in run["runs"]], 2)  # fmt: skip


def with_sum(case):
    return {**case, "sum": case["l2_nm2"] + case["pvband_nm2"]}


def cells(case, exact):
    """`exact`: counts of one case, not means."""
    for key, _, digits in COLUMNS:
        value = case.get(key)
        whole = exact and key != "seconds"
        yield "" if value is None else f"{value:.{0 if whole else digits}f}"


def suites(runs):
    own = [["ours: " + TITLES[name], *list(cells(with_sum(run["mean"]), False))[:4], f"{run['mean']['seconds']:.2f} s, {run['device']}"]
           for name, run in runs.items() if name in TITLES and len(run["cases"]) == 10]  # fmt: skip
    others = [[f"*{what}*", l2, pvb, l2 + pvb, epe, time] for what, l2, pvb, epe, time in PUBLISHED]
    goals = [[f"goal: {what}", "", "", f"≤ {total}", f"≤ {epe}", f"≤ {time}" if time else ""] for what, total, epe, time in GOALS]
    yield "\n## Quality of masks\n\n"
    yield (
        "Means over the ten clips of the ICCAD-2013 contest: L2 and PV band in nm², EPE violations, time per clip. Rows in\n"
        "*italics* were published by others, or come from masks that they published: **not measured by us**, and their times\n"
        "are from other machines.\n\n"
    )
    yield table(["", "L2", "PVB", "L2 + PVB", "EPE", "time per clip"], own + others + goals)
    for name, run in runs.items():
        yield f"\n### {TITLES.get(name, name)}\n\n"
        partial = "" if run.get("complete", True) else " **The run was not complete.**"
        yield f"`{run['command']}`, backend {run['backend']} ({run['device']}), {run['machine']['processor']}, "
        yield f"commit `{run['commit']}`, {run['date']}.{partial}\n\n"
        yield table(
            ["clip", *(heading for _, heading, _ in COLUMNS)],
            [[case["name"], *cells(with_sum(case), True)] for case in run["cases"]]
            + [["**mean**", *cells(with_sum(run["mean"]), False)]],
        )


def benches(runs):
    """Tables of `anamorph bench` on devices: results/*gpu*.json."""
    for name, run in runs.items():
        ceilings = run["ceilings"]
        facts = run["facts"]
        yield f"\n### {run['device']}\n\n"
        yield (
            f"`{name}.json`: `{plain_command(run['command'])}`, version {run['version']}, commit `{run['commit']}`, "
            f"{run['date']}; CUDA {facts.get('cuda_runtime', '')}, driver for CUDA {facts.get('driver_supports_cuda', '')}.\n"
            f"Copy {figure(ceilings['copy_bytes_per_s'] / 1e9)} GB/s, product {figure(ceilings['gemm_flops_per_s'] / 1e9)} Gflop/s"
        )
        if "peak_flops_per_s" in ceilings:
            yield f", multiply-adds {figure(ceilings['peak_flops_per_s'] / 1e9)} Gflop/s"
        yield ".\n"
        if not (run["complete"] and run["pass"]):
            yield "\n**The run was not complete, or a check failed.**\n"
        for case in run["cases"]:
            yield f"\n{case['what']}:\n\n"
            yield table(
                ["stage", "batch", "ms per clip", "least .. most", "ms / floor", "error", "peak MB"],
                [[stage["name"], batch["batch"], figure(1e3 * stage["seconds_per_clip"]),
                  f"{figure(1e3 * stage['min_s'] / batch['batch'])} .. {figure(1e3 * stage['max_s'] / batch['batch'])}",
                  figure(stage.get("ratio_to_floor")), f"{stage['check']['error']:.0e}",
                  figure(stage["peak_memory_bytes"] / 1e6) if "peak_memory_bytes" in stage else ""]
                 for batch in case["batches"] for stage in batch["stages"] if "median_s" in stage])  # fmt: skip
        if jobs := [job for job in run["jobs"] if "median_s" in job]:
            yield "\nWhole optimisations:\n\n"
            yield table(["", "clips", "iterations", "s per clip"],
                        [[job["name"], job["clips"], job["iterations"], figure(job["seconds_per_clip"])] for job in jobs])  # fmt: skip


def page():
    runs = {path.stem: json.loads(path.read_text()) for path in RESULTS.glob("*.json")}
    order = list(TITLES)
    suite_runs = {name: run for name, run in sorted(
        runs.items(), key=lambda item: (order.index(item[0]) if item[0] in order else len(order), item[0])) if "cases" in run}  # fmt: skip
    text = """<!-- Generated by benchmarks/performance.py from benchmarks/results; edit performance-notes.md instead. -->
# Performance

`./dev bench` measures this machine and writes this page anew.

## Method

- Before anything is timed, images, loss and gradient of each backend are compared with a plain implementation: one
  complex FFT of the full grid per kernel, sharing no code with the library. A difference ends the program.
- A timing is the median of at least seven repetitions. The repetitions of all jobs take turns at random, so that a slow
  minute of a shared machine touches them all. Trust the ratios more than the milliseconds.
- *Floor*: the least time this machine could need, from the bytes that must be moved at least (each array that comes in
  read once, each that goes out written once) at the best copy rate, and the flops of the band-limited algorithm at the
  best rate of a matrix product in the same precision, whichever is longer. `benchmarks/library_jobs.cpp` says how they
  are counted.
- *Times faster than plain*: against the plain implementation of the same image or gradient on the full 1 nm grid, in the
  same precision and the same run.
- *Peak MB*: resident memory of a process that does this job once, the program and the clip included.

"""
    text += "## Speed on the CPU\n\n"
    text += "".join(timings(runs["cpu"])) if "cpu" in runs else "Not measured yet.\n"
    text += "\n## Speed on a GPU\n\n"
    devices = {name: run for name, run in sorted(runs.items()) if "gpu" in name and run.get("program") == "anamorph bench"}
    text += "".join(benches(devices)) if devices else "There is no figure yet: no GPU backend has been measured.\n"
    if "socs" in runs:
        text += "".join(kernels(runs["socs"]))
    if suite_runs:
        text += "".join(suites(suite_runs))
    text += block()
    return text + ("\n" + NOTES.read_text() if NOTES.exists() else "")


def block():
    """A whole block, corrected and verified: benchmarks/block.sh."""
    path = RESULTS / "block.json"
    if not path.exists():
        return ""
    b = json.loads(path.read_text())
    whole, opc, found = b["whole"], b["whole"]["correct"], b["whole"]["verify"]
    text = f"""
## A whole block

The 45 nm block of the benchmark data, {opc["area_um2"]:.0f} um², narrowest line 70 nm, narrowest space 65 nm, under ArF immersion
(`benchmarks/block.toml`: NA 1.35, annular 0.6 to 0.9, corners of dose and focus +-3 % and +-40 nm); corrected by edges in
{opc["tiles"]:.0f} tiles with 40 kernels, then verified with 150. `benchmarks/block.sh`, {b["machine"]["cpu"]}, {b["machine"]["cores"]} cores,
shared with other work.

- {whole["seconds"]["correct"]:.0f} s to correct and {whole["seconds"]["verify"]:.0f} s to verify, kernels included; {opc["cpu_seconds_per_um2"]:.4f} and {found["cpu_seconds_per_um2"]:.4f} CPU seconds per um².
- {found["sites_over"]:.0f} of {found["sites"]:.0f} sites are off by more than 10 nm at nominal ({found["sites_over_percent"]:.3f} %; 3 sigma {found["epe_3sigma_nm"]:.2f} nm); {found["bridges"]:.0f} bridges (printed gap below
  45 nm), {found["pinches"]:.0f} pinches (printed width below 49 nm), {found["missing_prints"]:.0f} missing and {found["extra_prints"]:.0f} extra prints in any condition.
- Tiles differ at their seams by at most {opc["seam_error_nm"]:.0f} nm, {opc["seam_error_mean_nm"]:.2f} nm in the mean. Left of the mask rules: {found["mask_width_violations"]:.0f} widths, {found["mask_space_violations"]:.0f} spaces.
- Killed with SIGKILL when {", ".join(str(n) for n in b["killed"]["tiles_done_then"])} tiles were done, and gone on each time: the same bytes.

| area | runs | um² of each | CPU s per um², median | each |
| --- | --: | --: | --: | --- |
"""
    names = {"sixteenth": "sixteenths of the block, all", "quarter": "quarters, all", "one": "the block",
             "two_by_two": "2 x 2 copies, nothing reused", "four_by_four": "4 x 4 copies, nothing reused"}
    for size, row in b["cost"].items():
        each = ", ".join(f"{c:.4f}" for c in row["cpu_seconds_per_um2"])
        text += f'| {names[size]} | {row["parts"]} | {row["area_um2_of_each"]:.0f} | {row["median"]:.4f} | {each} |\n'
    return text


FIGURES = re.compile(r"(<!-- figures: .*? -->\n).*?(<!-- end of figures -->)", re.DOTALL)


def readme():
    """README.md with its table of figures."""
    rows = []
    for name, title in (("iccad13", "ICCAD-2013, mask rules enforced"), ("iccad13-free", "ICCAD-2013, no mask rules"),
                        ("iccad13-opc", "ICCAD-2013, by edges (OPC)"),
                        ("lithobench", "50 further clips, mask rules enforced")):
        path = RESULTS / f"{name}.json"
        if not path.exists():
            continue
        mean = json.loads(path.read_text())["mean"]
        total = mean["l2_nm2"] + mean["pvband_nm2"]
        rows.append([title, f"{mean['l2_nm2']:.0f}", f"{mean['pvband_nm2']:.0f}", f"{total:.0f}",
                     f"{mean['epe_violations']:.2f}", f"{mean['mask_min_distance_nm']:.1f}", f"{mean['seconds']:.2f}"])
    head = ["mean per clip", "L2 (nm²)", "PV band (nm²)", "sum", "EPE violations", "least width or space (nm)", "s per clip, 2 cores"]
    lines = ["| " + " | ".join(row) + " |" for row in [head, ["---"] + ["--:"] * (len(head) - 1), *rows]]
    return FIGURES.sub(lambda found: found[1] + "\n" + "\n".join(lines) + "\n\n" + found[2], README.read_text())


def plain_command(command):
    """A command without the paths of the machine where it ran."""
    words, kept = iter(command[1:]), ["anamorph"]
    for word in words:
        if word == "-o":
            next(words)
        elif word != "--force":
            kept.append(re.sub(r"[^=]*/", "", word))
    return " ".join(kept)


def record(run_directory, name):
    """A suite's result with what a reader needs to judge it, and without the paths of this machine."""
    suite = json.loads((run_directory / "suite.json").read_text())
    run = json.loads((run_directory / "run.json").read_text())
    processor = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    kept = {
        "suite": suite["suite"],
        "complete": suite["complete"],
        "command": plain_command(run["command"]),
        **{key: run[key] for key in ("version", "commit", "build", "backend", "device")},
        "date": run["end"],
        "machine": {"processor": processor.group(1) if processor else "unknown", "cores": len(os.sched_getaffinity(0))},
        "cases": suite["cases"],
        "mean": suite["mean"],
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--record", nargs=2, metavar=("RUN", "NAME"))
    arguments = parser.parse_args()
    if arguments.check:
        if not PAGE.exists() or PAGE.read_text() != page() or README.read_text() != readme():
            sys.exit("docs/performance.md or README.md is stale: run benchmarks/performance.py")
        return
    if arguments.record:
        record(Path(arguments.record[0]), arguments.record[1])
    PAGE.write_text(page())
    README.write_text(readme())


if __name__ == "__main__":
    main()
