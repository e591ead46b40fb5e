"""A limit on the memory that the C library keeps for itself."""

from __future__ import annotations

import ctypes
import sys

ARENAS = 2
M_ARENA_MAX = -8  # mallopt's name for it, of glibc


def share_arenas() -> bool:
    """Make all threads share a few memory pools; returns whether the C library could be told so.

    By default glibc gives each thread a pool of its own, which keeps the memory that an evaluation
    once took: with twenty painters 0.3 GB.
    """
    if sys.platform != "linux":
        return False
    told = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    return bool(told and told(M_ARENA_MAX, ARENAS))
