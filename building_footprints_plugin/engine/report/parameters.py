"""What was compared with what, and by which rule: the last section of a report."""

from __future__ import annotations

import platform

import rasterio
import shapely

from ... import __version__
from ..comparison import Comparison
from ..vector import crs_name


def parameters_of(comparison: Comparison) -> list[tuple[str, str]]:
    """Return (name, value) of everything that decides the figures."""
    request, score = comparison.request, comparison.score
    preset = score.rule.preset
    return [
        ("Footprints", request.proposals.name),
        ("Truth", request.truth.name),
        ("Rule", _rule(comparison)),
        ("IoU a match needs", f"{'above' if preset.strict_iou else 'at least'} {score.rule.iou_threshold:g}"),
        ("Compared in", "pixels of each image" if comparison.unit == "px" else crs_name(comparison.crs)),
        ("Smallest area", _smallest(comparison)),
        ("Area of interest", _area_rule(comparison)),
        (
            "Versions",
            f"Building Footprints {__version__}, shapely {shapely.__version__} (GEOS {shapely.geos_version_string}), "
            f"rasterio {rasterio.__version__} (GDAL {rasterio.__gdal_version__}), Python {platform.python_version()}",
        ),
    ]


def _rule(comparison: Comparison) -> str:
    preset = comparison.score.rule.preset
    total = "F1 is the mean over the areas." if preset.mean_of_areas else "Counts are summed over all images."
    return f"{preset.title}. {preset.sentence}" + (f" {total}" if comparison.unit == "px" else "")


def _smallest(comparison: Comparison) -> str:
    preset = comparison.score.rule.preset
    if comparison.unit == "px":
        truth = f"buildings {'above' if preset.truth_strict else 'of at least'} {preset.truth_min_px2:g} px²"
        sign = "above" if preset.proposal_strict else "of at least"
        return f"{truth}, footprints " + (
            f"{sign} {preset.proposal_min_px2:g} px²" if preset.proposal_min_px2 else "of any size"
        )
    limit = comparison.request.options.min_area_m2
    return "none" if limit is None else f"{limit:g} m², on both sides"


def _area_rule(comparison: Comparison) -> str:
    if comparison.score.rule.aoi is None:
        return "everything counts"
    request = comparison.request
    parts = [request.aoi.name if request.aoi else "", "extent " + ", ".join(f"{v:g}" for v in request.bounds or ())]
    named = " and ".join(part for part in parts if part and part != "extent ")
    return (
        f"{named}. A building counts if at least half of it lies inside; a footprint counts with the building it is "
        "matched to, else if at least half of it lies inside."
    )
