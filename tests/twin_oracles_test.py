#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
"""An export of the twin in the hands of other programs: xarray opens what is netCDF, jsonschema judges twin.json, FMPy
runs the unit and agrees with the matrix, KLayout opens contours and markers, and the RO-Crate has what one must have.
Usage: twin_oracles_test.py PATH_OF_anamorph. Exit code 77: none of them is installed."""
import copy
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import unittest


def module(name):
    try:
        return __import__(name)
    except ImportError:
        return None


fmpy, jsonschema, xarray = module("fmpy"), module("jsonschema"), module("xarray")
netcdf_engine = "netcdf4" if module("netCDF4") else "h5netcdf" if module("h5netcdf") and module("h5py") else None
klayout = shutil.which("klayout")
if not (fmpy or jsonschema or (xarray and netcdf_engine) or klayout):
    print("skipped: neither FMPy, jsonschema, xarray nor KLayout is there")
    sys.exit(77)

program = os.path.abspath(sys.argv.pop(1))

LAYOUT = """CNAME lines
CELL lines PRIME
   RECT N M1 0 0 24 64
   RECT N M1 48 0 24 40
ENDMSG
"""
RECIPE = """[layout]
file = "lines.glp"
window_nm = [-12, -16, 84, 80]
pixel_nm = 1
[resist]
threshold = 0.25
[optics]
wavelength_nm = 13.5
na = 0.33
radiometric = false
[optics.source]
shape = "conventional"
sigma = 0.4
step = 0.2
[[gauge]]
name = "long line"
at_nm = [12, 32]
cd_nm = 24
[[gauge]]
name = "line_end"
at_nm = [60, 20]
angle_deg = 90
cd_nm = 40
[process]
dose = [1.02]
[window]
dose = [0.95, 1.0, 1.02, 1.05]
focus_nm = [-30, -10, 0, 20, 30]
epe = false
cd_tolerance_percent = 8
[twin]
dose_mJ_cm2 = 30
zernikes = [9]
uncertainty.dose_percent = 0.5
uncertainty.focus_nm = 3
"""

folder = tempfile.mkdtemp(prefix="anamorph-oracles-")
out = os.path.join(folder, "out")


def setUpModule():
    for name, text in (("lines.glp", LAYOUT), ("lines.toml", RECIPE)):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    subprocess.run([program, "twin", "export", "lines.toml", "-o", "out", "-q"], cwd=folder, check=True)


def tearDownModule():
    shutil.rmtree(folder)


def load(name):
    with open(os.path.join(out, name)) as file:
        return json.load(file)


@unittest.skipUnless(xarray and netcdf_engine, "xarray, or what it reads netCDF-4 with, is not there")
class Netcdf(unittest.TestCase):
    def open(self, name):
        return xarray.open_dataset(os.path.join(out, "data", name), engine=netcdf_engine)

    def test_every_file_has_coordinates_and_units(self):
        names = [n for n in os.listdir(os.path.join(out, "data")) if n.endswith(".nc")]
        self.assertEqual(sorted(names), ["fields.nc", "focus_exposure.nc"])
        for name in names:
            with self.open(name) as data:
                for dimension in data.dims:
                    self.assertIn(dimension, data.coords, name)
                for key, variable in data.variables.items():
                    if variable.dtype.kind in "fui":
                        self.assertTrue(variable.attrs.get("units"), f"{name}: {key} has no units")

    def test_the_matrix(self):
        with self.open("focus_exposure.nc") as data:
            self.assertEqual(data["cd"].dims, ("gauge", "dose", "focus"))
            self.assertEqual(list(data["gauge"].values), ["long line", "line_end"])
            self.assertEqual(list(data["focus"].values), [-30, -10, 0, 20, 30])
            self.assertEqual(data["cd"].attrs["units"], "nm")
            self.assertEqual(data["nils"].attrs["units"], "1")
            self.assertAlmostEqual(float(data["dose_mJ_cm2"].sel(dose=1.05)), 31.5)
            cd = data["cd"].sel(gauge="long line")
            self.assertTrue((cd.diff("dose") > 0).all(), "bright lines grow with the dose")
            self.assertTrue((data["cd_u"] > 0).all())
            self.assertIn("dose_mJ_cm2, focus_nm", data.attrs["standard_uncertainty"])
            nominal = next(p for p in load("twin.json")["ports"] if p["name"] == "cd_nm_long_line")["nominal"]
            self.assertAlmostEqual(float(cd.sel(dose=1.02, focus=0)), nominal, delta=0.02)

    def test_the_images(self):
        with self.open("fields.nc") as data:
            self.assertEqual(data["aerial"].dims, ("condition", "y", "x"))
            self.assertEqual(data["x"].attrs["units"], "nm")
            self.assertEqual(float(data["x"][0]), -11.5)


