#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
"""The co-simulation units under FMPy, an independent program that runs units: they are valid, they simulate, alone, side
by side and coupled, and what is wrong with them shows. Usage: twin_fmpy_test.py PATH_OF_twin_units.
Exit code 77: FMPy is not installed."""
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

try:
    import numpy as np
    from fmpy import extract, read_model_description, simulate_fmu
    from fmpy.fmi1 import FMICallException
    from fmpy.fmi2 import FMU2Slave
    from fmpy.ssp.simulation import simulate_ssp
    from fmpy.validation import validate_fmu
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

program = sys.argv.pop(1)
units = ("lithography", "etch", "control")


class Grating:
    """The closed form of tests/twin_grating.hpp."""

    def __init__(self, numbers):
        self.__dict__.update(numbers)

    def cd(self, dose, focus=0.0, bias=0.0):
        t = focus / self.focus_reach_nm
        amplitude = self.swing - self.fade * (2 * t * t - 1)
        cosine = (self.threshold * self.dose / dose - self.mean - self.glow * bias / self.bias_reach_nm) / amplitude
        return self.pitch_nm / math.pi * math.acos(cosine)


class Slave:
    """An instance of a unit; messages that it logs are kept."""

    def __init__(self, fmu, name, **starts):
        self.description = read_model_description(fmu)
        self.folder = extract(fmu)
        self.references = {v.name: v.valueReference for v in self.description.modelVariables}
        self.types = {v.name: v.type for v in self.description.modelVariables}
        self.fmu = FMU2Slave(guid=self.description.guid, unzipDirectory=self.folder, instanceName=name,
                             modelIdentifier=self.description.coSimulation.modelIdentifier)
        self.fmu.instantiate()
        self.fmu.setupExperiment(startTime=0.0)
        self.fmu.enterInitializationMode()
        self.set(**starts)
        self.fmu.exitInitializationMode()
        self.time = 0.0

    def set(self, **values):
        for name, value in values.items():
            getattr(self.fmu, "set" + self.types[name])([self.references[name]], [value])

    def get(self, name):
        return getattr(self.fmu, "get" + self.types[name])([self.references[name]])[0]

    def step(self, **values):
        self.set(**values)
        self.fmu.doStep(currentCommunicationPoint=self.time, communicationStepSize=1.0)
        self.time += 1.0

    def close(self):
        self.fmu.freeInstance()
        shutil.rmtree(self.folder)


