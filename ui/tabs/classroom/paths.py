"""Sampling paths for the Steps tab: of the consistency model and of its diffusion teacher."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

import editing
from cm_core.noise import generators, randn
from cm_core.samplers import Step, stream_heun
from cm_core.schedule import SIGMA_MIN, karras_sigmas
from editing.generate import teacher_evaluations
from editing.image import fit, to_pil, to_tensor
from editing.tasks import STROKE_FIRST_SIGMAS
from ui.service.engine import network_runs
from ui.service.progress import EditProgress, shown
from ui.service.tasks import Tasks

TEACHER_LEVELS = (5, 9, 18, 40)
CONSISTENCY_STEPS = range(1, 9)


@dataclass(frozen=True)
class Point:
    """A point of a sampling path: the network's input and its answer."""

    sigma: float
    given: Image.Image
    answer: Image.Image


def path(
    tasks: Tasks, steps: int = 1, seed: int = 0, *choice: str
) -> Iterator[tuple[EditProgress, list[Point]]]:
    """The consistency model from noise: (picture, its path so far), an evaluation at a time."""
    engine, label = tasks.on(*choice)
    points: list[Point] = []
    taken = engine.stream(lambda m: editing.stream_generate(m, seed, steps, label=label))
    for step, readout in taken:
        points.append(point(step))
        done = len(points) == steps
        yield EditProgress(points[-1].answer, readout, points[-1].given, done, seed, choice), points


def walk(tasks: Tasks, levels: int, seed: int, *choice: str) -> Iterator[tuple[EditProgress, Step]]:
    """The teacher's evaluations, one by one."""
    engine, label = tasks.on(*choice)
    total = teacher_evaluations(levels)
    taken = engine.stream(
        lambda m: editing.stream_teacher(m, seed, levels, label=label), engine.teacher
    )
    for step, readout in taken:
        done = step.index + 1 == total
        ended = seed if done else None
        yield EditProgress(to_pil(step.x0), readout, shown(step), done, ended, choice), step


def finished(
    tasks: Tasks, painting: Image.Image, strength: float, steps: int, seed: int, *choice: str
) -> Iterator[EditProgress]:
    """A painting finished by the consistency model, at the model's size, as in the measurements."""
    engine, label = tasks.on(*choice)
    x = to_tensor(fit(painting, engine.size))
    how = {"label": label, "paper": True}
    taken = engine.stream(lambda m: editing.stream_stroke(m, x, strength, steps, seed, **how))
    for step, readout in taken:
        yield EditProgress(to_pil(step.x0), readout, shown(step), step.index + 1 == steps)


def finished_by_teacher(
    tasks: Tasks, painting: Image.Image, strength: float, levels: int, seed: int, *choice: str
) -> Iterator[EditProgress]:
    """A painting finished by the teacher from as much noise, by Heun's steps (SDEdit)."""
    engine, label = tasks.on(*choice)
    x = to_tensor(fit(painting, engine.size))
    low, high = STROKE_FIRST_SIGMAS
    sigma = low * (high / low) ** strength
    noise = randn(x.shape, generators(seed, 1)) + x / sigma  # the sampler begins at sigma times it
    grid = karras_sigmas(levels, SIGMA_MIN, sigma)
    taken = engine.stream(lambda m: stream_heun(m, noise, grid, label), engine.teacher)
    for step, readout in taken:
        done = step.index + 1 == teacher_evaluations(levels)
        yield EditProgress(to_pil(step.x0), readout, shown(step), done)


def teacher_cost(tasks: Tasks, levels: int, *choice: str) -> int:
    """Network evaluations of the teacher's walk."""
    engine, label = tasks.on(*choice)
    return teacher_evaluations(levels) * network_runs(engine.teacher, label)


def compare(tasks: Tasks, seed: int = 0, *choice: str) -> Iterator[tuple[str, EditProgress]]:
    """Consistency model at 1 to 8 steps, then the teacher, all from one noise.

    Yields at every evaluation, so that it can be stopped there; EditProgress.done says which are
    pictures to keep.
    """
    for count in CONSISTENCY_STEPS:
        for made, _ in path(tasks, count, seed, *choice):
            yield f"Consistency, {count} step{'s' if count > 1 else ''}", made
    for levels in TEACHER_LEVELS:
        for made, _ in walk(tasks, levels, seed, *choice):
            yield f"Teacher, {levels} Heun steps", made


def point(step: Step) -> Point:
    """A sampler's step as pictures."""
    return Point(step.sigma, shown(step), to_pil(step.x0))
