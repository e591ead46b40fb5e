"""The files that visits leave behind: swept by age, and bounded in total size."""

from __future__ import annotations

import functools
import getpass
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

MOST_BYTES = 2_000_000_000
OLDEST = 24 * 60 * 60  # seconds that a file is kept at most
SPARED = 10 * 60  # seconds that a file is kept at least: somebody may be working with it
EVERY = 60  # seconds between two sweeps
FULL = "The server has no room for more pictures just now: try again in ten minutes."


def own_folder() -> Path:
    """Where this program keeps uploads and results, unless GRADIO_TEMP_DIR names another place.

    Gradio's own default is shared with other programs, whose files a sweep would remove.
    """
    own = Path(tempfile.gettempdir()) / f"onestroke-{getpass.getuser()}"
    folder = Path(os.environ.setdefault("GRADIO_TEMP_DIR", str(own)))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def sweep(folder: Path, room: int = 0, now: float | None = None) -> bool:
    """Remove files that are too old, then the oldest until `room` bytes fit below MOST_BYTES.

    Returns whether they fit. now: seconds since the epoch.
    """
    now, kept = time.time() if now is None else now, []
    for path in paths(folder):
        try:
            told = path.lstat()
            if path.is_dir() and not path.is_symlink():
                if now - told.st_mtime > SPARED:
                    path.rmdir()  # only where it is empty
            elif now - told.st_mtime > OLDEST:
                path.unlink()
            else:
                kept.append((told.st_mtime, told.st_size, path))
        except OSError:  # gone meanwhile, or not empty
            continue
    left = room + sum(size for _, size, _ in kept)
    for changed, size, path in sorted(kept):
        if left <= MOST_BYTES or now - changed < SPARED:
            break
        path.unlink(missing_ok=True)
        left -= size
    return left <= MOST_BYTES


def paths(folder: Path) -> Iterator[Path]:
    """All files and folders in a folder; one that vanishes meanwhile is passed over."""
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in folders + files)


@functools.cache
def keep_swept(folder: Path) -> threading.Thread:
    """Sweep a folder as long as the program runs; further calls change nothing."""

    def again() -> None:
        while True:
            sweep(folder)
            time.sleep(EVERY)

    sweeper = threading.Thread(target=again, daemon=True)
    sweeper.start()
    return sweeper
