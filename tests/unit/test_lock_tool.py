"""What goes into the lock file of the engine, and that it names the torch that tests run with."""

from __future__ import annotations

from tools.lock import LOCK, ROOT, TORCH, locked

RESOLVED = """\
numpy==2.4.6 ; python_full_version < '3.12'
nvidia-cublas==13.1 ; sys_platform == 'linux'
cuda-bindings==13.4 ; sys_platform == 'linux'
torch==2.13.0
triton==3.8.0 ; sys_platform == 'linux'

"""


def test_what_only_torch_s_cuda_build_needs_is_left_to_it() -> None:
    assert locked(RESOLVED) == ["numpy==2.4.6 ; python_full_version < '3.12'", "torch==2.13.0"]


def test_torch_is_one_version_everywhere() -> None:
    assert f"TORCH ?= {TORCH}\n" in (ROOT / "Makefile").read_text()
    assert TORCH in LOCK.read_text().splitlines()
