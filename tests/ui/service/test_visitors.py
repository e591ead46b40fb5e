"""Visitors that leave, and what their browsers are told."""

import platform
import sys
import threading
import time

import httpx
import pytest
import torch

from tests.cm_core.test_model import tiny
from tests.ui.conftest import LABELS
from tests.ui.web.test_doors import Visitor
from ui.page import launch
from ui.service.engine import AT_ONCE, CROWD, LIVE_SECONDS, Engine
from ui.service.memory import share_arenas
from ui.service.progress import last
from ui.service.turns import Turns
from ui.web import readers

SLOW = 0.15  # seconds of an evaluation


@pytest.fixture(scope="module")
def slow():
    """A page whose model takes its time, and how many pictures each evaluation had."""
    model, seen = tiny(labels=LABELS, image_size=8), []
    forward = model.forward

    def slowly(x, *args, **kwargs):
        seen.append(x.shape[0])
        time.sleep(SLOW)
        return forward(x, *args, **kwargs)

    engine = Engine("slow", model)
    page, url = launch(engine, prevent_thread_lock=True, quiet=True)
    model.forward = slowly
    yield page, Visitor(url), seen
    page.close()


def until(holds, seconds=10):
    """Wait until something holds, and say how long that took."""
    start = time.monotonic()
    while not holds():
        assert time.monotonic() < start + seconds
        time.sleep(0.01)
    return time.monotonic() - start


def long_walk(visitor, session):
    """Ask for 32 evaluations of AT_ONCE pictures: the event's number, and what Gradio calls it."""
    walk = next(one for one in visitor.endpoints if one["api_name"] == "interpolate")
    inputs = [visitor.components[one]["props"].get("value") for one in walk["inputs"]]
    inputs[2:4] = [32, 8]  # frames and steps
    if session is None:  # the documented way
        return walk["id"], visitor.web.post("call/interpolate", json={"data": inputs}).json()
    body = {"fn_index": walk["id"], "data": inputs, "session_hash": session}
    return body["fn_index"], visitor.web.post("queue/join", json=body).json()


@pytest.mark.parametrize("way", ["vanishes", "stops"])
def test_a_script_that_leaves_frees_its_place_within_an_evaluation(slow, way):
    page, visitor, seen = slow
    number, event = long_walk(visitor, way)
    seen.clear()
    with visitor.web.stream("GET", "queue/data", params={"session_hash": way}):
        until(lambda: len(seen) > 1)
        if way == "stops":
            stop = {"session_hash": way, "fn_index": number, **event}
            visitor.web.post("cancel", json=stop).raise_for_status()
    took = until(lambda: not any(page._queue.active_jobs))
    assert took < 5 * SLOW
    time.sleep(4 * SLOW)
    assert max(seen) == AT_ONCE and len(seen) < 8


@pytest.mark.parametrize("session", ["deaf", None])
def test_a_script_that_never_reads_is_let_go_of_when_others_come(slow, monkeypatch, session):
    page, visitor, seen = slow
    queue = page._queue
    _, event = long_walk(visitor, session)
    session = session or event["event_id"]
    seen.clear()
    until(lambda: len(seen) > 1)
    assert visitor.call("denoise", None, 0, "Any", "Any", "Any", None)
    assert any(queue.active_jobs)  # not at once: it may be about to read
    monkeypatch.setattr(readers, "PATIENCE", 0.0)
    assert visitor.call("denoise", None, 0, "Any", "Any", "Any", None)
    until(lambda: not any(queue.active_jobs))
    assert len(seen) < 16
    assert session not in queue.pending_messages_per_session
    assert session not in queue.pending_event_ids_session


def test_nothing_is_kept_of_visits_that_were_answered(slow):
    page, visitor, _ = slow
    for _ in range(4):
        assert visitor.call("denoise", None, 0, "Any", "Any", "Any", None)
    assert len(page._queue.pending_event_ids_session) == 1  # the last, until somebody comes
    assert len(page._queue.pending_messages_per_session) == 1


def test_a_script_that_reads_is_waited_for_however_long_it_takes(slow, monkeypatch):
    page, visitor, seen = slow
    long_walk(visitor, "patient")
    seen.clear()
    with visitor.web.stream("GET", "queue/data", params={"session_hash": "patient"}):
        until(lambda: len(seen) > 1)
        monkeypatch.setattr(readers, "PATIENCE", 0.0)
        assert visitor.call("denoise", None, 0, "Any", "Any", "Any", None)
        at = len(seen)
        until(lambda: len(seen) > at + 3)
        assert "patient" in page._queue.pending_messages_per_session
    until(lambda: not any(page._queue.active_jobs))


def test_threads_share_their_memory():
    assert share_arenas() == (sys.platform == "linux" and platform.libc_ver()[0] == "glibc")


def test_turns_go_by_the_order_of_coming():
    turns, order = Turns(), []

    def take(i):
        with turns:
            order.append(i)

    with turns:
        threads = []
        for i in range(8):
            threads.append(threading.Thread(target=take, args=(i,)))
            threads[-1].start()
            until(lambda i=i: turns.waiting == i + 1)
        assert order == []
    for thread in threads:
        thread.join()
    assert order == list(range(8)) and turns.waiting == 0


def test_a_large_batch_taken_in_parts_is_the_same_batch(tasks):
    engine = tasks.engines.first
    x, sigma = torch.randn(2 * AT_ONCE + 1, 3, 32, 32), torch.linspace(0.1, 5, 2 * AT_ONCE + 1)
    labels = torch.arange(2 * AT_ONCE + 1) % 12

    def once(model):
        yield model(x, sigma, labels)

    with torch.inference_mode():
        [(parts, readout)] = engine.stream(once)
        whole = engine.model(x, sigma, labels)
    assert readout.evaluations == 1
    torch.testing.assert_close(parts, whole, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("path", ["", "config", "theme.css", "gradio_api/info", "nothing"])
def test_every_answer_says_what_browsers_may_do_with_it(url, path):
    headers = httpx.get(url + path, timeout=60, headers={"accept-encoding": "br"}).headers
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert policy.startswith("frame-ancestors 'self'") and "https://*.hf.space" in policy
    assert "x-frame-options" not in headers  # which cannot name Spaces


def test_while_many_wait_pictures_of_lifted_pens_come_first(tasks, monkeypatch):
    engine = tasks.engines.first
    assert engine.follows
    with engine._turns:
        waiting = [threading.Thread(target=lambda: last(tasks.generate())) for _ in range(CROWD)]
        for one in waiting:
            one.start()
        until(lambda: engine._turns.waiting == CROWD)
        assert not engine.follows
    for one in waiting:
        one.join()
    assert engine.follows
    monkeypatch.setattr(engine, "seconds", LIVE_SECONDS + 1)
    assert not engine.follows
