"""Export of a checkpoint to a folder for diffusers, or to the Hugging Face hub."""

from pathlib import Path

import torch

from cm_core import load_model
from cm_core.checkpoints.checkpoint import read_config
from cm_core.checkpoints.read_diffusers import is_diffusers
from cm_core.checkpoints.registry import BUNDLED, public
from cm_core.checkpoints.write_diffusers import NEAR, off_grid, save_diffusers
from cm_core.errors import CheckpointError
from cm_core.model import ModelConfig, Preconditioned
from cm_core.schedule import karras_sigmas, nearest_index

SCALES = (40, 80, 160, 320, 640, 1280)  # N where none is known; the first is diffusers' default

CARD = """---
license: {licence}
library_name: diffusers
pipeline_tag: unconditional-image-generation
tags:
  - consistency-models
---

# {name}

A consistency model for {side}x{side} pictures.
"""
USE = """
## In diffusers

```python
from diffusers import ConsistencyModelPipeline

pipe = ConsistencyModelPipeline.from_pretrained("{folder}")
picture = pipe(num_inference_steps=1{options}).images[0]
{steps}```
"""


def timesteps(sigmas: tuple[float, ...], scales: int, model: Preconditioned) -> list[int]:
    """The nearest indices on diffusers' grid of `scales` noise levels, descending.

    Its timesteps come in descending order though its noise levels do so too: it reads them from
    the end.
    """
    grid = karras_sigmas(scales, model.config.sigma_min, model.config.sigma_max)
    return sorted({nearest_index(grid, sigma) for sigma in sigmas}, reverse=True)


def fitting_scales(config: ModelConfig) -> int:
    """The length of the shortest noise grid that all of the config's noise levels lie on."""
    levels = [level for levels in config.sigmas.values() for level in levels]
    fits = (n for n in SCALES if all(off_grid(level, config, n) <= NEAR for level in levels))
    return next(fits, SCALES[-1])


def diffusers_card(model: Preconditioned, card: str | None, folder: str, scales: int) -> str:
    """A model card for diffusers: the given one or a short one, with code that samples."""
    config = model.config
    if card is None:
        licence = "mit" if public(config.name) else "other"
        card = CARD.format(licence=licence, name=config.name, side=config.image_size)
    card = card.replace("library_name: onestroke", "library_name: diffusers")
    options = ", class_labels=0" if config.labels.count else ""
    lines = [
        f"picture = pipe(num_inference_steps=None, timesteps={timesteps(sigmas, scales, model)}"
        f"{options}).images[0]  # {count} steps\n"
        for count, sigmas in sorted(config.sigmas.items())
        if count > 1
    ]
    return card.rstrip() + "\n" + USE.format(folder=folder, options=options, steps="".join(lines))


def export_diffusers(
    checkpoint: Preconditioned | str | Path,
    out: str | Path,
    scales: int | None = None,
    dtype: torch.dtype = torch.float32,
) -> Path:
    """Write a checkpoint as a folder for diffusers' ConsistencyModelPipeline; returns the folder.

    checkpoint: a model, or whatever `load_model` opens. scales: N, the length of the noise grid
    that timesteps index; None takes the published one, or one that the model's levels lie on.
    Raises CheckpointError.
    """
    out, card = Path(out), None
    if isinstance(checkpoint, Preconditioned):
        model = checkpoint
    else:
        model = load_model(checkpoint, "cpu")
        source = BUNDLED.get(str(checkpoint), Path(checkpoint)) / "README.md"
        card = source.read_text(encoding="utf-8") if source.is_file() else None
    known = public(model.config.name)
    scales = scales or (known and known.scales) or fitting_scales(model.config)
    save_diffusers(model, out, scales, diffusers_card(model, card, out.name, scales), dtype)
    return out


def push_to_hub(
    folder: str | Path, repo: str, private: bool = False, message: str | None = None, api=None
) -> str:
    """Upload a checkpoint folder, ours or diffusers', with its card; returns its address.

    repo: "org/name". api: a huggingface_hub.HfApi to use instead of a new one. Raises
    CheckpointError for a folder that is no whole checkpoint and for a failed upload.
    """
    folder = Path(folder)
    if not is_diffusers(folder):
        read_config(folder)
        if not (folder / "model.safetensors").is_file():
            raise CheckpointError(f"{folder} has no model.safetensors to upload: save it anew.")
    if not (folder / "README.md").is_file():
        raise CheckpointError(f"{folder} has no card: write README.md before uploading.")
    if api is None:
        from huggingface_hub import HfApi

        api = HfApi()
    try:
        address = api.create_repo(repo, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo,
            folder_path=str(folder),
            commit_message=message or f"Upload {folder.name}",
            ignore_patterns=["*.partial", "**/.*"],
        )
    except Exception as error:  # the library's errors have no common base
        raise CheckpointError(
            f"{folder} could not be uploaded to {repo} ({type(error).__name__}): "
            "check the network, the name, and that 'hf auth login' was run."
        ) from None
    return str(address)
