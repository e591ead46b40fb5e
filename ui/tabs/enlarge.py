"""Enlarge: a picture two or four times as large, by the detailer, beside bicubic.

Without a detailer the model itself enlarges, zero-shot, to its own size.
"""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
from PIL import Image

from editing.image import on_white
from editing.tasks import CALM_SAMPLES_PER_STEP
from ui.components.controls import Controls, Go
from ui.components.samples import samples_slider
from ui.components.tab_router import TabRouter
from ui.components.thumbs.image_picker import picture_source
from ui.service.examples import RENDERS, SMALL_PHOTOS, SMALL_RENDERS, example
from ui.service.progress import EditProgress
from ui.service.settings import EditSettings, with_settings
from ui.service.tasks import Tasks

BY_DETAILER = (
    "A picture of any size comes out larger than it went in. Every patch keeps its mean: shrunk "
    "again, the result is what went in."
)
ZERO_SHOT = (
    "To {0} × {0} pixels, where the model draws so many. Every patch keeps its mean: shrunk again, "
    "the result is what went in."
)


def build(tasks: Tasks, controls: Controls, router: TabRouter) -> None:
    """Lay out the tab and connect it."""
    engine = controls.engines.first
    large = engine.detailer is not None
    names = (*SMALL_RENDERS, *SMALL_PHOTOS) if large else RENDERS
    first = example(names[0])
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=300):
            with gr.Row(elem_classes=["top", "first"]):
                factor = gr.Radio(
                    [(f"×{n}", n) for n in ((2, 4) if large else (2, 4, 8))],
                    value=4,
                    label="Times as large",
                    elem_id="enlarge-factor",
                )
                faithful = gr.Checkbox(
                    label="Faithful",
                    info="The likeliest picture: softer, nothing made up.",
                    visible=large,
                    elem_id="enlarge-faithful",
                )
            small = router.result(
                "What goes in",
                "The picture stands here.",
                keep=False,
                value=first if large else tasks.shrink(first, 4),
                elem_id="enlarge-small",
                elem_classes=["exact", "first"],
            )
            picture = picture_source(router, "Enlarge", names, names[0])
        with gr.Column(min_width=300):
            with gr.Column(elem_classes=["top", "tight", "second"], min_width=100):
                note = BY_DETAILER if large else ZERO_SHOT.format(engine.size)
                gr.HTML(f'<p class="note">{note}</p>')
                go = Go("enlarge", "Enlarge")
            result = router.result(
                "Bicubic | OneStroke",
                "Press Enlarge: the usual way and this one appear here, to be compared.",
                elem_id="enlarge-result",
                elem_classes="third",
            )
            with gr.Column(visible=not large, min_width=100):
                samples = samples_slider(controls, "Enlarge", CALM_SAMPLES_PER_STEP)

    @with_settings
    def enlarge(
        picture: Image.Image, factor: int, faithful: bool, settings: EditSettings
    ) -> Iterator[tuple]:
        if large:
            made = tasks.enlarge(picture, factor, faithful, settings)
            yield picture, (by_bicubic(picture, made), made), made.readout
            return
        controls.warn(settings.evaluations, settings.model)
        little = tasks.shrink(picture, factor, settings)
        for made in tasks.super_resolve(little, factor, settings):
            yield little, (by_bicubic(little, made), made), made.readout

    @with_settings
    def preview(picture: Image.Image, factor: int, settings: EditSettings):
        return picture if large else tasks.shrink(picture, factor, settings), None

    gr.on(
        [factor.input, picture.change],
        preview,
        [picture, factor, *controls.inputs],
        [small, result],
        show_progress="hidden",
        api_visibility="private",
    )
    inputs = [picture, factor, faithful, *controls.inputs, samples]
    controls.work(go, enlarge, inputs, [small, result])


def by_bicubic(small: Image.Image, made: EditProgress) -> Image.Image:
    """The picture enlarged to the same size by bicubic interpolation."""
    return on_white(small).resize(made.picture.size, Image.Resampling.BICUBIC)
