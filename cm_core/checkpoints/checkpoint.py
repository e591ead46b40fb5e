"""Our own checkpoint folder: model.safetensors (fp16), config.json and README.md, the card."""

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import save
from torch import Tensor, nn

from cm_core import schema
from cm_core.checkpoints.meta import without_weights
from cm_core.checkpoints.weights import read_weights
from cm_core.detailer import Detailer, DetailerConfig
from cm_core.errors import CheckpointError, SettingError
from cm_core.model import ConsistencyModel, Denoiser, ModelConfig, Preconditioned

FORMAT = "onestroke-1"
LONGEST = 4_000_000  # bytes of a file of settings
DRAWING = {ConsistencyModel.kind: ConsistencyModel, Denoiser.kind: Denoiser}
KINDS = DRAWING | {Detailer.kind: Detailer}
TrainedModel = Preconditioned | Detailer
M = TypeVar("M", bound=nn.Module)
Config = ModelConfig | DetailerConfig
PATH = ("name", "sigma_data", "sigma_min", "sigma_max", "c_noise")  # which are never guessed
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


def config_to_json(model: TrainedModel) -> str:
    """The text of a model's config.json."""
    values = dataclasses.asdict(model.config)
    return json.dumps({"format": FORMAT, "kind": model.kind, **values}, indent=2) + "\n"


def save_checkpoint(
    model: TrainedModel,
    folder: str | Path,
    weights: Mapping[str, Tensor] | None = None,
    card: str | None = None,
    dtype: torch.dtype = torch.float16,
) -> None:
    """Write a checkpoint folder. weights: instead of the model's own, e.g. an EMA's.

    Raises CheckpointError.
    """
    folder = Path(folder)
    make_folder(folder)
    tensors = {
        k: v.detach().to("cpu", dtype).contiguous()
        for k, v in (weights or model.state_dict()).items()
    }
    check_finite(tensors, folder / "model.safetensors")
    write_atomically(folder / "model.safetensors", save(tensors))
    write_atomically(folder / "config.json", config_to_json(model).encode())
    if card is not None:
        write_atomically(folder / "README.md", card.encode())


def in_use(values: dict) -> dict:
    """Settings without those of earlier versions that had no effect.

    Pure noise once had the pictures' `mean`, which matters only where all pictures are bright;
    checkpoints with it are now sampled from noise of mean 0.
    """
    return {k: v for k, v in values.items() if k != "mean" and (k not in OLD or v != OLD[k])}


def read_json(path: Path) -> dict:
    """The object in a JSON file. Raises CheckpointError, for a name that is there twice, too."""

    def once(pairs: list[tuple[str, object]]) -> dict:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a name comes twice")
        return dict(pairs)

    if not path.is_file():
        raise CheckpointError(f"{path.parent} is not a checkpoint: it has no {path.name}.")
    try:
        if path.stat().st_size > LONGEST:
            raise ValueError("too long for settings")
        values = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=once)
    except (ValueError, OSError, RecursionError):
        raise CheckpointError(f"{path} is not readable JSON: fetch the checkpoint anew.") from None
    if not isinstance(values, dict):
        raise CheckpointError(f"{path} holds no settings: fetch the checkpoint anew.")
    return values


def read_config(folder: Path) -> tuple[str, Config]:
    """(kind, config) of a checkpoint folder. Raises CheckpointError."""
    path = folder / "config.json"
    values = read_json(path)
    if values.pop("format", None) != FORMAT:
        raise CheckpointError(f"{path} is not of format {FORMAT}: is it another tool's folder?")
    kind = values.pop("kind", None)
    if kind not in list(KINDS):
        raise CheckpointError(f"{path} names an unknown kind of model, '{kind}'.")
    values = {k: in_use(v) if k == "unet" and isinstance(v, dict) else v for k, v in values.items()}
    form, needed = ModelConfig, ("unet", "labels", "sigmas", *PATH)
    if kind == Detailer.kind:
        form, needed = DetailerConfig, ("net", "augmentation", *PATH)
    with describing(path):
        for name in needed:
            if name not in values:
                raise SettingError(f"'{name}' is missing")
        return kind, schema.parse(form, in_use(values))


@contextmanager
def describing(path: Path) -> Iterator[None]:
    """Errors of a config, raised in this block, name its file."""
    try:
        yield
    except SettingError as error:
        reason = str(error).removesuffix(".")
        raise CheckpointError(f"{path} does not describe a model: {reason}.") from None


def check_weights(expected: Mapping[str, Tensor], found: Mapping[str, Tensor], path: Path) -> None:
    """Raises CheckpointError that names the first weight that is missing, unknown or misshapen."""
    if not isinstance(found, Mapping) or not all(isinstance(v, Tensor) for v in found.values()):
        raise CheckpointError(f"{path} holds something else where weights are looked for.")
    for name in expected:
        if name not in found:
            raise CheckpointError(f"{path} lacks the weight '{name}': it is of another network.")
        if found[name].shape != expected[name].shape:
            has, needs = tuple(found[name].shape), tuple(expected[name].shape)
            raise CheckpointError(f"{path}: weight '{name}' is {has}, the network needs {needs}.")
        if found[name].is_floating_point() != expected[name].is_floating_point():
            raise CheckpointError(f"{path}: weight '{name}' is of the kind {found[name].dtype}.")
    for name in found:
        if name not in expected:
            raise CheckpointError(f"{path} has an unknown weight '{name}': another network's.")
    check_finite(found, path)


def check_finite(weights: Mapping[str, Tensor], path: Path) -> None:
    """Raises CheckpointError where a weight is not finite. path: the file of the weights."""
    for name, value in weights.items():
        if not value.float().isfinite().all():
            raise CheckpointError(
                f"{path}: weight '{name}' holds what is no finite number: a run that diverged."
            )


def blank(form: type[M], config: Config, path: Path) -> M:
    """A model without weights, on the meta device. path: the file of its config."""
    with describing(path), without_weights():
        schema.check(config)
        return form(config)


def fill(model: M, weights: Mapping[str, Tensor], device: str | torch.device) -> M:
    """Give a blank model its weights: fp32, eval mode, frozen."""
    model.load_state_dict({k: v.float() for k, v in weights.items()}, assign=True)
    return model.to(device).eval().requires_grad_(False)


def load_checkpoint(folder: str | Path, device: str | torch.device = "cpu") -> TrainedModel:
    """Read a checkpoint folder: a model in fp32 and eval mode, its weights frozen."""
    folder = Path(folder)
    kind, config = read_config(folder)
    model = blank(KINDS[kind], config, folder / "config.json")
    path = folder / "model.safetensors"
    weights = read_weights(path)
    check_weights(model.state_dict(), weights, path)
    return fill(model, weights, device)
