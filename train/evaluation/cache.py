"""A cache on disk of tensors that take minutes: scenes, features, a teacher's pictures."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from cm_core.checkpoints.checkpoint import make_folder, write_atomically

FOLDER = Path("data/evaluation")
Tensors = dict[str, Tensor]


def path_of(name: str, key: tuple) -> Path:
    """The file of tensors that depend on `key` alone."""
    return FOLDER / f"{name}-{hashlib.sha256(repr(key).encode()).hexdigest()[:20]}.safetensors"


def cached(name: str, key: tuple, make: Callable[[], Tensors]) -> Tensors:
    """Tensors by name, read from the disk, or made by `make` and written to it.

    A damaged file is written anew.
    """
    path = path_of(name, key)
    if path.exists():
        try:
            return load_file(path)
        except (SafetensorError, OSError):
            print(f"{path} is damaged: making it anew.")
    made = {part: value.detach().cpu().contiguous() for part, value in make().items()}
    make_folder(path.parent)
    write_atomically(path, save(made))
    return made


def fingerprint(*parts: bytes) -> str:
    """A hash of contents, for a `key`."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()
