"""Lesson 2, the race: a consistency model and its diffusion teacher from one noise.

Lanes run one after the other, since side by side they would slow each other down; the browser then
plays them together by their own clocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr

import editing
from editing.generate import teacher_evaluations
from editing.image import to_pil
from ui.components.sidebar.sidebar import Controls, Go
from ui.components.tab_router import Settings
from ui.service.engine import Engine, network_runs
from ui.service.pictures import data_url
from ui.service.tasks import Tasks
from ui.tabs.classroom import opening
from ui.tabs.classroom.head import head

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
GUIDED = "A guided teacher runs its network twice an evaluation, and the count says so."


@dataclass(frozen=True)
class Frame:
    """What a lane shows from `milliseconds` after its start on: x0 after so many evaluations."""

    milliseconds: float
    evaluations: int
    picture: str  # a data URL


@dataclass
class Lane:
    """One runner: the consistency model where there is no solver, else its teacher."""

    steps: int  # noise levels
    solver: str | None = None
    frames: list[Frame] = field(default_factory=list)

    @property
    def title(self) -> str:
        if self.solver:
            return f"Diffusion teacher, {SOLVERS[self.solver]}"
        return f"Consistency model, {self.steps} step{'s' * (self.steps > 1)}"

    @property
    def evaluations(self) -> int:
        """Estimates that it needs; a guided teacher runs its network twice for each."""
        return teacher_evaluations(self.steps, self.solver) if self.solver else self.steps

    def run(self, engine: Engine, seed: int, label: Any) -> Iterator[Lane]:
        """Itself after each evaluation."""
        if self.solver:
            taken = engine.stream(
                lambda m: editing.stream_teacher(
                    m, seed, self.steps, solver=self.solver, label=label
                ),
                engine.teacher,
            )
        else:
            taken = engine.stream(
                lambda m: editing.stream_generate(m, seed, self.steps, label=label)
            )
        for step, readout in taken:
            shown = data_url(to_pil(step.x0), lossless=False)
            self.frames.append(Frame(readout.milliseconds, readout.evaluations, shown))
            yield self


def lanes(evaluations: int) -> list[Lane]:
    """The consistency model's, then the teacher's by each solver, of so many evaluations.

    An odd number, which all of them can make: Heun's n levels cost 2 n - 1.
    """
    own = [Lane(steps) for steps in OWN_STEPS]
    return own + [
        Lane((evaluations + 1) // 2 if solver == "heun" else evaluations, solver)
        for solver in SOLVERS
    ]


def race(engine: Engine, seed: int, label: Any, evaluations: int) -> Iterator[list[Lane]]:
    """All lanes after each evaluation of any."""
    running = lanes(evaluations)
    for lane in running:
        for _ in lane.run(engine, seed, label):
            yield running


def cost(evaluations: int) -> int:
    """Estimates of a whole race."""
    return sum(lane.evaluations for lane in lanes(evaluations))


class Race(gr.HTML):
    """Lanes with their clocks, which the browser plays. Its value is a list of lanes, run."""

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
    gr.Markdown(GUIDED)
    evaluations = gr.Radio(
        list(TEACHER_EVALUATIONS), value=17, label="Teacher's evaluations", elem_id="race-length"
    )
    go = Go("race", "Start")
    track = Race(elem_id="race")

    def run(evaluations: int, noise: str, seed: int, *choice: str) -> Iterator[tuple]:
        engine, label = tasks.on(*choice)
        seed = opening.opened_on(tasks, noise, seed, *choice)
        guided = network_runs(engine.teacher, label)
        controls.warn(7 + guided * (cost(evaluations) - 7), choice[-1])
        lanes = []
        for lanes in race(engine, seed, label, evaluations):
            yield gr.skip(), f"{sum(len(lane.frames) for lane in lanes)} of {cost(evaluations)}"
        readouts = sum(lane.frames[-1].evaluations for lane in lanes)
        yield lanes, f"{readouts} evaluations"

    _, seed, *choice = controls.inputs
    controls.work(go, run, [evaluations, noise, seed, *choice], [track], roll=False)
    return {"evaluations": evaluations}
