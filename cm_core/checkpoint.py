"""Our own checkpoint folder: model.safetensors (fp16), config.json and README.md, the card."""

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from cm_core.errors import CheckpointError
from cm_core.labels import Labels
from cm_core.model import ConsistencyModel, Denoiser, ModelConfig, Preconditioned
from cm_core.unet import UNetConfig

FORMAT = "onestroke-1"
KINDS = {model.kind: model for model in (ConsistencyModel, Denoiser)}


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: to a temporary name, synced, then renamed."""
    partial = path.with_name(path.name + ".partial")
    try:
        with open(partial, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise CheckpointError(f"{path} could not be written: {error.strerror}.") from None


def config_to_json(model: Preconditioned) -> str:
    """config.json of a model."""
    values = dataclasses.asdict(model.config)
    values["labels"] = {"axes": dict(model.config.labels.axes), "any": model.config.labels.any}
    return json.dumps({"format": FORMAT, "kind": model.kind, **values}, indent=2) + "\n"


def save_checkpoint(
    model: Preconditioned,
    folder: str | Path,
    weights: Mapping[str, Tensor] | None = None,
    card: str | None = None,
    dtype: torch.dtype = torch.float16,
) -> None:
    """Write a checkpoint folder; `weights` stand in for the model's own (an EMA's, say)."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        k: v.detach().to("cpu", dtype).contiguous()
        for k, v in (weights or model.state_dict()).items()
    }
    write_atomically(folder / "model.safetensors", save(tensors))
    write_atomically(folder / "config.json", config_to_json(model).encode())
    if card is not None:
        write_atomically(folder / "README.md", card.encode())


def _config_from_json(values: dict) -> ModelConfig:
    unet = {k: tuple(v) if isinstance(v, list) else v for k, v in values.pop("unet").items()}
    labels = values.pop("labels")
    axes = {axis: tuple(names) for axis, names in labels["axes"].items()}
    sigmas = {int(n): tuple(levels) for n, levels in values.pop("sigmas").items()}
    return ModelConfig(
        unet=UNetConfig(**unet), labels=Labels(axes, labels["any"]), sigmas=sigmas, **values
    )


def read_config(folder: Path) -> tuple[str, ModelConfig]:
    """(kind, config) of a checkpoint folder."""
    path = folder / "config.json"
    try:
        values = json.loads(path.read_text())
    except FileNotFoundError:
        raise CheckpointError(f"{folder} is not a checkpoint: it has no config.json.") from None
    except (ValueError, OSError):
        raise CheckpointError(f"{path} is not readable JSON: fetch the checkpoint anew.") from None
    if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
        raise CheckpointError(f"{path} is not of format {FORMAT}: is it another tool's folder?")
    kind = values.pop("kind", None)
    if kind not in KINDS:
        raise CheckpointError(f"{path} names an unknown kind of model, '{kind}'.")
    try:
        return kind, _config_from_json(values)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise CheckpointError(f"{path} does not describe a model: {error}.") from None


def check_weights(expected: Mapping[str, Tensor], found: Mapping[str, Tensor], path: Path) -> None:
    """Refuse weights that are missing, unknown or mis-shaped, naming the first of them."""
    for name in expected:
        if name not in found:
            raise CheckpointError(f"{path} lacks the weight '{name}': it is of another network.")
        if found[name].shape != expected[name].shape:
            has, needs = tuple(found[name].shape), tuple(expected[name].shape)
            raise CheckpointError(f"{path}: weight '{name}' is {has}, the network needs {needs}.")
    for name in found:
        if name not in expected:
            raise CheckpointError(f"{path} has an unknown weight '{name}': another network's.")


def load_checkpoint(folder: str | Path, device: str | torch.device = "cpu") -> Preconditioned:
    """Read a checkpoint folder: a model in fp32 and eval mode, its weights frozen."""
    folder = Path(folder)
    kind, config = read_config(folder)
    path = folder / "model.safetensors"
    try:
        weights = load_file(path)
    except FileNotFoundError:
        raise CheckpointError(f"{folder} has no model.safetensors: fetch it anew.") from None
    except (SafetensorError, OSError):
        raise CheckpointError(f"{path} is damaged or cut short: fetch it anew.") from None
    with torch.device("meta"):
        model = KINDS[kind](config)
    check_weights(model.state_dict(), weights, path)
    model.load_state_dict({k: v.float() for k, v in weights.items()}, assign=True)
    return model.to(device).eval().requires_grad_(False)
