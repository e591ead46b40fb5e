"""The steps of an edit of a picture, each with the whole picture on demand."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol

from PIL import Image
from torch import Tensor

from cm_core.errors import SettingError
from cm_core.stream import OnStep, Step
from editing.tasks import Sigmas


class Finish(Protocol):
    """The whole picture of an x0."""

    def __call__(self, x0: Tensor, last: bool) -> Image.Image:
        """last: whether it is the last step, which deserves the most care."""
        ...


@dataclass(frozen=True, eq=False)
class Painted:
    """A step of an edit of a picture: the model's own Step, and the whole picture on demand."""

    step: Step
    finish: Callable[[Tensor], Image.Image]

    @cached_property
    def picture(self) -> Image.Image:
        """The picture with this step's x0 in it; made when first asked for."""
        return self.finish(self.step.x0)


def as_pictures(
    taken: Iterator[Step], finish: Finish, steps: int, sigmas: Sigmas = None
) -> Iterator[Painted]:
    """The steps of an edit with their pictures; `finish` takes the most care over the last one."""
    final = (steps if sigmas is None else len(sigmas)) - 1
    return (Painted(step, partial(finish, last=step.index == final)) for step in taken)


def last_picture(taken: Iterable[Painted], on_step: OnStep = None) -> Image.Image:
    """The last picture of a stream; on_step gets the model's own Steps."""
    painted = None
    for painted in taken:
        if on_step is not None:
            on_step(painted.step)
    if painted is None:
        raise SettingError("A sampler needs at least one noise level.")
    return painted.picture
