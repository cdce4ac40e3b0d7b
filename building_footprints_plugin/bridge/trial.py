"""A tiny extraction, to see whether everything works together and how long it takes."""

from __future__ import annotations

import os
import time

from osgeo import gdal, osr
from qgis.core import QgsFeedback

from ..translation import tr
from .answers import NUMBER, checked
from .errors import BridgeError
from .files import run_folder
from .run import Limits, run_engine

SIDE_PX = 256
SILENCE_S = 300.0
ANSWER = {"seconds": NUMBER}


def try_extraction(python: str) -> tuple[str, bool]:
    """Return one line on an extraction from a made-up picture, and whether it worked."""
    begun = time.monotonic()
    try:
        with run_folder() as folder:
            picture = _picture(os.path.join(folder, "trial.tif"))
            command = ["extract", picture, os.path.join(folder, "trial.gpkg")]
            result = checked(run_engine(python, command, QgsFeedback(), Limits(silence_s=SILENCE_S)), ANSWER)
    except BridgeError as error:
        return tr("A trial extraction failed: {}").format(error), False
    text = tr("A trial extraction of {} x {} px on {} took {:.1f} s, {:.1f} s of them for starting.")
    whole, work = time.monotonic() - begun, result["seconds"]
    return text.format(SIDE_PX, SIDE_PX, result.get("device"), whole, max(whole - work, 0)), True


def _picture(path: str) -> str:
    """Write a grey checkerboard of 10 m squares at 0.3 m per pixel."""
    made = gdal.GetDriverByName("GTiff").Create(path, SIDE_PX, SIDE_PX, 3, gdal.GDT_Byte, ["PHOTOMETRIC=RGB"])
    made.SetGeoTransform((500000, 0.3, 0, 5000000, 0, -0.3))
    system = osr.SpatialReference()
    system.ImportFromEPSG(32632)
    made.SetProjection(system.ExportToWkt())
    cells = bytes(200 if (x // 33 + y // 33) % 2 else 80 for y in range(SIDE_PX) for x in range(SIDE_PX))
    for band in range(1, 4):
        made.GetRasterBand(band).WriteRaster(0, 0, SIDE_PX, SIDE_PX, cells)
    del made
    return path
