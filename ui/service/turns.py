"""Turns: a limited number of threads at once, first come, first served."""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """A lock for `at_once` threads that lets them in in order of arrival.

    With many painters a plain lock would let some through often and others hardly ever.
    """

    def __init__(self, at_once: int = 1):
        self._lock, self._free = threading.Lock(), at_once
        self._waiting: deque[threading.Event] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Event()
            self._waiting.append(mine)
        mine.wait()

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()  # hands this turn over: it never becomes free
            else:
                self._free += 1

    @property
    def waiting(self) -> int:
        """The number of threads that wait for a turn."""
        return len(self._waiting)
