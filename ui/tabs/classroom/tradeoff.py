"""Lesson 6: quality against evaluations, or against time, every point a picture when touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import gradio as gr

import editing
from cm_core.samplers import Step
from editing.generate import apart
from editing.image import to_pil
from ui.components.controls import Controls, Go
from ui.components.tab_router import Settings
from ui.service.engine import Readout
from ui.service.examples import example
from ui.service.pictures import data_url, strip
from ui.service.progress import last
from ui.service.tasks import Tasks
from ui.tabs.classroom import measured, opening, paths, questions
from ui.tabs.classroom.chart import MISSING, Place, quality_chart
from ui.tabs.classroom.head import asked, head
from ui.tabs.classroom.measured import Point, Series, Sheet

AXES = ("Evaluations", "Milliseconds here")
PAINTING = "Snowy mountain"  # the painting behind the points of finished paintings
ITS_LABELS = {"scene": "alpine", "light": "day"}
MOST = 8  # steps
FOLLOWS = 10  # pictures a second that seem to follow a brush
HEAD = head(
    "What quality costs",
    "Every evaluation takes the same time; what it buys depends on how much is left to settle.",
    "KID = E k(a, a′) + E k(b, b′) − 2 E k(a, b), of pictures made, a, and true ones, b",
    "Binkowski et al. 2018",
    *("KID", "evaluation"),
)
EIGHT = "Why not always eight steps?"
TOUCH = "Once they are drawn, touch a point to see its picture."


@dataclass(frozen=True)
class Change:
    """One of many evaluations: its picture, its distance from the one before, the cost so far."""

    step: Step
    moved: float | None
    readout: Readout


def changes(tasks: Tasks, seed: int, *choice: str) -> Iterator[list[Change]]:
    """Lists of the changes that up to eight evaluations make in a picture, each one longer."""
    engine, label = tasks.on(*choice)
    found: list[Change] = []
    for step, readout in engine.stream(
        lambda m: editing.stream_generate(m, seed, MOST, label=label)
    ):
        moved = apart([found[-1].step, step]) if found else None
        found.append(Change(step, moved, readout))
        yield found


def why_not_eight(found: list[Change], kids: dict[int, float]) -> str:
    """The answer in words, from the evaluations just timed and from the measured KIDs."""
    second, last_one = found[1].moved, found[-1].moved
    one, eight = found[0].readout.milliseconds, found[-1].readout.milliseconds
    answer = (
        f"The second evaluation moves this picture by {second:.3f}, the eighth by {last_one:.3f}. "
        f"One took {one:.0f} ms, all eight {eight:.0f} ms: {rate(eight)} pictures a second instead "
        f"of {rate(one)}, and {FOLLOWS} is what following a brush takes. Every step also adds "
        "noise that the next has to take away, and what it errs in stays."
    )
    if len(kids) > 1:
        told = ", ".join(f"{kids[steps]:.2f} in {steps}" for steps in sorted(kids))
        answer += f" KID by the number of steps, as measured: {told}."
    return asked(EIGHT, answer)


def rate(milliseconds: float) -> str:
    """The number of such pictures a second."""
    return f"{1000 / milliseconds:.2g}" if milliseconds > 100 else f"{1000 / milliseconds:.0f}"


def shown(found: list[Change]) -> str:
    """The picture after each evaluation, with its change and the cost so far."""

    def caption(i: int, change: Change) -> str:
        moved = "" if change.moved is None else f" · moved {change.moved:.3f}"
        return f"{i + 1} · {change.readout.milliseconds:.0f}\u00a0ms{moved}"

    return strip((to_pil(one.step.x0), caption(i, one)) for i, one in enumerate(found))


def picture_of(tasks: Tasks, one: Series, point: Point, seed: int, *choice: str) -> str:
    """A point's picture from one noise, as a data URL."""
    levels, painting = heun_levels(point.evaluations), example(PAINTING)
    if one.strength is None and one.ours:
        made, _ = last(paths.path(tasks, point.evaluations, seed, *choice))
    elif one.strength is None:
        made, _ = last(paths.walk(tasks, levels, seed, *choice))
    elif one.ours:
        told = with_labels(tasks, *choice) if one.told else choice
        given = (painting, one.strength, point.evaluations, seed, *told)
        made = last(paths.finished(tasks, *given))
    else:
        given = (painting, one.strength, levels, seed, *choice)
        made = last(paths.finished_by_teacher(tasks, *given))
    return data_url(made.picture, lossless=False)


