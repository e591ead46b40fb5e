"""How much memory the C library keeps for itself."""

from __future__ import annotations

import ctypes
import sys

ARENAS = 2
M_ARENA_MAX = -8  # mallopt's name for it, of glibc


def share_arenas() -> bool:
    """Have all threads take memory from a few pools; whether the C library could be told so.

    By default glibc gives each thread its own, and what a network's evaluation once took stays with
    the thread that it happened in: with twenty painters 0.3 GB.
    """
    if sys.platform != "linux":
        return False
    told = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    return bool(told and told(M_ARENA_MAX, ARENAS))
