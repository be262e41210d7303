#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# Memory and time to cut a window out of OASIS files of 0.1, 0.3 and 1 GB, through the library and through
# `anamorph convert`:  benchmarks/big_oasis.sh [BUILD] [RESULT.json] [JOB...]
# A job is MEGABYTES:plain or MEGABYTES:compress (CBLOCKs); all by default. The files lie in $TMPDIR while they are measured: 1 GB at a time.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build}
result=${2:-benchmarks/results/big_oasis.json}
jobs=("${@:3}")
[ ${#jobs[@]} -gt 0 ] || jobs=(100:plain 300:plain 1000:plain 100:compress 300:compress 1000:compress)
window=140000,140000,160000,160000
big=$build/benchmarks/anamorph_big_oasis
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

runs=()
for job in "${jobs[@]}"; do
  megabytes=${job%:*} kind=${job#*:}
  "$big" write "$scratch/chip.oas" "$megabytes" 1 "$kind"
  library=$("$big" window "$scratch/chip.oas" ${window//,/ })
  runs+=("{\"megabytes\": $megabytes, \"cblocks\": $([ "$kind" = compress ] && echo true || echo false), \"library\": $library")
  if [ -x "$build/anamorph" ]; then
    rm -f "$scratch/cut.oas"
    /usr/bin/time -f '%e %M' -o "$scratch/time" "$build/anamorph" convert "$scratch/chip.oas" "$scratch/cut.oas" --window "$window" -j 1 -q
    read -r seconds kilobytes <"$scratch/time"
    runs[-1]+=", \"convert\": {\"seconds\": $seconds, \"peak_memory_mb\": $(awk "BEGIN { printf \"%.1f\", $kilobytes * 1024e-6 }")}"
  fi
  runs[-1]+="}"
  echo "${runs[-1]}"
done
{
  echo "{"
  echo "  \"version\": \"$(sed -n 's/.*project(anamorph VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)\","
  echo "  \"commit\": \"$(git describe --always --dirty --abbrev=12)\","
  echo "  \"window_nm\": [${window//,/, }],"
  echo "  \"threads\": 1,"
  echo "  \"runs\": ["
  for i in "${!runs[@]}"; do
    echo "    ${runs[$i]}$([ "$i" -lt $((${#runs[@]} - 1)) ] && echo ,)"
  done
  echo "  ]"
  echo "}"
} >"$result"
