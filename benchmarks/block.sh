#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# Corrects and verifies a whole block, kills the work on the way, and asks what a square micrometre costs at five sizes:
#     benchmarks/block.sh [PART...]      PART: whole killed cost; default: all      -> benchmarks/results/block.json
# DATA, RUNS and REPEAT say where the data are, where the runs go, and how often each cost is measured (REPEAT_LARGEST:
# that of the largest size); SIZES, which of them.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${DATA:-../shared/data}
runs=${RUNS:-runs/block}
repeat=${REPEAT:-3}
sizes=${SIZES:-sixteenth quarter one two_by_two four_by_four}
block=$data/layouts/gcd_45nm.gds
width=32880 height=32200  # nm, as layout.window_nm of the recipe
mkdir -p "$runs"

plan() {  # NAME LAYOUT WINDOW [option ...]
  local name=$1 layout=$2 window=$3
  shift 3
  rm -rf "${runs:?}/$name"
  build/anamorph tile plan benchmarks/block.toml --job opc -o "$runs/$name" -q \
    --set "layout.file=\"$layout\"" --set "layout.window_nm=$window" "$@" 2>/dev/null
}
run() { build/anamorph tile run "$runs/$1" -q "${@:2}"; }
merge() { build/anamorph tile merge "$runs/$1" -q; }
record() { python3 benchmarks/block.py "$@"; }

whole() {
  local start status=0
  start=$(date +%s.%N)
  plan whole "$block" "[0, 0, $width, $height]"
  run whole
  merge whole
  local corrected
  corrected=$(date +%s.%N)
  rm -rf "${runs:?}/verified"
  # More kernels than the correction took, so that it is judged by better optics than its own.
  build/anamorph verify benchmarks/block.toml -o "$runs/verified" -q --set "layout.file=\"$block\"" \
    --set "mask.file=\"$runs/whole/mask.oas\"" --set 'mask.layers=["1/0"]' --set optics.max_kernels=150 || status=$?
  record whole "$runs" "$start" "$corrected" "$(date +%s.%N)" "$status"
}

killed() {
  plan killed "$block" "[0, 0, $width, $height]"
  local kills=() status done
  for _ in 1 2 3; do
    build/anamorph tile run "$runs/killed" -q &
    local pid=$! delay
    delay=$((RANDOM % 3)).$((RANDOM % 9 + 1))
    sleep "$delay"
    kill -9 "$pid" || true
    status=0
    wait "$pid" || status=$?
    ((status == 137)) || { echo "the run was over before it was killed" >&2; return 1; }
    done=$({ build/anamorph tile status "$runs/killed" --json || true; } | python3 -c 'import json, sys; print(json.load(sys.stdin)["done"])')
    kills+=("$delay:$done")
  done
  run killed -j 1
  merge killed
  cmp "$runs/whole/mask.oas" "$runs/killed/mask.oas"
  record killed "$runs" "${kills[@]}"
}

cost_of() {  # NAME LAYOUT PARTS COLUMNS ROWS: so many parts in a row and column, each of an area in quarters of the block's sides
  [[ " $sizes " == *" $1 "* ]] || return 0
  rm -rf "$runs/$1"[0-9]*
  local name=$1 layout=$2 parts=$3 dx=$(($4 * width / 4)) dy=$(($5 * height / 4)) i x y times=$repeat
  [[ $name != four_by_four ]] || times=${REPEAT_LARGEST:-$repeat}
  for ((i = 1; i <= times; ++i)); do
    for ((y = 0; y < parts; ++y)); do
      for ((x = 0; x < parts; ++x)); do
        plan "$name$i-$y$x" "$layout" "[$((x * dx)), $((y * dy)), $(((x + 1) * dx)), $(((y + 1) * dy))]" --set tile.reuse=false
        run "$name$i-$y$x"
        merge "$name$i-$y$x"
      done
    done
  done
  record cost "$runs" "$repeat"
}

# The block's edges are emptier than its middle: a sixteenth stands for the block when it is all sixteen of them, each a
# run of its own.
cost() {
  build/benchmarks/anamorph_copies "$block" "$runs/copies.oas" 11/0 4 4 $width $height
  cost_of sixteenth "$block" 4 1 1
  cost_of quarter "$block" 2 2 2
  cost_of one "$block" 1 4 4
  cost_of two_by_two "$runs/copies.oas" 1 8 8
  cost_of four_by_four "$runs/copies.oas" 1 16 16
}

for part in "${@:-whole killed cost}"; do for one in $part; do echo "-- $one"; $one; done; done
