"""The page as it is served: a process of its own, its events, and what memory it takes."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx

STARTING = 120  # seconds that the page may take to come up
PATIENCE = 120  # and an answer to arrive


class Site:
    """A page's events, found by what they belong to."""

    def __init__(self, url: str):
        config = httpx.get(f"{url}config", timeout=PATIENCE).json()
        self.components = {one["id"]: one for one in config["components"]}
        self.events = config["dependencies"]
        self.api = f"{url}gradio_api/"

    def live(self, place: str) -> tuple[int, list[Any], int]:
        """(event, its inputs' values, place of the canvas among them) of a canvas's live event."""
        for event in self.events:
            for one, name in event["targets"]:
                named = self.components.get(one, {}).get("props", {}).get("elem_id")
                if named == place and name == "input" and not event["queue"]:
                    return event["id"], self.values(event), event["inputs"].index(one)
        raise SystemExit(f"The page has no live event of {place}.")

    def values(self, event: dict[str, Any]) -> list[Any]:
        """What a fresh page sends with an event."""
        return [self.components[one]["props"].get("value") for one in event["inputs"]]

    def named(self, name: str) -> dict[str, Any]:
        """The public event of a name."""
        return next(event for event in self.events if event["api_name"] == name)


@contextlib.asynccontextmanager
async def client(most: int) -> AsyncIterator[httpx.AsyncClient]:
    """A web client with room for so many connections."""
    limits = httpx.Limits(max_connections=most)
    async with httpx.AsyncClient(timeout=PATIENCE, limits=limits) as web:
        yield web


def memory(process: int) -> float:
    """What a process holds of the machine's memory, in GB (Linux)."""
    told = Path(f"/proc/{process}/status").read_text()
    line = next(line for line in told.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e9


@contextlib.contextmanager
def serving() -> Iterator[tuple[str, int]]:
    """The page in a process of its own, as one runs it: its address and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, app = f"http://127.0.0.1:{port}/", Path(__file__).parent.parent / "app.py"
    settings = {"GRADIO_SERVER_PORT": str(port), "ONESTROKE_DOWNLOADS": "no"}
    process = subprocess.Popen(
        [sys.executable, str(app)], env=os.environ | settings, stdout=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + STARTING
        while not answers(url):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit("The page did not start.")
            time.sleep(0.5)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()


def answers(url: str) -> bool:
    """Whether there is a page."""
    try:
        return httpx.get(url, timeout=10).is_success
    except httpx.HTTPError:
        return False