def heun_levels(evaluations: int) -> int:
    """Noise levels n of Heun's 2 n - 1 evaluations, or of twice as many, a guided teacher's."""
    return (evaluations // (1 + (evaluations % 2 == 0)) + 1) // 2


def with_labels(tasks: Tasks, *choice: str) -> tuple[str, ...]:
    """The choice with the painting's own labels, where the model knows them."""
    engine, _ = tasks.on(*choice)
    axes = engine.axes
    named = [ITS_LABELS[a] if ITS_LABELS[a] in axes.get(a, []) else "Any" for a in ITS_LABELS]
    return *named, *choice[2:]


def drawn_points(tasks: Tasks, sheet: Sheet, seed: int, *choice: str) -> Iterator[dict[Place, str]]:
    """Lists of the pictures of a chart's points, the cheapest first, each list one longer."""
    pictures: dict[Place, str] = {}
    points = [(one, point) for one in sheet.series for point in one.points]
    for one, point in sorted(points, key=lambda pair: pair[1].evaluations):
        pictures[one.name, point.evaluations] = picture_of(tasks, one, point, seed, *choice)
        yield pictures


def build(tasks: Tasks, controls: Controls, noise: gr.Radio) -> Settings:
    """Lay out the lesson and connect it; its settings."""
    sheets = measured.sheets()
    names, kids = list(sheets) or ["Nothing yet"], measured.kids(sheets)
    gr.HTML(HEAD + questions.why_not_one(sheets) + questions.more_not_better(sheets))
    with gr.Row():
        of = gr.Radio(names, value=names[0], label="Of what", elem_id="steps-sheet")
        axis = gr.Radio(list(AXES), value=AXES[0], label="Along the chart", elem_id="steps-axis")
    chart = gr.HTML(quality_chart(sheets.get(names[0])), elem_id="steps-chart")
    with gr.Row(elem_classes="actions"):
        gr.Markdown(TOUCH)
        go = Go("points", "Draw every point's picture", "secondary")
    with gr.Row(elem_classes="actions"):
        gr.Markdown(f"**{EIGHT}** Watch one noise, evaluation by evaluation.")
        watch = Go("eight", "Show all eight", "secondary")
    answer = gr.HTML('<p class="note">Press Show all eight.</p>', elem_id="steps-eight")

    def along(of: str, axis: str, pictures: dict[Place, str] | None = None) -> str:
        seconds = tasks.engines.first.seconds
        unit = 1000 * seconds if axis == AXES[1] and seconds else None
        return quality_chart(sheets.get(of), unit, pictures)

    def draw(of: str, axis: str, noise: str, seed: int, *choice: str) -> Iterator[tuple]:
        seed = opening.opened_on(tasks, noise, seed, *choice)
        if of not in sheets:
            yield MISSING, gr.skip()
            return
        for pictures in drawn_points(tasks, sheets[of], seed, *choice):
            yield along(of, axis, pictures), gr.skip()

    def eight(noise: str, seed: int, *choice: str) -> Iterator[tuple]:
        own = choice[-1] in (None, "", tasks.engines.first.name)
        seed = opening.opened_on(tasks, noise, seed, *choice)
        for found in changes(tasks, seed, *choice):
            said = why_not_eight(found, kids if own else {}) if len(found) == MOST else ""
            yield shown(found) + said, found[-1].readout

    gr.on(
        [of.change, axis.change],
        along,
        [of, axis],
        chart,
        show_progress="hidden",
        api_visibility="private",
    )
    _, seed, *choice = controls.inputs
    controls.work(go, draw, [of, axis, noise, seed, *choice], [chart], roll=False)
    controls.work(watch, eight, [noise, seed, *choice], [answer], roll=False)
    return {"axis": axis, "chart": of}
