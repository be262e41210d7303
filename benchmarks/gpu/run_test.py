#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
"""Whether run.sh and summary.py tell a good run from a bad one: JUnit files as ctest 3.25 writes them, and whole runs
with stand-ins for the tools. Neither a device nor CUDA is needed."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import summary

HERE = pathlib.Path(__file__).resolve().parent


def case(name, status="run", inner="", output=""):
    if "/" in name:
        name += "  # GetParam() = &quot;" + name.split("/")[-1].replace("_", "-") + "&quot;"
    return (f'<testcase name="{name}" classname="{name}" time="0" status="{status}">{inner}'
            f"<system-out>{output}</system-out></testcase>")


def skip(name, output="", message="SKIP_REGULAR_EXPRESSION_MATCHED"):
    return case(name, "notrun", f'<skipped message="{message}"/>', output)


def junit(*cases):
    return '<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="(empty)">' + "".join(cases) + "</testsuite>\n"


GOOD = case("Core.Adds"), case("Backends/BackendTest.Sums/cpu"), case("Backends/BackendTest.Sums/cuda")
NO_DATA = skip("Contest.Image", "[ RUN      ] Contest.Image\ncontest_test.cpp:33: Skipped\nno contest data in /data\n\n"
               "[  SKIPPED ] Contest.Image (0 ms)\n")


class JunitFiles(unittest.TestCase):
    def problems(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "junit.xml"
            path.write_text(text)
            return summary.problems_of(summary.read_tests(path))

    def test_all_pass(self):
        self.assertEqual(self.problems(junit(*GOOD)), [])

    def test_other_skips_are_no_problem(self):
        host = skip("host.Backends/BackendTest.Sums/cuda", "x.cpp:1: Skipped\nthe reference itself\n")
        code = skip("gpu.bundle", "no git checkout\n", "SKIP_RETURN_CODE=77")
        text = junit(*GOOD, NO_DATA, host, code)
        self.assertEqual(self.problems(text), [])
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "junit.xml"
            path.write_text(text)
            self.assertEqual(summary.read_tests(path)["skipped"]["Contest.Image"], "no contest data in /data")

    def test_device_skip(self):
        for name in "Backends/BackendTest.Sums/cuda_f64", "Backends/BackendTest.Waves/cuda":
            self.assertEqual(self.problems(junit(*GOOD, skip(name))), ["skipped, though it needs the device: " + name])

    def test_device_skip_is_known_by_its_reason_too(self):
        for reason in "CUD-0001", "CUDA: there is no NVIDIA driver; use the backend cpu":
            text = junit(*GOOD, skip("Cli.BenchOnDevice", f"x.cpp:1: Skipped\n{reason}\n"))
            self.assertEqual(self.problems(text), ["skipped, though it needs the device: Cli.BenchOnDevice"])

    def test_disabled_device_test(self):
        self.assertEqual(len(self.problems(junit(*GOOD, case("B/T.A/cuda", "disabled", "", "Disabled")))), 1)

    def test_failures(self):
        bad = (case("Core.Adds", "fail", '<failure message=""/>'),
               skip("Core.Starts", message="Unable to find executable"),
               skip("Core.Both", "[  FAILED  ] Core.Both\n[  SKIPPED ] Core.Other\n"))
        self.assertEqual(self.problems(junit(*GOOD, *bad)),
                         ["failed: Core.Adds", "failed: Core.Starts", "failed: Core.Both"])

    def test_nothing_on_the_device(self):
        text = junit(GOOD[0], GOOD[1], case("host.Backends/BackendTest.Sums/cuda"))
        self.assertEqual(self.problems(text), ["no test that needs the device passed"])

    def test_no_test_at_all(self):
        self.assertIn("no test ran", self.problems(junit()))
        for text in "", "<testsuite>":
            self.assertIn("cannot be read", self.problems(text)[0])
        with tempfile.TemporaryDirectory() as folder:
            tests = summary.read_tests(pathlib.Path(folder) / "absent.xml")
            self.assertIn("cannot be read", summary.problems_of(tests)[0])


class Kernels(unittest.TestCase):
    LOG = """ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '_Z4scalePff' for 'sm_90'
ptxas info    : Function properties for _Z4scalePff
    16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 38 registers, used 1 barriers, 2048 bytes smem
