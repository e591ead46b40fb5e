"""Lesson 3: the same picture from every point of a path, and how that is learned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
import torch

from cm_core.model import ConsistencyModel, ModelConfig
from cm_core.samplers import Step
from editing.generate import apart, self_consistency
from editing.image import to_pil
from ui.components.controls import Controls, Go
from ui.service.engine import Readout
from ui.service.pictures import strip
from ui.service.progress import last, shown
from ui.service.tasks import Tasks
from ui.tabs.classroom import opening, paths
from ui.tabs.classroom.head import asked, head, titled

LEVELS = 18  # of the teacher's walk
POINTS = 12
HEAD = head(
    "Self-consistency",
    "From wherever on one path from noise to a picture one asks, the answer is the same picture.",
    "f(x, t) = f(x′, t′) for any two points of one path, and f(x, ε) = x at its end",
    "Song et al. 2023, section 3 and eq. 5",
    *("x", "t", "ε", "f(x, t)"),
)
NAME = asked(
    "Why the name?",
    "Take the noise from a picture little by little, as the diffusion teacher does: all points on "
    "the way, from pure noise to the picture, are one path. A function is called consistent if it "
    "gives the same answer from each of them. Training has neighbours agree, and at the path's "
    "end, where no noise is left, f must answer with the point itself, which is the picture; so, "
    "neighbour by neighbour, all of them come to answer with it. Then pure noise does, too, and "
    "one evaluation is enough.",
)
HOW = (
    "Above, points of one path that the diffusion teacher walks; below, where three functions say "
    "that it ends: the same network as it learns. Their numbers are the mean distance of "
    "neighbouring answers, 0 for a perfect model; from black to white it is 2."
)
LEARNING = {  # the functions put to the test, in the order of learning, each explained
    "Untrained": "The same network before it has seen a picture, its weights drawn by chance: it "
    "answers with x made small, which is grey while x is noise, and a picture only where x is one.",
    "Half trained": "The diffusion teacher, from whose weights the consistency model went on to "
    "learn: it answers with the mean of all pictures that x may come from, which is a blur while "
    "x is noise.",
    "Trained": "The consistency model, which has learned that neighbours are to agree: it answers "
    "with nearly the same picture from the first point on.",
}


@dataclass(frozen=True)
class Learner:
    """A function and its answers along the path."""

    name: str  # of LEARNING
    steps: list[Step]

    @property
    def apart(self) -> tuple[float, float]:
        """Mean distance of neighbouring answers, and the distance from the first to the last."""
        return apart(self.steps), apart([self.steps[0], self.steps[-1]])


def untrained(config: ModelConfig) -> ConsistencyModel:
    """The model's network with random weights, the same weights every time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ConsistencyModel(config).eval().requires_grad_(False)


def learners(
    tasks: Tasks, seed: int = 0, *choice: str
) -> Iterator[tuple[list[Step], list[Learner], Readout]]:
    """(points of the path, answers, cost) so far: first the teacher's walk, then each answer."""
    engine, label = tasks.on(*choice)
    taken = [(step, made.readout) for made, step in paths.walk(tasks, LEVELS, seed, *choice)]
    walked, readout = [step for step, _ in taken], taken[-1][1]
    found: list[Learner] = []
    yield self_consistency(lambda x, sigma, label: x, walked, POINTS), found, readout
    tested = untrained(engine.model.config), engine.teacher, engine.model
    for name, model in zip(LEARNING, tested, strict=True):

        def take(m: Any) -> Iterator[list[Step]]:
            yield self_consistency(m, walked, POINTS, label=label)

        same, readout = last(engine.stream(take, model))
        found.append(Learner(name, same))
        yield same, found, readout


def rows(path: list[Step], found: list[Learner]) -> str:
    """The path and each function's answers, as strips one below the other."""
    path_row = strip((shown(s), f"x at t = {s.sigma:.3g}") for s in path)
    parts = [titled("Points of the path", path_row)]
    for learner in found:
        near, far = learner.apart
        said = f"neighbours are {near:.3f} apart, first and last {far:.3f}"
        answers = strip((to_pil(s.x0), f"f(x, {s.sigma:.3g})") for s in learner.steps)
        about = f'<p class="said">{escape(LEARNING[learner.name])}</p>'
        parts.append(titled(f"{learner.name}: {said}", about + answers))
    return "".join(parts)


def build(tasks: Tasks, controls: Controls, noise: gr.Radio) -> None:
    """Lay out the lesson and connect it."""
    gr.HTML(HEAD + NAME)
    gr.Markdown(HOW)
    go = Go("self", "Ask along the path")
    same = gr.HTML('<p class="note">Press Ask along the path.</p>', elem_id="steps-self")

    def answer(noise: str, seed: int, *choice: str) -> Iterator[tuple]:
        seed = opening.opened_on(tasks, noise, seed, *choice)
        controls.warn(paths.teacher_cost(tasks, LEVELS, *choice) + 3 * POINTS, choice[-1])
        for path, found, readout in learners(tasks, seed, *choice):
            yield rows(path, found), readout

    _, seed, *choice = controls.inputs
    controls.work(go, answer, [noise, seed, *choice], [same], roll=False)
