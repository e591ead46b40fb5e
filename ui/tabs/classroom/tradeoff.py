"""Lesson 6: quality against evaluations, or against time, every point a picture when touched."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from editing.generate import teacher_evaluations
from ui.components.sidebar.sidebar import Controls, Go
from ui.components.tab_router import Settings
from ui.service.pictures import data_url
from ui.service.progress import last
from ui.service.tasks import Tasks
from ui.tabs.classroom import paths
from ui.tabs.classroom.chart import MISSING, Point, measured, quality_chart

AXES = ("Evaluations", "Milliseconds here")
INTRO = (
    "**What quality costs.** KID compares many pictures with true ones, in features of photographs "
    "(Binkowski et al. 2018). More steps make a consistency model better only as far as it has "
    "learned: each adds noise that the next has to take away. The teacher needs many, but goes on. "
    "Once they are drawn, touch a point to see its picture."
)


def points(quality: dict) -> list[Point]:
    """The chart's points, the cheapest first."""
    found = {(row["model"], row["evaluations"]) for row in quality["rows"]}
    return sorted(found, key=lambda point: point[1])


def picture_of(tasks: Tasks, point: Point, seed: int, *choice: str) -> str:
    """A point's picture from one noise, as a data URL."""
    model, evaluations = point
    if model == "consistency":
        made, _ = last(paths.path(tasks, evaluations, seed, *choice))
    else:
        levels = (evaluations + 1) // 2
        assert teacher_evaluations(levels) == evaluations
        made, _ = last(paths.walk(tasks, levels, seed, *choice))
    return data_url(made.picture, lossless=False)


def build(tasks: Tasks, controls: Controls) -> Settings:
    """Lay out the lesson and connect it; its settings."""
    gr.Markdown(INTRO)
    axis = gr.Radio(list(AXES), value=AXES[0], label="Along the chart", elem_id="steps-axis")
    chart = gr.HTML(quality_chart(), elem_id="steps-chart")
    go = Go("points", "Draw every point's picture", "secondary")

    def drawn(axis: str, pictures: dict[Point, str] | None = None) -> str:
        seconds = tasks.engines.first.seconds
        unit = 1000 * seconds if axis == AXES[1] and seconds else None
        return quality_chart(measured(), unit, pictures)

    def draw(axis: str, seed: int, *choice: str) -> Iterator[tuple]:
        quality, pictures = measured(), {}
        if quality is None:
            yield MISSING, gr.skip()
            return
        for point in points(quality):
            pictures[point] = picture_of(tasks, point, seed, *choice)
            yield drawn(axis, pictures), gr.skip()

    axis.change(drawn, axis, chart, show_progress="hidden", api_visibility="private")
    _, seed, *choice = controls.inputs
    controls.work(go, draw, [axis, seed, *choice], [chart], roll=False)
    return {"axis": axis}
