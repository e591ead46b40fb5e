"""A walk through frames that the browser holds: moving in it needs no request."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from ui.components.result.result import ACTIONS
from ui.service.pictures import data_url

HERE = Path(__file__).parent


class Frames(gr.HTML):
    """Frames with a slider along them, and one more across where they form a grid.

    Its value is (frames row by row, frames in a row, seeds of the ends or corners[, the frames'
    names]). empty: words shown before there are frames; without them nothing is shown.
    """

    def __init__(self, empty: str = "", **kwargs: Any):
        super().__init__(
            html_template=(HERE / "frames.html").read_text().replace("$empty", escape(empty)),
            apply_default_css=False,
            js_on_load=ACTIONS + (HERE / "frames.js").read_text(),
            **kwargs,
        )

    def postprocess(self, value: tuple[Any, ...] | None) -> dict[str, Any] | None:
        if value is None:
            return None
        frames, columns, seeds, *names = value
        urls = [data_url(frame) for frame in frames]
        return {"frames": urls, "columns": columns, "seeds": seeds, "names": [*names, None][0]}
