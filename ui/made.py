"""What an edit makes on its way: pictures to look at, each with what it cost so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from PIL import Image

import editing
from cm_core.errors import ImageError
from cm_core.samplers import Step
from editing.image import fit_box, to_pil
from ui.engine import Engine, Readout

T = TypeVar("T")


@dataclass(frozen=True)
class Made:
    """A picture on its way or done, what it cost so far, and the noisy picture it was made from."""

    picture: Image.Image
    readout: Readout
    seen: Image.Image | None = None
    done: bool = True
    seed: int | None = None  # of a picture that came from noise alone: it can be walked to


def last(made: Iterator[T]) -> T:
    """The finished one."""
    *_, one = made
    return one


def edit(
    engine: Engine, take: Callable[[Any], Iterator[Step]], image: Image.Image, steps: int
) -> Iterator[Made]:
    """The steps of an edit of a fitted picture, in the picture's own shape."""
    for step, readout in engine.stream(take):
        picture, seen = (like(x, image) for x in (step.x0, step.x / scale(step)))
        yield Made(picture, readout, seen, step.index + 1 == steps)


def region(engine: Engine, take: Callable[[Any], Iterator[Any]], steps: int) -> Iterator[Made]:
    """The steps of an edit within a picture of any size."""
    for painted, readout in engine.stream(take):
        yield Made(painted.picture, readout, done=painted.step.index + 1 == steps)


def clean(
    engine: Engine, noisy: torch.Tensor, sigma: float, label: int | None, image: Image.Image
) -> tuple[Made, float]:
    """One-step denoising of a fitted picture."""
    made = edit(
        engine, lambda model: editing.stream_denoise(model, noisy, sigma, label=label), image, 1
    )
    return last(made), sigma


def some(picture: Image.Image | None) -> Image.Image:
    """The picture, or a sentence that asks for one."""
    if picture is None:
        raise ImageError("There is no picture yet: choose an example or open one.")
    return picture


def like(x: torch.Tensor, image: Image.Image) -> Image.Image:
    """A fitted tensor as a picture, without the margins that made `image` square."""
    return to_pil(x).crop(fit_box(image.size, x.shape[-1]))


def scale(step: Step) -> float:
    """What a noisy picture is divided by, so that its noise does not drown the screen."""
    return max(1.0, step.sigma)


def shown(step: Step) -> Image.Image:
    """The noisy input of a step, as one can look at it."""
    return to_pil(step.x / scale(step))
