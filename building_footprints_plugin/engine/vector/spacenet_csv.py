"""SpaceNet's table of buildings: `ImageId,BuildingId,PolygonWKT_Pix,` and `Confidence` or `PolygonWKT_Geo`.

Coordinates are pixels of the image: x to the right, y down, (0, 0) the outer corner of the first pixel.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray

from ..errors import BadInput
from .crs import reproject
from .polygons import is_on_earth

HEADER = ("ImageId", "BuildingId", "PolygonWKT_Pix", "Confidence")
NEEDED = HEADER[:3]
PRODUCTS = ("rgb-pansharpen", "mul-pansharpen", "ps-rgb", "ps-ms", "mul", "pan", "rgb", "3band", "8band")
DECIMALS = 2  # of a pixel, as the reference truth files have


@dataclass(frozen=True)
class CsvPolygons:
    """Rows with a polygon, in file order, arrays (n,): `image[i]` numbers the image in `images`.

    `images` lists every image the file names, also those whose only row is empty. `geometry` is as in the file
    (2-D, not repaired), `confidence` NaN where the file has none.
    """

    images: list[str]
    image: NDArray[np.intp]
    building: NDArray[np.int64]
    geometry: NDArray[np.object_]
    confidence: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.geometry)


@dataclass(frozen=True)
class SourceImage:
    """Whose pixels a table's coordinates are: the raster's id, its own affine transform, and its CRS."""

    image_id: str
    transform: Affine
    crs: str | None


def image_id_of(path: str | Path) -> str:
    """Return SpaceNet's id of an image file: its name without extension and without the product's prefix.

    `RGB-PanSharpen_AOI_2_Vegas_img1.tif` is `AOI_2_Vegas_img1`; a name without such a prefix is kept whole.
    """
    stem = Path(path).stem
    prefix, _, rest = stem.partition("_")
    return rest if rest and prefix.lower() in PRODUCTS else stem


def read_spacenet_csv(path: str | Path) -> CsvPolygons:
    """Read a table of truth or proposals; heights in the WKT are dropped, `POLYGON EMPTY` and id -1 name an image only.

    Blank lines and lines that start with `#` are passed over, a `pan_` before an ImageId is taken off.
    Raises BadInput when the file, a needed column or a value cannot be read; the sentence names the line.
    """
    file = Path(path)
    if not file.is_file():
        raise BadInput(f"There is no file {file}; check the path.")
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # one outline may be longer than the module's 128 kB
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            return _collect(file, _rows(file, csv.reader(_lines(stream))))
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} is not a text file in UTF-8 ({error.reason}); expected a SpaceNet CSV.") from error
    except csv.Error as error:
        raise BadInput(f"{file} is not a CSV file that can be read ({error}).") from error


def _lines(stream: Iterable[str]) -> Iterator[str]:
    return (line for line in stream if not line.startswith("#"))


def _rows(file: Path, reader: Any) -> Iterator[tuple[int, str, int, str, float]]:
    """Yield (line, image id, building id, WKT, confidence) of every row."""
    header = [name.strip().lower() for name in next(reader, [])]
    missing = [name for name in NEEDED if name.lower() not in header]
    if missing:
        raise BadInput(f"{file} has no column {' and no column '.join(missing)}; expected {','.join(HEADER)}.")
    at = [header.index(name.lower()) for name in NEEDED]
    confidence_at = header.index("confidence") if "confidence" in header else None
    for row in reader:
        if not any(cell.strip() for cell in row) or row[0].strip().lower() == "imageid":
            continue
        if len(row) != len(header):
            raise BadInput(
                f"Line {reader.line_num} of {file} has {len(row)} fields; expected {len(header)}, the WKT in quotes."
            )
        image, building, wkt = (row[position].strip() for position in at)
        confidence = "" if confidence_at is None else row[confidence_at]
        yield reader.line_num, _image_id(image), *_numbers(file, reader.line_num, building, wkt, confidence)


def _image_id(text: str) -> str:
    return text[4:] if text.lower().startswith("pan_") else text


def _numbers(file: Path, line: int, building: str, wkt: str, confidence: str) -> tuple[int, str, float]:
    try:
        return int(np.int64(int(float(building)))), wkt, float(confidence) if confidence.strip() else float("nan")
    except (ValueError, OverflowError) as error:
        raise BadInput(
            f"Line {line} of {file} has BuildingId {building!r} and Confidence {confidence!r}; expected numbers."
        ) from error


def _collect(file: Path, rows: Iterable[tuple[int, str, int, str, float]]) -> CsvPolygons:
    numbers: dict[str, int] = {}
    kept: list[tuple[int, int, int, str, float]] = []
    for line, image, building, wkt, confidence in rows:
        number = numbers.setdefault(image, len(numbers))
        if building != -1 and not wkt.upper().endswith("EMPTY") and wkt:
            kept.append((line, number, building, wkt, confidence))
    geometry = _geometries(file, [row[0] for row in kept], [row[3] for row in kept])
    return CsvPolygons(
        list(numbers),
        np.array([row[1] for row in kept], dtype=np.intp),
        np.array([row[2] for row in kept], dtype=np.int64),
        geometry,
        np.array([row[4] for row in kept], dtype=np.float64),
    )


def _geometries(file: Path, lines: list[int], texts: list[str]) -> NDArray[np.object_]:
    geometry = np.asarray(shapely.from_wkt(np.array(texts, dtype=object), on_invalid="ignore"), dtype=object)
    bad = np.flatnonzero(
        shapely.is_missing(geometry) | ~np.isin(shapely.get_type_id(geometry), (3, 6)) | ~is_on_earth(geometry)
    )
    if len(bad):
        text = texts[bad[0]]
        raise BadInput(f"Line {lines[bad[0]]} of {file} has {text[:40]!r} as outline; expected POLYGON ((x y, …)).")
    return np.asarray(shapely.force_2d(geometry), dtype=object)


ImageRows = tuple[str, NDArray[np.object_], NDArray[np.float64]]


def write_spacenet_csv(path: str | Path, images: Iterable[ImageRows]) -> None:
    """Write (image id, polygons (n,) in pixels, confidence (n,)) of each image, the most confident first.

    A multipolygon becomes a row a part; an image without polygons the row `id,-1,POLYGON EMPTY,0`.
    """
    with Path(path).open("w", newline="", encoding="utf-8") as stream:
        stream.write(",".join(HEADER) + "\n")
        for image_id, polygons, confidence in images:
            stream.writelines(_image_lines(image_id, polygons, confidence))


def write_image_rows(
    path: Path, image: SourceImage, polygons: NDArray[np.object_], confidence: NDArray[np.float64], crs: str | None
) -> None:
    """Write the table of one image from polygons in `crs`, brought onto the image's own pixel grid."""
    on_image = reproject(polygons, crs, image.crs)
    a, b, c, d, e, f = tuple(~image.transform)[:6]
    pixels = shapely.transform(on_image, lambda xy: xy @ np.array([[a, d], [b, e]]) + (c, f))
    write_spacenet_csv(path, [(image.image_id, np.asarray(pixels, dtype=object), confidence)])


def _image_lines(image_id: str, polygons: NDArray[np.object_], confidence: NDArray[np.float64]) -> Iterator[str]:
    order = np.argsort(-confidence, kind="stable")
    parts, owner = shapely.get_parts(polygons[order], return_index=True)
    parts = shapely.transform(parts, lambda xy: np.round(xy, DECIMALS) + 0.0)  # + 0.0 makes -0 a 0
    texts = shapely.to_wkt(parts, rounding_precision=DECIMALS)
    solid = shapely.area(parts) > 0
    if not solid.any():
        yield f"{image_id},-1,POLYGON EMPTY,0\n"
    for number, row in enumerate(np.flatnonzero(solid), start=1):
        yield f'{image_id},{number},"{texts[row]}",{confidence[order][owner[row]]:.6f}\n'
