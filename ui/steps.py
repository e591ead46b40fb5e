"""Steps: the classroom. What each network evaluation buys, beside the diffusion teacher."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from ui.classroom import paths
from ui.classroom.chart import quality_chart
from ui.desk import Desk
from ui.engine import Readout
from ui.pictures import strip
from ui.sidebar import Controls, Go
from ui.tasks import Tasks

INTRO = (
    "One noise, two models. The **consistency model** jumps to a picture in one evaluation and may "
    "refine it in a few more; its **diffusion teacher** walks there in many, each of which counts "
    "as two where it is guided towards a label, because its network then runs twice."
)
EXPLAIN_PATH = "**The path.** Above, what the network is given; below, the picture it answers with."
EXPLAIN_SELF = (
    "**Self-consistency.** Points of one teacher trajectory, from pure noise to nearly clean, and "
    "the consistency model's answer at each: the same picture from every point is what it learns."
)


def cost(readout: Readout) -> str:
    """Evaluations and time, short enough for a caption."""
    return f"{readout.evaluations} NFE · {readout.milliseconds:.0f} ms"


def build(tasks: Tasks, controls: Controls, desk: Desk) -> None:
    """Lay out the tab and connect it."""
    gr.Markdown(INTRO)
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
            student = desk.result("Consistency model", "Move the slider.", elem_id="steps-student")
        with gr.Column(min_width=260):
            levels = gr.Radio(
                list(paths.TEACHER_LEVELS),
                value=18,
                elem_id="steps-levels",
                elem_classes="top",
                label="Teacher's Heun steps (n cost 2n − 1 evaluations)",
            )
            walked = desk.result(
                "Diffusion teacher", "Press Run the teacher.", elem_id="steps-teacher"
            )
            go = Go("steps", "Run the teacher")
    gr.Markdown(EXPLAIN_PATH)
    path = gr.HTML(elem_id="steps-path")
    gr.Markdown(EXPLAIN_SELF)
    same = gr.HTML('<p class="note">Run the teacher to see it.</p>', elem_id="steps-self")
    with gr.Row(elem_classes="actions"):
        gr.Markdown("**All of them, measured here and now, from the same noise.**")
        compare = Go("compare", "Compare", "secondary")
    table = gr.HTML(
        '<p class="note">Press Compare: about 180 evaluations, 320 with a guided teacher.</p>',
        elem_id="steps-table",
    )
    gr.Markdown("**Quality against evaluations**, measured beforehand on many pictures.")
    gr.HTML(quality_chart())

    def jump(count: int, seed: int, *choice: str):
        *_, (made, points) = paths.path(tasks, count, seed, *choice)
        given = strip((p.given, f"σ = {p.sigma:.3g}") for p in points)
        answers = strip((p.answer, f"step {i + 1}") for i, p in enumerate(points))
        return made, given + answers, made.readout

    def walk(levels: int, seed: int, *choice: str) -> Iterator[tuple]:
        controls.warn(paths.teacher_cost(tasks, levels, *choice), choice[-1])
        for made, points in paths.teacher_path(tasks, levels, seed, *choice):
            given = strip((p.given, f"t = {p.sigma:.3g}") for p in points)
            answers = strip((p.answer, "f(x, t)") for p in points)
            yield made, given + answers if points else gr.skip(), made.readout

    def everything(seed: int, *choice: str) -> Iterator[tuple]:
        controls.warn(paths.comparison_cost(tasks, *choice), choice[-1])
        done: list[tuple] = []
        for name, made in paths.compare(tasks, seed, *choice):
            if made.done:
                done.append((made.picture, f"{name}: {cost(made.readout)}"))
            yield strip(done) if made.done else gr.skip(), made.readout

    _, seed, *choice = controls.inputs
    shared = [seed, *choice]
    triggers = [controls.tab.change, count.input]
    controls.live("Steps", triggers, jump, [count, *shared], [student, path])
    controls.work(go, walk, [levels, *shared], [walked, same], roll=False)
    controls.work(compare, everything, shared, [table], roll=False)
