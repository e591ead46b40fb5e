from urllib.parse import urlsplit

import pytest

from tests.e2e.browser import VIEWPORTS, chromium, open_page
from tests.ui.conftest import engine, tasks, url  # noqa: F401  those of the endpoints' tests


@pytest.fixture(scope="session")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module", params=VIEWPORTS)
def opened(request, browser, url):  # noqa: F811
    """The page on a desktop and on a phone, with the list of what went wrong on it."""
    wrong = []

    def watch(page):
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda r: wrong.append(r.url) if foreign(r.url, url) else None)

    page = open_page(browser, url, request.param, watch)
    yield page, wrong
    page.context.close()


@pytest.fixture
def fresh(browser, url):  # noqa: F811
    """A page of a visitor who was never here."""
    page = open_page(browser, url, "desktop")
    yield page
    page.context.close()


def foreign(address: str, home: str) -> bool:
    """Whether a request leaves the page's own server."""
    parts = urlsplit(address)
    return parts.scheme not in ("data", "blob") and parts.netloc != urlsplit(home).netloc


@pytest.fixture
def page(opened):
    """The page; afterwards nothing may have gone wrong on it, nor stick out of it."""
    page, wrong = opened
    yield page
    assert wrong == []
    width, visible = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= visible
