"""The loaded models behind the page, one evaluation at a time, each measured."""

from __future__ import annotations

import functools
import os
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import torch

import editing
from cm_core import load_model
from cm_core.adapter import Adapter
from cm_core.checkpoints import registry
from cm_core.detail_net import FACTOR
from cm_core.errors import CheckpointError, SettingError
from cm_core.model import Label
from cm_core.stream import Level
from editing.detail import finished
from ui.service.turns import Turns
from ui.service.visitor import stay

T = TypeVar("T")
ANY = "Any"
# The axes of labels that the page has menus for, and the menus' titles; EditSettings has a field
# for each, in this order.
AXES = {"scene": "Scene", "light": "Light", "category": "Class"}
DETAIL = registry.ASSETS / "landscape-detail"
KEPT = 2  # models kept in memory besides the page's own
# One core stays free for the server: with every core in a network, its threads wait for each other
# as soon as anything else runs.
CORES = os.cpu_count() or 2
THREADS = max(1, CORES - 1)
RUNNING = Turns(CORES // THREADS)  # evaluations of all models together: no more threads than cores
LIVE_SECONDS = 1.5  # of one estimate; a slower model paints when the pen lifts only
CROWD = 3  # evaluations that wait for their turn; from so many on, no picture follows a pen
AT_ONCE = 8  # pictures in one evaluation; larger batches are chunked, so that others get their turn


@dataclass(frozen=True)
class Readout:
    """The cost of one call: evaluations and milliseconds of the network on this machine.

    begun: when the call began, by time.perf_counter. The text also says how long ago that is: the
    whole time that the visitor waited, inside the network and outside of it.
    """

    evaluations: int
    milliseconds: float
    device: str
    begun: float

    def __str__(self) -> str:
        noun = "evaluation" if self.evaluations == 1 else "evaluations"
        waited = spoken(1000 * (time.perf_counter() - self.begun))
        network = spoken(self.milliseconds)
        return f"{self.evaluations} {noun} · {waited}, network {network} · {self.device}"


def spoken(milliseconds: float) -> str:
    """A time as people say it, e.g. "180 ms", "2.5 s"."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def network_runs(model: Callable[..., torch.Tensor], label: Any) -> int:
    """How often one evaluation of a model runs its network: twice with guidance to a label."""
    guided = getattr(model, "guided", None)
    return 2 if guided and guided(label) else 1


class Counted(Adapter):
    """A model that counts its pictures, network evaluations and seconds.

    Each evaluation waits for its turn. Raises gr.Error once the visitor has left.
    """

    def __init__(self, model: Callable[..., torch.Tensor], turns: Turns):
        super().__init__(model)
        self.turns = turns
        self.pictures, self.evaluations, self.seconds = 0, 0, 0.0

    def __call__(self, x: torch.Tensor, sigma: Level, label: Label = None) -> torch.Tensor:
        self.pictures += x.shape[0]
        self.evaluations += network_runs(self.model, label)
        chunks = zip(*(chunked(value, x.shape[0]) for value in (x, sigma, label)), strict=True)
        return torch.cat([self.evaluate(*chunk) for chunk in chunks])

    def evaluate(self, x: torch.Tensor, sigma: Level, label: Label) -> torch.Tensor:
        """One evaluation of at most AT_ONCE pictures, in its turn."""
        with self.turns, RUNNING:
            stay()
            begun = time.perf_counter()
            x0 = self.model(x, sigma, label)
            self.seconds += time.perf_counter() - begun
        return x0


class InTurn(torch.nn.Module):
    """A detailer's network that waits for its turn before each tile.

    Raises gr.Error once the visitor has left.
    """

    def __init__(self, net: torch.nn.Module, turns: Turns):
        super().__init__()
        self.net, self.turns = net, turns

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        with self.turns, RUNNING, torch.inference_mode():
            stay()
            return self.net(*inputs)


def chunked(value: Any, batch: int) -> list[Any]:
    """A value split into chunks of AT_ONCE rows; one without a batch axis is repeated."""
    shape = value.shape if isinstance(value, torch.Tensor) else ()
    has_rows = tuple(shape[:1]) == (batch,)
    return [value[at : at + AT_ONCE] if has_rows else value for at in range(0, batch, AT_ONCE)]


class Engine:
    """A consistency model and, once the Steps tab asks for it, its diffusion teacher.

    Creating an engine sets the number of threads of torch and of every model loaded later.
    """

    def __init__(self, name: str, model: Any = None, teacher: Any = None, detailer: Any = None):
        torch.set_num_threads(THREADS)
        self.name = name
        self.model = load_model(name, fast=True) if model is None else model
        self._teacher, self._detailer = teacher, detailer
        self._turns, self._detail_turns = Turns(), Turns()
        self.seconds: float | None = None  # an evaluation of one picture, as last measured

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
        if registry.public(self.name) is None:
            return load_model(f"{self.name}-teacher", fast=True)
        raise CheckpointError("This model came without its teacher: choose the bundled one.")

    @functools.cached_property
    def detailer(self) -> Any:
        """The detailer that enlarges this model's pictures, or None.

        Enlarging and drawing have separate turns.
        """
        own = self._detailer
        if own is None and self.name == registry.DEFAULT and DETAIL.is_dir():
            own = load_model(DETAIL, fast=True)
        return own and own.with_net(InTurn(own.net, self._detail_turns))

    @property
    def follows(self) -> bool:
        """Whether pictures can follow a pen just now: an evaluation is quick and few are waiting.

        While many people paint, a picture is drawn only once the pen lifts.
        """
        waiting = self._turns.waiting + self._detail_turns.waiting
        return (self.seconds or 0) <= LIVE_SECONDS and waiting < CROWD

    @property
    def finished_size(self) -> int:
        """The side of a finished picture: drawn, and enlarged where there is a detailer."""
        return self.size * (1 if self.detailer is None else FACTOR)

    def enlarged(self, x0: torch.Tensor, seed: int) -> torch.Tensor:
        """Pictures (B, 3, H, W) enlarged by the detailer; the same pictures without a detailer."""
        return x0 if self.detailer is None else finished(self.detailer, x0, seed)

    def enlarge(
        self, small: torch.Tensor, factor: int, seed: int, faithful: bool
    ) -> tuple[torch.Tensor, Readout]:
        """A picture (1, 3, H, W) of any size two or four times as large, and what it cost."""
        if self.detailer is None:
            raise SettingError("This page has no detailer: nothing here enlarges any picture.")
        begun = time.perf_counter()
        x0 = editing.enlarge(self.detailer, small, factor, seed, faithful=faithful)
        return x0, Readout(1, 1000 * (time.perf_counter() - begun), self.device, begun)

    @property
    def axes(self) -> dict[str, list[str]]:
        """Label choices by axis, as the menus show them."""
        labels = self.model.config.labels
        anything = [ANY] if labels.any else []
        return {axis: [*anything, *names] for axis, names in labels.axes.items()}

    def label(self, **chosen: str | None) -> int | None:
        """The label index of the menus' choices; "Any" is ignored.

        Raises SettingError for an unknown name, or a name on an axis that the model lacks.
        """
        labels = self.model.config.labels
        named = {axis: name for axis, name in chosen.items() if name and name != ANY}
        stray = [name for axis, name in named.items() if axis not in labels.axes]
        if stray:
            raise SettingError(f"This model knows no '{stray[0]}': choose {ANY}.")
        return labels.index(**named)

    def stream(
        self, take: Callable[[Any], Iterator[T]], model: Any = None
    ) -> Iterator[tuple[T, Readout]]:
        """The steps of `take(model)`, each with the cost so far.

        model: the consistency model unless given. Each evaluation takes one turn, so that a long
        edit lets others through. The edit can be stopped between two steps.
        """
        counted = Counted(self.model if model is None else model, self._turns)
        begun = time.perf_counter()
        for step in take(counted):
            if model is None and counted.pictures:
                self.seconds = counted.seconds / counted.pictures
            yield step, Readout(counted.evaluations, 1000 * counted.seconds, self.device, begun)

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
    """The page's own engine, and engines of other models of the registry, loaded when asked for.

    downloads: whether visitors may have models downloaded; else only those on the disk are offered.
    """

    def __init__(self, first: Engine, downloads: bool = True):
        self.first, self.downloads = first, downloads
        self._others: OrderedDict[str, Engine] = OrderedDict()
        self._lock = threading.Lock()  # guards the dictionaries; not held while a model loads
        self._loading: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def menu(self) -> list[registry.MenuEntry]:
        """The models that the page offers, its own model first."""
        entries = registry.menu()
        own = [entry for entry in entries if entry.name == self.first.name]
        if not own:
            name, size = os.path.basename(self.first.name), self.first.size
            own = [registry.MenuEntry(self.first.name, name, "consistency", size, 0, "", True)]
        others = [entry for entry in entries if entry.name != self.first.name]
        return own + [entry for entry in others if entry.on_disk or self.downloads]

    def on(self, *choice: str | None) -> tuple[Engine, int | None]:
        """(engine, label) of a name for each of AXES and a model's name, as far as they are given.

        Raises SettingError, CheckpointError.
        """
        model = choice[len(AXES)] if len(choice) > len(AXES) else None
        engine = self.get(model)
        return engine, engine.label(**dict(zip(AXES, choice, strict=False)))

    def get(self, name: str | None = None, download: bool = False) -> Engine:
        """The engine of a model, loaded now if its files are here; None: the page's own.

        download: whether missing files are downloaded. Raises CheckpointError where they are not.
        """
        if name in (None, "", self.first.name):
            return self.first
        if name not in self._others:
            self._check(name, download)
        with self._lock:
            loading = self._loading[name]
        with loading:  # others who ask for this model wait, those who ask for another do not
            engine = self._others.get(name)
            if engine is None:
                engine = Engine(name)
                engine.warm_up()
            with self._lock:
                self._others[name] = engine
                self._others.move_to_end(name)
                while len(self._others) > KEPT:  # drop the least recently used
                    self._others.popitem(last=False)
            return engine

    def _check(self, name: str, download: bool) -> None:
        """Raises CheckpointError for a model that is not offered, or not here."""
        entry = next((entry for entry in self.menu() if entry.name == name), None)
        if entry is None:
            raise CheckpointError(f"This page offers no model '{name}'.")
        if not (entry.on_disk or download):
            raise CheckpointError(
                f"{entry.title} is not here yet: load it from the page's menu first."
            )
