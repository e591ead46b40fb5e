"""Serving the page."""

import gradio.networking
import httpx

from ui.page import launch


def test_a_busy_machine_may_be_slow_with_its_first_page(engine, monkeypatch):
    def silent(*args, **kwargs):
        raise httpx.ReadTimeout("no answer yet")

    monkeypatch.setattr(gradio.networking.httpx, "head", silent)
    page, url = launch(engine, prevent_thread_lock=True, quiet=True)
    try:
        assert httpx.get(url, timeout=60).status_code == 200
    finally:
        page.close()
