"""What every answer of the server says to browsers, and what never gets as far as Gradio."""

from __future__ import annotations

from pathlib import Path

from anyio.to_thread import run_sync
from gradio.utils import get_upload_folder
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.service.pictures import MAX_UPLOAD_BYTES, TOO_LARGE
from ui.web import disk

# A page may show this one within itself where it is our own, or Hugging Face's, which shows Spaces.
FRAMES = "frame-ancestors 'self' https://huggingface.co https://*.huggingface.co https://*.hf.space"
HEADERS = {
    "x-content-type-options": "nosniff",  # a file is what the server says, whatever is in it
    "content-security-policy": FRAMES,
}
API = "/gradio_api/"
UPLOAD = API + "upload"
# Calls of components' own functions go round the queue and make a session each: there are none.
SHUT = API + "component_server"
MAX_BODY_BYTES = MAX_UPLOAD_BYTES + 5_000_000  # a request is more than its picture


class Guard:
    """ASGI middleware that adds HEADERS to every answer and turns away what is too much."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refused = await turned_away(scope) if scope["type"] == "http" else None
        await (refused or self.app)(scope, receive, guarded)


async def turned_away(scope: Scope) -> PlainTextResponse | None:
    """What a request is turned away with, if it is."""
    if scope["path"].startswith(SHUT):
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