ptxas info    : Compiling entry function '_Z3addPff' for 'sm_90'
ptxas info    : Function properties for _Z3addPff
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 10 registers, used 0 barriers, 400 bytes cmem[0]
"""

    def test_registers_and_spills(self):
        scale, add = summary.read_kernels(self.LOG)
        self.assertEqual(scale, {"name": "_Z4scalePff", "architecture": "sm_90", "stack_bytes": 16,
                                 "spill_store_bytes": 8, "spill_load_bytes": 12, "registers": 38, "shared_bytes": 2048})
        self.assertEqual((add["registers"], add["spill_load_bytes"], add["shared_bytes"]), (10, 0, 0))


class Runs(unittest.TestCase):
    """run.sh with stand-ins on the PATH: they do nothing, except what run.sh looks at."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.bin = self.folder / "bin"
        for tool in "cmake", "ninja", "g++", "nvcc":
            self.tool("bin/" + tool, "exit 0")
        self.tool("bin/nvidia-smi", 'case $1 in *compute_cap) echo 9.0; echo 9.0;; *) echo "a device, 9.0";; esac')
        self.suite(*GOOD)
        self.tool("bin/compute-sanitizer", 'echo "$@" >>"$LOG"; shift 4; "$@"')
        self.tool("build/tests/backend_test", '[[ -n $ANAMORPH_REQUIRE_CUDA ]] && echo "[  PASSED  ] 7 tests."')
        self.tool("build/anamorph", "echo '{}'")

    def tool(self, path, body):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/usr/bin/env bash\n" + body + "\n")
        path.chmod(0o755)

    def suite(self, *cases):
        (self.folder / "cases.xml").write_text(junit(*cases))
        self.tool("bin/ctest", f'[[ -n $ANAMORPH_REQUIRE_CUDA ]] || exit 3\n'
                  f'while [[ $1 != --output-junit ]]; do shift; done; cp {self.folder}/cases.xml "$2"')

    def run_all(self, *options):
        results = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        environment = os.environ | {"PATH": f"{self.bin}:/usr/bin:/bin", "LOG": str(self.folder / "sanitizer.log"),
                                    "CUDACXX": str(self.bin / "nvcc")}
        done = subprocess.run([HERE / "run.sh", "--build", self.folder / "build", *options, results],
                              env=environment, capture_output=True, text=True)
        self.results = results
        self.found = {"problems": [done.stderr]}
        if done.returncode < 2:
            self.found = json.loads((results / "summary.json").read_text())
        return done.returncode

    def test_good(self):
        self.assertEqual(self.run_all(), 0, self.found["problems"])
        self.assertEqual(self.found["devices"], ["a device, 9.0"])
        tools = [line.split()[1] for line in (self.folder / "sanitizer.log").read_text().splitlines()]
        self.assertEqual(tools, ["memcheck", "racecheck", "initcheck", "synccheck"])
        self.assertEqual((self.results / "bench.json").read_text(), "{}\n")
        self.assertIn("result    ok", (self.results / "summary.txt").read_text())

    def test_quick(self):
        self.assertEqual(self.run_all("--quick"), 0, self.found["problems"])
        self.assertEqual(len((self.folder / "sanitizer.log").read_text().splitlines()), 2)

    def test_skipped_on_the_device(self):
        self.suite(*GOOD, skip("Backends/BackendTest.Waves/cuda"))
        self.assertEqual(self.run_all(), 1)
        self.assertEqual(self.found["problems"],
                         ["skipped, though it needs the device: Backends/BackendTest.Waves/cuda"])

    def test_bench_that_fails(self):
        self.tool("build/anamorph", '[[ $1 == doctor ]] || exit 2')
        self.assertEqual(self.run_all(), 1)
        self.assertEqual(self.found["problems"], ["step bench ended with 2"])

    def test_sanitizer_that_finds_something(self):
        self.tool("bin/compute-sanitizer", 'echo "[  PASSED  ] 7 tests."; [[ $2 != racecheck ]] || exit 9')
        self.assertEqual(self.run_all(), 1)
        self.assertEqual(self.found["problems"], ["step sanitizer-racecheck ended with 9"])

    def test_sanitizer_over_no_test(self):
        self.tool("build/tests/backend_test", 'echo "[  PASSED  ] 0 tests."')
        self.assertEqual(self.run_all("--sanitizers", "memcheck"), 1)
        self.assertEqual(self.found["problems"], ["step sanitizer-memcheck ended with 1"])

    @unittest.skipIf(shutil.which("compute-sanitizer", path="/usr/bin:/bin"), "it is there")
    def test_no_sanitizer(self):
        (self.bin / "compute-sanitizer").unlink()
        self.assertEqual(self.run_all("--sanitizers", "memcheck"), 1)
        self.assertEqual(self.found["problems"], ["step sanitizer-memcheck ended with 127"])
        self.assertEqual(self.run_all("--no-sanitizer"), 0, self.found["problems"])
        self.assertIn("sanitizer: omitted", (self.results / "summary.txt").read_text())

    def test_build_that_fails(self):
        self.tool("bin/cmake", '[[ $1 != --build ]]')
        self.assertEqual(self.run_all(), 1)
        self.assertEqual(self.found["problems"], ["step build ended with 1", "the tests were not reached"])

    def test_no_device(self):
        self.tool("bin/nvidia-smi", "exit 9")
        self.assertEqual(self.run_all(), 2)
        self.assertIn("finds no device", self.found["problems"][0])


if __name__ == "__main__":
    unittest.main()
