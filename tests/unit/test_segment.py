"""Probability strip by strip: the same whatever the tiles and batches, and every failure reaches the caller."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from building_footprints_plugin.engine.beside import Workers
from building_footprints_plugin.engine.errors import BadInput, Cancelled, FootprintsError
from building_footprints_plugin.engine.segment import Layout, Segmenter, mirrored


class Picture:
    """A reader of an array in memory; beyond it there is nothing."""

    def __init__(self, pixels: NDArray[np.uint8], valid: NDArray[np.bool_] | None = None) -> None:
        self.pixels = pixels
        self.valid = np.ones(pixels.shape[1:], bool) if valid is None else valid
        self.read_by: set[int] = set()

    def read(self, row: int, col: int, height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        self.read_by.add(threading.get_ident())
        pad = 2000
        pixels = np.pad(self.pixels, ((0, 0), (0, pad), (0, pad)))
        valid = np.pad(self.valid, ((0, pad), (0, pad)))
        return pixels[:, row : row + height, col : col + width], valid[row : row + height, col : col + width]


class Pixelwise:
    """A network without context: probability is brightness. Blending it must give brightness, to the code."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def probabilities(self, tiles: NDArray[np.uint8], *, tta: bool = False) -> NDArray[np.float32]:
        self.batches.append(len(tiles))
        return np.stack([tiles[:, 0], tiles[:, 1]], axis=1).astype(np.float32) / 250


class Blur(Pixelwise):
    """A network that sees 5 pixels around, and black beyond the tile, as a convolution does."""

    def probabilities(self, tiles: NDArray[np.uint8], *, tta: bool = False) -> NDArray[np.float32]:
        chances = super().probabilities(tiles)
        return ndimage.uniform_filter(chances, (1, 1, 11, 11), mode="constant")


def layout(height: int, width: int, tile: int = 96, overlap: int = 32) -> Layout:
    return Layout.of((0, 0, height, width), tile, overlap)


def run(picture: Picture, network: Pixelwise, plan: Layout, batch: int = 3) -> NDArray[np.uint8]:
    return np.concatenate([strip.codes() for strip in Segmenter(picture, network, plan, batch).strips()], axis=1)


def picture(height: int, width: int, seed: int = 0) -> Picture:
    return Picture(np.random.default_rng(seed).integers(0, 251, (3, height, width)).astype(np.uint8))


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(1, 400),
    width=st.integers(1, 400),
    tile=st.sampled_from([64, 96, 250]),
    overlap=st.sampled_from([0, 7, 21]),
    batch=st.integers(1, 5),
)
def test_blending_changes_nothing_where_tiles_agree(
    height: int, width: int, tile: int, overlap: int, batch: int
) -> None:
    source = picture(height, width)
    codes = run(source, Pixelwise(), layout(height, width, tile, overlap), batch)
    np.testing.assert_array_equal(codes, source.pixels[:2])


def test_tiles_differ_only_by_what_a_network_sees_at_their_edges() -> None:
    """Away from the picture's own edge, tiles of any size agree where the edge effect (5 px) is faded out."""
    source = picture(300, 420)
    whole = run(source, Blur(), layout(300, 420, tile=512, overlap=0)).astype(int)
    tiled = run(source, Blur(), layout(300, 420, tile=96, overlap=32)).astype(int)
    # at the 5 outermost pixels of a tile its weight is below 0.5 - 0.5 cos(5.5 pi / 32) = 0.071, and there at most
    # about half of the window is missing: 0.071 * 250 / 2 = 9 codes
    assert abs(whole - tiled).max() <= 9
    assert (whole == tiled).mean() > 0.8


def test_a_window_is_read_where_it_lies() -> None:
    source = picture(200, 300)
    plan = Layout.of((40, 50, 100, 120), 96, 32)
    np.testing.assert_array_equal(run(source, Pixelwise(), plan), source.pixels[:2, 40:140, 50:170])


def test_pixels_that_are_not_there_are_255() -> None:
    source = picture(120, 130)
    source.valid[:, 60:70] = False
    codes = run(source, Pixelwise(), layout(120, 130))
    assert (codes[:, :, 60:70] == 255).all()
    assert (np.delete(codes, np.s_[60:70], axis=2) <= 250).all()


