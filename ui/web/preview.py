"""The preview of a link to this page on other sites: name, sentence and picture."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from gradio.route_utils import get_root_url
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.web.static_cache import PAGE, answer

TITLE = "OneStroke"
SENTENCE = "Paint a crude landscape: a finished picture follows the brush."
PICTURE = Path(__file__).parents[2] / "assets" / "preview.jpg"  # 1200 x 630, as sites expect
ADDRESS = "/preview.jpg"
THEIRS = re.compile(rb'\s*<meta\s[^>]*?(?:property="og:|name="(?:twitter|description))[^>]*>')


class Preview:
    """ASGI middleware that replaces Gradio's preview by our own, and serves the picture."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the picture, and the page with our own preview; pass everything else on."""
        page = scope["type"] == "http" and scope["method"] == "GET" and scope["path"]
        if page == ADDRESS:
            await FileResponse(PICTURE)(scope, receive, send)
            return
        if page != PAGE:
            await self.app(scope, receive, send)
            return
        start, body = await answer(self.app, scope, receive)
        headers = MutableHeaders(raw=start["headers"])
        if "text/html" in headers.get("content-type", ""):
            root = get_root_url(Request(scope), PAGE, scope.get("root_path"))
            body = titled(body, root)
            headers["content-length"] = str(len(body))
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": body})


def titled(page: bytes, root: str) -> bytes:
    """A page with our preview in its head. root: the page's address without a trailing slash."""
    picture = root + ADDRESS
    told = {
        'name="description"': SENTENCE,
        'property="og:type"': "website",
        'property="og:url"': root + PAGE,
        'property="og:title"': TITLE,
        'property="og:description"': SENTENCE,
        'property="og:image"': picture,
        'property="og:image:width"': "1200",
        'property="og:image:height"': "630",
        'property="og:image:alt"': "A crude painting, and beside it the picture it became",
        'name="twitter:card"': "summary_large_image",
    }
    ours = "".join(f'<meta {name} content="{escape(text)}">\n' for name, text in told.items())
    head, end, rest = page.partition(b"</head>")
    return THEIRS.sub(b"", head) + f"<title>{TITLE}</title>\n{ours}".encode() + end + rest
