"""What an edit is told besides its picture: gathered where values come in, and handed on whole."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from editing.tasks import STROKE_STRENGTH
from ui.service.engine import ANY


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
    strength: float = STROKE_STRENGTH  # how far a painting may be left, 0 to 1

    @property
    def choice(self) -> tuple[str | None, str | None, str | None, str | None]:
        """The names of the labels and of the model."""
        return self.scene, self.light, self.category, self.model

    @property
    def evaluations(self) -> int:
        """What all steps take of one picture."""
        return self.steps * self.samples_per_step


DEFAULTS = EditSettings()


def with_settings(fn: Callable[..., Any]) -> Callable[..., Any]:
    """`fn(*own, settings)` as an event calls it: with the settings' values one by one, at the end.

    Those that the event does not send, strength at the very end first, are as by default.
    """
    own = len(inspect.signature(fn).parameters) - 1

    def called(*values: Any) -> Any:
        return fn(*values[:own], EditSettings(*values[own:]))

    def streamed(*values: Any) -> Any:
        yield from called(*values)

    event = streamed if inspect.isgeneratorfunction(fn) else called  # Gradio asks which it is
    event.__name__ = fn.__name__
    return event
