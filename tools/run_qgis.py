"""Put the packaged plugin into a QGIS profile, and run its algorithms there through qgis_process.

Usage: python -m tools.run_qgis install dist/plugin.zip [--profile FOLDER]
       python -m tools.run_qgis run dist/plugin.zip extractbuildings INPUT=a.tif ... --config FOLDER [--result FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "building_footprints_plugin"
PROVIDER = "buildingfootprints"
ENGINE_PYTHON = ROOT / ".venv" / "bin" / "python"


def main(argv: list[str]) -> int:
    arguments = parse(argv)
    if arguments.command == "install":
        folder = install(arguments.zip, arguments.profile or default_profile())
        print(f"Installed {folder}; restart QGIS and switch it on under Plugins.")
        return 0
    install(arguments.zip, profile_folder(arguments.config))
    enable(arguments.config)
    done = run(arguments.config, arguments.algorithm, dict(pair.split("=", 1) for pair in arguments.parameters))
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
        return done.returncode
    if arguments.result:
        arguments.result.write_text(json.dumps(results(done), indent=1) + "\n")
    return 0


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    installing = commands.add_parser("install")
    installing.add_argument("zip", type=Path)
    installing.add_argument("--profile", type=Path, help="profile folder; default: QGIS 3's default profile")
    running = commands.add_parser("run")
    running.add_argument("zip", type=Path)
    running.add_argument("algorithm")
    running.add_argument("parameters", nargs="*", metavar="NAME=VALUE")
    running.add_argument("--config", type=Path, required=True, help="throw-away configuration folder of QGIS")
    running.add_argument("--result", type=Path, help="JSON file for the algorithm's outputs")
    return parser.parse_args(argv)


def default_profile() -> Path:
    """Return the folder of QGIS 3's default profile on this system."""
    if sys.platform == "win32":
        base = Path(os.environ["APPDATA"])
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share"))
    return base / "QGIS" / "QGIS3" / "profiles" / "default"


def profile_folder(config: Path) -> Path:
    """Return the default profile's folder inside a throw-away configuration folder."""
    return config / "profiles" / "default"


def install(package: Path, profile: Path) -> Path:
    """Unpack the zip `package` into `profile`, in place of the plugin that is there; return its folder."""
    plugins = profile / "python" / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    target = plugins / PACKAGE
    with tempfile.TemporaryDirectory(dir=plugins, prefix=".unpack-") as folder:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
        if target.is_symlink():
            target.unlink()
        elif target.exists():
            shutil.rmtree(target)
        (Path(folder) / PACKAGE).rename(target)
    return target


def enable(config: Path) -> None:
    """Switch the plugin on in the throw-away configuration folder `config`."""
    done = call(config, ["plugins", "enable", PACKAGE])
    if done.returncode != 0 and "already enabled" not in done.stdout + done.stderr:
        raise SystemExit(f"Error: QGIS does not load the plugin: {done.stdout}{done.stderr}")


def run(config: Path, algorithm: str, parameters: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Run one of the plugin's algorithms; its JSON report is on stdout if it succeeds. A list is given item by item."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in parameters.items()}
    pairs = [f"{name}={value}" for name, values in lists.items() for value in values]
    return call(config, ["--json", "run", f"{PROVIDER}:{algorithm}", "--", *pairs])


def results(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the outputs of a finished run."""
    report = json.loads(done.stdout[done.stdout.index("{") :])
    return dict(report["results"])


def call(config: Path, arguments: list[str], timeout_s: float = 600) -> subprocess.CompletedProcess[str]:
    """Run qgis_process to its end; see `command`."""
    program, environment = command(config)
    return subprocess.run(
        [program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def command(config: Path) -> tuple[str, dict[str, str]]:
    """Return qgis_process and the environment that gives it no screen and its own configuration folder `config`."""
    # Debian 12's /usr/bin/qgis_process is a wrapper that adds an option the program does not know.
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        raise SystemExit("Error: there is no qgis_process on the path; run `make setup`.")
    config.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "QGIS_CUSTOM_CONFIG_PATH": str(config.resolve()),
        "QT_QPA_PLATFORM": "offscreen",
        "BUILDING_FOOTPRINTS_PYTHON": os.environ.get("BUILDING_FOOTPRINTS_PYTHON", str(ENGINE_PYTHON)),
    }
    return program, environment


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
