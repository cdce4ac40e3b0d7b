"""Photograph the tutorial: a real QGIS, on a screen that is none, goes through it with the packaged plugin.

Usage: python -m tools.screenshots dist/plugin.zip (`make docs-screenshots`): writes docs/tutorial/*.jpg and the
pictures of the help pages. What QGIS does is in tools/tour.py. Needs Xvfb and a window manager (openbox).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools import run_qgis

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "screenshots"
SCREEN = "1280x800x24"
SETTINGS = """\
[qgis]
checkVersion=false
showTips=false
newProjectDefault=false
UI\\Customization\\enabled=false
iconSize=16

[locale]
overrideFlag=true
userLocale=en

[core]
NewsFeed\\httpsfeedqgisorg\\disabled=true

[PythonPlugins]
building_footprints_plugin=true
processing=true
"""
TIMEOUT_S = 1200


def main(argv: list[str]) -> int:
    if len(argv) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    config = _profile(Path(argv[0]))
    with screen() as display:
        environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "TOUR_FOLDER": str(WORK)}
        environment.setdefault("BUILDING_FOOTPRINTS_PYTHON", str(run_qgis.ENGINE_PYTHON))
        command = ["qgis", "--nologo", "--noversioncheck", "--profiles-path", str(config)]
        start = WORK / "start.py"
        start.write_text(f"import sys\nsys.path.append({str(ROOT)!r})\nfrom tools import tour\n")
        command += ["--code", str(start)]
        subprocess.run(command, env=environment, timeout=TIMEOUT_S, check=False)
    log = (WORK / "tour.log").read_text() if (WORK / "tour.log").is_file() else "QGIS did not start the tour."
    if log.strip().splitlines()[-1] != "done":
        print(log, file=sys.stderr)
        return 1
    return 0


def _profile(package: Path) -> Path:
    """Return a configuration folder of QGIS, made anew, with the plugin switched on."""
    shutil.rmtree(WORK, ignore_errors=True)
    config = WORK / "qgis"
    profile = run_qgis.profile_folder(config)
    run_qgis.install(package, profile)
    (profile / "QGIS").mkdir()
    (profile / "QGIS" / "QGIS3.ini").write_text(SETTINGS)
    return config


@contextlib.contextmanager
def screen() -> Iterator[str]:
    """Run an X server without a screen, with a window manager; yield its display."""
    with contextlib.ExitStack() as stack:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", "1", "-screen", "0", SCREEN], stdout=subprocess.PIPE, text=True
        )
        stack.callback(_end, server)
        display = ":" + (server.stdout.readline().strip() if server.stdout else "")
        manager = subprocess.Popen(["openbox"], env={**os.environ, "DISPLAY": display}, text=True)
        stack.callback(_end, manager)
        yield display


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
