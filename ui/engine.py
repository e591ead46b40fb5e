"""The loaded models behind the page, one evaluation at a time, each measured."""

from __future__ import annotations

import functools
import inspect
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import torch

from cm_core import load_model, zoo
from cm_core.errors import CheckpointError, OneStrokeError, SettingError
from ui.pictures import refusal

T = TypeVar("T")
ANY = "Any"
DETAIL = zoo.ASSETS / "landscape-detail"
KEPT = 2  # models kept in memory besides the page's own
# One core stays free for the server: with every core in a network, its threads wait for each other
# as soon as anything else runs.
THREADS = max(1, (os.cpu_count() or 2) - 1)


@dataclass(frozen=True)
class Readout:
    """What one call cost: network evaluations and wall-clock milliseconds, here and now."""

    evaluations: int
    milliseconds: float
    device: str

    def __str__(self) -> str:
        noun = "evaluation" if self.evaluations == 1 else "evaluations"
        return f"{self.evaluations} {noun} · {self.milliseconds:.0f} ms · {self.device}"


def network_runs(model: Callable[..., torch.Tensor], label: Any) -> int:
    """How often an evaluation of a model runs its network: twice where it is guided to a label."""
    guided = getattr(model, "guided", None)
    return 2 if guided and guided(label) else 1


