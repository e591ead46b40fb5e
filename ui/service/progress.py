"""The progress of an edit: pictures to look at, each with the cost so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from PIL import Image

from cm_core.samplers import Step
from editing import Painted
from editing.image import crop_like, like_whole, to_pil
from ui.service.engine import Engine, Readout
from ui.service.settings import EditSettings

T = TypeVar("T")


@dataclass(frozen=True)
class EditProgress:
    """A picture, unfinished or done, the cost so far, and the noisy picture it was made from."""

    picture: Image.Image
    readout: Readout
    seen: Image.Image | None = None
    done: bool = True
    seed: int | None = None  # of a picture from noise alone, which Interpolate can start from
    choice: tuple[str | None, ...] = ()  # the names of its labels, one for each of AXES


def last(made: Iterator[T]) -> T:
    """The last item, e.g. the finished picture of an edit."""
    *_, one = made
    return one


def fitted_steps(
    engine: Engine, take: Callable[[Any], Iterator[Step]], image: Image.Image, size: int, steps: int
) -> Iterator[EditProgress]:
    """The steps of an edit of a fitted picture, in the picture's own shape. size: it was fitted to.

    As grey and as transparent as the picture.
    """
    for step, readout in engine.stream(take):
        picture, seen = (in_shape_of(x, image, size) for x in (step.x0, step.x / scale(step)))
        yield EditProgress(like_whole(picture, image), readout, seen, step.index + 1 == steps)


def picture_steps(
    engine: Engine, take: Callable[[Any], Iterator[Painted]], steps: int = 1
) -> Iterator[EditProgress]:
    """The steps of an edit of a picture of any size, which comes back at its own."""
    for painted, readout in engine.stream(take):
        step = painted.step
        yield EditProgress(painted.picture, readout, shown(step), step.index + 1 == steps)


def in_shape_of(x: torch.Tensor, image: Image.Image, size: int) -> Image.Image:
    """The edit of `image`, fitted to a square of that size, as a picture without its margins and
    with what its file held."""
    return crop_like(to_pil(x), image, size)


def scale(step: Step) -> float:
    """The divisor that brings a noisy picture into the range of a screen."""
    return max(1.0, float(step.sigma))


def shown(step: Step) -> Image.Image:
    """The noisy input of a step, as a picture to look at."""
    return to_pil(step.x / scale(step))


def painting_steps(
    engine: Engine,
    take: Callable[[Any], Iterator[Step]],
    image: Image.Image,
    settings: EditSettings,
) -> Iterator[EditProgress]:
    """The steps of a fitted painting, in the shape of `image`, as large as the engine finishes."""
    for step, readout in engine.stream(take):
        done = step.index + 1 == settings.steps
        x0 = engine.enlarged(step.x0, settings.seed) if done else step.x0
        picture, seen = (in_shape_of(x, image, engine.size) for x in (x0, step.x / scale(step)))
        yield EditProgress(picture, readout, seen, done)


def reduced(picture: Image.Image, side: int) -> Image.Image:
    """A picture with no side longer than that, for what has to be quick."""
    small = picture.copy()
    small.thumbnail((side, side), Image.Resampling.BOX)
    return small
