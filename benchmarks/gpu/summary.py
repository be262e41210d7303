#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
"""Says how a run of run.sh went: summary.json and summary.txt in its folder. Exit code 0 when all went well, else 1.

    summary.py RESULTS
"""
import json
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

# The backend suite names a test after the backend that it runs on. Names with "host." run on the host's stand-in.
ON_DEVICE = re.compile(r"^(?!host\.).*/cuda(_\w+)?$")
# A skip for which the CUDA backend gave the reason, whatever the test is called.
NO_DEVICE = re.compile(r": Skipped\n(\[?CUD-0001|CUDA: )")
# ctest writes "skipped" of tests that it could not start, too.
SKIPPED = re.compile(r"^SKIP_(REGULAR_EXPRESSION|RETURN_CODE)")


def read_tests(path):
    """Sorts the tests of a JUnit file of ctest. A file that cannot be read has no test in it."""
    found = {"passed": [], "failed": [], "skipped": {}, "device_passed": [], "device_skipped": []}
    try:
        cases = ElementTree.parse(path).getroot().iter("testcase")
    except (OSError, ElementTree.ParseError) as error:
        return found | {"unreadable": str(error)}
    for case in cases:
        name = case.get("name").split("  # ")[0]  # what follows is the parameter, as GoogleTest prints it
        status = case.get("status")
        output = case.findtext("system-out") or ""
        skip = case.find("skipped")
        skipped = status == "disabled" or (
            status == "notrun" and skip is not None and bool(SKIPPED.match(skip.get("message", ""))))
        on_device = bool(ON_DEVICE.match(name))
        if status == "run" and case.find("failure") is None:
            found["passed"].append(name)
            if on_device:
                found["device_passed"].append(name)
        elif not skipped or "[  FAILED  ]" in output:
            found["failed"].append(name)
        elif on_device or NO_DEVICE.search(output):
            found["device_skipped"].append(name)
        else:
            reason = re.search(r": Skipped\n(.*)", output)
            found["skipped"][name] = reason[1].strip() if reason else (output.strip().splitlines() or [status])[-1]
    return found


def problems_of(tests):
    """One line for each thing that is wrong with the tests."""
    lines = []
    if "unreadable" in tests:
        lines.append("the results of the tests cannot be read: " + tests["unreadable"])
    elif not tests["passed"] and not tests["failed"]:
        lines.append("no test ran")
    lines += ["failed: " + name for name in tests["failed"]]
    lines += ["skipped, though it needs the device: " + name for name in tests["device_skipped"]]
    if not tests["device_passed"]:
        lines.append("no test that needs the device passed")
    return lines


def read_kernels(log):
    """Registers and spills of each kernel, from the messages of ptxas -v in the log of a build."""
    kernels = []
    for line in log.splitlines():
        if entry := re.search(r"Compiling entry function '(\w+)' for '(\w+)'", line):
            kernels.append({"name": entry[1], "architecture": entry[2]})
        elif not kernels:
            continue
        elif use := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", line):
            # Those of functions that are called by the kernel come after its own.
            for key, value in zip(("stack_bytes", "spill_store_bytes", "spill_load_bytes"), use.groups()):
                kernels[-1].setdefault(key, int(value))
        elif use := re.search(r"Used (\d+) registers", line):
            kernels[-1].setdefault("registers", int(use[1]))
            shared = re.search(r"(\d+) bytes smem", line)
            kernels[-1].setdefault("shared_bytes", int(shared[1]) if shared else 0)
    return kernels


def demangle(kernels):
    try:
        names = subprocess.run(["c++filt"], input="\n".join(k["name"] for k in kernels), text=True, check=True,
                               capture_output=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return
    for kernel, name in zip(kernels, names):
        kernel["name"] = name


def summarise(folder):
    def text(name):
        path = folder / name
        return path.read_text(errors="replace") if path.exists() else ""

    steps = [dict(zip(("name", "status", "seconds"), line.split("\t"))) for line in text("steps.tsv").splitlines()]
    problems = [f"step {s['name']} ended with {s['status']}" for s in steps if s["status"] not in ("0", "omitted")]
    if not any(s["name"] == "tests" for s in steps):
        problems.append("the tests were not reached")
        tests = None
    else:
        tests = read_tests(folder / "junit.xml")
        problems += problems_of(tests)
    kernels = read_kernels(text("build.log"))
    demangle(kernels)
    return {
        "ok": not problems,
        "problems": problems,
        "manifest": json.loads(text("MANIFEST.json") or "null"),
        "devices": text("devices.csv").splitlines(),
        "steps": steps,
        "tests": tests,
        "compiler_warnings": sum("warning" in line and "-W" in line or "warning #" in line
                                 for line in text("build.log").splitlines()),
        "kernels": kernels,
    }


def as_text(summary):
    tests, kernels = summary["tests"], summary["kernels"]
    manifest = summary["manifest"] or {}
    lines = ["result    " + ("ok" if summary["ok"] else "NOT OK")]
    lines += ["          " + problem for problem in summary["problems"]]
    lines.append("commit    " + manifest.get("commit", "see doctor.log"))
    lines += ["device    " + device for device in summary["devices"] or ["none was found"]]
    lines += [f"step      {s['name']}: {'ok' if s['status'] == '0' else s['status']}, {s['seconds']} s"
              for s in summary["steps"]]
    if tests:
        lines.append(f"tests     {len(tests['passed'])} passed, of them {len(tests['device_passed'])} on the device; "
                     f"{len(tests['failed'])} failed; {len(tests['device_skipped'])} skipped that need the device; "
                     f"{len(tests['skipped'])} skipped for other reasons:")
        lines += [f"          {name}: {reason}" for name, reason in tests["skipped"].items()]
    lines.append(f"warnings  {summary['compiler_warnings']} of the compilers in what was compiled")
    spilling = [k for k in kernels if k.get("spill_store_bytes") or k.get("spill_load_bytes")]
    if kernels:
        most = max(k.get("registers", 0) for k in kernels)
        keys = ("registers", "stack_bytes", "spill_store_bytes", "spill_load_bytes", "shared_bytes")
        lines.append(f"kernels   {len(kernels)}, at most {most} registers; {len(spilling)} spill")
        lines.append("          " + " ".join(keys))
        lines += ["          " + " ".join(str(k.get(key)) for key in keys) + f" {k['name']} ({k['architecture']})"
                  for k in kernels]
    else:
        lines.append("kernels   none was compiled in this run: a fresh build folder shows them")
    return "\n".join(lines) + "\n"


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    folder = pathlib.Path(arguments[0])
    summary = summarise(folder)
    (folder / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    (folder / "summary.txt").write_text(as_text(summary))
    print("\n".join([as_text(summary).split("\nkernels")[0], f"all of it: {folder}"]))
    return 0 if summary["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
