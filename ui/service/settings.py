"""The settings of an edit: gathered where values come in, and handed on as one value."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from editing.tasks import STROKE_STRENGTH
from ui.service.engine import ANY, AXES


@dataclass(frozen=True)
class EditSettings:
    """The settings of one edit, in the order in which the page's controls send them."""

    steps: int = 1
    seed: int = 0
    scene: str | None = ANY
    light: str | None = ANY
    category: str | None = ANY
    model: str | None = None  # the page's own
    samples_per_step: int = 1  # evaluations that a step takes the mean of
    strength: float = STROKE_STRENGTH  # how far a picture may stray from its painting, 0 to 1

    @property
    def choice(self) -> tuple[str | None, ...]:
        """The names of the labels, one for each of AXES, and of the model."""
        return tuple(getattr(self, name) for name in (*AXES, "model"))

    @property
    def evaluations(self) -> int:
        """Network evaluations of all steps, for one picture."""
        return self.steps * self.samples_per_step


DEFAULTS = EditSettings()


def with_settings(fn: Callable[..., Any]) -> Callable[..., Any]:
    """`fn(*own, settings)` as an event calls it: with the settings' values one by one, at the end.

    Fields that the event does not send keep their defaults: the last fields may be left out.
    """
    own = len(inspect.signature(fn).parameters) - 1

    def called(*values: Any) -> Any:
        return fn(*values[:own], EditSettings(*values[own:]))

    def streamed(*values: Any) -> Any:
        yield from called(*values)

    event = streamed if inspect.isgeneratorfunction(fn) else called  # Gradio asks which it is
    event.__name__ = fn.__name__
    return event
