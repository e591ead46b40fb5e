"""Steps: the classroom. What each network evaluation buys, beside the diffusion teacher."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from ui.chart import quality_chart
from ui.engine import Readout, plainly
from ui.pictures import strip
from ui.result import Result
from ui.sidebar import Controls
from ui.tasks import TEACHER_LEVELS, Tasks

EXPLAIN_PATH = "**The path.** Above, what the network is given; below, the picture it answers with."
EXPLAIN_SELF = (
    "**Self-consistency.** Points of one teacher trajectory, from pure noise to nearly clean, and "
    "the consistency model's answer at each: the same picture from every point is what it learns."
)


def cost(readout: Readout) -> str:
    """Evaluations and time, short enough for a caption."""
    return f"{readout.evaluations} NFE · {readout.milliseconds:.0f} ms"


def build(tasks: Tasks, controls: Controls) -> None:
    """Lay out the tab and connect it."""
    gr.Markdown(
        "One noise, two models. The **consistency model** jumps to a picture in one evaluation and "
        "may refine it in a few more; its **diffusion teacher** walks there in many."
    )
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=260):
            count = gr.Slider(
                1,
                8,
                value=1,
                step=1,
                precision=0,
                label="Consistency steps",
                elem_id="steps-count",
                elem_classes="top",
            )
            student = Result("Consistency model", "Move the slider.", elem_id="steps-student")
        with gr.Column(min_width=260):
            levels = gr.Radio(
                list(TEACHER_LEVELS),
                value=18,
                elem_id="steps-levels",
                elem_classes="top",
                label="Teacher's Heun steps (n cost 2n − 1 evaluations)",
            )
            walked = Result("Diffusion teacher", "Press Run the teacher.", elem_id="steps-teacher")
            run = gr.Button("Run the teacher", variant="primary", elem_id="steps-run")
    gr.Markdown(EXPLAIN_PATH)
    path = gr.HTML(elem_id="steps-path")
    gr.Markdown(EXPLAIN_SELF)
    same = gr.HTML("Run the teacher to see it.", elem_id="steps-self")
    with gr.Row(elem_classes="actions"):
        gr.Markdown("**All of them, measured here and now, from the same noise.**")
        compare = gr.Button("Compare", elem_id="steps-compare")
    table = gr.HTML("Press Compare.", elem_id="steps-table")
    gr.Markdown("**Quality against evaluations**, measured beforehand on many pictures.")
    gr.HTML(quality_chart())

    @plainly
    def jump(count: int, seed: int, style: str, group: str):
        picture, points, readout = tasks.path(count, seed, style, group)
        given = strip((p.given, f"σ = {p.sigma:.3g}") for p in points)
        answers = strip((p.answer, f"step {i + 1}") for i, p in enumerate(points))
        return picture, given + answers, readout

    @plainly
    def walk(levels: int, seed: int, style: str, group: str):
        picture, points, readout = tasks.teacher_path(levels, seed, style, group)
        given = strip((p.given, f"t = {p.sigma:.3g}") for p in points)
        answers = strip((p.answer, "f(x, t)") for p in points)
        return picture, given + answers, readout

    @plainly
    def everything(seed: int, style: str, group: str) -> Iterator[tuple[str, Readout]]:
        done = []
        for name, picture, readout in tasks.steps(seed, style, group):
            done.append((picture, f"{name}: {cost(readout)}"))
            yield strip(done), readout

    _, seed, style, group = controls.inputs
    shared = [seed, style, group]
    private = {"concurrency_id": "model", "api_visibility": "private"}
    controls.live(
        "Steps", [controls.tab.change, count.input], jump, [count, *shared], [student, path]
    )
    run.click(
        walk,
        [levels, *shared],
        [walked, same, controls.readout],
        show_progress_on=walked,
        **private,
    )
    compare.click(everything, shared, [table, controls.readout], show_progress_on=table, **private)
