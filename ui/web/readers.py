"""Answers that nobody reads: the jobs end, and what was told is forgotten."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from ui.web.guard import API

PATIENCE = 60.0  # seconds that answers wait for whoever asked
JOIN, CALL, READ = f"{API}queue/join", f"{API}call/", f"{API}queue/data"


class Readers:
    """ASGI middleware that lets go of visits whose answers are not read, when others come.

    Gradio ends what a visitor asked for once the reading of it breaks off. A script that never
    begins to read would hold its place to the end, and the memory of its answers for good.
    """

    def __init__(self, app: ASGIApp):
        self.app, self.reading = app, Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if not path.startswith((JOIN, CALL, READ)):
            return await self.app(scope, receive, send)
        queue = scope["app"].get_blocks()._queue
        if scope["method"] == "POST":
            for session in list(unread(queue, time.time() - PATIENCE)):
                if session not in self.reading:
                    await forget(queue, session)
            return await self.app(scope, receive, send)
        session = session_of(queue, path, scope["query_string"])
        self.reading[session] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.reading[session] -= 1
            self.reading += Counter()  # without those that nobody reads any more


def session_of(queue: Any, path: str, query: bytes) -> str:
    """The visit whose answers are asked for, as Gradio finds it."""
    if path.startswith(READ):
        return parse_qs(query.decode("latin-1")).get("session_hash", [""])[0]
    asked = path.rstrip("/").rpartition("/")[2]
    pending = queue.pending_event_ids_session.items()
    return next((session for session, events in pending if asked in events), asked)


def unread(queue: Any, before: float) -> Iterator[str]:
    """The visits that have answers to read, all of whose questions came before a time."""
    for session, events in queue.pending_event_ids_session.items():
        asked = [queue.event_analytics.get(one, {}).get("time", 0.0) for one in events]
        if asked and max(asked) < before:
            yield session


async def forget(queue: Any, session: str) -> None:
    """End a visit's jobs, and drop what they have told."""
    await queue.clean_events(session_hash=session)
    queue.pending_event_ids_session.pop(session, None)
    queue.pending_messages_per_session.pop(session, None)
