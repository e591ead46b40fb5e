"""Weights by one command: a recipe's pictures, then its stages, one after the other.

A call skips the stages that are done and goes on with one that is not. So the same command may be
stopped at any moment, by a power cut too, and given again. `reproduce`, at the end, is the whole.
"""

import _thread
import filecmp
import math
import os
import shutil
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

from cm_core.checkpoints.checkpoint import load_checkpoint, read_config, write_atomically
from cm_core.errors import CheckpointError, ConfigError
from train import loop, snapshot
from train.data import rendered
from train.recipe import DEFAULT_BUDGET, START, Recipe, Stage, load_recipe

SAVE_EVERY = 10.0  # minutes; a save with its held-out errors and grid takes most of one on a CPU


def copy_whole(source: Path, target: Path, card: str | None = None) -> None:
    """Copy a checkpoint folder, whole or not at all. card: the text of another README.md."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(source, partial)
        if card is not None:
            write_atomically(partial / "README.md", card.encode())
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
    except OSError as error:  # shutil's own has no strerror
        reason = error.strerror or "is the disk full?"
        raise CheckpointError(f"{target} could not be written: {reason}") from None


def same_weights(one: Path, other: Path) -> bool:
    """Whether two checkpoint folders are there and hold the same weights."""
    paths = [folder / "model.safetensors" for folder in (one, other)]
    return all(path.exists() for path in paths) and filecmp.cmp(*paths, shallow=False)


def begin(recipe: Recipe, start: Path, out: Path) -> None:
    """Copy a checkpoint into `out`, from whose weights the first stage starts, at 0 images.

    A later call needs only the copy. Raises CheckpointError, and ConfigError where the first stage
    has begun from other weights.
    """
    if same_weights(start, out / START):
        return
    if recipe.stages[0].progress.images:
        raise ConfigError(f"{out} has begun from other weights than {start}: choose another --out.")
    load_checkpoint(start)  # says in one sentence what is wrong with it, if anything is
    out.mkdir(parents=True, exist_ok=True)
    copy_whole(start, out / START)


def command(preset: str | Path, out: Path, budget: str) -> str:
    """The command that makes a recipe's weights."""
    usual = Path("runs") / Path(preset).stem
    given = [("--out", str(out), str(usual)), ("--budget", budget, DEFAULT_BUDGET)]
    options = [f" {option} {value}" for option, value, default in given if value != default]
    return f"python -m train reproduce {preset}" + "".join(options)


def publish(stage: Stage, images: int, out: Path, made_by: str) -> Path:
    """Copy the checkpoint of a finished stage into `out` with a card; returns the copy's folder.

    A copy of the same weights stays as it is, as its card may have been extended. made_by: the
    command that the card names.
    """
    name, target = stage.config.name, out / stage.config.name
    if not same_weights(stage.weights, target):
        begun = ""
        if (out / START).is_dir():
            begun = f", begun from the weights of {read_config(out / START)[1].name}"
        text = f"Made by `{made_by}`: stage '{stage.name}', {images:,} images{begun}."
        copy_whole(stage.weights, target, f"# {name}\n\n{text}\n")
    return target


def render(recipe: Recipe, jobs: int | None, ends: float) -> bool:
    """Render the pictures that a recipe lacks; whether it has all of them now.

    jobs: processes; None is one a core. ends: when to stop, in time.monotonic(). As rendering may
    be interrupted at any moment, a timer does then what Ctrl+C does.
    """
    if not recipe.renders:
        return True
    data, left = recipe.stages[0].config.data, max(0.0, ends - time.monotonic())
    alarm = threading.Timer(left, _thread.interrupt_main)
    alarm.daemon = True
    before = signal.getsignal(signal.SIGINT)
    try:
        # A process in the background ignores SIGINT, and so would ignore the timer's, too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if left < math.inf:
            alarm.start()
        rendered.render(Path(data.file), data.size, recipe.renders, jobs or os.cpu_count() or 1)
        alarm.cancel()
    except KeyboardInterrupt:
        if time.monotonic() < ends:
            raise
        return False
    finally:
        alarm.cancel()
        signal.signal(signal.SIGINT, before)
    return True


def reproduce(
    preset: str | Path,
    out: Path | None = None,
    minutes: float = math.inf,
    device: str | None = None,
    budget: str = DEFAULT_BUDGET,
    jobs: int | None = None,
    fit: bool = False,
    last: str | None = None,
    start: Path | None = None,
) -> bool:
    """Make a recipe's weights in `out`, or go on making them; whether they are done.

    minutes: length of this call. fit: change the lengths of all stages so that their schedules end
    within the minutes, which are divided by the stages' work. last: the stage to stop after. start:
    checkpoint folder to begin from. device: cpu or cuda. jobs: processes that render. Raises
    OneStrokeError; at once where `out` cannot be written to or another call writes there.
    """
    if not minutes > 0 or (fit and minutes == math.inf):
        raise ConfigError("--minutes are more than 0, and --fit, which goes by them, needs them.")
    out = out or Path("runs") / Path(preset).stem
    ends = time.monotonic() + 60 * minutes
    closing = min(1.0, minutes / 20)  # minutes kept for the last save of a stage

    recipe = load_recipe(preset, out, budget, begun=start is not None or (out / START).is_dir())
    stages = recipe.up_to(last)
    with snapshot.locked(out):
        if start is not None:
            begin(recipe, start, out)
        again = command(preset, out, budget)
        if not render(recipe, jobs, ends):
            print(f"Not all pictures are rendered yet; go on with: {again}")
            return False

        for number, stage in enumerate(stages):
            work = [s.work_left for s in (stages[number:] if fit else (stage,))]
            left = (ends - time.monotonic()) / 60 - closing * len(work)
            if work[0] and left > 0:
                given = left * work[0] / sum(work)
                with suppress(loop.TooShortError):  # the line below says where it stands
                    loop.train(
                        stage.config, stage.folder, resume=stage.folder, minutes=given,
                        save_every=SAVE_EVERY, device=device, fit=fit,
                    )  # fmt: skip
            progress = stage.progress
            if progress.images < progress.length:
                seen = f"{progress.images:,} of {progress.length:,} images"
                print(f"'{stage.name}' has seen {seen}; go on with: {again}")
                return False
            print(f"'{stage.name}' is done: {publish(stage, progress.images, out, again)}")
        return True
