"""Values that the browser remembers, and sends along with each event that needs them.

The server keeps only files of a visit. It may forget visits and restart without any page losing
its picture or its model.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr
from PIL import Image

from ui.components.export.export import FILE_URL, reference, stored
from ui.service.examples import EXAMPLES, example
from ui.service.inputs import refuse, text

HERE = Path(__file__).parent
KEEPING = (HERE / "kept.js").read_text()  # to be put before each script that uses it
SOURCE = (HERE / "source.js").read_text()
BACK = "back"  # marks a picture that the page had before


class Kept(gr.HTML):
    """A value that is kept and not shown. `lay_out` puts it outside of all tabs.

    (Inside a tab that was never opened, the browser would not have it.)
    """

    def __init__(self, value: Any = None, *, render: bool = False, **kwargs: Any):
        super().__init__(value, html_template="", apply_default_css=False, render=render, **kwargs)

    def postprocess(self, value: Any) -> Any:
        return value


class Word(Kept):
    """A short text, e.g. the open tab's name."""

    def preprocess(self, payload: Any) -> str:
        return text("What the page keeps", payload)


class Settings(Kept):
    """A link's settings by name, as the browser keeps them."""

    def preprocess(self, payload: Any) -> dict[str, str]:
        told = payload if isinstance(payload, dict) else {}
        return {text("A setting", name): text(name, value) for name, value in told.items()}


class Source(Kept):
    """The picture that a tab works on: an example, or a file in the upload folder.

    Events get the picture; they give its name, its file's path, or a picture to be kept as one.
    It comes back with the page, marked by info["back"]. tab: the name that it is kept under.
    """

    def __init__(self, value: Any = None, tab: str = "", **kwargs: Any):
        js = KEEPING + SOURCE.replace("TAB", json.dumps(tab))
        super().__init__(value, js_on_load=js, **kwargs)

    def preprocess(self, payload: Any) -> Image.Image:
        told = payload if isinstance(payload, dict) else {}
        if "file" in told:
            picture = reference(told["file"])
        else:
            name = told.get("name")
            known = name in EXAMPLES
            picture = example(name).copy() if known else refuse("The example", "one of ours", name)
        if told.get(BACK) is True:
            picture.info[BACK] = True
        return picture

    def postprocess(self, value: str | Path | Image.Image) -> dict[str, Any]:
        # With the time, so that choosing the same picture again is a change and clears the drawing.
        news = {"at": time.monotonic_ns()}
        if isinstance(value, str):
            return {"name": value} | news
        file = stored(value) if isinstance(value, Image.Image) else FILE_URL + quote(str(value))
        return {"file": file} | news


def lay_out(kept: list[Kept]) -> None:
    """Add the kept values to the page."""
    with gr.Column(elem_id="kept"):
        for one in kept:
            one.render()
