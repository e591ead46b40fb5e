"""What other sites show of a link: our own words and picture."""

import io
import re

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.web.preview import SENTENCE, TITLE, Preview, titled

HEAD = """<html><head><meta charset="utf-8" />
<meta property="og:title" content="Gradio" /><meta
    property="og:image"
    content="https://somewhere.example/image.jpg"
/><meta name="twitter:creator" content="@Gradio" /></head><body>£<p property="og:x"></p></body>"""


def told(page):
    """What stands in a page's head for other sites, by name."""
    return dict(re.findall(r'<meta (?:property|name)="([\w:]+)"\s+content="([^"]*)"', page))


@pytest.fixture
def client():
    routes = [
        Route("/", lambda request: HTMLResponse(HEAD), methods=["GET", "POST"]),
        Route("/other", lambda request: PlainTextResponse(HEAD)),
    ]
    return TestClient(Preview(Starlette(routes=routes)), base_url="http://here:7000")


def test_the_head_says_what_is_ours_and_the_body_stays():
    made = titled(HEAD.encode(), "https://here").decode()
    assert "Gradio" not in made and "somewhere" not in made
    found = told(made)
    assert found["og:title"] == TITLE and found["og:description"] == SENTENCE
    assert found["og:image"] == "https://here/preview.jpg"
    assert '<meta charset="utf-8" />' in made and made.endswith(HEAD[HEAD.index("</head>") :])


def test_the_picture_is_at_the_pages_own_address_also_behind_a_proxy(client):
    answer = client.get("/")
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert told(answer.text)["og:image"] == "http://here:7000/preview.jpg"
    proxied = {"x-forwarded-host": "a.example", "x-forwarded-proto": "https"}
    assert told(client.get("/", headers=proxied).text)["og:url"] == "https://a.example/"
    assert client.get("/other").text == client.post("/").text == HEAD


def test_the_picture_has_the_size_that_is_told(client):
    answer = client.get("/preview.jpg")
    assert answer.headers["content-type"] == "image/jpeg" and len(answer.content) < 300_000
    assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)


def test_the_whole_page_is_served_with_it(url):
    for encoding in ("identity", "br"):
        page = httpx.get(url, headers={"accept-encoding": encoding}).text
        found = told(page)
        assert found["og:image"] == url.rstrip("/") + "/preview.jpg"
        assert found["og:title"] == TITLE and "@Gradio" not in found.values()
        assert page.count('property="og:image"') == page.count('property="og:title"') == 1
