"""Rasters that break, change or vanish while they are read, and files that name what they should not."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy
from rasters import noise, write_raster
from towns import WHOLE, knows_the_answer, town

from building_footprints_plugin.engine.errors import BadInput, FootprintsError
from building_footprints_plugin.engine.extract import Model, Source, Target, extract, polygonize
from building_footprints_plugin.engine.options import SegmentOptions
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.raster import RasterFile, open_raster
from building_footprints_plugin.engine.vector import read_layer

TILED = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    knows_the_answer(monkeypatch)


class When(Reporter):
    """Does something once, when a share of the run is done; keeps the warnings."""

    def __init__(self, share: float, act: Callable[[], None]) -> None:
        super().__init__()
        self._share, self._act = share, act
        self.warnings: list[str] = []

    def _show(self, fraction: float) -> None:
        if fraction >= self._share:
            self._share = 2.0
            self._act()

    def warning(self, text: str) -> None:
        self.warnings.append(text)


def run(raster: str, target: Target, reporter: Reporter, **options: Any) -> dict[str, Any]:
    segment = SegmentOptions(tile_px=64, overlap_px=16, batch_size=1, **options)
    return extract(Source(raster), target, Model(Path("unused"), segment), WHOLE, reporter)


def break_block(path: str, row: int, col: int) -> None:
    """Overwrite the deflated block that holds pixel (row, col) of band 1."""
    with rasterio.open(path) as dataset:
        y, x = row // dataset.block_shapes[0][0], col // dataset.block_shapes[0][1]
        offset = int(dataset.tags(ns="TIFF", bidx=1).get(f"BLOCK_OFFSET_{x}_{y}") or block_offset(dataset, x, y))
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * 40)


def block_offset(dataset: Any, x: int, y: int) -> int:
    return int(dataset.get_tag_item(f"BLOCK_OFFSET_{x}_{y}", "TIFF", bidx=1))


@pytest.fixture
def damaged(tmp_path: Path) -> str:
    """A town with the block of its first house broken."""
    path = write_raster(tmp_path / "town.tif", np.maximum(town(), 1), **TILED)
    break_block(path, 20, 20)
    return path


def test_a_corrupt_block_is_refused_and_the_place_is_named(damaged: str, tmp_path: Path) -> None:
    target = Target(tmp_path / "out.gpkg")
    break_block(damaged, 150, 150)
    with pytest.raises(BadInput, match=r"town\.tif could not be read at row \d+, column \d+;.*--damaged"):
        run(damaged, target, Reporter())
    assert [path.name for path in tmp_path.iterdir()] == ["town.tif"]


def test_corrupt_blocks_are_left_out_with_a_warning_that_says_where(damaged: str, tmp_path: Path) -> None:
    """Rows 0..63, columns 0..63 are lost, and with them the houses at (10, 10) and, in part, (55, 10)."""
    listener = When(2.0, lambda: None)
    figures = run(damaged, Target(tmp_path / "out.gpkg"), listener, damaged="skip")
    assert figures["count"] == 23
    assert len(read_layer(tmp_path / "out.gpkg")) == 23
    assert listener.warnings == [f"{damaged} is damaged: 1 of its blocks were left out, at row 0, column 0."]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_file_is_read_as_far_as_it_goes(tmp_path: Path, share: float) -> None:
    path = Path(write_raster(tmp_path / "town.tif", np.maximum(town(), 1), **TILED))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(BadInput, match="may be truncated|cannot be opened"):
        run(str(path), Target(tmp_path / "out.gpkg"), Reporter())
    listener = When(2.0, lambda: None)
    figures = run(str(path), Target(tmp_path / "out.gpkg"), listener, damaged="skip")
    assert 0 < figures["count"] <= 24
    assert "blocks were left out, at row" in listener.warnings[0]


def touch(path: str) -> None:
    os.utime(path, ns=(0, 0))


def grow(path: str) -> None:
    with open(path, "ab") as file:
        file.write(b"more")


@pytest.mark.parametrize("change", [touch, grow, os.unlink], ids=["written again", "grown", "removed"])
@pytest.mark.parametrize("vrt", [False, True], ids=["itself", "a part of a mosaic"])
def test_a_raster_that_changes_during_the_run(tmp_path: Path, change: Callable[[str], None], vrt: bool) -> None:
    raster = opened = write_raster(tmp_path / "town.tif", town())
    if vrt:
        opened = str(tmp_path / "town.vrt")
        copy(raster, opened, driver="VRT")
    before = sorted(os.listdir(tmp_path))
    target = Target(tmp_path / "out.gpkg", probability=tmp_path / "p.tif")
    with pytest.raises(FootprintsError, match=r"town\.tif was changed while it was read; run again"):
        run(opened, target, When(0.4, partial(change, raster)))
    assert set(os.listdir(tmp_path)) <= set(before)


def test_a_probability_raster_that_changes_is_refused_too(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "p.tif", town()[:1])
    with pytest.raises(FootprintsError, match="was changed while it was read"):
        polygonize(Source(raster), Target(tmp_path / "o.gpkg"), WHOLE, When(0.0, partial(grow, raster)))


def test_what_viewers_write_beside_a_raster_is_no_change(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "town.tif", town())
    Path(f"{raster}.aux.xml").write_text("<PAMDataset/>")
    write = partial(Path(f"{raster}.aux.xml").write_text, "<PAMDataset> </PAMDataset>")
    assert run(raster, Target(tmp_path / "out.gpkg"), When(0.4, lambda: write() and None))["count"] == 24


SILENT_S = 300.0  # far longer than is waited for a server


class Server(ThreadingHTTPServer):
    """Serves ranges of the files of a folder until `stopped`; then it hangs up, or holds the line while `hold`."""

    def __init__(self, folder: Path, hold: bool) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.hold = folder, hold
        self.stopped, self.over = threading.Event(), threading.Event()

    def url(self, name: str) -> str:
        return f"/vsicurl/http://127.0.0.1:{self.server_address[1]}/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if self.server.stopped.is_set():
            self.server.over.wait(SILENT_S if self.server.hold else 0)
            return
        file = self.server.folder / self.path.lstrip("/")
        if not file.is_file():
            self.send_error(404)
            return
        body = file.read_bytes()
        begin, _, end = self.headers.get("Range", f"bytes=0-{len(body) - 1}").removeprefix("bytes=").partition("-")
        part = body[int(begin) : int(end) + 1]
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("Content-Range", f"bytes {begin}-{int(begin) + len(part) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(part)


@contextmanager
def served(folder: Path, *, hold: bool = False) -> Iterator[Server]:
    with Server(folder, hold) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join(10)


@pytest.mark.parametrize("hold", [False, True], ids=["the server is gone", "the server falls silent"])
def test_a_network_path_that_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: bool) -> None:
    """A dozen times it is waited for: a second once it is gone, five before, in which also a busy machine answers."""
    for name, value in (("MAX_RETRY", "0"), ("LOW_SPEED_TIME", "5")):
        monkeypatch.setenv(f"GDAL_HTTP_{name}", value)
    (tmp_path / "web").mkdir()
    write_raster(tmp_path / "web" / "big.tif", noise(3, 1500, 1500), tiled=True, blockxsize=64, blockysize=64)

    def stop() -> None:
        server.stopped.set()
        monkeypatch.setenv("GDAL_HTTP_LOW_SPEED_TIME", "1")

    with served(tmp_path / "web", hold=hold) as server, pytest.raises(BadInput, match="the connection lost"):
        run(server.url("big.tif"), Target(tmp_path / "out.gpkg"), When(0.1, stop))
    assert os.listdir(tmp_path) == ["web"]


def test_a_local_file_does_not_reach_the_network_unless_trusted(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    write_raster(tmp_path / "web" / "in.tif", noise(3, 20, 30))
    with served(tmp_path / "web") as server:
        vrt = tmp_path / "in.vrt"
        copy(str(tmp_path / "web" / "in.tif"), vrt, driver="VRT")
        text = vrt.read_text()
        begin, end = text.index("<SourceFilename"), text.index("</SourceFilename>")
        source = text[begin:end]
        vrt.write_text(text.replace(source, f'<SourceFilename relativeToVRT="0">{server.url("in.tif")}'))
        with pytest.raises(BadInput, match=r"in\.vrt (cannot be opened|could not be read)"):
            open_raster(vrt, gsd_m=0.3)
        with open_raster(RasterFile(str(vrt), follow_links=True), gsd_m=0.3) as reader:
            assert reader.read(0, 0, 20, 30)[1].all()


PYTHON_VRT = """<VRTDataset rasterXSize="20" rasterYSize="20"><SRS>EPSG:32633</SRS>
<GeoTransform>500000, 0.3, 0, 5000000, 0, -0.3</GeoTransform>
<VRTRasterBand dataType="Byte" band="1" subClass="VRTDerivedRasterBand"><PixelFunctionType>f</PixelFunctionType>
<PixelFunctionLanguage>Python</PixelFunctionLanguage><PixelFunctionCode><![CDATA[
def f(in_ar, out_ar, *a, **k): open({ran!r}, "w").close()
]]></PixelFunctionCode></VRTRasterBand></VRTDataset>"""

RAW_VRT = """<VRTDataset rasterXSize="20" rasterYSize="20"><SRS>EPSG:32633</SRS>
<GeoTransform>500000, 0.3, 0, 5000000, 0, -0.3</GeoTransform>
<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">
<SourceFilename relativetoVRT="0">{secret}</SourceFilename><ImageOffset>0</ImageOffset></VRTRasterBand></VRTDataset>"""

WMS = "<GDAL_WMS><Service name='TMS'><ServerUrl>http://127.0.0.1:9/${z}/${x}/${y}</ServerUrl></Service></GDAL_WMS>"


GDAL = tuple(int(part) for part in re.findall(r"\d+", rasterio.__gdal_version__)[:2])
OLD = pytest.mark.skipif(GDAL < (3, 12), reason="the limit came with GDAL 3.12")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("code.vrt", PYTHON_VRT, id="Python in a VRT"),
        pytest.param("raw.vrt", RAW_VRT, id="bytes of any file as pixels", marks=OLD),
        pytest.param("service.xml", WMS, id="a network service"),
    ],
)
def test_what_a_file_may_not_do(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "secret").write_bytes(b"s" * 400)
    path = tmp_path / "deep" / name
    path.write_text(text.replace("{ran!r}", repr(str(tmp_path / "ran"))).replace("{secret}", str(tmp_path / "secret")))
    with pytest.raises(BadInput, match="cannot be opened|could not be read|no bands|holds no"):
        open_raster(path, gsd_m=0.3).read(0, 0, 20, 20)
    assert not (tmp_path / "ran").exists()
