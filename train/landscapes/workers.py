"""Worker processes that draw landscapes, seen from both sides.

No more is imported here than drawing needs: every worker loads it.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from train.landscapes.part import Part

AHEAD = 2  # tasks a worker that are asked for at once: all are busy, little waits in memory


@dataclass(frozen=True)
class Renderer:
    """What draws the landscape of (seed, size), its labels, and what tells it from others."""

    render: Callable
    scenes: tuple[str, ...]
    lights: tuple[str, ...]
    version: str


def start() -> None:
    """Make this process a worker: one thread, deaf to Ctrl+C, gone when its parent is."""
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    threading.Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    """A parent that is killed cannot end its workers, and they would wait for it forever."""
    multiprocessing.parent_process().join()
    os._exit(1)


def draw(renderer: Renderer, part: Part, span: range) -> None:
    """Draw some pictures of a part and put them on disk.

    They are not sent to the parent: it would wait for ever for the rest of a message whose sender
    was killed. One that says no more than that it is done arrives whole or not at all.
    """
    images, labels = (np.empty(s, np.uint8) for s in part.shapes(len(span)).values())
    for image, label, i in zip(images, labels, span, strict=True):
        made = renderer.render(part.first + i, part.size)
        image[...] = made.picture
        label[...] = renderer.scenes.index(made.scene), renderer.lights.index(made.light)
    part.write(span.start, images, labels)


@contextmanager
def workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Processes of one thread each, which end with the block; at once, where it is broken off."""
    others, threads = set(multiprocessing.active_children()), os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"  # has to be said before they load numpy
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), start)
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        os.environ.pop("OMP_NUM_THREADS")
        if threads is not None:
            os.environ["OMP_NUM_THREADS"] = threads


def submit(pool: ProcessPoolExecutor, *task) -> Future:
    """Hand a task to a pool, whose processes are born deaf to Ctrl+C: that is the parent's, which
    hears it a moment later. Where signals cannot be held back, workers are deaf once they run."""
    if not hasattr(signal, "pthread_sigmask"):
        return pool.submit(*task)
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(*task)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)


def drawn(
    renderer: Renderer, tasks: Iterable[tuple[Part, range]], jobs: int
) -> Iterator[tuple[Part, range]]:
    """The tasks, part and pictures by number, in the order in which they are on disk.

    Raises BrokenProcessPool where a worker dies. To be closed when it is left early.
    """
    todo, pending = iter(tasks), {}
    with workers(jobs) as pool:
        while True:
            for task in todo:
                pending[submit(pool, draw, renderer, *task)] = task
                if len(pending) >= AHEAD * jobs:
                    break
            if not pending:
                return
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                future.result()
                yield pending.pop(future)
