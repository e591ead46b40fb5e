"""Kill a run at random moments of its saves, and see whether what it saved before is still whole.

python -m benchmarks.kills --count 200
"""

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from cm_core.checkpoints.checkpoint import load_checkpoint
from cm_core.unet import UNetConfig
from train import snapshot
from train.config import DataConfig, RunConfig
from train.run import Run

DISTINCT = 1000  # values that weights take, all of which half precision has


@dataclass(frozen=True)
class Count:
    """How many kills there were, how many in the middle of a file, and what was lost by them."""

    kills: int
    inside: int
    lost: tuple[str, ...]


def tiny_run(pictures: Path) -> Run:
    """A run with an average whose saves take some tenths of a second."""
    pictures.mkdir(parents=True)
    Image.linear_gradient("L").convert("RGB").save(pictures / "1.png")
    net = UNetConfig(image_size=16, channels=32, channel_mult=(1, 2), attention_sizes=(), patch=2)
    config = RunConfig(
        name="killed", objective="edm", images=10**9, batch=1, ema=(0.9,), net=net,
        data=DataConfig(str(pictures), source="folder", size=16),
    )  # fmt: skip
    return Run(config, None, torch.device("cpu"))


def numbered(run: Run, number: int) -> None:
    """Have all of a run's weights tell how many images it has seen."""
    run.images = number
    for weights in (run.model.state_dict(), *(ema.weights for ema in run.emas)):
        for value in weights.values():
            value.fill_(number % DISTINCT)


def save_on_and_on(run: Run, out: Path, number: int, told: Connection) -> None:
    """What is killed: saves with rising numbers, each told once it is done."""
    torch.set_num_threads(1)  # of a forked process only one has come along
    with snapshot.locked(out), torch.no_grad():
        while True:
            number += 1
            numbered(run, number)
            run.save(out, shards=True)
            told.send(number)


def number_of(weights: dict[str, Tensor]) -> int:
    """The number that all weights tell. Raises ValueError where they differ."""
    values = torch.cat([value.flatten().float() for value in weights.values()])
    if values.min() != values.max():
        raise ValueError("weights of two saves")
    return int(values[0])


def saves(out: Path) -> Iterator[tuple[str, int]]:
    """(what, number) of all that can be gone on from in a run's folder."""
    state = snapshot.load_state(out)
    yield snapshot.STATE, state["images"]
    yield "its weights", number_of(state["model"])
    for name, average in state["emas"].items():
        yield f"its {name}", number_of(average)
        yield f"checkpoint {name}", number_of(load_checkpoint(out / name).state_dict())
    sets, images = snapshot.load_shards(out)
    yield snapshot.INDEX, images
    for name, weights in sets.items():
        yield f"shards of {name}", number_of(weights)


def lost(out: Path, number: int) -> list[str]:
    """What is not there, or is older than the last save that was told, in words."""
    found = []
    try:
        with snapshot.locked(out):  # the killed run holds it no longer
            for what, there in saves(out):
                # The save in progress may be there already, as a whole.
                if there % DISTINCT not in (number % DISTINCT, (number + 1) % DISTINCT):
                    found.append(f"{what} tells {there} after {number}")
    except Exception as error:  # whatever it is, it is a loss
        found.append(f"after {number}: {error}")
    return found


def kill_saves(count: int, seed: int = 0) -> Count:
    """Kill a run `count` times at random moments and look at its folder after each."""
    dice, forks = random.Random(seed), multiprocessing.get_context("fork")
    inside, losses, number = 0, [], 0
    with tempfile.TemporaryDirectory() as folder:
        run, out = tiny_run(Path(folder) / "pictures"), Path(folder) / "run"
        for _ in range(count):
            here, there = forks.Pipe(duplex=False)
            child = forks.Process(target=save_on_and_on, args=(run, out, number, there))
            began = time.monotonic()
            child.start()
            there.close()
            number = here.recv()
            time.sleep(dice.uniform(0, 2) * (time.monotonic() - began))
            os.kill(child.pid, signal.SIGKILL)
            child.join()
            try:
                while True:
                    number = here.recv()
            except EOFError:  # told to the end
                here.close()
            inside += any(out.rglob("*.partial"))
            losses += lost(out, number)
    return Count(count, inside, tuple(losses))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    made = kill_saves(args.count, args.seed)
    print(f"{made.kills} kills, {made.inside} of them in the middle of a file:")
    print("\n".join(made.lost) or "nothing that was saved before was lost")
    return 1 if made.lost else 0


if __name__ == "__main__":
    sys.exit(main())
