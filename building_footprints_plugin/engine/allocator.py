"""How the C library keeps memory: a network asks for the same large blocks again and again."""

from __future__ import annotations

import ctypes
import sys

# Numbers of GNU's malloc.h; mallopt(3) says what they mean.
M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4
M_ARENA_MAX = -8
NEVER = 2**31 - 1


def share_one_heap() -> None:
    """Let all threads take memory from one heap: each would keep for itself what it freed.

    To be called before there are threads: the heap of one that has ended is passed on. Does nothing where the C library
    is another.
    """
    _set(M_ARENA_MAX, 1)


def keep_freed_memory() -> None:
    """Let freed blocks be used again instead of given back to the system, which would clear each page anew.

    Half of the time of a forward pass on a CPU went into that (glibc takes every block above 32 MB straight from the
    system, and most activations are). All threads share one heap, also where `share_one_heap` was not called. Does
    nothing where the C library is another.
    """
    _set(M_MMAP_MAX, 0)
    _set(M_TRIM_THRESHOLD, NEVER)
    _set(M_ARENA_MAX, 1)


def give_back_freed_memory() -> None:
    """Give what was kept back to the system: nothing will be computed for a while."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None
    if trim is not None:
        trim(0)


def _set(parameter: int, value: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform.startswith("linux") else None
    if mallopt is not None:
        mallopt(parameter, value)
