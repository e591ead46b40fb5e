"""The loop of a run's steps and saves."""

import math
import time
from contextlib import nullcontext
from pathlib import Path

from cm_core.checkpoints.checkpoint import TrainedModel
from cm_core.detailer import Detailer
from cm_core.errors import ConfigError, DataError, TrainingError
from train import held_out, snapshot
from train.config import RunConfig
from train.data.in_memory import Pictures
from train.detail import held_out as detail
from train.distributed import Processes
from train.log import Log
from train.run import Run


class TooShortError(TrainingError):
    """The minutes were over before the first step."""


def train(
    config: RunConfig,
    out: Path,
    resume: Path | None = None,
    minutes: float = math.inf,
    save_every: float = 3.0,
    shards: bool = False,
    device: str | None = None,
    processes: Processes = Processes(),  # noqa: B008 - frozen
    fit: bool = False,
    force: bool = False,
) -> None:
    """Train to the end of a run, or for `minutes`, and save every `save_every` minutes.

    out: the run's folder. resume: folder of a saved run to go on with. shards: save weight shards
    too. device: cpu or cuda. fit: change the run's length to what its speed allows, so that its
    schedule ends with the minutes; a resumed run's schedule goes on from where it stands. force:
    overwrite another run in `out`. Raises OneStrokeError; for a broken picture only after a save.
    """
    if not minutes > 0 or not save_every >= 0:
        raise ConfigError("--minutes are more than 0, and --save-every is 0 or more.")
    if fit and (processes.size > 1 or minutes == math.inf):
        raise ConfigError("--fit goes by the clock: it needs --minutes, and one process.")
    started = time.monotonic()
    with snapshot.locked(out) if processes.writes else nullcontext():
        if processes.writes:
            snapshot.check_start(out, resume, force)
        run = Run(config, resume, processes.device(device), processes)
        train_run(run, out, started, minutes, save_every, shards, fit)


def validate(model: TrainedModel, pictures: Pictures, path: Path) -> dict[str, float]:
    """A model's errors on held-out pictures, by name. Writes a sheet of its pictures to `path`."""
    if isinstance(model, Detailer):
        detail.sheet(model, pictures, path)
        return detail.errors(model, pictures)
    held_out.sheet(model, path)
    return held_out.errors(model, pictures)


def train_run(
    run: Run, out: Path, started: float, minutes: float, save_every: float, shards: bool, fit: bool
) -> None:
    """Train a run whose folder is locked. started: time.monotonic() when its minutes began."""
    begun, saved, writes = run.images, started, run.processes.writes
    log, model = Log(out / "log.jsonl", run.config), run.model
    if writes:
        weights = sum(p.numel() for p in model.parameters())
        log.start(run.images, weights, len(run.source), model.config.sigma_data, run.device)

    def save() -> None:
        if writes:
            run.save(out, shards)
            with run.averaged() as average:
                log.held_out(run.images, validate(average, run.held_out, out / "grid.png"))

    def over() -> bool:
        spent, given = time.monotonic() - started, 60 * minutes
        if fit:
            run.fit(run.done + (1 - run.done) * min(spent / given, 1.0))
        return run.images >= run.length or run.processes.any(spent >= given, run.device)

    while not over():
        try:
            loss, t, norm = run.step()
        except DataError:
            if writes and run.images > begun:
                run.save(out, shards)
            raise
        if not writes:
            continue
        log.step(run.images, loss, t, norm, run.skipped, run.objective.status(run.progress))
        if time.monotonic() - saved > 60 * save_every:
            save()
            saved = time.monotonic()
    if run.images == begun < run.length:
        raise TooShortError(f"{minutes:.2g} minutes were over before a first step: give it more.")
    save()
