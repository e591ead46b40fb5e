"""What costs minutes and never changes is kept on disk: scenes, features, a teacher's pictures."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from cm_core.checkpoints.checkpoint import make_folder, write_atomically

FOLDER = Path("data/evaluation")
Tensors = dict[str, Tensor]


def path_of(name: str, about: tuple) -> Path:
    """Where a thing is kept that depends on all of `about`, and on nothing else."""
    return FOLDER / f"{name}-{hashlib.sha256(repr(about).encode()).hexdigest()[:20]}.safetensors"


def kept(name: str, about: tuple, make: Callable[[], Tensors]) -> Tensors:
    """Tensors by name, from the disk or made and kept; a damaged file is made anew."""
    path = path_of(name, about)
    if path.exists():
        try:
            return load_file(path)
        except (SafetensorError, OSError):
            print(f"{path} is damaged: making it anew.")
    made = {key: value.detach().cpu().contiguous() for key, value in make().items()}
    make_folder(path.parent)
    write_atomically(path, save(made))
    return made


def fingerprint(*parts: bytes) -> str:
    """What stands for contents in `about`."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()
