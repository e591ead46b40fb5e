"""Streams: an iterator over the steps of a sampler or an edit, and the function that runs one to
its end.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar, cast, overload

from torch import Tensor

from cm_core.errors import SettingError

Level = float | Tensor  # a noise level of all pictures, or (B,) of each


@dataclass(frozen=True)
class Step:
    """One noise level: the noisy x given at sigma and the x0 that came back."""

    index: int
    sigma: Level
    x: Tensor
    x0: Tensor


OnStep = Callable[[Step], None] | None
P = ParamSpec("P")
S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Task(Protocol[P, R_co]):
    """A stream's function run to its end: it takes the stream's arguments, and on_step."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, *args: Any, on_step: OnStep, **kwargs: Any) -> R_co: ...


def last_x0(steps: Iterable[Step], on_step: OnStep = None) -> Tensor:
    """Run a stream to its end, calling on_step at each step, and return the last x0."""
    step = None
    for step in steps:
        if on_step is not None:
            on_step(step)
    if step is None:
        raise SettingError("A sampler needs at least one noise level.")
    return step.x0


def last_of(
    stream: Callable[P, Iterator[S]],
    take: Callable[[Iterator[S], OnStep], R],
    name: str | None = None,
) -> Task[P, R]:
    """The function that runs a stream to its end and returns what `take` takes of it.

    It has the stream's signature with on_step added, and the stream's docstring. name: else the
    stream's without "stream_".
    """
    called = inspect.unwrap(stream).__name__
    given = inspect.signature(stream)
    watch = inspect.Parameter("on_step", inspect.Parameter.KEYWORD_ONLY, default=None)
    watch = watch.replace(annotation=OnStep)
    returned = inspect.signature(take).return_annotation
    signature = given.replace(
        parameters=[*given.parameters.values(), watch], return_annotation=returned
    )

    @functools.wraps(stream)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        on_step: Any = kwargs.pop("on_step", None)
        return take(stream(*args, **kwargs), on_step)

    run.__name__ = run.__qualname__ = name or called.removeprefix("stream_")
    run.__doc__ = (
        f"{inspect.getdoc(stream)}\n\nRuns `{called}` to its end and returns the last result. "
        "on_step: called with each Step."
    )
    run.__annotations__ = {
        each: parameter.annotation for each, parameter in signature.parameters.items()
    } | {"return": returned}
    setattr(run, "__signature__", signature)  # noqa: B010
    return cast(Task[P, R], run)  # no type says that keywords and one more are taken
