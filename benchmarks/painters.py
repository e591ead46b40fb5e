"""People who paint live, over the page's real protocol.

Strokes are rendered beforehand, so that the painters leave the processor to the page.
"""

from __future__ import annotations

import asyncio
import base64
import io
import math
import os
import random
import statistics
import time
from dataclasses import dataclass, field

import httpx
from PIL import Image, ImageDraw

from benchmarks.served import Site, client

PACE = 0.07  # seconds between two frames, as the canvas sends them
STROKE, PAUSE = 1.5, 1.0  # seconds that a pen is down, and up
FRAMES = round(STROKE / PACE)
SIDE = 128
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
        return percentile(self.waited, 0.95) if self.waited else 0.0

    def __str__(self) -> str:
        middle = statistics.median(self.waited) if self.waited else 0.0
        return (
            f"{len(self.waited)} strokes, {self.frames} pictures; last frames lost: "
            f"{len(self.lost)}; pen up to picture: median {middle:.2f} s, p95 {self.p95:.2f} s"
        )


def percentile(values: list[float], part: float) -> float:
    """The least value that so large a part of them does not pass."""
    return sorted(values)[math.ceil(part * len(values)) - 1]


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


async def painters(url: str, count: int, seconds: float) -> Report:
    """So many people painting at once for so long."""
    site, report, until = Site(url), Report(), time.monotonic() + seconds
    async with client(2 * count) as web:
        crowd = [Painter(site, web, i, report) for i in range(count)]
        await asyncio.gather(*(one.paint(until) for one in crowd))
    return report
