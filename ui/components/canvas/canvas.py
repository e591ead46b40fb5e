"""LiveCanvas: a canvas for painting, masks and colour hints that reports while one draws."""

from __future__ import annotations

import json
import time
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Literal

import gradio as gr
from PIL import Image

from editing.image import on_white
from ui.components.kept import BACK, KEEPING
from ui.service.examples import MATERIALS
from ui.service.pictures import data_url, from_data_url

HERE = Path(__file__).parent
HTML = Template((HERE / "canvas.html").read_text())
PARTS = (
    "brush",
    "fill",
    "view",
    "palette",
    "canvas",
    "layers",
    "keeping",
    "drawing",
    "toolbar",
    "photo",
    "keys",
)
JS = KEEPING + "".join((HERE / f"{name}.js").read_text() for name in PARTS)
BACKGROUND_SIDE = 512  # the canvas is no larger; the full picture stays on the server


class LiveCanvas(gr.HTML):
    """Canvas whose value is a PIL picture: events get the drawing, and set the picture under it.

    The drawing is opaque in mode "paint", and transparent where nothing was drawn in modes
    "mask" and "hints". `.input` fires while one draws, with `info["drawing"]` of the picture True,
    and once at pen up. `send` is the longer side of the frames sent.
    """

    def __init__(
        self,
        value: Image.Image | None = None,
        *,
        mode: Literal["paint", "mask", "hints"] = "paint",
        title: str = "Canvas",
        hint: str = "",
        size: int = 24,
        send: int = 256,
        **kwargs: Any,
    ):
        # Written into the template, because Gradio forgets a component's props when an update
        # reaches it before its tab was first opened.
        template = HTML.substitute(
            mode=mode,
            name=kwargs.get("elem_id", ""),
            title=escape(title, quote=True),
            hint=escape(hint),
            size=size,
            send=send,
            materials=escape(json.dumps(MATERIALS), quote=True),
        )
        super().__init__(
            value=value,
            html_template=template,
            js_on_load=JS,
            apply_default_css=False,
            **kwargs,
        )

    def preprocess(self, payload: str | dict | None) -> Image.Image | None:
        """The frame as an RGBA picture, or None where nothing was drawn yet.

        A frame is a data URL, or {"frame": data URL, "drawing": whether the pen is down}.
        """
        drawing = False
        if isinstance(payload, dict):  # without a frame: our own background, sent back
            payload, drawing = payload.get("frame"), payload.get("drawing") is True
        if not payload:
            return None
        picture = from_data_url(payload).convert("RGBA")
        picture.info["drawing"] = drawing
        return picture

    def postprocess(self, value: Image.Image | None) -> dict[str, Any]:
        """Start a fresh drawing over `value`, or over white paper.

        Over a picture that came back with the page, the drawing comes back too.
        """
        news = {"at": time.monotonic_ns()}
        if value is None:
            return {"background": None} | news
        small = on_white(value)
        small.thumbnail((BACKGROUND_SIDE, BACKGROUND_SIDE), Image.Resampling.LANCZOS)
        if value.info.get(BACK):
            news[BACK] = True
        return {"background": data_url(small, lossless=False)} | news

    def api_info(self) -> dict[str, str]:
        return {"type": "object", "description": "data URL of a PNG, JPEG or WebP picture"}
