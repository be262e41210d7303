#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
"""A fab of two cells: lithography and etch, coupled in FMPy, while dose and focus of the scanner drift.

    python3 run.py [--anamorph PROGRAM] [--recipe RECIPE.toml | --export DIR] [-o DIR]

1. `anamorph twin export` makes the lithography cell of a recipe, `anamorph twin couple` a system of it, an etch cell and
   run-to-run control.
2. FMPy runs the system twice: with control, and without. The etched CD must stay within the tolerance, and leave it.
3. From the CDs that the drifting scanner printed, with noise and a few outliers, `anamorph twin update` finds what dose and
   focus were off by, and how fast they drift. All gauges have nearly the same best focus, so it must say that it cannot know
   the sign of the focus offset; from wafers exposed on purpose to both sides of focus it can.

Writes table and picture (twin.svg). Exit code 77: FMPy is not installed. Its two warnings of each run are about the first
step, in which FMPy gives zeros to inputs that wait for their first value."""
import argparse
import json
import math
import os
import subprocess
import sys

try:
    import numpy as np
    from fmpy.ssp.simulation import simulate_ssp
    from fmpy.ssp.ssd import read_ssd, read_ssv
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

here = os.path.dirname(os.path.abspath(__file__))

RUNS = 200
WARM_UP = 10  # runs until the first measurements have come round and control has settled
TOLERANCE_NM = 0.15  # of the etched CD
GAUGES = ("line", "line_end", "contact", "bar")
NOISE_NM = 0.15  # standard deviation of a measured CD
ASIDE_NM = 12.0  # of the wafers that are exposed off focus on purpose
OUTLIERS = ((40, "contact", 4.0), (90, "line", -5.0), (150, "bar", 6.0))  # run, gauge, nm


def dose_drift(run):
    """mJ/cm2: the source fades, and breathes."""
    return -0.009 * run + 0.05 * math.sin(run / 15)


def focus_drift(run):
    """nm"""
    return 0.08 * run


def aside(run):
    """Commanded focus of those wafers, nm."""
    return ASIDE_NM * (int(run) % 3 - 1)


def anamorph(program, *words):
    subprocess.run([program, *words], check=True)


def simulate(system, weights, focus=lambda run: 0.0):
    """The system over all runs with these weights of the controller and this commanded focus."""
    parameters = read_ssv(system, "resources/parameters.ssv")
    for parameter in parameters.parameters:
        if parameter.name in weights:
            parameter.value = weights[parameter.name]
    return simulate_ssp(system, stop_time=float(RUNS), step_size=1.0, parameter_set=parameters,
                        input={"dose_drift_mJ_cm2": dose_drift, "focus_drift_nm": focus_drift, "focus_nm": focus})


def check_connections(system):
    """The two ends of every connection are there, with a unit of measurement that the system defines."""
    ssd = read_ssd(system)  # against the schema of the standard
    sides = {None: {c.name: c.kind for c in ssd.system.connectors}}
    for element in ssd.system.elements:
        sides[element.name] = {c.name: c.kind for c in element.connectors}
    for wire in ssd.system.connections:
        start, end = sides[wire.startElement][wire.startConnector], sides[wire.endElement][wire.endConnector]
        inward, outward = wire.startElement is None, wire.endElement is None
        assert start == ("input" if inward else "output") and end == ("output" if outward else "input"), vars(wire)
    assert {"nm", "mJ/cm2"} <= {unit.name for unit in ssd.units}
    return len(ssd.system.connections)


def write_measurements(path, result):
    """What metrology says of the printed CDs, run by run."""
    random = np.random.default_rng(1)
    outliers = {(run, gauge): off for run, gauge, off in OUTLIERS}
    with open(path, "w") as csv:
        csv.write("wafer,gauge,cd_nm,cd_u_nm,dose_mJ_cm2,focus_nm\n")
        for run in range(2, RUNS):
            for gauge in GAUGES:
                cd = result[f"lithography.cd_nm_{gauge}"][run] + NOISE_NM * random.standard_normal()
                cd += outliers.get((run, gauge), 0.0)
                dose, focus = (result[f"lithography.{name}"][run - 1] for name in ("dose_mJ_cm2", "focus_nm"))
                csv.write(f"{run},{gauge},{cd:.3f},{NOISE_NM},{dose:.4f},{focus:g}\n")


def table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


# ---------------------------------------------------------------------------------------------------------------------
# The picture

