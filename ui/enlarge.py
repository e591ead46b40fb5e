"""Enlarge: a small picture, two, four or eight times as large, beside bicubic."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
from PIL import Image

from ui.desk import Desk
from ui.examples import RENDERS, example
from ui.guesses import guesses_slider
from ui.sidebar import Controls, Go
from ui.source import picture_source
from ui.tasks import Tasks

FIRST = "Alpine meadow"


def build(tasks: Tasks, controls: Controls, desk: Desk) -> None:
    """Lay out the tab and connect it."""
    size = controls.engines.first.size
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=300):
            factor = gr.Radio(
                [(f"×{n}", n) for n in (2, 4, 8)],
                value=4,
                label="Times as large",
                elem_id="enlarge-factor",
                elem_classes=["top", "first"],
            )
            small = desk.result(
                "What goes in",
                "The picture is shrunk first.",
                keep=False,
                value=tasks.shrink(example(FIRST), 4, *controls.first_choice),
                elem_id="enlarge-small",
                elem_classes=["exact", "first"],
            )
            picture = picture_source(desk, "Enlarge", RENDERS, FIRST)
        with gr.Column(min_width=300):
            with gr.Column(elem_classes=["top", "tight", "second"], min_width=100):
                gr.HTML(
                    f'<p class="note">To {size} × {size} pixels, where the model draws so many. '
                    "Every patch keeps its mean: shrunk again, the result is what went in.</p>"
                )
                go = Go("enlarge", "Enlarge")
            result = desk.result(
                "Bicubic | OneStroke",
                "Press Enlarge: the usual way and this one appear here, to be compared.",
                elem_id="enlarge-result",
                elem_classes="third",
            )
            guesses = guesses_slider(controls, "Enlarge")

    def enlarge(
        picture: Image.Image, factor: int, guesses: int, steps: int, seed: int, *choice: str
    ) -> Iterator[tuple]:
        controls.warn(steps * guesses, choice[-1])
        little = tasks.shrink(picture, factor, *choice)
        for made in tasks.super_resolve(little, steps, seed, *choice, guesses=guesses):
            bicubic = little.resize(made.picture.size, Image.Resampling.BICUBIC)
            yield little, (bicubic, made), made.readout

    def preview(picture: Image.Image, factor: int, *choice: str):
        return tasks.shrink(picture, factor, *choice), None

    gr.on(
        [factor.input, picture.change],
        preview,
        [picture, factor, *controls.choice],
        [small, result],
        show_progress="hidden",
        api_visibility="private",
    )
    controls.work(go, enlarge, [picture, factor, guesses, *controls.inputs], [small, result])
