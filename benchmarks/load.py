"""The page under load: painters who paint live, and mixed requests, over its real protocol.

python -m benchmarks.load --painters 20 --seconds 60
    serves the page in a process of its own and lets painters paint: whether every last frame
    arrives, how long after pen up, and what memory it takes.
python -m benchmarks.load --mixed --minutes 60
    the same memory over an hour of everything else: uploads, edits, exports, visitors who leave.

Strokes are rendered beforehand, so that the painters leave the processor to the page.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import io
import json
import math
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from PIL import Image, ImageDraw

PACE = 0.07  # seconds between two frames, as the canvas sends them
STROKE, PAUSE = 1.5, 1.0  # seconds that a pen is down, and up
FRAMES = round(STROKE / PACE)
SIDE = 128
STARTING = 120  # seconds that the page may take to come up
PATIENCE = 120  # and an answer to arrive
TARGET_P95, TARGET_MEMORY = 2.0, 1.5  # seconds, GB
COLOURS = ("#f2f2f0", "#2f5d33", "#4a7fb5", "#8a6f4d", "#1d1d1f")


@dataclass
class Report:
    """What painters met: seconds from pen up to picture, frames answered, last frames lost."""

    waited: list[float] = field(default_factory=list)
    frames: int = 0
    lost: list[str] = field(default_factory=list)

    @property
    def p95(self) -> float:
        """Seconds that all but a twentieth of the last frames took at most."""
        return sorted(self.waited)[math.ceil(0.95 * len(self.waited)) - 1] if self.waited else 0.0

    def __str__(self) -> str:
        middle = statistics.median(self.waited) if self.waited else 0.0
        return (
            f"{len(self.waited)} strokes, {self.frames} pictures; last frames lost: "
            f"{len(self.lost)}; pen up to picture: median {middle:.2f} s, p95 {self.p95:.2f} s"
        )


def stroke_frames(seed: int) -> list[str]:
    """A stroke as it grows, a data URL a frame, like those that the canvas sends."""
    rng, urls = random.Random(seed), []
    paper = Image.new("RGBA", (SIDE, SIDE), rng.choice(COLOURS))
    x, y = rng.uniform(20, 108), rng.uniform(20, 108)
    for _ in range(FRAMES):
        to = x + rng.uniform(-20, 20), y + rng.uniform(-20, 20)
        ImageDraw.Draw(paper).line((x, y, *to), fill=rng.choice(COLOURS), width=10)
        x, y = (min(max(v, 0), SIDE) for v in to)
        file = io.BytesIO()
        paper.save(file, "PNG")
        urls.append(f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}")
    return urls


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


class Painter:
    """One visitor with a pen: a picture under way at a time, the latest frame next."""

    def __init__(self, site: Site, web: httpx.AsyncClient, number: int, report: Report):
        self.site, self.web, self.report = site, web, report
        self.event, self.values, self.place = site.live("paint-canvas")
        self.session, self.frames = f"painter{number}-{os.getpid()}", stroke_frames(number)

    async def send(self, frame: str, drawing: bool) -> str | None:
        """Have a frame's picture made: its address, or None where none came."""
        data = [*self.values]
        data[self.place] = {"frame": frame, "drawing": drawing}
        body = {"fn_index": self.event, "data": data, "session_hash": self.session}
        answer = await self.web.post(f"{self.site.api}run/predict", json=body)
        shown = answer.json().get("data", [None])[0] if answer.is_success else None
        self.report.frames += bool(shown and shown.get("url"))  # none of a frame that was left out
        if not drawing and not (shown and shown.get("url") and not shown["draft"]):
            self.report.lost.append(answer.text[:200])
        return shown and shown.get("url")

    async def stroke(self) -> None:
        """Draw a stroke, and wait for the picture after pen up."""
        under_way = None
        for frame in self.frames[:-1]:
            if under_way is None or under_way.done():
                under_way = asyncio.create_task(self.send(frame, drawing=True))
            await asyncio.sleep(PACE)
        up = time.monotonic()
        await under_way
        await self.send(self.frames[-1], drawing=False)
        self.report.waited.append(time.monotonic() - up)

    async def paint(self, until: float) -> None:
        """Strokes until a time, each ended."""
        await asyncio.sleep(random.uniform(0, STROKE + PAUSE))
        while time.monotonic() < until:
            try:
                await self.stroke()
            except (httpx.HTTPError, ValueError) as error:
                self.report.lost.append(repr(error))
            self.frames = self.frames[::-1]  # another last frame: the same one is not sent again
            await asyncio.sleep(random.uniform(0.5, 1.5) * PAUSE)


@contextlib.asynccontextmanager
async def client(most: int) -> AsyncIterator[httpx.AsyncClient]:
    """A web client with room for so many connections."""
    limits = httpx.Limits(max_connections=most)
    async with httpx.AsyncClient(timeout=PATIENCE, limits=limits) as web:
        yield web


async def painters(url: str, count: int, seconds: float) -> Report:
    """So many people painting at once for so long."""
    site, report, until = Site(url), Report(), time.monotonic() + seconds
    async with client(2 * count) as web:
        crowd = [Painter(site, web, i, report) for i in range(count)]
        await asyncio.gather(*(one.paint(until) for one in crowd))
    return report


