"""Where pyarrow is missing, as on Linux distributions, only GeoParquet is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WRITE = """
import sys
sys.modules["pyarrow"] = None  # an import of it fails
import numpy as np, shapely
from building_footprints_plugin.engine.errors import FootprintsError
from building_footprints_plugin.engine.vector import Layer, read_layer, write_layer
layer = Layer(np.array([shapely.box(0, 0, 9, 9)], dtype=object), {"perimeter_m": np.array([36.0])}, "EPSG:32633")
try:
    write_layer(sys.argv[1], layer)
    print(len(read_layer(sys.argv[1])))
except FootprintsError as error:
    sys.exit(f"Error: {error}")
"""


def write(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WRITE, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".shp"])
def test_format_is_written_and_read(tmp_path: Path, suffix: str) -> None:
    done = write(tmp_path / f"out{suffix}")
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr


def test_geoparquet_says_what_is_missing(tmp_path: Path) -> None:
    done = write(tmp_path / "out.parquet")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: GeoParquet needs the package pyarrow")
    assert list(tmp_path.iterdir()) == []