@unittest.skipUnless(jsonschema, "jsonschema is not there")
class Descriptor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.twin, cls.schema = load("twin.json"), load("twin.schema.json")
        jsonschema.Draft202012Validator.check_schema(cls.schema)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def test_it_is_accepted(self):
        self.assertEqual([e.message for e in self.validator.iter_errors(self.twin)], [])
        shipped = subprocess.run([program, "schema", "--twin"], capture_output=True, check=True, text=True).stdout
        self.assertEqual(json.loads(shipped), self.schema)

    def test_what_is_changed_is_refused(self):
        """Each object without any of its keys that are required, or with one more, or with a value of another type."""
        twin, refused = self.twin, 0

        def places(node, path=()):
            if isinstance(node, dict):
                yield path, node
                for key, value in node.items():
                    yield from places(value, path + (key,))
            elif isinstance(node, list):
                for i, value in enumerate(node[:3]):
                    yield from places(value, path + (i,))

        def at(document, path):
            for key in path:
                document = document[key]
            return document

        optional = {"drawn_low", "drawn_high", "gauge", "value", "dose", "focus", "layer", "chord_error", "nominal"}
        for path, node in list(places(twin)):
            changes = [("add", "more")]
            for key in node:
                changes += [("type", key)] + ([] if key in optional else [("drop", key)])
            for what, key in changes:
                copy_ = copy.deepcopy(twin)
                target = at(copy_, path)
                if what == "add":
                    target[key] = 1
                elif what == "drop":
                    del target[key]
                else:
                    target[key] = None
                self.assertFalse(self.validator.is_valid(copy_), f"{what} {key} at {path}")
                refused += 1
        self.assertGreater(refused, 200)


@unittest.skipUnless(fmpy, "FMPy is not there")
class Unit(unittest.TestCase):
    path = os.path.join(out, "model", "lithography.fmu")

    def test_it_is_valid(self):
        from fmpy.validation import validate_fmu

        self.assertEqual(validate_fmu(self.path), [])
        variables = {v.name: v for v in fmpy.read_model_description(self.path).modelVariables}
        for port in load("twin.json")["ports"]:
            self.assertIn(port["name"], variables)
            if "unit" in port:
                self.assertEqual(variables[port["name"]].unit, port["unit"])
        self.assertEqual(len(variables), len(load("twin.json")["ports"]))

    @unittest.skipUnless(xarray and netcdf_engine, "xarray is not there")
    def test_it_agrees_with_the_matrix(self):
        import numpy as np

        with xarray.open_dataset(os.path.join(out, "data", "focus_exposure.nc"), engine=netcdf_engine) as data:
            cells = [(float(d), float(f)) for d in data["dose_mJ_cm2"] for f in data["focus"]]
            signals = np.array([(float(i), d, f) for i, (d, f) in enumerate(cells)],
                               dtype=[("time", float), ("dose_mJ_cm2", float), ("focus_nm", float)])
            names = {"cd_nm_long_line": ("cd", 0), "cd_nm_line_end": ("cd", 1), "nils_line_end": ("nils", 1)}
            result = fmpy.simulate_fmu(self.path, stop_time=float(len(cells)), output_interval=1, input=signals,
                                       output=[*names, "cd_nm_long_line_u", "valid"])
            result = result[1:]  # a step ends with the outputs of the inputs that it began with
            self.assertTrue(result["valid"].all())
            for name, (variable, gauge) in names.items():
                simulated = data[variable].values[gauge].ravel()
                self.assertLess(np.abs(result[name] - simulated).max(), 0.1, name)
            # What the fit adds to the stated uncertainties is its own error alone.
            model = next(p for p in load("twin.json")["ports"] if p["name"] == "cd_nm_long_line")
            own = model["standard_uncertainty"]["model"]
            both = np.sqrt(data["cd_u"].values[0].ravel() ** 2 + own**2)
            middle = [i for i, (_, f) in enumerate(cells) if abs(f) < 20]  # elsewhere steps would leave the range
            self.assertLess(np.abs(result["cd_nm_long_line_u"] - both)[middle].max(), 0.02)

    def test_the_system_runs(self):
        from fmpy.ssp.simulation import simulate_ssp

        ports = load("twin.json")["ports"]
        nominal = {p["name"]: p["nominal"] for p in ports if p["direction"] == "input"}
        result = simulate_ssp(os.path.join(out, "system.ssp"), stop_time=4, step_size=1,
                              input={name: (lambda _, value=value: value) for name, value in nominal.items()})
        names = result.dtype.names
        cd = next(n for n in names if n.endswith("cd_nm_long_line"))
        expected = next(p for p in ports if p["name"] == "cd_nm_long_line")["nominal"]
        self.assertAlmostEqual(float(result[cd][-1]), expected, delta=1e-6)


