#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
"""Makes the bundle and looks whether it holds what it must: bundle_test.py CXX GENERATOR MAKE_PROGRAM.
Exit code 77: none can be made here."""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
compiler, generator, make_program = sys.argv[1:]


def check(good, what):
    if not good:
        sys.exit("bundle_test.py: " + what)


def run(*command, **options):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)


with tempfile.TemporaryDirectory() as work:
    work = pathlib.Path(work)
    bundle = work / "bundle"
    made = run(HERE / "bundle.sh", "--worktree", bundle)
    if made.returncode:
        print(made.stderr)
        sys.exit(made.returncode)
    files = {str(path.relative_to(bundle)): path for path in bundle.rglob("*") if not path.is_dir()}

    # Size, and one sum for each file; nothing but plain files.
    check(sum(path.stat().st_size for path in files.values()) < 60e6, "60 MB or more")
    check(not any(path.is_symlink() for path in files.values()), "a link, which not every copy keeps")
    sums = dict(reversed(line.split("  ./", 1)) for line in (bundle / "SHA256SUMS").read_text().splitlines())
    check(set(sums) == set(files) - {"SHA256SUMS"}, "SHA256SUMS does not list the files that are there")
    check(all(hashlib.sha256(files[name].read_bytes()).hexdigest() == sums[name] for name in sums), "a sum is wrong")

    # The manifest names the commit, what is not in it, and the versions.
    manifest = json.loads((bundle / "MANIFEST.json").read_text())
    head = run("git", "-C", ROOT, "rev-parse", "HEAD").stdout
    check(head.startswith(manifest["commit"].removesuffix("-dirty")), "the commit is not HEAD")
    check(manifest["commit"].endswith("-dirty") == bool(manifest["uncommitted"]), "uncommitted files are not told")
    check(len(manifest["packages"]) == 10 and all(manifest["packages"].values()), "versions are missing")
    check(set(os.listdir(bundle / "deps/licences")) == set(manifest["packages"]), "licences are missing")

    # The headers of others that the sources include, but for those of the benchmarks.
    includes = set()
    for folder in "cpp", "masks", "optics_models", "tests":
        for path in (bundle / "source" / folder).rglob("*.[ch]pp"):
            includes |= set(re.findall(r"^#include <([\w+]+/[\w+./]+|png\.h|zlib\.h)>", path.read_text(), re.M))
    # Those of the system; minizip packs units for the fab twin, which the bundle is built without.
    includes -= {name for name in includes if name.startswith(("sys/", "minizip/"))}
    roots = bundle / "deps/include", bundle / "deps/include/eigen3"
    check(len(includes) > 8, "the include lines were not found")
    for name in includes:
        check(any((root / name).exists() for root in roots), f"no header {name}")

    # CMake is content with them when it may look nowhere else.
    configured = run("cmake", "-S", bundle / "source", "-B", work / "build", "-G", generator, "-DANAMORPH_CUDA=OFF",
                     f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={bundle}/bundle.cmake",
                     f"-DCMAKE_CXX_COMPILER={compiler}", f"-DCMAKE_MAKE_PROGRAM={make_program}",
                     "-DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF", "-DCMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH=OFF")
    check(configured.returncode == 0, "it does not configure:\n" + configured.stderr)
    cache = (work / "build/CMakeCache.txt").read_text()
    found = re.findall(r"^(\w+(?:_DIR|_LIBRARY|_LIBRARY_RELEASE|_INCLUDE_DIR)):(?:FILE)?PATH=(.*)", cache, re.M)
    check(len(found) >= 11, f"only {len(found)} dependencies are in the cache")
    for name, path in found:
        check(path.startswith(str(bundle)), f"{name} is {path}, outside of the bundle")
    header = (work / "build/generated/cpp/core/version.hpp").read_text()
    check(f'"{manifest["commit"]}"' in header, "the program does not name the commit")

    # It is not made over an old one, and a damaged one is not built.
    check(run(HERE / "bundle.sh", bundle).returncode == 2, "made over an old one")
    with open(bundle / "source/CMakeLists.txt", "a") as damaged:
        damaged.write("\n")
    (work / "bin").mkdir()
    (work / "bin/cmake").symlink_to("/bin/false")  # were it to go on, it would not get far
    path = f"{work}/bin:{os.environ['PATH']}"
    run(bundle / "run.sh", "--arch", "90-real", work / "results", env=os.environ | {"CUDACXX": "true", "PATH": path})
    problems = json.loads((work / "results/summary.json").read_text())["problems"]
    check(problems == ["step bundle ended with 1", "the tests were not reached"], f"damage is not seen: {problems}")
    print(made.stdout)
