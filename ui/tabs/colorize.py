"""Colour: a grey picture in colour, with dabs of colour as hints where wanted."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
from PIL import Image

from editing.image import on_white
from ui.components.canvas.canvas import BACKGROUND_SIDE, LiveCanvas
from ui.components.result.result import grey
from ui.components.samples import guesses_slider
from ui.components.sidebar.sidebar import Controls, Go
from ui.components.tab_router import TabRouter
from ui.components.thumbs.image_picker import picture_source
from ui.service.examples import PHOTOS, RENDERS, example
from ui.service.progress import EditProgress, last, reduced
from ui.service.tasks import Tasks

FIRST = "Autumn river"


def build(tasks: Tasks, controls: Controls, router: TabRouter) -> None:
    """Lay out the tab and connect it."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=300):
            canvas = LiveCanvas(
                example(FIRST).convert("L"),
                mode="hints",
                size=40,
                title="Dab colour hints on the grey picture",
                elem_id="colorize-canvas",
                elem_classes="first",
            )
            picture = picture_source(router, "Colour", (*RENDERS, *PHOTOS), FIRST)
        with gr.Column(min_width=300):
            with gr.Column(elem_classes=["top", "tight"], min_width=100):
                gr.HTML(
                    '<p class="note">The grey stays as it is, only colour is added. '
                    "Dab a colour on the picture to say which.</p>"
                )
                go = Go("colorize", "Colour it")
            result = router.result(
                "Grey | in colour",
                "Press Colour it, or dab a colour on the picture.",
                elem_id="colorize-result",
                elem_classes="second",
            )
            guesses = guesses_slider(controls, "Colour")

    def beside(picture: Image.Image, made: EditProgress) -> tuple[Image.Image, EditProgress]:
        """The result with the same picture in grey, as the model saw it."""
        return grey(picture, made.picture.size), made

    def colorize(
        picture: Image.Image,
        hints: Image.Image | None,
        guesses: int,
        steps: int,
        seed: int,
        *choice: str,
    ) -> Iterator[tuple]:
        controls.warn(steps * guesses, choice[-1])
        for made in tasks.colorize(picture, hints, steps, seed, *choice, guesses=guesses):
            yield beside(picture, made), made.readout

    def follow(
        picture: Image.Image,
        hints: Image.Image | None,
        guesses: int,
        steps: int,
        seed: int,
        *choice: str,
    ):
        drawing = hints is not None and hints.info.get("drawing")
        if drawing and not tasks.on(*choice)[0].follows:
            return gr.skip()
        if drawing:  # one evaluation, so that the picture keeps up with the pen
            picture, guesses, steps = reduced(picture, BACKGROUND_SIDE), 1, 1
        made = last(tasks.colorize(picture, hints, steps, seed, *choice, guesses=guesses))
        made = EditProgress(made.picture, made.readout, done=not drawing)
        return beside(picture, made), made.readout

    # The canvas shows true grey. A new picture makes it fire `input`, so the result follows.
    picture.change(
        lambda picture: on_white(picture).convert("L"),
        picture,
        canvas,
        show_progress="hidden",
        api_visibility="private",
    )
    inputs = [picture, canvas, guesses, *controls.inputs]
    controls.live("Colour", [canvas.input, guesses.input], follow, inputs, [result])
    controls.work(go, colorize, inputs, [result])
