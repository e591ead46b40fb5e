"""What a page remembers in the browser, and sends along with each event that needs it.

The server keeps nothing of a visit but files. So it may forget visits as it likes, and start anew,
without any page losing its picture or its model.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr
from PIL import Image

from ui.components.export.export import FILE_URL, reference, stored
from ui.service.examples import PAINTINGS, RENDERS, SMALL_RENDERS, example
from ui.service.inputs import refuse, text

EXAMPLES = (*PAINTINGS, *RENDERS, *SMALL_RENDERS)


class Kept(gr.HTML):
    """A value that is kept and not shown. It is laid out by `kept`, outside of all tabs.

    (Within a tab that was never opened, the browser would not know of it.)
    """

    def __init__(self, value: Any = None, *, render: bool = False, **kwargs: Any):
        super().__init__(value, html_template="", apply_default_css=False, render=render, **kwargs)

    def postprocess(self, value: Any) -> Any:
        return value


class Word(Kept):
    """A short text, e.g. the open tab's name."""

    def preprocess(self, payload: Any) -> str:
        return text("What the page keeps", payload)


class Numbers(Kept):
    """Whole numbers by name."""

    def preprocess(self, payload: Any) -> dict[str, int]:
        numbers = payload if isinstance(payload, dict) else {}
        return {name: number for name, number in numbers.items() if isinstance(number, int)}


class Source(Kept):
    """The picture that a tab works on: an example, or a file in the upload folder.

    Events get the picture; they give its name, its file's path, or a picture to be kept as one.
    """

    def preprocess(self, payload: Any) -> Image.Image:
        told = payload if isinstance(payload, dict) else {}
        if "file" in told:
            return reference(told["file"])
        name = told.get("name")
        return example(name) if name in EXAMPLES else refuse("The example", "one of ours", name)

    def postprocess(self, value: str | Path | Image.Image) -> dict[str, Any]:
        # Choosing the same one again is news too: the drawing on it begins anew.
        news = {"at": time.monotonic_ns()}
        if isinstance(value, str):
            return {"name": value} | news
        file = stored(value) if isinstance(value, Image.Image) else FILE_URL + quote(str(value))
        return {"file": file} | news


def lay_out(kept: list[Kept]) -> None:
    """Make these part of the page."""
    with gr.Column(elem_id="kept"):
        for one in kept:
            one.render()
