"""Enlarge: a small picture, two, four or eight times as large, beside bicubic."""

from __future__ import annotations

import gradio as gr
from PIL import Image

from ui.engine import plainly
from ui.examples import example
from ui.result import Result
from ui.sidebar import Controls
from ui.source import picture_source
from ui.tasks import Tasks

FIRST = "Boat"


def build(tasks: Tasks, controls: Controls) -> None:
    """Lay out the tab and connect it."""
    with gr.Row(elem_classes="actions"):
        picture = picture_source(FIRST)
        factor = gr.Radio(
            [(f"×{n}", n) for n in (2, 4, 8)],
            value=4,
            label="Times as large",
            elem_id="enlarge-factor",
        )
        run = gr.Button("Enlarge", variant="primary", elem_id="enlarge-run")
    with gr.Row(elem_classes="workbench trio"):
        small = Result(
            "What goes in",
            "The picture is shrunk first.",
            value=tasks.shrink(example(FIRST), 4),
            elem_classes="exact",
            min_width=150,
        )
        bicubic = Result("Bicubic", "The usual way.", min_width=150)
        result = Result("OneStroke", "Press Enlarge.", elem_id="enlarge-result", min_width=150)

    @plainly
    def enlarge(picture: Image.Image, factor: int, steps: int, seed: int, style: str, group: str):
        little = tasks.shrink(picture, factor)
        large, readout = tasks.super_resolve(little, steps, seed, style, group)
        return little, little.resize(large.size, Image.Resampling.BICUBIC), large, readout

    def preview(picture: Image.Image, factor: int):
        return tasks.shrink(picture, factor), None, None

    gr.on(
        [factor.input, picture.change],
        preview,
        [picture, factor],
        [small, bicubic, result],
        show_progress="hidden",
        api_visibility="private",
    )
    controls.next_seed(run).then(
        enlarge,
        [picture, factor, *controls.inputs],
        [small, bicubic, result, controls.readout],
        show_progress="hidden",
        concurrency_id="model",
        api_visibility="private",
    )
