"""Compressed downloads: the page at each visit, Gradio's built files once for all visitors."""

from __future__ import annotations

import brotli
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE = "/"
BUILT = "/assets/"  # files whose names hold a hash of their contents
FOREVER = "public, max-age=31536000, immutable"
QUALITY = 5  # of 11: above it a file takes many times as long and is little smaller


class StaticCache:
    """ASGI middleware that keeps Gradio's built files compressed in memory.

    Gradio compresses every file anew for every visitor, on the cores that draw pictures, and the
    page itself, half a megabyte, not at all. A file kept here has its content-encoding set, so
    that Gradio's own middleware lets it pass; browsers may keep it for good.
    """

    def __init__(self, app: ASGIApp):
        self.app = app
        self.kept: dict[str, Response] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a page or a built file compressed; pass everything else on."""
        if not self.serves(scope):
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        response = self.kept.get(path)
        if response is None:
            response = compressed(*await answer(self.app, scope, receive))
            if path != PAGE and response.status_code == 200:
                response.headers["cache-control"] = FOREVER
                self.kept[path] = response
        await response(scope, receive, send)

    @staticmethod
    def serves(scope: Scope) -> bool:
        """Whether a request is for the page or a built file, by a browser that reads Brotli."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return False
        headers = Headers(scope=scope)
        if "br" not in headers.get("accept-encoding", "") or "range" in headers:
            return False
        return scope["path"] == PAGE or scope["path"].startswith(BUILT)


async def answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """An application's answer: the start of its response, and the whole body."""
    messages: list[Message] = []

    async def collect(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, collect)
    return messages[0], b"".join(message.get("body", b"") for message in messages[1:])


def compressed(start: Message, body: bytes) -> Response:
    """An answer as a response that can be sent many times, in Brotli where that is smaller."""
    headers = MutableHeaders(raw=list(start["headers"]))
    if "content-encoding" not in headers:
        smaller = brotli.compress(body, quality=QUALITY)
        if len(smaller) < 0.9 * len(body):
            body = smaller
            headers["content-encoding"] = "br"
            headers.add_vary_header("Accept-Encoding")
    headers["content-length"] = str(len(body))
    response = Response(body, start["status"])
    response.raw_headers = headers.raw
    return response
