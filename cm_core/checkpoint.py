"""Our own checkpoint folder: model.safetensors (fp16), config.json and README.md, the card."""

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from cm_core.detail_net import DetailNetConfig
from cm_core.detailer import Augmentation, Detailer, DetailerConfig
from cm_core.errors import CheckpointError, SettingError
from cm_core.labels import Labels
from cm_core.model import ConsistencyModel, Denoiser, ModelConfig, Preconditioned
from cm_core.unet import UNetConfig
from cm_core.weights import read_weights

FORMAT = "onestroke-1"
KINDS = {model.kind: model for model in (ConsistencyModel, Denoiser, Detailer)}
Model = Preconditioned | Detailer
Config = ModelConfig | DetailerConfig
# Settings of earlier versions, with the values at which they changed nothing.
OLD = {"boost": 1, "share": 1, "augment_dim": 0, "fine": 0, "layout": 0, "prototypes": 0, "told": 0}
OLD |= {"skip_gates": False}


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


def make_folder(folder: Path) -> None:
    """Create a folder and those above it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(f"{folder} could not be made: {error.strerror}.") from None


def labels_to_json(labels: Labels) -> dict:
    """Labels as plain values; `labels_from_json` reads them back."""
    return {"axes": dict(labels.axes), "any": labels.any}


def labels_from_json(values: dict) -> Labels:
    axes = {axis: tuple(names) for axis, names in values["axes"].items()}
    return Labels(axes, values["any"])


def sigmas_from_json(values: dict) -> dict[int, tuple[float, ...]]:
    """Recommended noise levels by number of steps, which JSON keeps as text."""
    return {int(n): tuple(float(level) for level in levels) for n, levels in values.items()}


def config_to_json(model: Model) -> str:
    """config.json of a model."""
    values = dataclasses.asdict(model.config)
    if "labels" in values:
        values["labels"] = labels_to_json(model.config.labels)
    return json.dumps({"format": FORMAT, "kind": model.kind, **values}, indent=2) + "\n"


def save_checkpoint(
    model: Model,
    folder: str | Path,
    weights: Mapping[str, Tensor] | None = None,
    card: str | None = None,
    dtype: torch.dtype = torch.float16,
) -> None:
    """Write a checkpoint folder; `weights` stand in for the model's own (an EMA's, say)."""
    folder = Path(folder)
    make_folder(folder)
    tensors = {
        k: v.detach().to("cpu", dtype).contiguous()
        for k, v in (weights or model.state_dict()).items()
    }
    write_atomically(folder / "model.safetensors", save(tensors))
    write_atomically(folder / "config.json", config_to_json(model).encode())
    if card is not None:
        write_atomically(folder / "README.md", card.encode())


def _config_from_json(values: dict) -> ModelConfig:
    values, unet = in_use(values), in_use(values["unet"])
    unet = {k: tuple(v) if isinstance(v, list) else v for k, v in unet.items()}
    labels, sigmas = labels_from_json(values["labels"]), sigmas_from_json(values["sigmas"])
    return ModelConfig(**values | {"unet": UNetConfig(**unet), "labels": labels, "sigmas": sigmas})


def in_use(values: dict) -> dict:
    """Settings without those of earlier versions, as far as these changed nothing.

    An earlier version began pure noise at the `mean` of the pictures. It matters little where they
    are not all bright, and checkpoints that it wrote go on from zero.
    """
    return {k: v for k, v in values.items() if k != "mean" and (k not in OLD or v != OLD[k])}


def _detailer_from_json(values: dict) -> DetailerConfig:
    net = {k: tuple(v) if isinstance(v, list) else v for k, v in values.pop("net").items()}
    augmentation = Augmentation(*map(float, values.pop("augmentation")))
    return DetailerConfig(net=DetailNetConfig(**net), augmentation=augmentation, **values)


def read_json(path: Path) -> dict:
    """The object that a JSON file holds."""
    try:
        values = json.loads(path.read_text())
    except FileNotFoundError:
        raise CheckpointError(
            f"{path.parent} is not a checkpoint: it has no {path.name}."
        ) from None
    except (ValueError, OSError, RecursionError):
        raise CheckpointError(f"{path} is not readable JSON: fetch the checkpoint anew.") from None
    if not isinstance(values, dict):
        raise CheckpointError(f"{path} holds no settings: fetch the checkpoint anew.")
    return values


def read_config(folder: Path) -> tuple[str, Config]:
    """(kind, config) of a checkpoint folder."""
    path = folder / "config.json"
    values = read_json(path)
    if values.pop("format", None) != FORMAT:
        raise CheckpointError(f"{path} is not of format {FORMAT}: is it another tool's folder?")
    kind = values.pop("kind", None)
    if kind not in KINDS:
        raise CheckpointError(f"{path} names an unknown kind of model, '{kind}'.")
    try:
        read = _detailer_from_json if kind == Detailer.kind else _config_from_json
        return kind, read(values)
    except (TypeError, KeyError, AttributeError, ValueError, SettingError) as error:
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


def blank(kind: str, config: Config, path: Path) -> Model:
    """A model without weights, on the meta device; path: where its config was read."""
    try:
        with torch.device("meta"):
            return KINDS[kind](config)
    except (TypeError, KeyError, AttributeError, ValueError, ArithmeticError, RuntimeError) as e:
        raise CheckpointError(f"{path} describes a network that cannot be built: {e}.") from None


def fill(model: Model, weights: Mapping[str, Tensor], device: str | torch.device) -> Model:
    """Give a blank model its weights: fp32, eval mode, frozen."""
    model.load_state_dict({k: v.float() for k, v in weights.items()}, assign=True)
    return model.to(device).eval().requires_grad_(False)


def load_checkpoint(folder: str | Path, device: str | torch.device = "cpu") -> Model:
    """Read a checkpoint folder: a model in fp32 and eval mode, its weights frozen."""
    folder = Path(folder)
    model = blank(*read_config(folder), folder / "config.json")
    path = folder / "model.safetensors"
    weights = read_weights(path)
    check_weights(model.state_dict(), weights, path)
    return fill(model, weights, device)
