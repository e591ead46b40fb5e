"""A walk through frames that the browser holds: moving in it asks the server for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ui.pictures import data_url
from ui.result import ACTIONS

HERE = Path(__file__).parent


class Walk(gr.HTML):
    """Frames with a slider along them, and one more across where they form a grid.

    Its value is (frames row by row, frames in a row, seeds of the ends or corners).
    """

    def __init__(self, **kwargs: Any):
        super().__init__(
            html_template=(HERE / "walk.html").read_text(),
            apply_default_css=False,
            js_on_load=ACTIONS + (HERE / "walk.js").read_text(),
            **kwargs,
        )

    def postprocess(self, value: tuple[list[Image.Image], int, list[int]] | None) -> Any:
        if value is None:
            return None
        frames, columns, seeds = value
        return {"frames": [data_url(frame) for frame in frames], "columns": columns, "seeds": seeds}
