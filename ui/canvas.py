"""LiveCanvas: a canvas for painting, masks and colour hints that reports while one draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import gradio as gr
from PIL import Image

from editing.image import on_white
from ui.pictures import data_url, from_data_url

HERE = Path(__file__).parent
CSS = (HERE / "canvas.css").read_text()
BACKGROUND_SIDE = 512  # the canvas is no larger; the full picture stays on the server


class LiveCanvas(gr.HTML):
    """Canvas whose value is a PIL picture both ways: in, the drawing; out, the picture under it.

    The drawing is opaque in mode "paint", and transparent where nothing was drawn in modes
    "mask" and "hints". `.input` fires while one draws and once at pen up.
    """

    def __init__(
        self,
        value: Image.Image | None = None,
        *,
        mode: Literal["paint", "mask", "hints"] = "paint",
        title: str = "Canvas",
        size: int = 24,
        send: int = 256,
        **kwargs: Any,
    ):
        super().__init__(
            value=value,
            html_template=(HERE / "canvas.html").read_text(),
            js_on_load=(HERE / "canvas.js").read_text(),
            apply_default_css=False,
            mode=mode,
            title=title,
            size=size,
            send=send,
            **kwargs,
        )

    def preprocess(self, payload: str | dict | None) -> Image.Image | None:
        """The frame as an RGBA picture, or None where nothing was drawn yet."""
        if not payload or isinstance(payload, dict):  # a dict is our own background coming back
            return None
        return from_data_url(payload)

    def postprocess(self, value: Image.Image | None) -> dict[str, str | None]:
        """Start a fresh drawing over `value`, or over white paper."""
        if value is None:
            return {"background": None}
        small = on_white(value)
        small.thumbnail((BACKGROUND_SIDE, BACKGROUND_SIDE), Image.Resampling.LANCZOS)
        return {"background": data_url(small, lossless=False)}

    def api_info(self) -> dict[str, str]:
        return {"type": "string", "description": "data URL of a PNG, JPEG or WebP picture"}