@unittest.skipUnless(klayout, "KLayout is not there")
class Layout(unittest.TestCase):
    SCRIPT = """
import json, pya
layout = pya.Layout()
layout.read({gds!r})
cell = layout.top_cell()
layer = layout.layer(1, 0)
region = pya.Region(cell.begin_shapes_rec(layer))
region.merge()
report = pya.ReportDatabase("markers")
report.load({lyrdb!r})
items = [item for item in report.each_item()]
found = dict(dbu=layout.dbu, cell=cell.name, polygons=region.count(), area_um2=region.area() * layout.dbu ** 2,
             layers=[str(i) for i in layout.layer_infos()],
             categories=sorted(c.name() for c in report.each_category()),
             top=report.top_cell_name,
             values=[[str(v) for v in item.each_value()] for item in items])
open({answer!r}, "w").write(json.dumps(found))
"""

    @classmethod
    def setUpClass(cls):
        answer, script = os.path.join(folder, "answer.json"), os.path.join(folder, "look.py")
        with open(script, "w") as file:
            file.write(cls.SCRIPT.format(gds=os.path.join(out, "data", "contours.gds"),
                                         lyrdb=os.path.join(out, "markers.lyrdb"), answer=answer))
        subprocess.run([klayout, "-zz", "-r", script], check=True, timeout=120, capture_output=True,
                       env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": folder})
        with open(answer) as file:
            cls.found = json.load(file)

    def test_contours(self):
        self.assertAlmostEqual(self.found["dbu"], 1e-4)
        self.assertEqual((self.found["cell"], self.found["layers"]), ("CONTOURS", ["1/0"]))
        self.assertEqual(self.found["polygons"], 2)
        ports = {p["name"]: p for p in load("twin.json")["ports"]}
        # The short line: about its CD times its length.
        self.assertGreater(self.found["area_um2"], 1e-6 * 24 * ports["cd_nm_line_end"]["nominal"])
        contours = next(f for f in load("twin.json")["files"] if f["role"] == "contours")
        self.assertLess(contours["chord_error"]["value"], 0.5)

    def test_markers(self):
        self.assertEqual(self.found["categories"], ["cd", "cd_missing", "epe", "epe_missing"])
        self.assertEqual(self.found["top"], "CONTOURS")
        with open(os.path.join(out, "markers.csv")) as file:
            rows = file.read().splitlines()[1:]
        self.assertEqual(len(self.found["values"]), len(rows))
        self.assertGreater(len(rows), 0)
        for values, row in zip(self.found["values"], rows):
            self.assertEqual(len(values), 3)
            self.assertIn(f"{float(row.split(',')[1]) * 1e-3:.4g}"[:4], values[0])


class Crate(unittest.TestCase):
    def test_it_has_what_a_crate_must_have(self):
        """RO-Crate 1.1: descriptor, root data set, its files; and who made them from what."""
        crate = load("ro-crate-metadata.json")
        self.assertEqual(crate["@context"][0], "https://w3id.org/ro/crate/1.1/context")
        entities = {e["@id"]: e for e in crate["@graph"]}
        self.assertEqual(len(entities), len(crate["@graph"]), "an @id is there twice")
        descriptor = entities["ro-crate-metadata.json"]
        self.assertEqual(descriptor["@type"], "CreativeWork")
        self.assertEqual(descriptor["conformsTo"], {"@id": "https://w3id.org/ro/crate/1.1"})
        self.assertEqual(descriptor["about"], {"@id": "./"})
        root = entities["./"]
        self.assertEqual(root["@type"], "Dataset")
        for key in ("name", "description", "datePublished", "license"):
            self.assertTrue(root[key])
        parts = [p["@id"] for p in root["hasPart"]]
        there = sorted(os.path.relpath(os.path.join(d, f), out) for d, _, fs in os.walk(out) for f in fs)
        self.assertEqual(sorted(parts + ["ro-crate-metadata.json"]), there)
        for part in parts:
            entity = entities[part]
            self.assertEqual(entity["@type"], "File")
            with open(os.path.join(out, part), "rb") as file:
                data = file.read()
            self.assertEqual(entity["sha256"], hashlib.sha256(data).hexdigest())
            self.assertEqual(entity["contentSize"], str(len(data)))
            self.assertTrue(entity["encodingFormat"])
        with open(os.path.join(out, "ro-crate-metadata.json"), "rb") as file:
            own = file.read()
        blank = own.replace(descriptor["sha256"].encode(), b"0" * 64)
        self.assertEqual(hashlib.sha256(blank).hexdigest(), descriptor["sha256"])
        action = entities["#export"]
        self.assertEqual(action["@type"], "CreateAction")
        self.assertIn("twin export", action["description"])
        for reference in action["instrument"] + action["object"] + action["result"]:
            self.assertIn(reference["@id"], entities)
        self.assertTrue(entities["#anamorph"]["softwareVersion"])
        inputs = [entities[o["@id"]]["name"] for o in action["object"]]
        self.assertEqual([os.path.basename(i) for i in inputs], ["lines.toml", "lines.glp"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
