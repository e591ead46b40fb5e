"""Inpaint: paint over what should change; everything else stays as it was."""

from __future__ import annotations

import gradio as gr
from PIL import Image

from ui.canvas import LiveCanvas
from ui.engine import plainly
from ui.examples import example
from ui.sidebar import Controls
from ui.source import picture_source
from ui.tasks import Tasks

FIRST = "Cat"


def build(tasks: Tasks, controls: Controls) -> None:
    """Lay out the tab and connect it."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=300):
            canvas = LiveCanvas(
                example(FIRST),
                mode="mask",
                size=64,
                title="Paint over what should change",
                elem_id="inpaint-canvas",
                elem_classes="first",
            )
            picture = picture_source(FIRST)
        with gr.Column(min_width=300):
            run = gr.Button(
                "Repaint", variant="primary", elem_id="inpaint-run", elem_classes="second"
            )
            result = gr.Image(
                show_label=False,
                format="png",
                type="pil",
                interactive=False,
                buttons=["download", "fullscreen"],
                elem_classes=["picture", "third"],
                elem_id="inpaint-result",
            )

    @plainly
    def repaint(
        picture: Image.Image,
        drawn: Image.Image | None,
        steps: int,
        seed: int,
        style: str,
        group: str,
    ):
        return tasks.inpaint(picture, drawn, steps, seed, style, group)

    picture.change(
        lambda picture: picture, picture, canvas, show_progress="hidden", api_visibility="private"
    )
    controls.next_seed(run).then(
        repaint,
        [picture, canvas, *controls.inputs],
        [result, controls.readout],
        show_progress="hidden",
        concurrency_id="model",
        api_visibility="private",
    )
