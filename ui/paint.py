"""Paint: the picture follows the brush."""

from __future__ import annotations

import gradio as gr
from PIL import Image

from ui.canvas import LiveCanvas
from ui.engine import plainly
from ui.result import Result
from ui.sidebar import Controls
from ui.source import picture_source
from ui.tasks import Tasks


def build(tasks: Tasks, controls: Controls) -> None:
    """Lay out the tab and connect it."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=300):
            canvas = LiveCanvas(title="Paint here", elem_id="paint-canvas", elem_classes="first")
            photo = picture_source()
        with gr.Column(min_width=300):
            strength = gr.Slider(
                0,
                1,
                value=0.3,
                step=0.01,
                label="Follow my strokes → Surprise me",
                elem_id="paint-strength",
                elem_classes="top",
            )
            result = Result(
                "What the model sees in it",
                "Paint something: it appears here.",
                elem_id="paint-result",
                elem_classes="second",
            )
            with gr.Row():
                generate = gr.Button("From nothing", elem_id="paint-generate")
                adopt = gr.Button("Result → canvas", elem_id="paint-adopt")

    @plainly
    def follow(
        drawing: Image.Image | None, strength: float, steps: int, seed: int, style: str, group: str
    ):
        if drawing is None:
            return gr.skip()
        return tasks.paint(drawing, strength, steps, seed, style, group)

    photo.change(
        lambda picture: picture, photo, canvas, show_progress="hidden", api_visibility="private"
    )
    controls.live(
        "Paint",
        [canvas.input, strength.input],
        follow,
        [canvas, strength, *controls.inputs],
        [result],
    )
    controls.next_seed(generate).then(
        plainly(tasks.generate),
        controls.inputs,
        [result, controls.readout],
        show_progress="hidden",
        concurrency_id="model",
        api_visibility="private",
    )
    # In the browser alone: the canvas takes {background: data URL} as a picture to start from.
    adopt.click(
        None, result, canvas, js="url => ({background: url || null})", api_visibility="private"
    )
