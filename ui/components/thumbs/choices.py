"""Small pictures to choose from: a press makes one the result and takes over its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ui.components.export.export import reference
from ui.service.inputs import accepted, said, text
from ui.service.pictures import data_url

TEMPLATE = """<div class="choices" role="group" aria-label="$title">
{{#each value}}<button type="button" data-index="{{@index}}" title="Take {{this.caption}}">
<img src="{{{this.url}}}" alt="{{this.caption}}"><span>{{this.caption}}</span></button>{{/each}}
</div>"""

SEEN = """
watch("value", () => element.scrollIntoView({ block: "nearest", behavior: "smooth" }));
element.addEventListener("click", (event) => {
  const chosen = props.value?.[event.target.closest("button")?.dataset.index];
  if (!chosen) return;
  const said = Object.entries(chosen.settings).map((one) => one.join(" ")).join(" and ");
  const sentence = `Set to ${said}, as this picture was made: your next stroke goes on from there.`;
  window.dispatchEvent(new CustomEvent("onestroke-told", { detail: { sentence, good: true } }));
});"""


class Choices(gr.HTML):
    """A row of pictures; its value is [(picture, caption, {setting: value it has}), ...]."""

    def __init__(self, title: str, **kwargs: Any):
        super().__init__(
            html_template=TEMPLATE.replace("$title", title),
            apply_default_css=False,
            js_on_load=(Path(__file__).parent / "thumbs.js").read_text() + SEEN,
            **kwargs,
        )

    def postprocess(
        self, value: list[tuple[Image.Image, str, dict[str, Any]]] | None
    ) -> list[dict[str, Any]]:
        return [
            {"url": data_url(picture), "caption": caption, "settings": settings}
            for picture, caption, settings in value or []
        ]

    def preprocess(self, payload: Any) -> list[dict[str, Any]]:
        """The pictures shown, as the browser sends them back."""
        shown = payload if isinstance(payload, list) else []
        return [one for one in shown if isinstance(one, dict)]

    def connect(self, result: gr.HTML, **settings: gr.components.Component) -> None:
        """A press puts its picture into `result` and its settings into the controls.

        settings: the control of each setting, by name. The next stroke goes on from there.
        """

        def take(shown: list[dict[str, Any]], event: gr.EventData):
            chosen = shown[said(event, "index", range(len(shown)))]
            told = chosen.get("settings")
            told = told if isinstance(told, dict) else {}
            values = [
                checked(control, told[name]) if name in told else gr.skip()
                for name, control in settings.items()
            ]
            return reference(chosen.get("url")), *values

        self.select(
            take,
            self,
            [result, *settings.values()],
            show_progress="hidden",
            queue=False,
            api_visibility="private",
        )


def checked(control: gr.components.Component, value: Any) -> Any:
    """A value that a control may take; a menu's names may have changed with the model."""
    return text("A name", value) if isinstance(control, gr.Dropdown) else accepted(control, value)
