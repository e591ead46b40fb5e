"""Weights by one command: a recipe's pictures, then its stages, one after the other.

A call skips what it finds done and goes on with what it finds begun, so that the same command may
be stopped at any moment, by a power cut too, and given again. Read from `reproduce` at the end.
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
    """Copy a checkpoint folder, perhaps with a card: all of it appears at once or not at all."""
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
    """Whether two checkpoint folders hold the same weights; not where one is missing."""
    paths = [folder / "model.safetensors" for folder in (one, other)]
    return all(path.exists() for path in paths) and filecmp.cmp(*paths, shallow=False)


def begin(recipe: Recipe, start: Path, out: Path) -> None:
    """Take a checkpoint over as what the first stage starts from, images counted anew.

    It is copied, so that a later call needs no more than the folder `out`.
    """
    if same_weights(start, out / START):
        return
    if recipe.stages[0].progress[0]:
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


def publish(stage: Stage, images: int, out: Path, by: str) -> Path:
    """Copy the weights of a stage that has seen its images to `out`, with a card; returns where.

    A copy of the same weights stays as it is: its card may have grown.
    """
    name, target = stage.config.name, out / stage.config.name
    if not same_weights(stage.weights, target):
        begun = ""
        if (out / START).is_dir():
            begun = f", begun from the weights of {read_config(out / START)[1].name}"
        text = f"Made by `{by}`: stage '{stage.name}', {images:,} images{begun}."
        copy_whole(stage.weights, target, f"# {name}\n\n{text}\n")
    return target


def render(recipe: Recipe, jobs: int | None, ends: float) -> bool:
    """Render the recipe's missing pictures until the time `ends`; whether none is missing then.

    Rendering can be interrupted at any moment, so a timer does what Ctrl+C would do.
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
    """Make a recipe's weights in `out`, or go on making them; whether all that was asked is done.

    minutes: length of this call. fit: all stages end within them, each with its schedule, sharing
    them by their work. last: the stage to stop after. start: checkpoint folder to begin from.
    device: cpu or cuda. jobs: processes that render. Raises OneStrokeError; where `out` cannot be
    written to, or another call writes there, before anything is done.
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
        by = command(preset, out, budget)
        if not render(recipe, jobs, ends):
            print(f"Not all pictures are rendered yet; go on with: {by}")
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
            images, length = stage.progress
            if images < length:
                print(f"'{stage.name}' has seen {images:,} of {length:,} images; go on with: {by}")
                return False
            print(f"'{stage.name}' is done: {publish(stage, images, out, by)}")
        return True
