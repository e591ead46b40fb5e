"""A run's files: its full state, to resume from, and small shards of fp16 weights.

Each file is written whole or not at all, and files that refer to others come after them. So a run
that is killed at any moment leaves its last save.
"""

import io
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from cm_core.checkpoints.checkpoint import check_weights, make_folder, read_json, write_atomically
from cm_core.errors import CheckpointError, ConfigError, TrainingError

STATE = "state.pt"
INDEX = "index.json"
LOCK = ".lock"
SHARD_BYTES = 14 * 2**20
COUNTS = ("images", "length", "warm_from", "skipped")  # of a state: whole numbers from 0


@contextmanager
def locked(folder: Path, wait: bool = False) -> Iterator[None]:
    """A block in which this process alone writes to a folder, which is made if it is not there.

    The operating system frees the lock of a process that ends in any way. wait: wait for another
    process instead of raising. Raises TrainingError for a folder that is locked or cannot be
    written to.
    """
    if folder.exists() and not folder.is_dir():
        raise TrainingError(f"{folder} is a file: name a folder to write to.")
    make_folder(folder)
    lock = FileLock(folder / LOCK)
    try:
        held = lock.acquire(blocking=False)
    except (Timeout, RuntimeError):  # of another process, or of this one
        if not wait:
            raise TrainingError(
                f"Another run is writing to {folder}: wait for its end, or name another folder."
            ) from None
        message = f"{folder} is being written by another process: this one waits until it is done."
        print(message, file=sys.stderr)
        held = lock.acquire()
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be kept from others"
        raise TrainingError(f"{folder} cannot be written to: {reason}.") from None
    with held:
        yield


def saved(folder: Path) -> bool:
    """Whether a folder holds a saved run."""
    return (folder / STATE).exists() or (folder / INDEX).exists()


def check_start(out: Path, resume: Path | None, force: bool) -> None:
    """Raises ConfigError where a run in `out` would be overwritten, or `resume` holds no run.

    A run that goes on in its own folder may find it empty. force: overwrite.
    """
    goes_on = resume is not None and resume.resolve() == out.resolve()
    if resume is not None and not goes_on and not saved(resume):
        raise ConfigError(f"{resume} holds no run to go on from: check --resume.")
    if saved(out) and not goes_on and not force:
        raise ConfigError(
            f"{out} holds a run: go on with it by --resume {out}, overwrite it by --force, or name "
            "another folder."
        )


def save_state(folder: Path, state: dict) -> None:
    """Write the full state (weights, EMAs, optimiser, images seen) as one file."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomically(folder / STATE, buffer.getvalue())


def load_state(folder: Path) -> dict | None:
    """The full state of a run, or None where it has not been saved. Raises CheckpointError."""
    path = folder / STATE
    if not path.exists():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # a damaged file can fail anywhere in the unpickler
        raise CheckpointError(f"{path} cannot be read: go back to an earlier save.") from None
    if not isinstance(state, dict) or not isinstance(state.get("images"), int):
        raise CheckpointError(f"{path} is not the state of a run: go back to an earlier save.")
    for name in COUNTS:
        if not isinstance(state.get(name, 0), int) or state.get(name, 0) < 0:
            raise CheckpointError(f"{path} is damaged: its '{name}' is no count.")
    return state


def save_shards(folder: Path, sets: Mapping[str, Mapping[str, Tensor]], images: int) -> list[Path]:
    """Write sets of weights in fp16 to files under 15 MiB; returns their paths.

    They are shard-IMAGES-00.safetensors, ... and index.json, which names them. Those of an earlier
    save are deleted after that.
    """
    make_folder(folder)
    shards: list[dict[str, Tensor]] = [{}]
    room = SHARD_BYTES
    for kind, weights in sets.items():
        for name, value in weights.items():
            value = value.detach().to("cpu", torch.float16).contiguous()
            size = value.numel() * 2
            if size > room and shards[-1]:
                shards.append({})
                room = SHARD_BYTES
            shards[-1][f"{kind}/{name}"] = value
            room -= size
    paths = []
    for number, shard in enumerate(shards):
        paths.append(folder / f"shard-{images}-{number:02d}.safetensors")
        write_atomically(paths[-1], save(shard))
    index = {"images": images, "shards": [p.name for p in paths]}
    write_atomically(folder / INDEX, json.dumps(index).encode())
    for old in set(folder.glob("shard-*.safetensors")) - set(paths):
        old.unlink(missing_ok=True)
    return paths


def load_shards(folder: Path) -> tuple[dict[str, dict[str, Tensor]], int] | None:
    """(weight sets in fp32, images seen) from shards, or None where there are none.

    Raises CheckpointError.
    """
    path = folder / INDEX
    if not path.exists():
        return None
    index = read_json(path)
    names, images = index.get("shards"), index.get("images")
    if (
        not isinstance(names, list)
        or not all(isinstance(name, str) and "/" not in name for name in names)
        or not isinstance(images, int)
        or images < 0
    ):
        raise CheckpointError(f"{path} is no index of shards: go back to an earlier save.")
    sets: dict[str, dict[str, Tensor]] = {}
    for name in names:
        path = folder / name
        try:
            with safe_open(path, "pt") as shard:
                for key in shard.keys():  # noqa: SIM118 - a safe_open handle is not a mapping
                    kind, weight = key.split("/", 1)
                    sets.setdefault(kind, {})[weight] = shard.get_tensor(key).float()
        except Exception as error:
            raise CheckpointError(f"{path} is missing or damaged: {error}.") from None
    return sets, images


def take_weights(own: Mapping[str, Tensor], saved: Mapping[str, Tensor], path: Path) -> None:
    """Overwrite weights, a model's state_dict or an EMA's, with saved ones.

    path: the file that those are from, for the CheckpointError that names what does not fit.
    """
    check_weights(own, saved, path)
    for name, weight in own.items():
        weight.copy_(saved[name])
