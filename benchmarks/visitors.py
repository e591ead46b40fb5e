"""Visitors who do everything but paint: uploads, edits, exports, and leaving in the middle."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import random
import time
from typing import Any

import httpx
from PIL import Image

from benchmarks.served import PATIENCE, Site


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
                lambda photo: self.ask("stroke", image=photo),
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
