"""Memory that was freed is used again: the system need not clear its pages anew."""

from __future__ import annotations

import subprocess
import sys

import pytest

COUNT_FAULTS = """
import resource, sys
import numpy as np
from building_footprints_plugin.engine.allocator import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.empty(64 * 2**20, np.uint8).fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


def faults_of_a_second_block(how: str) -> int:
    run = subprocess.run([sys.executable, "-c", COUNT_FAULTS, how], capture_output=True, text=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the C library's own doing elsewhere")
def test_a_block_is_used_again():
    given_back = faults_of_a_second_block("give back")
    if given_back < 100:
        pytest.skip("this C library keeps freed memory by itself, or has large pages")
    assert faults_of_a_second_block("keep") < given_back / 10
