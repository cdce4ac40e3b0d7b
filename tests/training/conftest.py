"""Fixtures of the training tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tiny import shrink_networks, two_places

from building_footprints_plugin.engine import networks
from training.places import Place

# The same examples on every machine, however slow it is.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `unet_baseline` be tiny for one test."""
    monkeypatch.setattr(networks, "NETWORKS", dict(networks.NETWORKS))
    shrink_networks()


@pytest.fixture
def places(tmp_path: Path) -> list[Place]:
    """A place to learn from and one to be judged on."""
    return two_places(tmp_path / "data")