class Twin(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        out = subprocess.run([program, cls.folder], check=True, capture_output=True, text=True).stdout
        cls.grating = Grating(json.loads(out))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def path(self, unit):
        return os.path.join(self.folder, unit + ".fmu")

    def changed(self, unit, change):
        """A copy of the unit with another model description."""
        path = self.path("changed")
        with zipfile.ZipFile(self.path(unit)) as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                data = old.read(name)
                if name == "modelDescription.xml":
                    text = change(data.decode())
                    self.assertNotEqual(text, data.decode())
                    data = text.encode()
                new.writestr(name, data)
        return path

    def check(self, path):
        return subprocess.run([program, "check", path], capture_output=True, text=True)

    def test_every_unit_is_valid(self):
        for unit in units:
            with self.subTest(unit):
                self.assertEqual(validate_fmu(self.path(unit)), [])
                found = self.check(self.path(unit))
                self.assertEqual((found.returncode, found.stdout), (0, ""))
                with zipfile.ZipFile(self.path(unit)) as archive:
                    self.assertIsNone(archive.testzip())

    def test_units_of_measurement_are_those_of_the_names(self):
        symbols = {"nm": (1e-9, {"m": 1}), "s": (1.0, {"s": 1}), "mJ": (1e-3, {"kg": 1, "m": 2, "s": -2}),
                   "cm2": (1e-4, {"m": 2}), "1": (1.0, {})}

        def si(name):
            """Factor and exponents of "a", "a/b" and "a/(b/c)"."""
            if "/" not in name:
                return symbols[name]
            over, under = name.split("/", 1)
            (f, top), (g, bottom) = si(over), si(under.strip("()"))
            exponents = {key: top.get(key, 0) - bottom.get(key, 0) for key in {*top, *bottom}}
            return f / g, {key: value for key, value in exponents.items() if value}

        for unit in units:
            description = read_model_description(self.path(unit))
            defined = {u.name: u.baseUnit for u in description.unitDefinitions}
            for name, base in defined.items():
                factor, exponents = si(name)
                self.assertAlmostEqual(float(base.factor or 1) / factor, 1, 12, name)
                self.assertEqual(float(base.offset or 0), 0)
                for key in ("kg", "m", "s", "A", "K", "mol", "cd", "rad"):
                    self.assertEqual(int(getattr(base, key) or 0), exponents.get(key, 0), f"{key} of {name}")
            for variable in description.modelVariables:
                self.assertTrue(variable.description)
                if variable.type == "Real":
                    self.assertIn(variable.unit, defined)
                    # The unit in the name is the unit of the variable.
                    name = variable.name
                    if "_mJ_cm2" in name:
                        self.assertEqual(variable.unit, "mJ/cm2", name)
                    elif "_nm_s" in name:
                        self.assertEqual(variable.unit, "nm/s", name)
                    elif "_nm" in name:
                        self.assertEqual(variable.unit, "nm", name)
                    elif name.endswith("_s"):
                        self.assertEqual(variable.unit, "s", name)

    def test_lithography_follows_its_inputs(self):
        series = np.array([(float(t), 36.0 + t, 5.0 * t, 0.2 * t) for t in range(10)],
                          dtype=[("time", float), ("dose_mJ_cm2", float), ("focus_nm", float), ("mask_bias_nm", float)])
        result = simulate_fmu(self.path("lithography"), stop_time=9.0, output_interval=1.0, input=series,
                              start_values={"focus_nm_u": 4.0})
        self.assertEqual(len(result), 10)
        for t in range(1, 10):  # a step ends with what its begin was given
            cd = self.grating.cd(36 + t - 1, 5 * (t - 1), 0.2 * (t - 1))
            self.assertAlmostEqual(result["cd_nm_bar"][t], cd, 4)
            self.assertAlmostEqual(result["epe_nm_bar"][t], (cd - 32) / 2, 4)
        self.assertTrue(result["valid"].all())
        self.assertTrue((result["cd_nm_bar_u"] > 0.03).all())

    def test_what_is_not_valid_is_flagged(self):
        series = np.array([(0.0, 0.0), (1.0, 0.0), (2.0, 70.0), (3.0, 70.0), (4.0, 0.0)],
                          dtype=[("time", float), ("focus_nm", float)])
        result = simulate_fmu(self.path("lithography"), stop_time=5.0, output_interval=1.0, input=series)
        self.assertEqual([bool(valid) for valid in result["valid"]], [True, True, True, False, False, True])
        self.assertAlmostEqual(result["cd_nm_bar"][3], self.grating.cd(40, 60), 4)
        one = Slave(self.path("lithography"), "one")
        one.step(focus_nm=70.0)
        self.assertIn(b"focus_nm = 70 nm is outside its range -60 .. 60", one.get("status"))
        one.close()
        with self.assertRaises(FMICallException):
            simulate_fmu(self.path("lithography"), stop_time=1.0, start_values={"focus_nm": math.nan})

    def test_instances_run_side_by_side(self):
        one = Slave(self.path("lithography"), "one")
        other = Slave(self.path("lithography"), "other", dose_mJ_cm2=44.0)
        for run in range(5):
            one.step(focus_nm=6.0 * run)
            other.step(focus_nm=-9.0 * run)
            self.assertAlmostEqual(one.get("cd_nm_bar"), self.grating.cd(40, 6 * run), 4)
            self.assertAlmostEqual(other.get("cd_nm_bar"), self.grating.cd(44, 9 * run), 4)
        state = one.fmu.serializeFMUstate(one.fmu.getFMUstate())
        one.step(dose_mJ_cm2=30.0)
        one.fmu.setFMUstate(one.fmu.deSerializeFMUstate(state))
        one.time = 5.0
        self.assertEqual(one.get("dose_mJ_cm2"), 40.0)
        other.fmu.reset()
        self.assertEqual(other.get("dose_mJ_cm2"), 40.0)
        one.close()
        other.close()

    def test_a_unit_of_another_description_is_refused(self):
        path = self.changed("etch", lambda xml: xml.replace('guid="{', 'guid="{0', 1))
        with self.assertRaises(Exception):
            Slave(path, "foreign")

    def test_undeclared_units_are_found(self):
        bare = self.changed("lithography", lambda xml: xml.replace('<Real unit="nm" ', "<Real ", 1))
        found = self.check(bare)
        self.assertEqual(found.returncode, 1)
        self.assertIn("variable 'focus_nm' (modelDescription.xml, line", found.stdout)
        self.assertIn("has no unit", found.stdout)
        unknown = self.changed("lithography", lambda xml: xml.replace('<Real unit="nm" ', '<Real unit="furlong" ', 1))
        self.assertIn("furlong", self.check(unknown).stdout)
        self.assertTrue(any("furlong" in problem for problem in validate_fmu(unknown)))

    def test_coupled_cells_hold_the_width_while_dose_and_focus_drift(self):
        # In an SSP, as FMPy runs one: every unit gets what the others gave a step ago, and zeros at first.
        connections = [("control.dose_mJ_cm2", "lithography.dose_mJ_cm2"), ("lithography.cd_nm_bar", "etch.cd_nm"),
                       ("lithography.cd_nm_bar_u", "etch.cd_nm_u"), ("lithography.valid_bar", "etch.cd_valid"),
                       ("etch.cd_etched_nm", "control.cd_nm"), ("etch.valid", "control.cd_valid")]
        slope = (self.grating.cd(40.1) - self.grating.cd(39.9)) / 0.2
        target = self.grating.cd(40.0) + 1.0
        starts = {"etch.lateral_ratio": 0.0, "etch.bias_nm": 1.0, "etch.film_nm": 10.0, "etch.time_s": 100.0,
                  "control.cd_per_dose": slope, "control.dose_start_mJ_cm2": 40.0, "control.dose_high_mJ_cm2": 60.0,
                  "control.target_cd_nm": target, "control.delay_runs": 2}

        def run(weight, drift_weight):
            path = self.path("system")[:-4] + ".ssp"
            elements = ""
            for unit in units:
                connectors = "".join(
                    f'<ssd:Connector name="{end.split(".")[1]}" kind="{kind}"><ssc:{"Boolean" if "valid" in end else "Real"}/>'
                    "</ssd:Connector>"
                    for pair in connections for end, kind in zip(pair, ("output", "input")) if end.startswith(unit + "."))
                if unit == "lithography":
                    connectors += "".join(f'<ssd:Connector name="{name}" kind="input"><ssc:Real/></ssd:Connector>'
                                          for name in ("dose_offset_mJ_cm2", "focus_offset_nm"))
                elements += (f'<ssd:Component name="{unit}" type="application/x-fmu-sharedlibrary" '
                             f'source="resources/{unit}.fmu"><ssd:Connectors>{connectors}</ssd:Connectors></ssd:Component>')
            wires = connections + [("dose_drift", "lithography.dose_offset_mJ_cm2"),
                                   ("focus_drift", "lithography.focus_offset_nm")]
            lines = ""
            for start, end in wires:
                a = start.split(".") if "." in start else [None, start]
                b = end.split(".")
                owner = f'startElement="{a[0]}" ' if a[0] else ""
                lines += (f'<ssd:Connection {owner}startConnector="{a[1]}" endElement="{b[0]}" '
                          f'endConnector="{b[1]}"/>')
            ssd = ('<?xml version="1.0" encoding="UTF-8"?><ssd:SystemStructureDescription version="1.0" name="loop" '
                   'xmlns:ssd="http://ssp-standard.org/SSP1/SystemStructureDescription" '
                   'xmlns:ssc="http://ssp-standard.org/SSP1/SystemStructureCommon"><ssd:System name="loop"><ssd:Connectors>'
                   '<ssd:Connector name="dose_drift" kind="input"><ssc:Real/></ssd:Connector>'
                   '<ssd:Connector name="focus_drift" kind="input"><ssc:Real/></ssd:Connector></ssd:Connectors>'
                   f'<ssd:Elements>{elements}</ssd:Elements><ssd:Connections>{lines}</ssd:Connections></ssd:System>'
                   '</ssd:SystemStructureDescription>')
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("SystemStructure.ssd", ssd)
                for unit in units:
                    archive.write(self.path(unit), f"resources/{unit}.fmu")
            parameters = type("Parameters", (), {})()
            values = {**starts, "control.weight": weight, "control.drift_weight": drift_weight}
            parameters.parameters = [type("Parameter", (), {"name": name, "value": value})()
                                     for name, value in values.items()]
            drift = {"dose_drift": lambda t: -0.02 * t, "focus_drift": lambda t: 20.0 * math.sin(t / 40)}
            return simulate_ssp(path, stop_time=150.0, step_size=1.0, parameter_set=parameters, input=drift)

        # Dose falls and focus swings, beyond what the controller is told.
        def off(result):
            return np.abs(result["etch.cd_etched_nm"][50:] - target)

        held, single, free = run(0.4, 0.2), run(0.4, 0.0), run(0.0, 0.0)
        # Without control the width drifts away with the dose; the second average takes out what the first one leaves.
        self.assertGreater(off(free).max(), 1.2)
        self.assertLess(off(single).max(), 0.3 * off(free).max())
        self.assertLess(off(held).mean(), 0.6 * off(single).mean())
        self.assertGreater(held["control.dose_mJ_cm2"][-1], 42.5)
        self.assertFalse(held["etch.valid"][0])  # the zeros of the first step are known for what they are
        self.assertTrue(held["etch.valid"][5:].all())


if __name__ == "__main__":
    unittest.main(verbosity=2)
