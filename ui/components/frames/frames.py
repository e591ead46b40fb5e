"""A walk through frames that the browser holds: moving in it asks the server for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ui.components.result.result import ACTIONS
from ui.service.pictures import data_url

HERE = Path(__file__).parent


class Frames(gr.HTML):
    """Frames with a slider along them, and one more across where they form a grid.

    Its value is (frames row by row, frames in a row, seeds of the ends or corners).
    """

    def __init__(self, **kwargs: Any):
        super().__init__(
            html_template=(HERE / "frames.html").read_text(),
            apply_default_css=False,
            js_on_load=ACTIONS + (HERE / "frames.js").read_text(),
            **kwargs,
        )

    def postprocess(self, value: tuple[list[Image.Image], int, list[int]] | None) -> Any:
        if value is None:
            return None
        frames, columns, seeds = value
        return {"frames": [data_url(frame) for frame in frames], "columns": columns, "seeds": seeds}
