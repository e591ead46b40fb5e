"""Who waits for whom."""

import threading
import time
from collections import defaultdict

import torch

from ui.page import build_page
from ui.service.engine import CORES, THREADS, Engine
from ui.service.slots import DOWNLOADS, EDITS, EXPORTS, LOADS


def test_a_download_an_export_and_an_edit_do_not_wait_for_each_other(engine):
    named, limits = defaultdict(set), {}
    for event in build_page(engine).fns.values():
        named[event.concurrency_id].add(event.name)
        limits[event.concurrency_id] = event.concurrency_limit
    kinds = {"download": DOWNLOADS, "choose": LOADS, "save": EXPORTS, "draw": EDITS}
    assert len({place["concurrency_id"] for place in kinds.values()}) == len(kinds)
    for event, place in kinds.items():
        assert event in named[place["concurrency_id"]]
        assert limits[place["concurrency_id"]] == place["concurrency_limit"]
    assert EDITS["concurrency_limit"] > 1


class Counting:
    """A model that notes how many evaluations, of whatever model, run beside its own."""

    device = torch.device("cpu")

    def __init__(self, running, seen):
        self.running, self.seen = running, seen

    def __call__(self, x, sigma, label=None):
        self.running.append(self)
        self.seen.append(len(self.running))
        time.sleep(0.05)
        self.running.remove(self)
        return x


def test_the_evaluations_of_all_models_together_have_no_more_threads_than_there_are_cores():
    running, seen = [], []
    engines = [Engine(str(i), Counting(running, seen)) for i in range(CORES + 2)]

    def once(model):
        yield model(torch.zeros(1, 3, 8, 8), 1.0)

    threads = [threading.Thread(target=lambda e=e: list(e.stream(once))) for e in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(engines) and max(seen) * THREADS <= CORES
