"""The loaded models behind the page, one call at a time, each call measured."""

from __future__ import annotations

import functools
import inspect
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch

from cm_core import load_model
from cm_core.errors import OneStrokeError
from ui.pictures import refusal

T = TypeVar("T")
ANY = "Any"


@dataclass(frozen=True)
class Readout:
    """What one call cost: network evaluations and wall-clock milliseconds, here and now."""

    evaluations: int
    milliseconds: float
    device: str

    def __str__(self) -> str:
        noun = "evaluation" if self.evaluations == 1 else "evaluations"
        return f"{self.evaluations} {noun} · {self.milliseconds:.0f} ms · {self.device}"


class Counted:
    """A model that counts its evaluations and is otherwise the model itself."""

    def __init__(self, model: Callable[..., torch.Tensor]):
        self.model, self.evaluations = model, 0

    def __call__(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        self.evaluations += 1
        return self.model(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


class Engine:
    """A consistency model and, once the Steps tab asks for it, its diffusion teacher."""

    def __init__(self, name: str, model: Any = None, teacher: Any = None):
        self.name = name
        self.model = load_model(name) if model is None else model
        self._teacher = teacher
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        return self.model.config.image_size

    @property
    def device(self) -> str:
        kind = self.model.device.type
        return f"CPU, {torch.get_num_threads()} threads" if kind == "cpu" else kind.upper()

    @functools.cached_property
    def teacher(self) -> Any:
        return load_model(f"{self.name}-teacher") if self._teacher is None else self._teacher

    @property
    def axes(self) -> dict[str, list[str]]:
        """Label choices by axis, as the menus show them."""
        return {axis: [ANY, *names] for axis, names in self.model.config.labels.axes.items()}

    def label(self, style: str | None, group: str | None) -> int | None:
        """The label index of two menu choices."""
        chosen = {"style": style, "group": group}
        return self.model.label_index(**{k: v for k, v in chosen.items() if v and v != ANY})

    def run(self, task: Callable[[Any], T], model: Any = None) -> tuple[T, Readout]:
        """`task(model)` with its cost; the model is the consistency model unless given."""
        counted = Counted(self.model if model is None else model)
        with self._lock:
            start = time.perf_counter()
            result = task(counted)
            milliseconds = 1000 * (time.perf_counter() - start)
        return result, Readout(counted.evaluations, milliseconds, self.device)

    def warm_up(self) -> None:
        """One evaluation, so that the first visitor does not pay for lazy initialisation."""
        noise = torch.zeros(1, 3, self.size, self.size)
        with torch.inference_mode():
            self.run(lambda model: model(noise, 1.0, None))


def plainly(fn: Callable[..., T]) -> Callable[..., T]:
    """Show the library's own errors as the page's message, without a traceback."""

    @functools.wraps(fn)
    def wrapper(*args: Any, **kwargs: Any) -> T:
        try:
            return fn(*args, **kwargs)
        except OneStrokeError as error:
            raise refusal(str(error)) from None

    wrapper.__signature__ = inspect.signature(fn)  # Gradio names endpoint parameters after it
    return wrapper
