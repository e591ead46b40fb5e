"""Checkpoints by name, and `load_model`, which opens a name or a folder."""

from pathlib import Path

import torch

from cm_core.checkpoint import load_checkpoint
from cm_core.errors import CheckpointError
from cm_core.model import Preconditioned

ASSETS = Path(__file__).resolve().parent.parent / "assets"
BUNDLED = {name: ASSETS / name for name in ("emoji64", "emoji64-teacher")}


def load_model(source: str | Path, device: str | torch.device | None = None) -> Preconditioned:
    """A model by its zoo name or from a checkpoint folder, in eval mode.

    device: a CUDA card where there is one, else the CPU. Raises CheckpointError.
    """
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    folder = BUNDLED.get(str(source), Path(source))
    if not folder.is_dir():
        known = ", ".join(BUNDLED)
        raise CheckpointError(f"There is no model '{source}': give a folder, or one of {known}.")
    return load_checkpoint(folder, device)
