"""Guesses of a painting's labels as chips: a press chooses one, or none of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

HERE = Path(__file__).parent
TEMPLATE = """<div class="chips" role="group" aria-label="What the painting may show">
{{#each value}}<button type="button" class="chip" data-index="{{@index}}" title="{{this.title}}"
>{{this.text}}</button>{{/each}}</div>"""
NEITHER = {"axis": "", "name": "", "text": "✕", "title": "Leave it as it is"}


class Guess(gr.HTML):
    """A row of chips; its value is {axis: names, the likeliest first}, or nothing.

    The browser sends back [{axis, name}, ...]; the last chip means none of them.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(
            html_template=TEMPLATE,
            css_template=(HERE / "guess.css").read_text(),
            apply_default_css=False,
            js_on_load=(HERE.parent / "thumbs" / "thumbs.js").read_text(),
            **kwargs,
        )

    def postprocess(self, value: dict[str, list[str]] | None) -> list[dict[str, str]]:
        if not value:
            return []
        chips = [
            {"axis": axis, "name": name, "text": name, "title": f"{axis.capitalize()}: {name}"}
            for axis, names in value.items()
            for name in names
        ]
        return [*chips, NEITHER]

    def preprocess(self, payload: Any) -> list[dict[str, Any]]:
        shown = payload if isinstance(payload, list) else []
        return [one for one in shown if isinstance(one, dict)]
