"""Interpolate: from one seed's picture to another's, through noise space."""

from __future__ import annotations

import tempfile
from pathlib import Path

import gradio as gr
from PIL import Image

from ui.engine import plainly
from ui.pictures import strip
from ui.sidebar import MAX_SEED, Controls
from ui.tasks import Tasks

FRAME_MS = 90
SCALE = 4  # animation pixels to a picture's


def animation(frames: list[Image.Image], folder: str) -> str:
    """Write the frames, there and back, as an animated WebP in `folder`."""
    side = frames[0].width * SCALE
    large = [frame.resize((side, side), Image.Resampling.BICUBIC) for frame in frames]
    path = Path(tempfile.mkdtemp(dir=folder)) / "onestroke.webp"
    loop = [*large, *large[-2:0:-1]]
    loop[0].save(path, save_all=True, append_images=loop[1:], duration=FRAME_MS, loop=0)
    return str(path)


def build(tasks: Tasks, controls: Controls) -> None:
    """Lay out the tab and connect it."""
    with gr.Row(elem_classes="actions"):
        seed_a = gr.Number(1, label="From seed", precision=0, minimum=0, maximum=MAX_SEED)
        seed_b = gr.Number(2, label="To seed", precision=0, minimum=0, maximum=MAX_SEED)
        frames = gr.Slider(2, 32, value=12, step=1, precision=0, label="Frames")
        run = gr.Button("Interpolate", variant="primary", elem_id="interpolate-run")
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=300):
            film = gr.Image(
                label="Animation",
                type="filepath",
                interactive=False,
                buttons=["download"],
                elem_classes="picture",
                elem_id="interpolate-film",
            )
        with gr.Column(min_width=300):
            shown = gr.HTML("Press Interpolate: the frames appear here.", elem_classes="frames")

    @plainly
    def walk(seed_a: int, seed_b: int, frames: int, steps: int, style: str, group: str):
        pictures, readout = tasks.interpolate(seed_a, seed_b, frames, steps, style, group)
        row = strip((picture, str(i + 1)) for i, picture in enumerate(pictures))
        return animation(pictures, film.GRADIO_CACHE), row, readout

    steps, _, style, group = controls.inputs
    run.click(
        walk,
        [seed_a, seed_b, frames, steps, style, group],
        [film, shown, controls.readout],
        show_progress_on=film,
        concurrency_id="model",
        api_visibility="private",
    )
