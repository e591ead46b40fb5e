"""Interpolate: pictures on the way between two seeds, or inside the square of four."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from ui.components.controls import Controls, Go
from ui.components.frames.frames import Frames
from ui.components.model_menu import goals
from ui.components.tab_router import TabRouter
from ui.service.animation import animation, filmstrip
from ui.service.engine import AXES
from ui.service.settings import EditSettings, with_settings
from ui.service.tasks import MAX_SEED, Tasks

TWO, FOUR = "Two ends", "Four corners"
GRID = 5  # frames along a side of the square


def build(tasks: Tasks, controls: Controls, router: TabRouter) -> None:
    """Lay out the tab and connect it."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=300):
            shape = gr.Radio([TWO, FOUR], value=TWO, show_label=False, elem_id="interpolate-shape")
            with gr.Row(elem_classes="ends"):
                ends = [
                    gr.Number(
                        i + 1,
                        label=label,
                        precision=0,
                        minimum=0,
                        maximum=MAX_SEED,
                        min_width=100,
                        visible=i < 2,
                        elem_id=f"interpolate-end-{i}",
                    )
                    for i, label in enumerate(("From seed", "To seed", "Lower left", "Lower right"))
                ]
            with gr.Row(elem_classes="ends"):
                to = [
                    gr.Dropdown(
                        **goals(controls.engines.first, axis),
                        label=f"To {name.lower()}",
                        min_width=100,
                        elem_id=f"interpolate-to-{axis}",
                    )
                    for axis, name in AXES.items()
                ]
            frames = gr.Slider(
                2, 32, value=16, step=1, precision=0, label="Frames", elem_id="interpolate-frames"
            )
            go = Go("interpolate", "Interpolate")
            gr.HTML(
                '<p class="note">The walk begins in the scene and light above and may end in '
                "others: a day passes, a meadow turns into a desert. Seeds that you like in the "
                "history can be taken as ends there: choose one, then Walk.</p>"
            )
            with gr.Row(elem_classes="under two"):
                film = gr.DownloadButton(
                    "Animated WebP", interactive=False, elem_id="interpolate-film", min_width=120
                )
                row = gr.DownloadButton(
                    "Frame strip", interactive=False, elem_id="interpolate-strip", min_width=120
                )
        with gr.Column(min_width=300):
            walk = Frames(
                "Press Interpolate, then move through the frames here.",
                elem_id="interpolate-walk",
                elem_classes="second",
            )
    router.results.append(walk)
    router.ends.extend(ends)
    router.goals.extend(to)

    def reshape(shape: str, model: str | None):
        four, engine = shape == FOUR, controls.engines.get(model)
        names = ("Upper left", "Upper right") if four else ("From seed", "To seed")
        menus = [goals(engine, axis, four) for axis in AXES]
        return [
            *(gr.Number(label=name) for name in names),
            gr.Number(visible=four),
            gr.Number(visible=four),
            gr.Slider(visible=not four),
            *(gr.Dropdown(visible=menu["visible"]) for menu in menus),
        ]

    @with_settings
    def travel(
        a: int,
        b: int,
        c: int,
        d: int,
        shape: str,
        frames: int,
        scene: str,
        light: str,
        category: str,
        settings: EditSettings,
    ) -> Iterator[tuple]:
        """scene, light, category: names that the second end has instead, "" for the same."""
        four = shape == FOUR
        columns, count = (GRID, GRID * GRID) if four else (frames, frames)
        controls.warn(count * settings.steps, settings.model)
        seeds, wait = [a, b, c, d] if four else [a, b], gr.DownloadButton(interactive=False)
        goal = {} if four else {"scene": scene, "light": light, "category": category}
        for pictures, readout in tasks.interpolate(seeds, columns, settings, goal):
            yield (pictures, columns, seeds), wait, wait, readout
        yield (
            gr.skip(),
            gr.DownloadButton(value=animation(pictures, columns), interactive=True),
            gr.DownloadButton(value=filmstrip(pictures, columns), interactive=True),
            readout,
        )

    shape.input(
        reshape,
        [shape, controls.models.name],
        [*ends, frames, *to],
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )
    controls.models.name.change(
        lambda model, shape: [
            gr.Dropdown(**goals(controls.engines.get(model), axis, shape == FOUR)) for axis in AXES
        ],
        [controls.models.name, shape],
        to,
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )
    inputs = [*ends, shape, frames, *to, *controls.inputs]
    controls.work(go, travel, inputs, [walk, film, row], roll=False)