class Counted:
    """A model that counts the pictures it estimates, its network's evaluations, and the time that
    it waited for a lock, which each evaluation takes for itself."""

    def __init__(self, model: Callable[..., torch.Tensor], lock: threading.Lock):
        self.model, self.lock = model, lock
        self.pictures, self.evaluations, self.waited = 0, 0, 0.0

    def __call__(self, x: torch.Tensor, sigma: Any, label: Any = None, **more: Any) -> torch.Tensor:
        asked = time.perf_counter()
        with self.lock:
            self.waited += time.perf_counter() - asked
            self.pictures += x.shape[0]
            self.evaluations += network_runs(self.model, label)
            return self.model(x, sigma, label, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


class Engine:
    """A consistency model and, once the Steps tab asks for it, its diffusion teacher.

    Making one sets how many threads torch, and the models loaded from then on, use.
    """

    def __init__(self, name: str, model: Any = None, teacher: Any = None, detailer: Any = None):
        torch.set_num_threads(THREADS)
        self.name = name
        self.model = load_model(name, fast=True) if model is None else model
        self._teacher, self._detailer = teacher, detailer
        self._lock = threading.Lock()
        self.seconds: float | None = None  # of one estimate of one picture, as last measured

    @property
    def size(self) -> int:
        return self.model.config.image_size

    @property
    def device(self) -> str:
        kind, threads = self.model.device.type, torch.get_num_threads()
        return f"CPU, {threads} thread{'s' * (threads > 1)}" if kind == "cpu" else kind.upper()

    @functools.cached_property
    def teacher(self) -> Any:
        if self._teacher is not None:
            return self._teacher
        known = zoo.public(self.name)
        if known is None:
            return load_model(f"{self.name}-teacher", fast=True)
        raise CheckpointError("This model came without its teacher: choose the bundled one.")

    @functools.cached_property
    def detailer(self) -> Any:
        """What makes this model's pictures larger than it draws them; None where nothing does."""
        if self._detailer is None and self.name == zoo.DEFAULT and DETAIL.is_dir():
            return load_model(DETAIL)
        return self._detailer

    def enlarged(self, x0: torch.Tensor, seed: int) -> torch.Tensor:
        """Pictures (B, 3, H, W) as large as this engine finishes them: by its detailer, if any."""
        if self.detailer is None:
            return x0
        with self._lock, torch.inference_mode():
            return self.detailer.enlarge(x0, seed=seed)

    @property
    def axes(self) -> dict[str, list[str]]:
        """Label choices by axis, as the menus show them."""
        labels = self.model.config.labels
        anything = [ANY] if labels.any else []
        return {axis: [*anything, *names] for axis, names in labels.axes.items()}

    def label(self, **chosen: str | None) -> int | None:
        """The label index of the menus' choices; those of axes that this model lacks say nothing.

        Raises SettingError for a name unknown.
        """
        axes = self.model.config.labels.axes
        stray = [v for axis, v in chosen.items() if axis not in axes and v and v != ANY]
        if stray:
            raise SettingError(f"This model knows no '{stray[0]}': choose {ANY}.")
        return self.model.label_index(
            **{axis: v for axis, v in chosen.items() if axis in axes and v and v != ANY}
        )

    def stream(
        self, take: Callable[[Any], Iterator[T]], model: Any = None
    ) -> Iterator[tuple[T, Readout]]:
        """The steps of `take(model)`, each with the cost so far.

        The model is the consistency model unless given. It is held for one evaluation at a time,
        so that a long edit lets others through; between two steps it can be stopped.
        """
        counted = Counted(self.model if model is None else model, self._lock)
        steps, spent = take(counted), 0.0
        while True:
            before, waited, start = counted.pictures, counted.waited, time.perf_counter()
            step = next(steps, None)
            took = time.perf_counter() - start - (counted.waited - waited)
            if step is None:
                return
            if model is None and counted.pictures > before:
                self.seconds = took / (counted.pictures - before)
            spent += took
            yield step, Readout(counted.evaluations, 1000 * spent, self.device)

    def warm_up(self) -> None:
        """One evaluation, so that the first visitor does not pay for lazy initialisation."""
        noise = torch.zeros(1, 3, self.size, self.size, device=self.model.device)
        label = None if self.model.config.labels.any else 0

        def once(model: Any) -> Iterator[torch.Tensor]:
            with torch.inference_mode():
                yield model(noise, 1.0, label)

        for _ in self.stream(once):
            pass


class Engines:
    """The page's own engine, and those of other models of the zoo, loaded when asked for."""

    def __init__(self, first: Engine):
        self.first = first
        self._others: OrderedDict[str, Engine] = OrderedDict()
        self._lock = threading.Lock()

    def menu(self) -> list[zoo.MenuEntry]:
        """What the page offers, its own model first."""
        entries = zoo.menu()
        own = [entry for entry in entries if entry.name == self.first.name]
        if not own:
            name, size = os.path.basename(self.first.name), self.first.size
            own = [zoo.MenuEntry(self.first.name, name, "consistency", size, 0, "", True)]
        return own + [entry for entry in entries if entry.name != self.first.name]

    def get(self, name: str | None = None, download: bool = False) -> Engine:
        """The engine of a model, loaded now if it lies here; None: the page's own.

        Raises CheckpointError where it would have to be downloaded and that was not asked for.
        """
        if name in (None, "", self.first.name):
            return self.first
        with self._lock:
            engine = self._others.pop(name, None)
            if engine is None:
                entry = next((entry for entry in self.menu() if entry.name == name), None)
                if entry is None:
                    raise CheckpointError(f"This page offers no model '{name}'.")
                if not (entry.on_disk or download):
                    raise CheckpointError(
                        f"{entry.title} is not here yet: load it from the page's menu first."
                    )
                engine = Engine(name)
                engine.warm_up()
            self._others[name] = engine
            while len(self._others) > KEPT:
                self._others.popitem(last=False)
            return engine


def plainly(fn: Callable[..., T]) -> Callable[..., T]:
    """Show the library's own errors as the page's message, without a traceback."""

    @functools.wraps(fn)
    def wrapper(*args: Any, **kwargs: Any) -> T:
        try:
            return fn(*args, **kwargs)
        except OneStrokeError as error:
            raise refusal(str(error)) from None

    @functools.wraps(fn)
    def stream(*args: Any, **kwargs: Any) -> Iterator[Any]:
        try:
            yield from fn(*args, **kwargs)
        except OneStrokeError as error:
            raise refusal(str(error)) from None

    chosen = stream if inspect.isgeneratorfunction(fn) else wrapper
    chosen.__signature__ = inspect.signature(fn)  # Gradio names endpoint parameters after it
    return chosen
