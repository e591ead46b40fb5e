"""Denoise: noise goes in by a slider, and one evaluation takes it out again."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
from PIL import Image

from ui.components.controls import Controls, Go
from ui.components.tab_router import TabRouter
from ui.components.thumbs.image_picker import picture_source
from ui.service.engine import LIVE_SECONDS
from ui.service.examples import RENDERS
from ui.service.progress import reduced
from ui.service.settings import EditSettings, with_settings
from ui.service.tasks import Tasks

FIRST = "Coast"


def build(tasks: Tasks, controls: Controls, router: TabRouter) -> None:
    """Lay out the tab and connect it."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=300):
            level = gr.Slider(
                0,
                2,
                value=0.3,
                step=0.01,
                label="Noise added (0: the picture is noisy already)",
                elem_id="denoise-level",
                elem_classes=["top", "first"],
            )
            noisy = router.result(
                "Noisy",
                "Move the slider.",
                keep=False,
                elem_id="denoise-noisy",
                elem_classes="first",
            )
            picture = picture_source(router, "Denoise", RENDERS, FIRST)
        with gr.Column(min_width=300):
            with gr.Column(elem_classes=["top", "tight", "second"], min_width=100):
                blind = gr.Checkbox(
                    False,
                    label="Estimate the noise level",
                    info="Else the model is told it.",
                    elem_id="denoise-blind",
                )
            result = router.result(
                "Noisy | cleaned in one step",
                "Move the slider.",
                elem_id="denoise-result",
                elem_classes="third",
            )
            level_note = gr.HTML(elem_id="denoise-told")
            go = Go("denoise", "At its full size", "secondary")

    def clean(picture: Image.Image, level: float, blind: bool, settings: EditSettings):
        known = None if blind or level == 0 else level
        shown, made, sigma = tasks.noise_and_denoise(picture, level, known, settings)
        how = "estimated" if known is None else "told"
        added = "" if level == 0 else f", {level:.2f} added"
        note = f'<p class="note">Noise level {how}: {sigma:.2f}{added}</p>'
        return shown, (shown, made), note, made.readout

    @with_settings
    def follow(picture: Image.Image, level: float, blind: bool, settings: EditSettings):
        """`clean` while the slider moves; a large picture is reduced to the model's size."""
        engine = tasks.engines.get(settings.model)
        if tasks.windows(picture, settings) * (engine.seconds or 0) > LIVE_SECONDS:
            picture = reduced(picture, engine.size)
        return clean(picture, level, blind, settings)

    @with_settings
    def whole(
        picture: Image.Image, level: float, blind: bool, settings: EditSettings
    ) -> Iterator[tuple]:
        controls.warn(tasks.windows(picture, settings), settings.model)
        yield clean(picture, level, blind, settings)

    inputs = [picture, level, blind, *controls.inputs]
    controls.live(
        "Denoise",
        [controls.tab.change, level.input, blind.input, picture.change],
        follow,
        inputs,
        [noisy, result, level_note],
    )
    controls.work(go, whole, inputs, [noisy, result, level_note], roll=False)
