"""Lesson 1: one noise in one to eight steps."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator

import gradio as gr

from ui.components.sidebar.sidebar import Controls, Go
from ui.components.tab_router import Settings, TabRouter
from ui.service.pictures import strip
from ui.service.progress import last
from ui.service.tasks import Tasks
from ui.tabs.classroom import paths
from ui.tabs.classroom.chart import QUALITY

TIMES = 5  # a picture is drawn so often, for the median of its times
INTRO = (
    "**x = f(T z, T).** The model jumps from pure noise z to a picture in one evaluation. Each "
    "further step adds a little noise, x + √(σ² − ε²) z, and jumps again (Song et al. 2023, "
    "Algorithm 1): what the first jump left out gets another chance."
)


def qualities() -> dict[int, float]:
    """KID of the bundled model's pictures by number of steps, as far as it was measured."""
    if not QUALITY.exists():
        return {}
    rows = json.loads(QUALITY.read_text())["rows"]
    return {row["evaluations"]: row["value"] for row in rows if row["model"] == "consistency"}


def timed(
    tasks: Tasks, seed: int, *choice: str, times: int = TIMES
) -> Iterator[list[tuple[int, paths.EditProgress, float]]]:
    """(steps, picture, median milliseconds) of one to eight steps, one more at a time."""
    found = []
    for steps in paths.CONSISTENCY_STEPS:
        runs = [last(paths.path(tasks, steps, seed, *choice))[0] for _ in range(times)]
        median = statistics.median(run.readout.milliseconds for run in runs)
        found.append((steps, runs[-1], median))
        yield found


def captioned(found: list[tuple[int, paths.EditProgress, float]], kids: dict[int, float]) -> str:
    """The pictures in a row, each with what it cost and how real its kind is."""

    def caption(steps: int, milliseconds: float) -> str:
        evaluations = f"{steps} evaluation{'s' * (steps > 1)}"
        kid = f" · KID {kids[steps]:.2f}" if steps in kids else ""
        return f"{evaluations} · {milliseconds:.0f} ms{kid}"

    return strip((made.picture, caption(steps, ms)) for steps, made, ms in found)


def build(tasks: Tasks, controls: Controls, router: TabRouter) -> Settings:
    """Lay out the lesson and connect it; its settings."""
    gr.Markdown(INTRO)
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
    with gr.Row(elem_classes="actions"):
        gr.Markdown(f"**All eight, timed here and now.** Each time is the median of {TIMES}.")
        compare = Go("compare", "Compare", "secondary")
    table = gr.HTML('<p class="note">Press Compare.</p>', elem_id="steps-table")

    def jump(count: int, beside: int, seed: int, *choice: str):
        made, points = last(paths.path(tasks, count, seed, *choice))
        given = strip((p.given, f"x at σ = {p.sigma:.3g}") for p in points)
        answers = strip((p.answer, f"f(x, σ), step {i + 1}") for i, p in enumerate(points))
        shown = made
        if beside != count:
            shown = last(paths.path(tasks, beside, seed, *choice))[0].picture, made
        return shown, given + answers, made.readout

    def everything(seed: int, *choice: str) -> Iterator[tuple]:
        kids = {} if choice[-1] not in (None, "", tasks.engines.first.name) else qualities()
        controls.warn(TIMES * sum(paths.CONSISTENCY_STEPS), choice[-1])
        for found in timed(tasks, seed, *choice):
            yield captioned(found, kids), found[-1][1].readout

    _, seed, *choice = controls.inputs
    triggers = [controls.tab.change, count.input, beside.input]
    controls.live("Steps", triggers, jump, [count, beside, seed, *choice], [student, path])
    controls.work(compare, everything, [seed, *choice], [table], roll=False)
    return {"count": count, "beside": beside}
