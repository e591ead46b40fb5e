"""Small pictures to choose from: a press makes one the result, and its seed the seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ui.components.export.export import reference
from ui.service.inputs import said, text, whole
from ui.service.pictures import data_url
from ui.service.tasks import MAX_SEED

TEMPLATE = """<div class="choices" role="group" aria-label="$title">
{{#each value}}<button type="button" data-index="{{@index}}" title="Take {{this.caption}}">
<img src="{{{this.url}}}" alt="{{this.caption}}"><span>{{this.caption}}</span></button>{{/each}}
</div>"""

SEEN = """
watch("value", () => element.scrollIntoView({ block: "nearest", behavior: "smooth" }));"""


class Choices(gr.HTML):
    """A row of pictures; its value is [(picture, seed, caption, light or None), ...]."""

    def __init__(self, title: str, **kwargs: Any):
        super().__init__(
            html_template=TEMPLATE.replace("$title", title),
            apply_default_css=False,
            js_on_load=(Path(__file__).parent / "thumbs.js").read_text() + SEEN,
            **kwargs,
        )

    def postprocess(
        self, value: list[tuple[Image.Image, int, str, str | None]] | None
    ) -> list[dict[str, Any]]:
        return [
            {"url": data_url(picture), "seed": seed, "caption": caption, "light": light}
            for picture, seed, caption, light in value or []
        ]

    def preprocess(self, payload: Any) -> list[dict[str, Any]]:
        """What is shown, as the browser sends it back."""
        shown = payload if isinstance(payload, list) else []
        return [one for one in shown if isinstance(one, dict)]

    def connect(self, result: gr.HTML, seed: gr.Number, light: gr.Dropdown) -> None:
        """Make a press put its picture into `result` and its seed and light into those controls, so
        that the next stroke goes on from there."""

        def take(shown: list[dict[str, Any]], event: gr.EventData):
            chosen = shown[said(event, "index", range(len(shown)))]
            told = text("Light", chosen.get("light")) or gr.skip()
            return reference(chosen.get("url")), whole(chosen.get("seed"), MAX_SEED), told

        self.select(
            take,
            self,
            [result, seed, light],
            show_progress="hidden",
            queue=False,
            api_visibility="private",
        )