@pytest.mark.parametrize(
    ("row", "valid", "expected"),
    [
        pytest.param("12345000", "11111000", "12345432", id="mirrored at the edge, the edge pixel not doubled"),
        pytest.param("00012345", "00011111", "43212345", id="on the other side"),
        pytest.param("12000000", "11000000", "12111111", id="beyond the mirror its last pixel"),
        pytest.param("12300789", "11100111", "12328789", id="a gap from both sides"),
    ],
)
def test_what_is_not_there_is_mirrored(row: str, valid: str, expected: str) -> None:
    def cells(text: str) -> NDArray[np.uint8]:
        return np.array([[int(cell) for cell in text]] * 3, np.uint8)

    filled = mirrored(cells(row)[None], cells(valid).astype(bool))
    np.testing.assert_array_equal(filled[0], cells(expected))


@pytest.mark.parametrize("pad", [((1, 0), (0, 3)), ((4, 2), (3, 1)), ((0, 5), (6, 0))], ids=str)
def test_all_around_is_mirrored_at_once(pad: tuple[tuple[int, int], tuple[int, int]]) -> None:
    picture = np.random.default_rng(4).integers(1, 256, (3, 8, 9)).astype(np.uint8)
    there = np.pad(np.ones((8, 9), bool), pad)
    filled = mirrored(np.pad(picture, ((0, 0), *pad)), there)
    assert (filled == np.pad(picture, ((0, 0), *pad), mode="reflect")).all()


def test_tiles_without_pixels_or_unwanted_are_not_run() -> None:
    source = picture(64, 640)
    source.valid[:, 320:] = False
    network = Pixelwise()
    plan = Layout.of((0, 0, 64, 640), 64, 0, lambda window: window[1] >= 128)
    codes = run(source, network, plan)
    assert sum(network.batches) == 3  # of ten tiles, two are unwanted and five hold no pixel
    assert (codes[:, :, :128] == 0).all()


def test_reading_runs_in_a_thread_of_its_own() -> None:
    source = picture(300, 64)
    run(source, Pixelwise(), layout(300, 64))
    assert source.read_by
    assert threading.get_ident() not in source.read_by


class Meeting(Pixelwise):
    """Each tile waits for another one that is run at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self._both = threading.Barrier(2)

    def probabilities(self, tiles: NDArray[np.uint8], *, tta: bool = False) -> NDArray[np.float32]:
        self._both.wait(timeout=60)
        return super().probabilities(tiles)


def test_workers_run_tiles_at_once_and_change_nothing() -> None:
    source, plan = picture(300, 410), layout(300, 410, tile=96, overlap=32)
    assert len(plan.rows.starts) * len(plan.cols.starts) % 2 == 0
    said: list[str] = []
    workers = Workers(2, first=lambda: said.append("first"), last=lambda: said.append("last"))
    strips = Segmenter(source, Meeting(), plan, batch_size=1, workers=workers).strips()
    codes = np.concatenate([strip.codes() for strip in strips], axis=1)
    np.testing.assert_array_equal(codes, source.pixels[:2])
    assert said == ["first", "first", "last"]


def test_tiles_of_two_sizes_are_not_run_in_one_batch() -> None:
    source, network, plan = picture(96, 300), Pixelwise(), layout(96, 300, tile=96, overlap=32)
    assert plan.cols.sizes == (96, 96, 96, 96, 64)
    np.testing.assert_array_equal(run(source, network, plan, batch=3), source.pixels[:2])
    assert network.batches == [3, 1, 1]


def test_an_error_while_reading_reaches_the_caller() -> None:
    source = picture(300, 64)

    def broken(row: int, *rest: int) -> None:
        raise BadInput("truncated")

    source.read = broken  # type: ignore[assignment, method-assign]
    with pytest.raises(BadInput, match="truncated"):
        run(source, Pixelwise(), layout(300, 64))


def test_cancelling_ends_the_run_between_batches() -> None:
    calls = []

    def progress(fraction: float) -> None:
        calls.append(fraction)
        if len(calls) == 3:
            raise Cancelled("enough")

    before = set(threading.enumerate())
    with pytest.raises(Cancelled):
        list(Segmenter(picture(600, 64), Pixelwise(), layout(600, 64), progress=progress).strips())
    assert calls == sorted(calls)
    assert len(calls) == 3
    assert set(threading.enumerate()) <= before


def test_values_that_are_no_numbers_are_refused() -> None:
    class Broken(Pixelwise):
        def probabilities(self, tiles: NDArray[np.uint8], *, tta: bool = False) -> NDArray[np.float32]:
            return super().probabilities(tiles) * np.float32("nan")

    with pytest.raises(FootprintsError, match="no numbers"):
        run(picture(64, 64), Broken(), layout(64, 64))
