"""Visits whose answers nobody reads: their jobs end and their messages are dropped."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.web.guard import API

PATIENCE = 60.0  # seconds that answers wait to be read
JOIN, CALL, READ = f"{API}queue/join", f"{API}call/", f"{API}queue/data"
UNKNOWN = "There is no such call, or its answer was read already: call once more."


class Readers:
    """ASGI middleware that lets go of visits whose answers are not read, when others come.

    Gradio ends what a visitor asked for once the reading of it breaks off. A script that never
    begins to read would hold its place to the end, and the memory of its answers for good. Of every
    visit, answered or not, Gradio keeps something: that goes too.
    """

    def __init__(self, app: ASGIApp):
        self.app, self.reading = app, Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if not path.startswith((JOIN, CALL, READ)):
            return await self.app(scope, receive, send)
        queue = scope["app"].get_blocks()._queue
        if scope["method"] == "POST":
            await self.tidy(queue)
            return await self.app(scope, receive, send)
        session = session_of(queue, path, scope["query_string"])
        if path.startswith(CALL) and session not in queue.pending_messages_per_session:
            return await PlainTextResponse(UNKNOWN, 404)(scope, receive, send)
        self.reading[session] += 1
        try:
            await self.app(scope, receive, send)
        except RuntimeError:  # Gradio knows no such visit: its stream has said so
            await send({"type": "http.response.body"})
        finally:
            self.reading[session] -= 1
            self.reading += Counter()  # drops the sessions with no reader left

    async def tidy(self, queue: Any) -> None:
        """Forget answered visits, and end those whose answers wait unread for too long."""
        unread = {session: asked for session, asked in newest(queue) if session not in self.reading}
        for session, asked in unread.items():
            if asked is None:
                forget(queue, session)
        for session, asked in unread.items():
            if asked is not None and asked < time.time() - PATIENCE:
                await queue.clean_events(session_hash=session)
                forget(queue, session)


def session_of(queue: Any, path: str, query: bytes) -> str:
    """The session whose answers are asked for, found as Gradio finds it."""
    if path.startswith(READ):
        return parse_qs(query.decode("latin-1")).get("session_hash", [""])[0]
    asked = path.rstrip("/").rpartition("/")[2]
    pending = queue.pending_event_ids_session.items()
    return next((session for session, events in pending if asked in events), asked)


def newest(queue: Any) -> Iterator[tuple[str, float | None]]:
    """Each session and the time of its last unanswered request, None where all are answered."""
    for session, events in queue.pending_event_ids_session.items():
        asked = [queue.event_analytics.get(one, {}).get("time", 0.0) for one in events]
        yield session, max(asked, default=None)


def forget(queue: Any, session: str) -> None:
    """Drop a session's messages, and the record that it existed."""
    queue.pending_event_ids_session.pop(session, None)
    queue.pending_messages_per_session.pop(session, None)