class Mixed:
    """Visitors who do everything but paint, one thing after the other."""

    def __init__(self, url: str, web: httpx.AsyncClient):
        self.site, self.web, self.done, self.failed = Site(url), web, 0, []

    async def upload(self) -> dict[str, str]:
        """A photo of a size of its own, sent."""
        size = random.choice([(300, 200), (640, 480), (1600, 1200), (200, 700)])
        file = io.BytesIO()
        Image.effect_noise(size, 60).convert("RGB").save(file, "JPEG")
        sent = {"files": ("photo.jpg", file.getvalue())}
        answer = await self.web.post(f"{self.site.api}upload", files=sent)
        return {"path": answer.json()[0]}

    async def ask(self, name: str, leave: float | None = None, **values: Any) -> None:
        """Call a task in a visit of its own; leave: seconds after which the visitor is gone."""
        event, session = self.site.named(name), f"visit{random.getrandbits(60):x}"
        names = [self.site.components[one]["props"]["label"] for one in event["inputs"]]
        data = [
            values.get(label.split(" ")[0], value)
            for label, value in zip(names, self.site.values(event), strict=True)
        ]
        body = {"fn_index": event["id"], "data": data, "session_hash": session}
        (await self.web.post(f"{self.site.api}queue/join", json=body)).raise_for_status()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.read(session, name), leave or PATIENCE)

    async def read(self, session: str, name: str) -> None:
        """Read a visit's answers until the last."""
        address = f"{self.site.api}queue/data"
        async with self.web.stream("GET", address, params={"session_hash": session}) as lines:
            async for line in lines.aiter_lines():
                told = json.loads(line.removeprefix("data: ") or "{}")
                if told.get("msg") == "process_completed":
                    if not told["success"]:
                        self.failed.append(f"{name}: {told['output'].get('error')}")
                    return

    async def once(self) -> None:
        """One thing that a visitor may do."""
        await random.choice(
            [
                lambda photo: self.ask("generate", seed=random.randint(0, 999_999)),
                lambda photo: self.ask("paint", image=photo),
                lambda photo: self.ask("colorize", image=photo, steps=2),
                lambda photo: self.ask("outpaint", image=photo, right=0.3, steps=2),
                lambda photo: self.ask("super_resolve", image=photo, steps=2),
                lambda photo: self.ask("export", image=photo, form="png1"),
                lambda photo: self.ask("interpolate", frames=8),
                lambda photo: self.ask("interpolate", frames=32, steps=8, leave=1.0),
                lambda photo: self.web.get(self.site.api.removesuffix("gradio_api/")),
            ]
        )(await self.upload())
        self.done += 1

    async def go_on(self, until: float) -> None:
        """One thing after the other until a time."""
        while time.monotonic() < until:
            try:
                await self.once()
            except (httpx.HTTPError, ValueError) as error:
                self.failed.append(repr(error))


def memory(process: int) -> float:
    """What a process holds of the machine's memory, in GB (Linux)."""
    told = Path(f"/proc/{process}/status").read_text()
    line = next(line for line in told.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e9


async def watched(process: int, every: float) -> None:
    """Print a process's memory again and again."""
    start = time.monotonic()
    while True:
        print(f"  {(time.monotonic() - start) / 60:5.1f} min: {memory(process):.2f} GB", flush=True)
        await asyncio.sleep(every)


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


async def run(url: str, process: int, asked: argparse.Namespace) -> bool:
    """The load that was asked for, printed; whether the targets were met."""
    before = memory(process)
    print(f"memory at the start: {before:.2f} GB", flush=True)
    seconds = 60 * asked.minutes if asked.mixed else asked.seconds
    watch = asyncio.create_task(watched(process, max(5, seconds / 12)))
    if asked.mixed:
        async with client(2 * asked.visitors) as web:
            mixed, until = Mixed(url, web), time.monotonic() + seconds
            await asyncio.gather(*(mixed.go_on(until) for _ in range(asked.visitors)))
        print(f"{mixed.done} requests of {asked.visitors} visitors; failed: {len(mixed.failed)}")
        print(*sorted(set(mixed.failed))[:10], sep="\n")
        met = not mixed.failed
    else:
        report = await painters(url, asked.painters, seconds)
        print(f"{asked.painters} painters, {seconds:.0f} s: {report}")
        print(*sorted(set(report.lost))[:10], sep="\n")
        met = bool(report.waited) and not report.lost and report.p95 < TARGET_P95
    watch.cancel()
    after = memory(process)
    print(f"memory at the end: {after:.2f} GB")
    return met and after < TARGET_MEMORY


def main() -> int:
    """0 where every last frame arrived, soon enough, in little enough memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--painters", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--mixed", action="store_true", help="mixed requests instead of painters")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--visitors", type=int, default=4, help="of mixed requests, at once")
    asked = parser.parse_args()
    with serving() as (url, process):
        return 0 if asyncio.run(run(url, process, asked)) else 1


if __name__ == "__main__":
    sys.exit(main())
