"""How often one visitor may ask for a live picture."""

from __future__ import annotations

import threading
from collections import OrderedDict

from cm_core.errors import SettingError

EVERY = 1 / 20  # seconds between two live pictures of one session
BURST = 20  # pictures that may be asked for at once after a pause
LONGEST_WAIT = 2.0
SESSIONS = 1024  # remembered


class RateLimit:
    """Bounds a session's live pictures: a request a little early waits, further ones are refused.

    A page asks for one picture at a time, so the last one it asks for is never refused.
    """

    def __init__(self, every: float = EVERY, burst: int = BURST):
        self.every, self.burst = every, burst
        self._due: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def delay(self, session: str | None, now: float) -> float:
        """Seconds that a picture asked for now has to wait. Raises SettingError beyond 2 s."""
        key = session or ""
        with self._lock:
            due = max(self._due.get(key, 0.0), now - self.every * self.burst)
            wait = max(0.0, due - now)
            if wait > LONGEST_WAIT:
                raise SettingError("Too many live pictures at once: wait a moment and go on.")
            self._due[key] = due + self.every
            self._due.move_to_end(key)
            while len(self._due) > SESSIONS:
                self._due.popitem(last=False)
        return wait
