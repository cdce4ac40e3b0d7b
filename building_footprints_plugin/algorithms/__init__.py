"""The Processing algorithms: each only translates between QGIS and the engine."""

from __future__ import annotations

from qgis.core import QgsProcessingAlgorithm

from .check_installation import CheckInstallation
from .export_training_data import ExportTrainingData
from .extract_buildings import ExtractBuildings
from .install_engine import InstallEngine
from .polygonize_buildings import PolygonizeBuildings
from .regularize_footprints import RegularizeFootprints
from .score_footprints import ScoreFootprints
from .segment_buildings import SegmentBuildings


def algorithm_classes() -> list[type[QgsProcessingAlgorithm]]:
    """Return every algorithm the provider offers."""
    return [
        ExtractBuildings,
        SegmentBuildings,
        PolygonizeBuildings,
        RegularizeFootprints,
        ScoreFootprints,
        ExportTrainingData,
        InstallEngine,
        CheckInstallation,
    ]
