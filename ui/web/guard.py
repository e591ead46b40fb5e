"""Headers of every answer, and requests that are refused before Gradio sees them."""

from __future__ import annotations

import re
from pathlib import Path

from anyio.to_thread import run_sync
from gradio.utils import get_upload_folder
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.service.pictures import MAX_UPLOAD_BYTES, TOO_LARGE
from ui.web import disk

# Only this page itself and Hugging Face, which shows Spaces, may show the page in a frame.
FRAMES = "frame-ancestors 'self' https://huggingface.co https://*.huggingface.co https://*.hf.space"
HEADERS = {
    "x-content-type-options": "nosniff",  # a file is what the server says, whatever is in it
    "content-security-policy": FRAMES,
}
API = "/gradio_api/"
UPLOAD = API + "upload"
# The routes of Gradio that the page and scripts need. All others are shut: some bypass the queue,
# write to the disk or start a program (component_server, deep_link, process_recording).
OPEN = (
    *("app_id", "call", "cancel", "file", "heartbeat", "info", "login_check", "openapi.json"),
    *("queue", "reset", "run", "startup-events", "theme.css", "token", "upload", "upload_progress"),
    "user",
)
MONITORING = "/monitoring"
MISREAD = "This request cannot be read: send what the page's API describes."
MAX_BODY_BYTES = MAX_UPLOAD_BYTES + 5_000_000  # a request is more than its picture


class MisreadError(Exception):
    """Gradio found a request wrong, and would answer with a list of its parser's faults."""


class Guard:
    """ASGI middleware that adds HEADERS to every answer and refuses requests that are too large.

    A request that Gradio cannot read is answered in one sentence.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = scope["type"] != "http" or not scope["path"].startswith(API)

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                if message["status"] == 422 and not begun:
                    raise MisreadError
                begun = True
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refused = await turned_away(scope) if scope["type"] == "http" else None
        try:
            await (refused or self.app)(scope, receive, guarded)
        except Exception:  # of what Gradio does before an event begins, see ui/web/blocks.py
            if begun:
                raise
            await PlainTextResponse(MISREAD, 400)(scope, receive, guarded)


def shut(path: str) -> bool:
    """Whether an address is closed to everybody."""
    name = re.split("[/=]", path.removeprefix(API), maxsplit=1)[0]
    ours = path.startswith(API) and name in OPEN and "://" not in path  # which it would fetch
    return path.startswith(MONITORING) or (path.startswith(API) and not ours)


async def turned_away(scope: Scope) -> PlainTextResponse | None:
    """The answer that refuses a request, or None where it may pass."""
    if shut(scope["path"]):
        return PlainTextResponse("There is nothing here.", 404)
    if scope["method"] != "POST":
        return None
    length = Headers(scope=scope).get("content-length", "")
    if not length.isdecimal():
        return PlainTextResponse("Say how long the request is.", 411)
    if int(length) > MAX_BODY_BYTES:
        return PlainTextResponse(TOO_LARGE, 413)
    if scope["path"].startswith(UPLOAD):
        folder = Path(get_upload_folder())
        if not await run_sync(disk.sweep, folder, int(length)):
            return PlainTextResponse(disk.FULL, 507)
    return None
