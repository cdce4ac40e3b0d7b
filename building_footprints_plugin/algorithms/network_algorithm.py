"""What the algorithms that run the network share: which bands, which weights, and how it is run."""

from __future__ import annotations

import os

from qgis.core import QgsProcessingParameterBand, QgsProcessingParameterFile

from ..engine.options import SegmentOptions
from ..translation import tr
from .raster_algorithm import RasterAlgorithm
from .settings import NETWORK, add_settings, arguments, help_of
from .values import Values


class NetworkAlgorithm(RasterAlgorithm):
    """Runs the network over INPUT: BANDS, WEIGHTS and how it is run."""

    WITH_NETWORK = True

    def add_bands(self) -> None:
        """Add BANDS."""
        band = QgsProcessingParameterBand("BANDS", tr("Bands"), None, "INPUT", True, True)
        band.setHelp(tr("Which bands are red, green and blue, in this order. ") + help_of(SegmentOptions, "bands"))
        self.addParameter(band)

    def add_network(self) -> None:
        """Add WEIGHTS and the settings of the network."""
        weights = QgsProcessingParameterFile("WEIGHTS", tr("Weights"), extension="safetensors", optional=True)
        weights.setHelp(tr("A weights file of this plugin's training. Default: the ones that come with the plugin."))
        self.addParameter(weights)
        add_settings(self, NETWORK)

    def complaint(self, values: Values) -> str:
        return super().complaint(values) or _bands_complaint(values) or _network_complaint(values)

    def network_arguments(self, values: Values) -> list[str]:
        """Return `--bands`, `--weights` and the settings of the network."""
        bands = values.wholes("BANDS")
        weights = values.input_file("WEIGHTS")
        return [
            *([f"--bands={','.join(map(str, bands))}"] if bands else []),
            *([f"--weights={weights}"] if weights else []),
            *arguments(NETWORK, values),
        ]


def _bands_complaint(values: Values) -> str:
    layer = values.raster("INPUT")
    wrong = [band for band in values.wholes("BANDS") if not 1 <= band <= layer.bandCount()]
    if not wrong:
        return ""
    text = tr("Band {} was asked for, but {} has {} band(s); choose from 1 to {}.")
    return text.format(wrong[0], layer.name(), layer.bandCount(), layer.bandCount())


def _network_complaint(values: Values) -> str:
    weights = values.input_file("WEIGHTS")
    if weights and not os.path.isfile(weights):
        return tr("There is no weights file {}; choose another, or none for the ones of the plugin.").format(weights)
    if 2 * values.whole("OVERLAP") > values.whole("TILE_SIZE"):
        text = tr("Overlap is {}; expected at most half of the tile size, which is {}.")
        return text.format(values.whole("OVERLAP"), values.whole("TILE_SIZE"))
    return ""