class Panel:
    """A plot of lines in an SVG: runs to the right."""
    left, width, height, pitch = 60, 640, 130, 190

    def __init__(self, number, title, low, high):
        self.top, self.low, self.high = 34 + number * self.pitch, low, high
        self.inside, self.around = [], [f'<text x="{self.left}" y="{self.top - 9}" font-weight="600">{title}</text>']
        rough = (high - low) / 3
        power = 10.0 ** math.floor(math.log10(rough))
        step = power * max(k for k in (1, 2, 5) if k * power <= rough)
        for i in range(math.ceil(low / step), math.floor(high / step) + 1):
            y = self.y(i * step)
            self.inside.append(f'<line x1="{self.left}" x2="{self.left + self.width}" y1="{y:.1f}" y2="{y:.1f}"'
                               ' stroke="#e3e7ec"/>')
            number_text = f"{i * step:.4g}".replace("-", "\u2212")
            self.around.append(f'<text x="{self.left - 8}" y="{y + 4.5:.1f}" text-anchor="end" fill="#52606f">'
                               f'{number_text}</text>')

    def x(self, run):
        return self.left + self.width * run / RUNS

    def y(self, value):
        return self.top + self.height * (self.high - value) / (self.high - self.low)

    def points(self, runs, values):
        return " ".join(f"{self.x(r):.1f},{self.y(v):.1f}" for r, v in zip(runs, values))

    def band(self, runs, low, high, colour):
        outline = self.points(runs, high) + " " + self.points(list(runs)[::-1], list(low)[::-1])
        self.inside.append(f'<polygon points="{outline}" fill="{colour}" fill-opacity=".2"/>')

    def line(self, runs, values, colour, dash=""):
        self.inside.append(f'<polyline points="{self.points(runs, values)}" fill="none" stroke="{colour}"'
                           f' stroke-width="2" stroke-dasharray="{dash}"/>')

    def name(self, run, value, text, colour):
        self.inside.append(f'<text x="{self.x(run):.1f}" y="{self.y(value):.1f}" fill="{colour}" font-weight="600"'
                           f' text-anchor="end">{text}</text>')

    def svg(self):
        box = f'x="{self.left}" y="{self.top}" width="{self.width}" height="{self.height}"'
        ticks = "".join(f'<text x="{self.x(r):.1f}" y="{self.top + self.height + 18}" text-anchor="middle"'
                        f' fill="#52606f">{r}</text>' for r in range(0, RUNS + 1, 50))
        return (f'<svg {box} viewBox="{self.left} {self.top} {self.width} {self.height}">' + "".join(self.inside) +
                f'</svg><rect {box} fill="none" stroke="#7b8794"/>' + "".join(self.around) + ticks)


def picture(path, target, held, free, offsets):
    blue, orange, green, ink = "#2f6fb3", "#d9661a", "#1c7d6b", "#18212b"
    runs = range(WARM_UP, RUNS)
    cd = [r["etch.cd_etched_nm"][WARM_UP:] for r in (held, free)]
    low = min(target - TOLERANCE_NM, *(c.min() for c in cd))
    high = max(target + TOLERANCE_NM, *(c.max() for c in cd))
    width = Panel(0, "Etched CD (nm) and its tolerance: with run-to-run control, and without", low - 0.1, high + 0.1)
    width.band(runs, [target - TOLERANCE_NM] * len(runs), [target + TOLERANCE_NM] * len(runs), green)
    width.line(runs, cd[1], orange)
    width.line(runs, cd[0], blue)
    width.name(RUNS - 4, target - 2.4 * TOLERANCE_NM, "with control", blue)
    width.name(RUNS - 4, cd[1][-1] + 0.22, "without", orange)

    dose = [r["control.dose_mJ_cm2"][WARM_UP:] for r in (held, free)]
    command = Panel(1, "Commanded dose (mJ/cm\u00b2)", min(d.min() for d in dose) - 0.3, max(d.max() for d in dose) + 0.3)
    command.line(runs, dose[1], orange)
    command.line(runs, dose[0], blue)

    wafers, doses, dose_u, focuses, focus_u = offsets
    panels = [width, command]
    for values, u, truth, name, colour in (
            (doses, dose_u, [100 * dose_drift(w - 1) / 30 for w in wafers], "Dose offset (%)", blue),
            (focuses, focus_u, [focus_drift(w - 1) for w in wafers], "Focus offset (nm)", green)):
        later = wafers >= 30  # before, the bands are wide
        ends = (values - 2 * u)[later], (values + 2 * u)[later]
        panel = Panel(len(panels), name + " found from measured CDs, with 2 u; dashed: the truth",
                      ends[0].min() - 0.3, ends[1].max() + 0.3)
        panel.band(wafers, values - 2 * u, values + 2 * u, colour)
        panel.line(wafers, values, colour)
        panel.line(wafers, truth, ink, "5 4")
        panels.append(panel)
    tall = Panel.pitch * len(panels) + 14
    with open(path, "w", encoding="utf-8") as svg:
        svg.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {tall}" font-family="sans-serif"'
                  f' font-size="13"><rect width="720" height="{tall}" fill="#fff"/>' +
                  "".join(panel.svg() for panel in panels) +
                  f'<text x="{Panel.left + Panel.width / 2}" y="{tall - 8}" text-anchor="middle">run</text></svg>\n')


# ---------------------------------------------------------------------------------------------------------------------

