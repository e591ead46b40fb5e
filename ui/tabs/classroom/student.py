"""A student of progressive distillation for the race, where one lies beside its model.

As a model's teacher, it goes by the model's name: the folder NAME-progressive beside NAME's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from cm_core import load_model
from cm_core.checkpoints.registry import BUNDLED
from cm_core.errors import CheckpointError
from cm_core.model import Denoiser, Label
from cm_core.noise import generators, randn
from cm_core.samplers import Step, stream_euler
from ui.service.engine import Engine

PRESET = "landscape64-progressive"
WHAT = (
    "Progressive distillation (Salimans and Ho 2022) teaches a student to go two of the teacher's "
    "steps in one, then a student's student two of those, and so on."
)
HERE = f"{WHAT} Such a student runs in a lane of its own."
NONE = (
    f"{WHAT} None was trained for this model, so it has no lane. To train one: "
    f"<code>python -m train data landscapes</code>, then <code>python -m train run {PRESET}</code>;"
    f" its folder <code>runs/{PRESET}/ema-halflife-0.05</code> belongs beside the model's, under "
    "the name <code>{folder}</code>."
)


def beside(name: str) -> Path:
    """The folder where a model's student lies, if there is one."""
    own = BUNDLED.get(name, Path(name))
    return own.with_name(f"{own.name}-progressive")


def student_of(engine: Engine) -> Denoiser | None:
    """The student beside an engine's model, or None.

    Raises CheckpointError where what lies there was not distilled to steps, or draws other
    pictures than the model.
    """
    folder = beside(engine.name)
    if not folder.is_dir():
        return None
    student, ours = loaded(folder), engine.model.config
    if not isinstance(student, Denoiser) or not student.config.sigmas:
        raise CheckpointError(f"{folder.name} is no student of progressive distillation.")
    if (student.config.image_size, student.config.labels) != (ours.image_size, ours.labels):
        raise CheckpointError(f"{folder.name} has other labels or another size than {ours.name}.")
    return student


@lru_cache(maxsize=1)
def loaded(folder: Path) -> Any:
    """A checkpoint, for sampling."""
    return load_model(folder, fast=True)


def stream_student(
    student: Any, seed: int, sigmas: tuple[float, ...], label: Label = None
) -> Iterator[Step]:
    """The student from a seed's noise by Euler steps over the levels that it was distilled to."""
    side = student.config.image_size
    noise = randn((1, 3, side, side), generators(seed, 1)).to(student.device)
    return stream_euler(student, noise, sigmas, label)


def told(engine: Engine) -> str:
    """HTML that explains progressive distillation, and how to add a student where there is none."""
    folder = beside(engine.name)
    return HERE if folder.is_dir() else NONE.format(folder=escape(folder.name))
