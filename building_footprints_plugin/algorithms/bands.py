"""BANDS: which bands of INPUT are red, green and blue."""

from __future__ import annotations

from qgis.core import QgsProcessingAlgorithm, QgsProcessingParameterBand

from ..bridge.rasters import RasterInput
from ..engine.options import SegmentOptions
from ..translation import tr
from .settings import help_of
from .values import Values


def add_bands(algorithm: QgsProcessingAlgorithm) -> None:
    """Add BANDS."""
    band = QgsProcessingParameterBand("BANDS", tr("Bands"), None, "INPUT", True, True)
    band.setHelp(tr("Which bands are red, green and blue, in this order. ") + help_of(SegmentOptions, "bands"))
    algorithm.addParameter(band)


def bands_arguments(values: Values, source: RasterInput) -> list[str]:
    """Return `--bands`, or nothing where none was chosen, or where `source` has none that could be chosen."""
    bands = [] if source.is_picture else values.wholes("BANDS")
    return [f"--bands={','.join(map(str, bands))}"] if bands else []


def bands_complaint(values: Values) -> str:
    """Return what is wrong with BANDS, or an empty text; INPUT must be a layer that can be read."""
    layer = values.raster("INPUT")
    wrong = [band for band in values.wholes("BANDS") if not 1 <= band <= layer.bandCount()]
    if not wrong:
        return ""
    text = tr("Band {} was asked for, but {} has {} band(s); choose from 1 to {}.")
    return text.format(wrong[0], layer.name(), layer.bandCount(), layer.bandCount())
