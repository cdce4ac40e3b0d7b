"""Whether a Python can run the engine: asked by a subprocess, once, and the answer kept."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import QgsFeedback, QgsSettings

from .. import __version__
from ..translation import tr
from .answers import NONE, Kinds, checked
from .errors import BridgeError, EngineMissing
from .python import Candidate, candidates
from .run import Limits, run_engine

PROBE_S = 90.0  # torch from a cold disk under a virus scanner takes its time
KEPT_ANSWERS = "BuildingFootprints/engines"
ANSWER: Kinds = {
    "missing": list,
    **dict.fromkeys(("reasons", "packages", "weights"), (dict, NONE)),
    "gdal_drivers": (list, NONE),
}
# Polygonizing and scoring run without these.
NETWORK_PACKAGES = frozenset({"torch", "safetensors"})

_answers: dict[str, Probe] = {}


@dataclass(frozen=True)
class Probe:
    """What a candidate answered: `info` as the engine's command `info` gives it, or `failure`, a sentence."""

    candidate: Candidate
    info: dict[str, Any]
    failure: str = ""

    @property
    def missing(self) -> frozenset[str]:
        """Packages the engine cannot import there."""
        return frozenset(map(str, self.info.get("missing", ())))

    def lacks(self, with_network: bool) -> str:
        """Return why the engine cannot run there, or an empty string if it can."""
        if self.failure:
            return self.failure
        lacking = sorted(self.missing if with_network else self.missing - NETWORK_PACKAGES)
        return tr("it lacks the packages {}").format(", ".join(lacking)) if lacking else ""


def find_engine(with_network: bool = True) -> Probe:
    """Return the first candidate that can run the engine; raise EngineMissing with a reason for each if none can.

    The first call may take as long as starting Python and importing torch does; later ones are immediate.
    """
    failures = []
    for candidate in candidates():
        answer = probe(candidate)
        reason = answer.lacks(with_network)
        if not reason:
            return answer
        failures.append(f"{candidate.path} ({candidate.origin}): {reason}.")
    text = tr("No Python was found that can run the engine; run Install Engine, which makes one.")
    raise EngineMissing("\n".join([text, *failures]))


def probe(candidate: Candidate) -> Probe:
    """Return what `candidate` answers, from memory or the settings where it is the same file as then."""
    key = _key(candidate.path)
    if not key:
        return Probe(candidate, {}, tr("there is no such file"))
    if key not in _answers:
        info = _kept().get(key)
        _answers[key] = Probe(candidate, info) if info else _ask(candidate)
        if not _answers[key].failure and not _answers[key].missing:
            _keep({**_kept(), key: _answers[key].info})
    return Probe(candidate, _answers[key].info, _answers[key].failure)


def forget() -> None:
    """Drop every kept answer, so that the next question is asked anew."""
    _answers.clear()
    QgsSettings().remove(KEPT_ANSWERS)


def _ask(candidate: Candidate) -> Probe:
    try:
        limits = Limits(silence_s=PROBE_S)
        return Probe(candidate, checked(run_engine(candidate.path, ["info"], QgsFeedback(), limits), ANSWER))
    except BridgeError as error:
        return Probe(candidate, {}, _one_line(str(error)))


def _one_line(text: str) -> str:
    """Join the sentence of an error with the last thing the engine said, which names the cause."""
    lines: list[str] = text.strip().splitlines()
    short = lines[0] if len(lines) == 1 else f"{lines[0]} {lines[-1]}"
    return short.rstrip(".")


def _key(path: str) -> str | None:
    """Return what changes when the Python, its environment or this plugin does; None if there is no such file."""
    if not os.path.isfile(path):
        return None
    marker = Path(path).parent.parent / "pyvenv.cfg"
    times = [os.stat(path).st_mtime_ns, marker.stat().st_mtime_ns if marker.is_file() else 0]
    return "|".join([path, *map(str, times), __version__])


def _kept() -> dict[str, dict[str, Any]]:
    try:
        kept = json.loads(str(QgsSettings().value(KEPT_ANSWERS, "{}") or "{}"))
    except ValueError:
        return {}
    found = kept.items() if isinstance(kept, dict) else ()
    return {key: info for key, info in found if isinstance(info, dict) and isinstance(info.get("missing"), list)}


def _keep(answers: dict[str, dict[str, Any]]) -> None:
    newest = dict(list(answers.items())[-8:])
    QgsSettings().setValue(KEPT_ANSWERS, json.dumps(newest))
