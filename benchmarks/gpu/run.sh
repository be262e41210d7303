#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# Builds Anamorph for the devices of this machine, runs its tests on them, runs the device tests under compute-sanitizer
# and measures. All that is found goes into one folder. docs/gpu.md says more. No setting of a device is touched.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: run.sh [options] [RESULTS]

  RESULTS            new or empty folder (default: gpu-results-<time>)
  --build DIR        build folder (default: build-gpu in the bundle or checkout)
  --jobs N           compile jobs and tests at a time (default: all cores)
  --arch LIST        CUDA architectures, as CMake names them (default: those of the devices here)
  --data DIR         benchmark data, which some tests need and the bundle may not carry
  --sanitizers LIST  tools of compute-sanitizer (default: memcheck,racecheck,initcheck,synccheck)
  --no-sanitizer     without compute-sanitizer
  --quick            without the tests labelled slow; memcheck and racecheck only

Exit code: 0 when every step went well, no test failed and every test that needs the device ran on it; 1 otherwise;
2 when nothing could be run. summary.txt in RESULTS says what it was.
TEXT
}
die() { printf 'run.sh: %s\n' "$*" >&2; exit 2; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(cd "$here/../.." && pwd)  # in a checkout; with the dependencies of the system
build=$source/build-gpu
setup=()
if [[ -d $here/deps ]]; then  # in a bundle
  source=$here/source
  build=$here/build-gpu
  setup=(-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES="$here/bundle.cmake")
fi
results=
jobs=$(nproc)
arch=
sanitizers=memcheck,racecheck,initcheck,synccheck
tests=()
while (($#)); do
  case $1 in
    --build | --jobs | --arch | --data | --sanitizers) (($# > 1)) || die "$1 needs a value" ;;&
    --build) build=$2; shift ;;
    --jobs) jobs=$2; shift ;;
    --arch) arch=$2; shift ;;
    --data) setup+=(-DANAMORPH_DATA="$(realpath "$2")"); shift ;;
    --sanitizers) sanitizers=$2; shift ;;
    --no-sanitizer) sanitizers= ;;
    --quick) sanitizers=${sanitizers:+memcheck,racecheck} tests=(--label-exclude '^slow$') ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) [[ -z $results ]] || die "one results folder, not two: $results, $1"; results=$1 ;;
  esac
  shift
done
build=$(realpath -m "$build")
results=$(realpath -m "${results:-gpu-results-$(date +%Y%m%d-%H%M%S)}")

for tool in cmake ctest ninja g++ python3; do
  command -v "$tool" >/dev/null || die "there is no $tool"
done
nvcc=$(command -v "${CUDACXX:-nvcc}" || command -v /usr/local/cuda/bin/nvcc) ||
  die "there is no nvcc: CUDA 13 is needed"
export CUDACXX=$nvcc PATH=$PATH:${nvcc%/*}
if [[ -z $arch ]]; then
  arch=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | sort -u | sed 's/\.//; s/$/-real/' |
    paste -sd ';') || die "nvidia-smi finds no device; --arch builds without one, and the tests will fail"
fi
[[ ! -e $results || -z $(ls -A "$results") ]] || die "$results holds files: name a new folder"
mkdir -p "$results"

# step NAME command...: its output goes to NAME.log, how it went to steps.tsv. (A command that is a function is called
# where bash does not mind `set -e`: it says itself where it stops.)
step() {
  local name=$1 status=0 begin=$SECONDS
  shift
  printf -- '-- %s\n' "$name"
  ("$@") >"$results/$name.log" 2>&1 </dev/null || status=$?
  printf '%s\t%d\t%d\n' "$name" "$status" $((SECONDS - begin)) >>"$results/steps.tsv"
  ((status == 0)) || printf '   ended with %d: see %s\n' "$status" "$results/$name.log"
  return "$status"
}

# The bundle is whole, and its libraries are for this kind of machine.
bundle() {
  cd "$here" && cp MANIFEST.json "$results/" && sha256sum --quiet --check SHA256SUMS || return
  grep -q "\"machine\": \"$(uname -m)\"" MANIFEST.json || { echo "not made for $(uname -m)"; return 1; }
}

machine() { uname -a && { lscpu || true; } && g++ --version && cmake --version && "$nvcc" --version; }

# What the devices are and do, read only.
devices() {
  nvidia-smi --query-gpu=name,compute_cap,driver_version,memory.total --format=csv,noheader |
    tee "$results/devices.csv" && nvidia-smi -q
}

# Dependencies that the installed package looks for are found in the bundle too.
suite() {
  export CMAKE_PREFIX_PATH=$here/deps LIBRARY_PATH=$here/deps/lib
  export LD_LIBRARY_PATH=$here/deps/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  ANAMORPH_REQUIRE_CUDA=1 ctest --test-dir "$build" --parallel "$jobs" --output-on-failure \
    --output-junit "$results/junit.xml" "${tests[@]}"
}

# The tests of the backends whose arrays are small; no test at all is no success.
sanitizer() {
  local tool=$1 program
  program=$(command -v compute-sanitizer || command -v "${nvcc%/*}/compute-sanitizer") ||
    { echo "there is no compute-sanitizer; --no-sanitizer goes without"; return 127; }
  ANAMORPH_REQUIRE_CUDA=1 timeout 300 "$program" --tool "$tool" --error-exitcode 9 "$build/tests/backend_test" \
    --gtest_filter='*/cuda*:-*ManyFields*:*LargeGrid*' || return
  grep -Eq '^\[  PASSED  \] [1-9]' "$results/sanitizer-$tool.log" || { echo "no test ran"; return 1; }
}

bench() { timeout 600 "$build/anamorph" bench --backend cuda --json -o "$results/bench" >"$results/bench.json"; }

everything() {
  local tool
  if [[ -d $here/deps ]]; then
    step bundle bundle || return 0
  fi
  step machine machine || true
  step devices devices || true
  step configure cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DANAMORPH_CUDA=ON \
    -DCMAKE_CUDA_ARCHITECTURES="$arch" -DCMAKE_CUDA_FLAGS=-Xptxas=-v "${setup[@]}" || return 0
  step build cmake --build "$build" --parallel "$jobs" || return 0
  step doctor "$build/anamorph" doctor || true
  step tests suite || true
  for tool in ${sanitizers//,/ }; do
    step "sanitizer-$tool" sanitizer "$tool" || true
  done
  [[ -n $sanitizers ]] || printf 'sanitizer\tomitted\t0\n' >>"$results/steps.tsv"
  step bench bench || true
}

everything
exec python3 "$here/summary.py" "$results"
