"""What one leg changed, given to another model of the same network."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from cm_core.checkpoint import check_weights, load_checkpoint, save_checkpoint
from cm_core.errors import ConfigError


def transfer(base: Path, before: Path, after: Path, out: Path, share: float = 1.0) -> Path:
    """Write a checkpoint with base + share (after - before), weight by weight, and after's config.

    Legs from a common start move their weights in directions that add up: so a teacher that has
    learnt more becomes a consistency model by what tuning changed in it before (Ilharco et al.
    2022, arXiv 2212.04089; LCM-LoRA, Luo et al. 2023, arXiv 2311.05556). Base and before may lack
    the prototypes that after was given. Raises CheckpointError, and ConfigError where labels
    differ.
    """
    start, old, new = (load_checkpoint(folder) for folder in (base, before, after))
    changed = [told(model.state_dict(), new.state_dict()) for model in (start, old, new)]
    for other, weights, folder in ((start, changed[0], base), (old, changed[1], before)):
        if other.config.labels != new.config.labels:
            raise ConfigError(f"{folder} has other labels than {after}.")
        check_weights(changed[2], weights, folder)
    weights = {
        name: changed[0][name] + share * (changed[2][name] - changed[1][name])
        for name in changed[2]
    }
    save_checkpoint(new, out, weights=weights)
    return out


def told(weights: Mapping[str, Tensor], new: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A model's weights, and where it has no prototypes the new one's, of which nothing is made."""
    added = {name: value for name, value in new.items() if name.startswith("net.prototypes.")}
    silent = {k: v if k.endswith(".pictures") else torch.zeros_like(v) for k, v in added.items()}
    return silent | weights
