"""Colour: a grey picture in colour, with dabs of colour as hints where wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
from PIL import Image

from editing.image import on_white
from editing.tasks import CALM_SAMPLES_PER_STEP
from ui.components.canvas.canvas import BACKGROUND_SIDE
from ui.components.controls import Controls, Go
from ui.components.result.result import grey
from ui.components.samples import samples_slider
from ui.components.tab_router import TabRouter
from ui.service.progress import last, reduced
from ui.service.settings import EditSettings, with_settings
from ui.service.tasks import Tasks
from ui.tabs.workbench import canvas_over_picture

FIRST = "Autumn river"


def build(tasks: Tasks, controls: Controls, router: TabRouter) -> None:
    """Lay out the tab and connect it."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=300):
            canvas, picture = canvas_over_picture(
                router,
                "Colour",
                FIRST,
                true_grey,
                mode="hints",
                size=40,
                title="Dab colour hints on the grey picture",
                elem_id="colorize-canvas",
            )
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
            samples = samples_slider(controls, "Colour", CALM_SAMPLES_PER_STEP)

    @with_settings
    def colorize(
        picture: Image.Image, hints: Image.Image | None, settings: EditSettings
    ) -> Iterator[tuple]:
        controls.warn(settings.evaluations, settings.model)
        for made in tasks.colorize(picture, hints, settings):
            yield (grey(picture, made.picture.size), made), made.readout

    @with_settings
    def follow(picture: Image.Image, hints: Image.Image | None, settings: EditSettings):
        drawing = hints is not None and hints.info.get("drawing")
        if drawing and not tasks.engines.get(settings.model).follows:
            return gr.skip()
        if drawing:  # one evaluation, so that the picture keeps up with the pen
            picture = reduced(picture, BACKGROUND_SIDE)
            settings = replace(settings, steps=1, samples_per_step=1)
        made = replace(last(tasks.colorize(picture, hints, settings)), done=not drawing)
        return (grey(picture, made.picture.size), made), made.readout

    # A new picture makes the canvas fire `input`, so the result follows.
    inputs = [picture, canvas, *controls.inputs, samples]
    controls.live("Colour", [canvas.input, samples.input], follow, inputs, [result])
    controls.work(go, colorize, inputs, [result])


def true_grey(picture: Image.Image) -> Image.Image:
    """The picture in grey, for the canvas."""
    return on_white(picture).convert("L")
