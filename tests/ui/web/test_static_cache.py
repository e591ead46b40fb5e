"""What a visit downloads: compressed, once for all where it is the same for all."""

import re

import brotli
import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.web.static_cache import FOREVER, StaticCache

FILE = "const stroke = 1;\n" * 200
BR = {"accept-encoding": "gzip, br"}


class Site:
    """A page and a built file, counting how often each is made."""

    def __init__(self):
        self.made = []
        routes = [
            Route("/", self.page, methods=["GET", "POST"]),
            Route("/assets/{name}", self.file),
            Route("/other", self.page),
        ]
        self.app = StaticCache(Starlette(routes=routes))

    async def page(self, request):
        self.made.append("page")
        return Response(f"{request.query_params.get('seed')} <p>" * 200, media_type="text/html")

    async def file(self, request):
        name = request.path_params["name"]
        self.made.append(name)
        if name == "missing.js":
            return PlainTextResponse("no such file", 404)
        if name == "noise.woff2":
            return Response(bytes(range(256)), media_type="font/woff2")
        return Response(FILE, media_type="text/javascript", headers={"etag": "abc"})


@pytest.fixture
def ask():
    """Asks a new site: (address, ...) -> (response, body as sent); `ask.made`: what it made."""
    site = Site()
    client = TestClient(site.app)

    def get(address, method="GET", **headers):
        headers = {"accept-encoding": "identity"} | headers
        with client.stream(method, address, headers=headers) as response:
            return response, b"".join(response.iter_raw())

    get.made = site.made
    return get


def test_a_built_file_is_made_and_compressed_once(ask):
    answers = [ask("/assets/core-a1.js", **BR) for _ in range(3)]
    assert ask.made == ["core-a1.js"]
    for response, body in answers:
        assert brotli.decompress(body) == FILE.encode()
        assert response.headers["content-encoding"] == "br"
        assert response.headers["content-length"] == str(len(body))
        assert response.headers["vary"] == "Accept-Encoding"
        assert response.headers["cache-control"] == FOREVER
        assert response.headers["etag"] == "abc"
    assert len(answers[0][1]) < len(FILE) / 10


def test_the_page_is_compressed_and_made_for_each_visit(ask):
    for seed in ("1", "2"):
        response, body = ask(f"/?seed={seed}", **BR)
        assert brotli.decompress(body).decode().startswith(f"{seed} <p>")
        assert "cache-control" not in response.headers
    assert ask.made == ["page", "page"]


def test_what_does_not_shrink_is_kept_as_it_is(ask):
    for _ in range(2):
        response, body = ask("/assets/noise.woff2", **BR)
        assert body == bytes(range(256))
        assert "content-encoding" not in response.headers
    assert ask.made == ["noise.woff2"]


def test_a_missing_file_is_not_kept(ask):
    for _ in range(2):
        response, body = ask("/assets/missing.js", **BR)
        assert (response.status_code, body) == (404, b"no such file")
        assert "cache-control" not in response.headers
    assert ask.made == ["missing.js"] * 2


@pytest.mark.parametrize(
    "request_",
    [
        ("/assets/core-a1.js", "GET", {}),
        ("/assets/core-a1.js", "GET", {"accept-encoding": "gzip"}),
        ("/assets/core-a1.js", "GET", {"range": "bytes=0-9", **BR}),
        ("/", "POST", BR),
        ("/other", "GET", BR),
    ],
)
def test_everything_else_passes_untouched(ask, request_):
    address, method, headers = request_
    response, body = ask(address, method, **headers)
    assert "content-encoding" not in response.headers
    assert body.decode().startswith((FILE[:10], "None <p>"))


def test_the_served_page_comes_compressed_once(url):
    with httpx.Client(base_url=url, headers=BR, timeout=60) as client:
        page = client.get("/")
        assert page.headers["content-encoding"] == "br"
        assert "window.gradio_config" in page.text
        script = client.get(re.search(r"assets/index-[\w-]+\.js", page.text)[0])
        plain = client.get(str(script.url), headers={"accept-encoding": "identity"})
        assert script.headers["content-encoding"] == "br"
        assert script.headers["cache-control"] == FOREVER
        assert script.text == plain.text
        assert int(script.headers["content-length"]) < len(plain.content) / 2
