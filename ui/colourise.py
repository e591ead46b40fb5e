"""Colourise: a grey picture in colour, with dabs of colour as hints where wanted."""

from __future__ import annotations

import gradio as gr
from PIL import Image

from editing.image import on_white
from ui.canvas import LiveCanvas
from ui.engine import plainly
from ui.examples import example
from ui.result import Result
from ui.sidebar import Controls
from ui.source import picture_source
from ui.tasks import Tasks

FIRST = "Apple"


def build(tasks: Tasks, controls: Controls) -> None:
    """Lay out the tab and connect it."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=300):
            canvas = LiveCanvas(
                example(FIRST).convert("L"),
                mode="hints",
                size=40,
                title="Dab colour hints on the grey picture",
                elem_id="colourise-canvas",
                elem_classes="first",
            )
            picture = picture_source(FIRST)
        with gr.Column(min_width=300):
            gr.HTML(
                '<p class="note">The grey stays as it is; only colour is added.</p>',
                elem_classes="top-note",
            )
            run = gr.Button(
                "Colourise", variant="primary", elem_id="colourise-run", elem_classes="second"
            )
            result = Result(
                "In colour",
                "Press Colourise, or dab a colour on the picture.",
                elem_id="colourise-result",
                elem_classes="third",
            )

    @plainly
    def colourise(
        picture: Image.Image,
        hints: Image.Image | None,
        steps: int,
        seed: int,
        style: str,
        group: str,
    ):
        return tasks.colorize(picture, hints, steps, seed, style, group)

    # The canvas shows true grey. A new picture makes it fire `input`, so the result follows.
    picture.change(
        lambda picture: on_white(picture).convert("L"),
        picture,
        canvas,
        show_progress="hidden",
        api_visibility="private",
    )
    wiring = {
        "fn": colourise,
        "inputs": [picture, canvas, *controls.inputs],
        "outputs": [result, controls.readout],
        "show_progress": "hidden",
        "concurrency_id": "model",
        "api_visibility": "private",
    }
    canvas.input(**wiring, trigger_mode="always_last")
    controls.next_seed(run).then(**wiring)
