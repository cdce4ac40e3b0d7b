"""Comparing two SpaceNet tables, image by image, in pixels."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..score import PRESETS, SIZES_PX2, Rule, Side, filter_pixels, score_polygons
from ..vector import CsvPolygons, Layer, read_spacenet_csv
from .inputs import Comparison, Request, Source
from .notes import Notes, duplicates, listed

AREA_NAME = re.compile(r"AOI_\d+_[A-Za-z]+")


def compare_tables(request: Request, notes: Notes) -> Comparison:
    """Score two SpaceNet tables by a preset's rule to the letter; images in only one of them count."""
    if request.options.min_area_m2 is not None:
        raise BadInput(
            "--min-area is in m²; SpaceNet tables are in pixels and have the preset's own limits, leave it out."
        )
    if request.aoi is not None or request.bounds is not None:
        raise BadInput("An area of interest is for layers; SpaceNet tables are scored over all their images.")
    tables = [_read(source, notes) for source in (request.proposals, request.truth)]
    notes.reporter.progress(0.1)
    names = _image_names(tables, request, notes)
    preset = PRESETS[request.options.preset]
    sides = [_side(table, names) for table in tables]
    sides = [*filter_pixels(sides[0], sides[1], preset)]
    areas = tuple(area_of(name, preset.name) for name in names)
    rule = Rule(preset, request.options.iou_threshold, size_edges=SIZES_PX2, areas=areas)
    score = score_polygons(sides[0], sides[1], rule, lambda done: notes.reporter.progress(0.1 + 0.85 * done))
    layers = [_layer(table) for table in tables]
    return Comparison(request, score, layers[0], layers[1], None, "px", names, notes.warnings)


def area_of(image: str, preset: str) -> str:
    """Return the area of interest an ImageId belongs to, as the scorer groups them; "" when its name tells none."""
    if preset == "solaris":
        return image.rpartition("_")[0]
    found = AREA_NAME.search(image)
    return found.group() if found else ""


def _read(source: Source, notes: Notes) -> CsvPolygons:
    if source.path.startswith("/vsi"):
        raise BadInput(
            f"{source.path} lies in an archive or on a server; expected a SpaceNet table on disk, unpack it."
        )
    table = _joined([read_spacenet_csv(path) for path in source.tables])
    ids = np.array([f"{table.images[i]} {b}" for i, b in zip(table.image, table.building, strict=True)], dtype=object)
    if repeated := duplicates(ids):
        notes.warn(f"{source.name} has buildings whose ids occur more than once: {listed(repeated)}.")
    return table


def _joined(tables: list[CsvPolygons]) -> CsvPolygons:
    """Return the rows of all tables, one after another; images that several name are one image."""
    images = list(dict.fromkeys(name for table in tables for name in table.images))
    number = {name: position for position, name in enumerate(images)}
    return CsvPolygons(
        images,
        np.concatenate([_numbers(table, number)[table.image] for table in tables]),
        np.concatenate([table.building for table in tables]),
        np.concatenate([table.geometry for table in tables]),
        np.concatenate([table.confidence for table in tables]),
    )


def _numbers(table: CsvPolygons, number: dict[str, int]) -> NDArray[np.intp]:
    """Return the number of each image that a table names."""
    return np.array([number[name] for name in table.images], dtype=np.intp)


def _image_names(tables: list[CsvPolygons], request: Request, notes: Notes) -> list[str]:
    """Return the images of both tables; warn when they have none in common, or one has what the other does not."""
    proposals, truth = (table.images for table in tables)
    common = set(proposals) & set(truth)
    if proposals and truth and not common:
        notes.warn(
            f"{request.proposals.name} (images {proposals[0]}, …) and {request.truth.name} (images {truth[0]}, …) "
            "have no image in common; check that they belong to the same set of images."
        )
    elif common:
        _warn_of_strays(tables, request, notes)
    return sorted({*proposals, *truth})


def _warn_of_strays(tables: list[CsvPolygons], request: Request, notes: Notes) -> None:
    """Name the images with polygons that only one of the tables names: a part of another set, or not yet extracted."""
    sources = request.proposals, request.truth
    for mine, other, meaning in ((0, 1, "false"), (1, 0, "missed")):
        held = {tables[mine].images[number] for number in np.unique(tables[mine].image)}
        if alone := sorted(held - set(tables[other].images)):
            notes.warn(
                f"{sources[mine].name} has polygons in {len(alone)} images that {sources[other].name} does not name "
                f"({listed(alone)}); they count as {meaning}."
            )


def _side(table: CsvPolygons, names: list[str]) -> Side:
    position = _numbers(table, {name: number for number, name in enumerate(names)})
    return Side.of(table.geometry, table.confidence, position[table.image])


def _layer(table: CsvPolygons) -> Layer:
    fields = {
        "image_id": np.array([table.images[i] for i in table.image], dtype=object),
        "id": table.building,
        "confidence": table.confidence,
    }
    return Layer(table.geometry, fields)
