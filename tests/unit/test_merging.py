"""Parts of one roof become one building; houses with a border between them do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from building_footprints_plugin.engine.labelling import Thresholds, label_buildings
from building_footprints_plugin.engine.merging import merge_parts


def row(text: str, dtype: type) -> NDArray[np.generic]:
    return np.array([[int(cell) for cell in text.split()]], dtype=dtype)


LABELS = "1 1 1 2 2 2 3 3"
OF_3, OF_2 = (1024 / 3) ** 0.2, (1024 / 2) ** 0.2  # what lines of parts of so few pixels are multiplied with
CASES = [
    # the line between 1 and 2 is min(200, 190) of a weaker part's mean 190: 1.0; between 2 and 3 it is 40 of 80: 0.5
    pytest.param("200 200 200 190 190 190 40 120", 0.6 * OF_2, "1 1 1 1 1 1 3 3", id="a ridge goes, a border stays"),
    pytest.param("200 200 200 190 190 190 40 120", 0.5 * OF_2, "1 1 1 1 1 1 1 1", id="at the limit"),
    pytest.param("200 200 200 190 190 190 40 120", 1.1 * OF_2, LABELS, id="above 1 nothing is merged"),
    # 3 joins 2 first (1.0); together they average 80, and the line to 1 is 60 of 80 instead of 60 of 100
    pytest.param("200 200 60 60 190 50 50 50", 0.7 * OF_3, "1 1 1 1 1 1 1 1", id="judged anew after a merge"),
    pytest.param("200 200 200 0 0 0 0 0", 0.6, "1 1 1 1 1 1 1 1", id="a part without interior parts nothing"),
]


@pytest.mark.parametrize(("interior", "least", "expected"), CASES)
def test_lines_by_hand(interior: str, least: float, expected: str) -> None:
    found = merge_parts(row(LABELS, np.int32), row(interior, np.uint8), least)
    assert found.tolist() == row(expected, np.int32).tolist()


@pytest.mark.parametrize(
    ("height", "width", "parts"),
    [
        pytest.param(4, 8, 1, id="32 pixels, a 32nd: the line counts twice as much"),
        pytest.param(32, 32, 2, id="1024 pixels: the line counts as it is"),
    ],
)
def test_a_small_part_needs_less_of_a_proof(height: int, width: int, parts: int) -> None:
    """Along the line, interior is 0.44 of that of the smaller part, whose first column is the weaker one."""
    labels, interior = np.ones((32, 32 + width), np.int32), np.full((32, 32 + width), 200, np.uint8)
    labels[:, 32:] = 0
    labels[:height, 32:], interior[:height, 32], interior[:height, 33:] = 2, 44, 108 if width == 8 else 102
    assert len(set(merge_parts(labels, interior, 0.85)[labels > 0].tolist())) == parts


def test_background_parts_nothing_and_joins_nothing() -> None:
    labels, interior = row("1 1 0 2 2", np.int32), row("250 250 250 250 250", np.uint8)
    assert merge_parts(labels, interior, 0.0).tolist() == labels.tolist()
    assert merge_parts(np.zeros((0, 5), np.int32), np.zeros((0, 5), np.uint8), 0.5).shape == (0, 5)


def test_a_roof_half_in_shadow_is_one_building() -> None:
    """Two seeds, 0.9 and 0.7, with 0.66 between them: a ridge. With 0.2 between them: two houses."""
    interior = np.zeros((12, 21), np.uint8)
    interior[1:11, 1:10], interior[1:11, 11:20] = 225, 175
    building = np.where(interior > 0, 225, 0).astype(np.uint8)
    building[1:11, 10] = 225
    for between, parts in ((165, 1), (50, 2)):
        interior[1:11, 10] = between
        labels = label_buildings(building, interior, Thresholds.of(0.5, 0.68, 0.9))
        assert len(set(labels[labels > 0].tolist())) == parts


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.5, 0.9, 1.0]))
def test_numbers_do_not_matter_and_merging_again_changes_nothing(seed: int, least: float) -> None:
    rng = np.random.default_rng(seed)
    labels = np.kron(rng.integers(0, 6, (4, 4)), np.ones((3, 3))).astype(np.int32)
    interior = rng.integers(0, 251, labels.shape, dtype=np.uint8)
    once = merge_parts(labels, interior, least)
    assert np.array_equal(once > 0, labels > 0)
    assert np.array_equal(merge_parts(once, interior, least), once)
    for number in np.unique(labels):
        assert len(np.unique(once[labels == number])) == 1
