"""Images that have no labels: stop, leave them out, or take them as free of buildings."""

from __future__ import annotations

from collections.abc import Mapping

from building_footprints_plugin.engine.errors import BadInput

from .labelling import NoBuildings
from .source import Labels

SHOWN = 3


def take_missing(
    labels: Mapping[str, Labels | None], missing: str, what: str, expected: str
) -> tuple[dict[str, Labels], tuple[str, ...]]:
    """Return the labels of the images to take, by key, and the keys of those left out.

    `missing` is "stop", "skip" or "empty"; `what` and `expected`, a name with {} for the key, are for the error:
    BadInput if some image has none and `missing` is "stop".
    """
    absent = [key for key, each in labels.items() if each is None]
    if absent and missing == "stop":
        named = ", ".join(absent[:SHOWN]) + (f" and {len(absent) - SHOWN} more" if len(absent) > SHOWN else "")
        raise BadInput(
            f"{len(absent)} of {len(labels)} images have no {what}: {named}; expected {expected.format(absent[0])}; "
            "leave them out with --missing skip, or take them as free of buildings with --missing empty."
        )
    if missing == "empty":
        return {key: each or NoBuildings() for key, each in labels.items()}, ()
    return {key: each for key, each in labels.items() if each is not None}, tuple(absent)
