"""Lesson 2, the race: a consistency model and its diffusion teacher from one noise.

Lanes run one after the other, since side by side they would slow each other down; the browser then
plays them together by their own clocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

import editing
from cm_core.model import Label
from cm_core.samplers import Step
from editing.image import to_pil
from ui.components.controls import Controls, Go
from ui.components.tab_router import Settings
from ui.service.engine import Engine, network_runs
from ui.service.pictures import data_url
from ui.service.tasks import Tasks
from ui.tabs.classroom import opening
from ui.tabs.classroom.head import head
from ui.tabs.classroom.student import stream_student, student_of, told

HERE = Path(__file__).parent
OWN_STEPS = (1, 2, 4)
TEACHER_EVALUATIONS = (5, 9, 17, 35, 79)
SOLVERS = {"heun": "Heun", "euler": "Euler", "ddim": "DDIM"}

HEAD = head(
    "The race",
    "All start from one noise: the diffusion teacher follows its path in small steps, the "
    "consistency model jumps to the path's end.",
    "dx/dt = (x − D(x, t)) / t, by Euler's steps, by Heun's, or by DDIM's, which are Euler's over "
    "other noise levels",
    "Karras et al. 2022, Algorithm 1; Song, Meng and Ermon 2021",
    *("x", "t", "D(x, t)", "evaluation"),
)
LENGTH = "A guided teacher runs its network twice for each, and the clock's count says so."


@dataclass(frozen=True)
class Frame:
    """What a lane shows from `milliseconds` after its start on: x0, and evaluations so far."""

    milliseconds: float
    evaluations: int
    picture: str  # a data URL


@dataclass
class Lane:
    """One runner: `take(model)` streams its steps; the model is the page's own where none is given.

    evaluations: of the network's estimates; a guided one runs it twice for each.
    """

    title: str
    evaluations: int
    take: Callable[[Any], Iterator[Step]]
    model: Any = None
    frames: list[Frame] = field(default_factory=list)

    def run(self, engine: Engine) -> Iterator[Lane]:
        """The lane after each evaluation."""
        for step, readout in engine.stream(self.take, self.model):
            shown = data_url(to_pil(step.x0), lossless=False)
            self.frames.append(Frame(readout.milliseconds, readout.evaluations, shown))
            yield self


def lanes(engine: Engine, seed: int, label: Label, evaluations: int) -> list[Lane]:
    """The consistency model's lanes, the student's where there is one, and the teacher's by each
    solver in so many evaluations.

    These are an odd number, which all solvers can make: Heun's n levels cost 2 n - 1.
    """
    given = {"seed": seed, "label": label}
    found = [
        Lane(
            f"Consistency model, {in_steps(steps)}",
            steps,
            partial(editing.stream_generate, steps=steps, **given),
        )
        for steps in OWN_STEPS
    ]
    student = student_of(engine)
    for steps, sigmas in student.config.sigmas.items() if student else ():
        title = f"Progressive distillation, {in_steps(steps)}"
        found.append(Lane(title, steps, partial(stream_student, sigmas=sigmas, **given), student))
    for solver, name in SOLVERS.items():
        levels = (evaluations + 1) // 2 if solver == "heun" else evaluations
        take = partial(editing.stream_teacher, levels=levels, solver=solver, **given)
        found.append(Lane(f"Diffusion teacher, {name}", evaluations, take, engine.teacher))
    return found


def in_steps(count: int) -> str:
    """E.g. "1 step", "4 steps"."""
    return f"{count} step{'s' * (count > 1)}"


def race(engine: Engine, running: list[Lane]) -> Iterator[list[Lane]]:
    """All lanes, after each evaluation of any of them."""
    for lane in running:
        for _ in lane.run(engine):
            yield running


def so_far(running: list[Lane]) -> str:
    """The progress of the lanes, as HTML."""
    done = sum(len(lane.frames) for lane in running)
    total = sum(lane.evaluations for lane in running)
    return f'<p class="note">{done} of {total} evaluations run, lane after lane.</p>'


class Race(gr.HTML):
    """Lanes with clocks, played by the browser. Its value is a list of finished lanes."""

    def __init__(self, **kwargs: Any):
        super().__init__(
            html_template=(HERE / "race.html").read_text(),
            apply_default_css=False,
            js_on_load=(HERE / "race.js").read_text(),
            **kwargs,
        )

    def postprocess(self, value: list[Lane] | None) -> Any:
        return value and [
            {
                "title": lane.title,
                "evaluations": lane.evaluations,
                "frames": [[f.milliseconds, f.evaluations, f.picture] for f in lane.frames],
            }
            for lane in value
        ]


def build(tasks: Tasks, controls: Controls, noise: gr.Radio) -> Settings:
    """Lay out the lesson and connect it; its settings."""
    gr.HTML(HEAD)
    gr.HTML(f"<p>{told(tasks.engines.first)}</p>", elem_id="race-student")
    evaluations = gr.Radio(
        list(TEACHER_EVALUATIONS),
        value=17,
        label="Teacher's evaluations",
        info=LENGTH,
        elem_id="race-length",
    )
    go = Go("race", "Start")
    progress = gr.HTML(elem_id="race-progress")
    track = Race(elem_id="race")

    def run(evaluations: int, noise: str, seed: int, *choice: str) -> Iterator[tuple]:
        engine, label = tasks.on(*choice)
        seed = opening.opened_on(tasks, noise, seed, *choice)
        running = lanes(engine, seed, label, evaluations)
        guided = [network_runs(lane.model or engine.model, label) for lane in running]
        controls.warn(
            sum(n * lane.evaluations for n, lane in zip(guided, running, strict=True)), choice[-1]
        )
        for _ in race(engine, running):
            yield gr.skip(), so_far(running), gr.skip()
        run_in_all = sum(lane.frames[-1].evaluations for lane in running)
        yield running, so_far(running), f"{run_in_all} evaluations"

    _, seed, *choice = controls.inputs
    controls.work(go, run, [evaluations, noise, seed, *choice], [track, progress], roll=False)
    return {"evaluations": evaluations}
