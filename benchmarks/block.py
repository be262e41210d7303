#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
"""Records what benchmarks/block.sh has measured in benchmarks/results/block.json."""
import json
import statistics
import subprocess
import sys
from pathlib import Path

RESULT = Path(__file__).parent / "results" / "block.json"
SIZES = ("sixteenth", "quarter", "one", "two_by_two", "four_by_four")


def load(path):
    return json.loads(Path(path).read_text())


def whole(runs, start, corrected, end, status):
    opc, verified = load(f"{runs}/whole/metrics.json"), load(f"{runs}/verified/metrics.json")
    keys = ("sites", "sites_over", "sites_over_percent", "epe_max_nm", "epe_mean_nm", "epe_3sigma_nm", "epe_missing",
            "pinches", "bridges", "missing_prints", "extra_prints", "line_ends_over", "pv_bands_over",
            "mask_width_violations", "mask_space_violations", "mask_area_violations")
    return {
        "seconds": {"correct": float(corrected) - float(start), "verify": float(end) - float(corrected)},
        "verify_exit_code": int(status),
        "correct": {k: opc[k] for k in ("tiles", "area_um2", "cpu_seconds", "cpu_seconds_per_um2", "seam_error_nm",
                                        "seam_error_mean_nm")},
        "verify": {k: verified[k] for k in keys} | {"cpu_seconds_per_um2": verified["cpu_seconds_per_um2"]},
    }


def killed(runs, *kills):
    """Each kill as "seconds:tiles done"; block.sh ends before this where one hit nothing or the masks differ."""
    return {"killed_after_s": [float(k.split(":")[0]) for k in kills],
            "tiles_done_then": [int(k.split(":")[1]) for k in kills], "mask_is_bit_identical": True}


def cost(runs, repeat):
    table = {}
    for size in SIZES:
        per, area, count = [], 0, 0
        for i in range(1, int(repeat) + 1):
            parts = [load(f) for f in sorted(Path(runs).glob(f"{size}{i}-*/metrics.json"))]
            if parts:
                area, count = sum(m["area_um2"] for m in parts), len(parts)
                per.append(sum(m["cpu_seconds"] for m in parts) / area)
        if per:
            table[size] = {"parts": count, "area_um2_of_each": area / count, "cpu_seconds_per_um2": per, "median": statistics.median(per)}
    return table


def main():
    part, arguments = sys.argv[1], sys.argv[2:]
    result = load(RESULT) if RESULT.exists() else {}
    cpu = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    result["machine"] = {"cpu": cpu[0] if cpu else "unknown", "cores": len(cpu)}
    version = subprocess.run(["build/anamorph", "--version"], capture_output=True, text=True).stdout.strip()
    result[part] = {"whole": whole, "killed": killed, "cost": cost}[part](*arguments)
    versions = result.get("version")
    result["version"] = (versions if isinstance(versions, dict) else {}) | {part: version}
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result[part], indent=2))


if __name__ == "__main__":
    main()
