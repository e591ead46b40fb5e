"""Result pictures and their history: sent inline; each can be saved, or sent to another tab."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import Any

import gradio as gr
from PIL import Image

from editing.image import on_white
from ui.components.export.export import reference, stored
from ui.components.kept import KEEPING
from ui.service.engine import AXES
from ui.service.pictures import MAX_FRAME_BYTES, data_url
from ui.service.progress import EditProgress

HERE = Path(__file__).parent
HTML = Template((HERE / "result.html").read_text())
ACTIONS = (HERE / "actions.js").read_text()
INLINE_SIDE = 1024  # larger pictures are shown reduced, and lie in a file to be fetched

Shown = Image.Image | EditProgress | tuple[Image.Image, Image.Image | EditProgress] | None


class Result(gr.HTML):
    """A picture as a data URL: without a file and a second request, it can follow the brush.

    Its value is a picture, an EditProgress, or (picture before, either of them), which a slider
    compares.
    """

    def __init__(self, title: str, empty: str = "", *, keep: bool = True, **kwargs: Any):
        # Written into the template, because Gradio forgets a component's props when an update
        # reaches it before its tab was first opened.
        template = HTML.substitute(
            title=escape(title),
            name=kwargs.get("elem_id", ""),
            empty=escape(empty),
            keep="yes" if keep else "no",
        )
        super().__init__(
            html_template=template,
            apply_default_css=False,
            js_on_load=KEEPING + ACTIONS + (HERE / "result.js").read_text(),
            **kwargs,
        )

    def preprocess(self, payload: dict | None) -> Image.Image | None:
        """The picture shown, at its full size."""
        if not payload:
            return None
        shown = payload if isinstance(payload, dict) else {}
        return reference(shown.get("file") or shown.get("url"))

    def postprocess(self, value: Shown) -> dict[str, Any] | None:
        """{url, file, before, seed, labels, draft, reduced: only a view} for the browser."""
        if value is None:
            return None
        before, after = value if isinstance(value, tuple) else (None, value)
        made = after if isinstance(after, EditProgress) else EditProgress(after, None)
        url = preview(made.picture)
        heavy = max(made.picture.size) > INLINE_SIDE or len(url) * 3 // 4 > MAX_FRAME_BYTES
        return {
            "url": url,
            "file": stored(made.picture) if heavy and made.done else None,
            "before": None if before is None else preview(before),
            "seed": made.seed,
            "labels": dict(zip(AXES, made.choice, strict=False)),
            "draft": not made.done,
            "reduced": heavy and not made.done,
        }

    def api_info(self) -> dict[str, str]:
        return {"type": "object", "description": "picture as a data URL"}


class History(gr.HTML):
    """The results so far, kept in the browser; each can be saved, sent on or interpolated."""

    def __init__(self, **kwargs: Any):
        super().__init__(
            html_template=(HERE / "history.html").read_text(),
            apply_default_css=False,
            js_on_load=KEEPING + ACTIONS + (HERE / "history.js").read_text(),
            **kwargs,
        )


def preview(picture: Image.Image) -> str:
    """A data URL to look at; exact where the picture is small enough to be the result itself."""
    if max(picture.size) <= INLINE_SIDE:
        return data_url(picture)
    small = picture.copy()
    small.thumbnail((INLINE_SIDE, INLINE_SIDE), Image.Resampling.LANCZOS)
    return data_url(small, lossless=False)


def grey(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A picture in true grey at another size, to stand beside a result."""
    return on_white(picture).convert("L").resize(size, Image.Resampling.BOX).convert("RGB")
