"""Plugin, provider and every algorithm load in a QGIS without numpy, torch and rasterio; the engine's Python needs
no QGIS to load the package."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import ROOT

BLOCKED = ("numpy", "torch", "rasterio", "shapely", "pyogrio", "scipy", "safetensors", "osgeo.gdal_array")
IN_QGIS = f"""
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name in {BLOCKED!r}:
            raise ImportError("blocked: " + name)

from qgis.core import QgsApplication
for name in {BLOCKED!r}:
    if name in sys.modules:  # QGIS 3.40 loads numpy itself; what the plugin imports is what counts
        sys.modules[name] = None
sys.meta_path.insert(0, Block())
application = QgsApplication([], False)
application.initQgis()
from building_footprints_plugin import classFactory
plugin = classFactory(None)
plugin.initProcessing()
provider = QgsApplication.processingRegistry().providerById("buildingfootprints")
for algorithm in provider.algorithms():
    copy = algorithm.create()
    print(copy.name(), copy.shortHelpString() != "", len(copy.outputDefinitions()))
plugin.unload()
print("unloaded", QgsApplication.processingRegistry().providerById("buildingfootprints") is None)
print("loaded", [name for name in {BLOCKED!r} if sys.modules.get(name)])
application.exitQgis()
"""


def python(*command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_everything_loads_without_the_engines_packages():
    said = python(sys.executable, "-c", IN_QGIS)
    assert "extractbuildings True" in said
    assert "scorefootprints True" in said
    assert "unloaded True" in said
    assert "loaded []" in said


@pytest.mark.parametrize("module", ["building_footprints_plugin", "building_footprints_plugin.engine.options"])
def test_the_engines_python_needs_no_qgis(module):
    code = f"import sys, {module}; print(any(name.split('.')[0] in ('qgis', 'PyQt5') for name in sys.modules))"
    assert python(sys.executable, "-c", code).strip() == "False"
