"""Where files can be made, also as Windows says it."""

from __future__ import annotations

import os

from building_footprints_plugin.bridge.files import unwritable


def test_a_place_that_can_be_written_is_left_as_it_was(tmp_path):
    assert unwritable(str(tmp_path / "out.gpkg")) == ""
    assert os.listdir(tmp_path) == []


def test_windows_is_asked_once(tmp_path, monkeypatch):
    """There tempfile takes a refusal for a name that is taken, and tries the next one of two billion."""
    asked = []

    def refuse(path, *_):
        asked.append(path)
        assert len(asked) == 1
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as windows:
        windows.setattr(os, "name", "nt")
        windows.setattr(os, "open", refuse)
        says = unwritable(str(tmp_path / "out.gpkg"))
    assert says.startswith(f"{tmp_path / 'out.gpkg'} cannot be written (Permission denied)")
