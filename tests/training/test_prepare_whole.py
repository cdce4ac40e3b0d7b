"""`prepare` writes the same bytes whatever the workers, and all of a folder or none of it, however it ends."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from makers import make_place
from prepare_makers import (
    everything,
    make_spacenet,
    make_town,
    run,
)

HERE = Path(__file__).parent
LONG_S = 600  # so that what hangs is an error
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


def test_a_large_raster_is_shared_out_among_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raster, truth = make_town(tmp_path / "in")
    words = (raster, "--truth", truth, "--split", "train", "--chip", 32)
    assert run(words[0], tmp_path / "alone", *words[1:]) == 0
    monkeypatch.setattr("training.prepare.plan.BIG_BYTES", 0)
    monkeypatch.setattr("training.prepare.plan.JOB_PX", 1500)  # 6000 px: four jobs of two chips
    assert run(words[0], tmp_path / "shared", *words[1:]) == 0
    assert everything(tmp_path / "shared") == everything(tmp_path / "alone")


def test_a_full_disk_is_said_and_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(path: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    make_place(tmp_path / "in" / "fine")
    monkeypatch.setattr(Path, "write_bytes", full)
    assert run(tmp_path / "in", tmp_path / "out") == 1
    assert "out could not be written ([Errno 28] No space left on device); nothing was left" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_the_same_bytes_again_whatever_the_number_of_workers(tmp_path: Path) -> None:
    source = make_spacenet(tmp_path / "AOI_2_Vegas_Train", range(1, 5))
    assert run(source, tmp_path / "one", "--chip", 64) == 0
    assert run(source, tmp_path / "again", "--chip", 64) == 0
    command = [sys.executable, "-m", "training", "prepare", str(source), str(tmp_path / "three"), "--chip", "64"]
    subprocess.run([*command, "--workers", "3"], check=True, capture_output=True)
    first = everything(tmp_path / "one")
    assert len(first) > 4 * 8
    assert everything(tmp_path / "again") == first
    assert everything(tmp_path / "three") == first


def test_a_target_in_use_is_refused_or_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_place(tmp_path / "in" / "fine")
    target = tmp_path / "out"
    target.mkdir()
    (target / "thesis.txt").write_text("mine")
    assert run(tmp_path / "in", target) == 2
    assert "is not empty" in capsys.readouterr().err
    assert run(tmp_path / "in", target, "--overwrite") == 2
    assert "was not made by prepare" in capsys.readouterr().err
    assert [path.name for path in target.iterdir()] == ["thesis.txt"]
    (target / "thesis.txt").unlink()
    assert run(tmp_path / "in", target) == 0
    before = everything(target)
    assert run(tmp_path / "in", target, "--overwrite", "--format", "png") == 0
    assert everything(target).keys() != before.keys()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_failure_leaves_nothing_and_the_old_folder_alone(tmp_path: Path) -> None:
    source = make_spacenet(tmp_path / "AOI_2_Vegas_Train", range(1, 5))
    assert run(source, tmp_path / "out") == 0
    before = everything(tmp_path / "out")
    broken = source / "RGB-PanSharpen" / "RGB-PanSharpen_AOI_2_Vegas_img3.tif"
    broken.write_bytes(broken.read_bytes()[:20_000])
    assert run(source, tmp_path / "out", "--overwrite") == 2
    assert run(source, tmp_path / "new") == 2
    assert everything(tmp_path / "out") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["AOI_2_Vegas_Train", "out"]


def start(folder: Path) -> subprocess.Popen[str]:
    """Start `prepare` of 59 images, some 15 seconds of work for its two workers; return when one is written."""
    source = make_spacenet(folder / "AOI_2_Vegas_Train", range(1, 60))
    paths = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    words = ["prepare", str(source), str(folder / "out"), "--workers", "2"]
    running = subprocess.Popen(
        [sys.executable, str(HERE / "slow_prepare.py"), *words],
        env={**os.environ, "PYTHONPATH": paths},
        stderr=subprocess.PIPE,
        text=True,
    )
    while running.poll() is None and not list(folder.glob(".out*/*/images/*")):
        time.sleep(0.02)
    return running


@pytest.mark.skipif(os.name == "nt", reason="signals as Unix has them")
def test_stopped_from_outside_it_leaves_nothing(tmp_path: Path) -> None:
    running = start(tmp_path)
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=LONG_S)
    assert running.returncode == 1
    assert said.splitlines()[-1].startswith("Error: Stopped; nothing was written")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["AOI_2_Vegas_Train"]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at the processes as Linux shows them")
def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    """Nothing can tidy up after a kill -9, but no process stays, and what is left cannot be taken for a result."""
    running = start(tmp_path)
    workers = [int(word) for word in Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()]
    assert len(workers) == 2
    running.kill()
    running.communicate(timeout=LONG_S)  # to the end of stderr, which the workers hold too
    deadline = time.monotonic() + LONG_S
    while any(_lives(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_lives(worker) for worker in workers)
    assert not (tmp_path / "out").exists()


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
