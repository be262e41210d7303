#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# Runs the clip suites and records them for docs/performance.md:  benchmarks/suites.sh [DATA]
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:-../shared/data}

suite() {  # NAME LAYOUTS [option ...]
  local name=$1 layouts=$2
  shift 2
  # Exit code 1 says that a case is over a limit; its figures count all the same.
  build/anamorph suite iccad13 --layouts "$data/$layouts" --kernels "$data/iccad13/kernels" -o "runs/$name" --force -q "$@" || [ $? -eq 1 ]
  python3 benchmarks/performance.py --record "runs/$name" "$name"
}

suite iccad13 iccad13
suite iccad13-free iccad13 --set mask.rules.enforce=false
suite lithobench lithobench
suite iccad13-levelset iccad13 --set ilt.parametrisation=levelset
suite iccad13-opc iccad13 --method opc
suite lithobench-opc lithobench --method opc
suite iccad13-lbfgs iccad13 --set ilt.optimizer=lbfgs
