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
CASES = [
    # the line between 1 and 2 is min(200, 190) of a weaker part's mean 190: 1.0; between 2 and 3 it is 40 of 80: 0.5
    pytest.param("200 200 200 190 190 190 40 120", 0.6, "1 1 1 1 1 1 3 3", id="a ridge goes, a border stays"),
    pytest.param("200 200 200 190 190 190 40 120", 0.5, "1 1 1 1 1 1 1 1", id="at the limit"),
    pytest.param("200 200 200 190 190 190 40 120", 1.1, LABELS, id="above 1 nothing is merged"),
    # 3 joins 2 first (1.0); together they average 92, and the line to 1 is 60 of 92 instead of 60 of 150
    pytest.param("200 200 60 60 190 50 50 50", 0.6, "1 1 1 1 1 1 1 1", id="judged anew after a merge"),
    pytest.param("200 200 200 0 0 0 0 0", 0.6, "1 1 1 1 1 1 1 1", id="a part without interior parts nothing"),
]


@pytest.mark.parametrize(("interior", "least", "expected"), CASES)
def test_lines_by_hand(interior: str, least: float, expected: str) -> None:
    found = merge_parts(row(LABELS, np.int32), row(interior, np.uint8), least)
    assert found.tolist() == row(expected, np.int32).tolist()


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
