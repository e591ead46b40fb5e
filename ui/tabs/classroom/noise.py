"""Lesson 1: one noise in one to eight steps."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import gradio as gr

from ui.components.controls import Controls, Go
from ui.components.tab_router import Settings, TabRouter
from ui.service.pictures import strip
from ui.service.progress import last
from ui.service.tasks import Tasks
from ui.tabs.classroom import measured, opening, paths, questions
from ui.tabs.classroom.head import head

TIMES = 5  # drawings of each picture, for the median of their times
HEAD = head(
    "One noise, one to eight steps",
    "The model jumps from pure noise to a picture in one evaluation; each further step adds a "
    "little fresh noise and jumps again.",
    "x0 = f(T z, T), then x0 = f(x0 + √(t² − ε²) z, t) at ever smaller t",
    "Song et al. 2023, Algorithm 1",
    *("z", "t", "T", "ε", "f(x, t)", "evaluation", "KID"),
)


def timed(
    tasks: Tasks, seed: int, *choice: str, times: int = TIMES
) -> Iterator[list[tuple[int, paths.EditProgress, float]]]:
    """Lists of (steps, picture, median milliseconds), from one step to eight, each one longer."""
    found = []
    for steps in paths.CONSISTENCY_STEPS:
        runs = [last(paths.path(tasks, steps, seed, *choice))[0] for _ in range(times)]
        median = statistics.median(run.readout.milliseconds for run in runs)
        found.append((steps, runs[-1], median))
        yield found


def captioned(found: list[tuple[int, paths.EditProgress, float]], kids: dict[int, float]) -> str:
    """The pictures in a row, each with its cost and the measured KID of that many steps."""

    def caption(steps: int, milliseconds: float) -> str:
        evaluations = f"{steps} evaluation{'s' * (steps > 1)}"
        kid = f" · KID\u00a0{kids[steps]:.2f}" if steps in kids else ""
        return f"{evaluations} · {milliseconds:.0f}\u00a0ms{kid}"

    return strip((made.picture, caption(steps, ms)) for steps, made, ms in found)


def along(points: list[paths.Point]) -> str:
    """A path as pictures: the network's inputs above, its answers below."""
    return strip((p.given, p.answer, f"t = {p.sigma:.3g}") for p in points)


def build(tasks: Tasks, controls: Controls, router: TabRouter, noise: gr.Radio) -> Settings:
    """Lay out the lesson and connect it; its settings."""
    found = measured.sheets()
    kids = measured.kids(found)
    gr.HTML(HEAD)
    with gr.Row(elem_classes="workbench"):
        with gr.Column(min_width=260):
            how = {"step": 1, "precision": 0, "elem_classes": "top"}
            count = gr.Slider(1, 8, 4, label="Steps", elem_id="steps-count", **how)
            beside = gr.Slider(1, 8, 1, label="Compared with", elem_id="steps-beside", **how)
            path = gr.HTML(elem_id="steps-path")
        with gr.Column(min_width=260):
            student = router.result(
                "Consistency model", "Move the slider.", elem_id="steps-student"
            )
    gr.HTML(questions.second_step(found))
    with gr.Row(elem_classes="actions"):
        gr.Markdown(f"**All eight, timed here and now.** Each time is the median of {TIMES}.")
        compare = Go("compare", "Compare", "secondary")
    table = gr.HTML('<p class="note">Press Compare.</p>', elem_id="steps-table")

    def jump(count: int, beside: int, noise: str, seed: int, *choice: str):
        seed = opening.opened_on(tasks, noise, seed, *choice)
        made, points = last(paths.path(tasks, count, seed, *choice))
        shown = made
        if beside != count:
            shown = last(paths.path(tasks, beside, seed, *choice))[0].picture, made
        told = f'<p class="note">Seed {seed}: above x, below f(x, t).</p>'
        return shown, along(points) + told, made.readout

    def everything(noise: str, seed: int, *choice: str) -> Iterator[tuple]:
        own = choice[-1] in (None, "", tasks.engines.first.name)
        seed = opening.opened_on(tasks, noise, seed, *choice)
        controls.warn(TIMES * sum(paths.CONSISTENCY_STEPS), choice[-1])
        for made in timed(tasks, seed, *choice):
            yield captioned(made, kids if own else {}), made[-1][1].readout

    _, seed, *choice = controls.inputs
    triggers = [controls.tab.change, count.input, beside.input, noise.change]
    inputs = [count, beside, noise, seed, *choice]
    controls.live("Steps", triggers, jump, inputs, [student, path])
    controls.work(compare, everything, [noise, seed, *choice], [table], roll=False)
    return {"count": count, "beside": beside}