def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--anamorph", default="anamorph", help="the program")
    words.add_argument("--recipe", default=os.path.join(here, "..", "..", "..", "masks", "patterns", "twin.toml"))
    words.add_argument("--export", help="an export that is there already, instead of the recipe")
    words.add_argument("-o", "--output", default="runs/twin-example")
    choice = words.parse_args()
    out = lambda *names: os.path.join(choice.output, *names)
    os.makedirs(choice.output, exist_ok=True)

    cell = choice.export or out("cell")
    if not choice.export:
        anamorph(choice.anamorph, "twin", "export", choice.recipe, "-o", cell, "--force", "-q")
    anamorph(choice.anamorph, "twin", "couple", cell, "--gauge", GAUGES[0], "--runs", str(RUNS), "-o", out("loop"),
             "--force", "-q", "--set", "etch.lateral_ratio_u=0.003", "--set", "etch.rate_nm_s_u=0.05")
    system = out("loop", "system.ssp")
    print(f"{check_connections(system)} connections between lithography, etch, control and the world outside")
    with open(out("loop", "system.json")) as text:
        target = json.load(text)["control"]["target_cd_nm"]["value"]

    held = simulate(system, {})
    free = simulate(system, {"control.weight": 0.0, "control.drift_weight": 0.0})
    rows = [("", "largest |CD - target| (nm)", "rms (nm)", "dose at the end (mJ/cm2)", "u(CD) (nm)")]
    worst = {}
    for name, result in (("with control", held), ("without", free)):
        assert result["etch.valid"][3:].all(), "every cell is within its validity once the first values have come round"
        off = result["etch.cd_etched_nm"][WARM_UP:] - target
        worst[name] = np.abs(off).max()
        rows.append((name, f"{worst[name]:.3f}", f"{np.sqrt((off ** 2).mean()):.3f}",
                     f"{result['control.dose_mJ_cm2'][-1]:.2f}", f"{result['etch.cd_etched_nm_u'][-1]:.3f}"))
    print(f"etched CD {target:.3f} nm, tolerance {TOLERANCE_NM} nm, {RUNS} runs:")
    table(rows)
    assert worst["with control"] <= TOLERANCE_NM, "control holds the CD"
    assert worst["without"] > 3 * TOLERANCE_NM, "without control it leaves the tolerance"
    assert (free["control.dose_mJ_cm2"] == free["control.dose_mJ_cm2"][0]).all()

    # What the fab measures, and what the twin learns from it.
    monitored = simulate(system, {"control.weight": 0.0, "control.drift_weight": 0.0}, aside)
    for name, result in (("product", free), ("monitor", monitored)):
        write_measurements(out(name + ".csv"), result)
        anamorph(choice.anamorph, "twin", "update", cell, out(name + ".csv"), "-o", out(name), "--force", "-q",
                 "--dose-walk", "0.05", "--focus-walk", "0.05")
    product, monitor = (json.load(open(out(name, "drift.json"))) for name in ("product", "monitor"))
    assert any(finding["id"] in ("DRF-0011", "DRF-0012") for finding in product["findings"]), "focus is not known"
    assert product["focus_offset"]["standard_uncertainty"] > 4 * monitor["focus_offset"]["standard_uncertainty"]
    assert not monitor["findings"], monitor["findings"]
    last = RUNS - 2  # the last print was made with what the run before it had set
    truths = {"dose_offset": 100 * dose_drift(last) / 30, "focus_offset": focus_drift(last),
              "dose_rate": 100 * -0.009 / 30, "focus_rate": 0.08}
    rows = [("offsets from measured CDs", "product", "product and monitors", "truth", "unit")]
    for name, truth in truths.items():
        cells = []
        for drift in (product, monitor):
            value, u = drift[name]["value"], drift[name]["standard_uncertainty"]
            cells.append(f"{value:.3f} +- {u:.3f}")
            assert abs(value - truth) < 3.5 * u, name
        rows.append((name.replace("_", " "), *cells, f"{truth:.3f}", monitor[name]["unit"]))
    table(rows)
    offsets = np.genfromtxt(out("monitor", "offsets.csv"), delimiter=",", names=True, dtype=None, encoding="utf-8")
    rejected = {(row["wafer"], row["gauge"]) for row in offsets if row["rejected"]}
    print(f"rejected: {len(rejected)} of {len(offsets)} CDs, {len(OUTLIERS)} of them were outliers")
    assert {(run, gauge) for run, gauge, _ in OUTLIERS} <= rejected
    ends = offsets[len(GAUGES) - 1::len(GAUGES)]
    picture(out("twin.svg"), target, held, free,
            (ends["wafer"], *(ends[name] for name in ("dose_offset_percent", "dose_offset_u_percent", "focus_offset_nm",
                                                      "focus_offset_u_nm"))))
    print(f"picture: {out('twin.svg')}")


if __name__ == "__main__":
    main()
