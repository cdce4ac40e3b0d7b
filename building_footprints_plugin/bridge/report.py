"""What is installed and what is not: a text that can be pasted into a bug report."""

from __future__ import annotations

from collections.abc import Iterator

from ..translation import tr
from .install import is_outdated
from .machine import graphics_cards, this_machine
from .probe import Probe, forget, probe
from .python import SETTING, VARIABLE, candidates
from .trial import try_extraction

WEIGHTS_FACTS = ("path", "architecture", "gsd_m", "licence", "size_bytes")
PACKAGES = "torch numpy rasterio shapely pyogrio safetensors scipy pyarrow pillow tqdm"


def installation_report() -> tuple[str, bool]:
    """Ask every candidate anew; return the report and whether one of them can do everything."""
    forget()
    probes = [probe(candidate) for candidate in candidates()]
    chosen = next((answer for answer in probes if not answer.lacks(with_network=True)), None)
    lines = ["Building Footprints", *_table(this_machine()), "", tr("Pythons tried, in this order:")]
    for number, answer in enumerate(probes, start=1):
        lines += _tried(number, answer)
    if chosen is None:
        return "\n".join([*lines, "", *_what_to_do()]), False
    text, works = _trial(chosen)
    return "\n".join([*lines, "", *_engine(chosen), text]), works


def _tried(number: int, answer: Probe) -> Iterator[str]:
    verdict = answer.lacks(with_network=True)
    if verdict and not answer.lacks(with_network=False):
        verdict += tr("; enough for polygonizing and scoring")
    yield f"{number}. {answer.candidate.path} ({answer.candidate.origin}): {verdict or tr('works')}"
    for name, reason in (answer.info.get("reasons") or {}).items():
        yield f"   {name}: {reason}"


def _engine(answer: Probe) -> Iterator[str]:
    info = answer.info
    yield tr("Engine: {}").format(answer.candidate.path)
    facts = {name: info.get(name) for name in ("version", "python", "device", "precision", "gpu", "gpu_memory_mb")}
    facts["packages"] = ", ".join(f"{name} {version}" for name, version in (info.get("packages") or {}).items())
    weights = info.get("weights") or {}
    facts["weights"] = ", ".join(str(weights[name]) for name in WEIGHTS_FACTS if name in weights)
    yield from _table({name: str(value) for name, value in facts.items() if value not in (None, "")})
    if is_outdated(answer.candidate.path):
        yield tr("The engine was installed for another version of this plugin; run Install Engine to renew it.")
    if info.get("device") == "cpu" and graphics_cards():
        yield tr("The graphics card is not used: run Install Engine with repair, not for the CPU only.")
        yield tr("If that does not help, the card's driver is too old for torch.")
    elif info.get("device") == "cpu":
        yield tr("No GPU is used; on the CPU the network is slower and finds the same footprints.")


def _trial(answer: Probe) -> tuple[str, bool]:
    """Return the last lines on the engine, and whether it works."""
    if _weights_error(answer):
        return tr("The weights cannot be used: {} Install the plugin again.").format(_weights_error(answer)), False
    text, works = try_extraction(answer.candidate.path)
    return text if works else "\n".join([text, tr("Run Install Engine with repair.")]), works


def _weights_error(answer: Probe) -> str:
    return str((answer.info.get("weights") or {}).get("error") or "")


def _what_to_do() -> Iterator[str]:
    yield tr("No Python was found that can run the engine. What to do:")
    yield "- " + tr("Run Install Engine, which makes one; if that is not possible:")
    yield "- " + tr("Make an environment of Python 3.10 or newer and install the packages in it, for example:")
    yield "  python3 -m venv footprints"
    yield f"  footprints/bin/pip install {PACKAGES}"
    yield "- " + tr("Name its python in Install Engine with use, in QGIS's advanced setting {}").format(SETTING)
    yield "  " + tr("or in the variable {}.").format(VARIABLE)
    yield "- " + tr("Run Check Installation again; it asks every Python anew.")


def _table(facts: dict[str, str]) -> Iterator[str]:
    width = max(map(len, facts), default=0)
    return (f"  {name.ljust(width)}  {value}" for name, value in facts.items())
