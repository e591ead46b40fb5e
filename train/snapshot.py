"""What a run leaves behind: its whole state to resume from, and light shards to carry away."""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from cm_core.checkpoint import check_weights, write_atomically
from cm_core.errors import CheckpointError

STATE = "state.pt"
SHARD_BYTES = 14 * 2**20


def save_state(folder: Path, state: dict) -> None:
    """Write the full state (weights, EMAs, optimiser, images seen) as one file."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomically(folder / STATE, buffer.getvalue())


def load_state(folder: Path) -> dict | None:
    """The full state of a run, or None where it has not been saved."""
    path = folder / STATE
    if not path.exists():
        return None
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # a damaged file can fail anywhere in the unpickler
        raise CheckpointError(f"{path} cannot be read: go back to an earlier leg.") from None


def save_shards(folder: Path, sets: Mapping[str, Mapping[str, Tensor]], images: int) -> list[Path]:
    """Write weight sets in fp16 as files under 15 MiB: shard-00.safetensors, ... and index.json."""
    folder.mkdir(parents=True, exist_ok=True)
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
        paths.append(folder / f"shard-{number:02d}.safetensors")
        write_atomically(paths[-1], save(shard))
    index = {"images": images, "shards": [p.name for p in paths]}
    write_atomically(folder / "index.json", json.dumps(index).encode())
    return paths


def load_shards(folder: Path) -> tuple[dict[str, dict[str, Tensor]], int] | None:
    """(weight sets in fp32, images seen) from shards, or None where there are none."""
    index = folder / "index.json"
    if not index.exists():
        return None
    about = json.loads(index.read_text())
    sets: dict[str, dict[str, Tensor]] = {}
    for name in about["shards"]:
        path = folder / name
        try:
            with safe_open(path, "pt") as shard:
                for key in shard.keys():  # noqa: SIM118 - a safe_open handle is not a mapping
                    kind, weight = key.split("/", 1)
                    sets.setdefault(kind, {})[weight] = shard.get_tensor(key).float()
        except Exception as error:
            raise CheckpointError(f"{path} is missing or damaged: {error}.") from None
    return sets, about["images"]


def take_weights(model: torch.nn.Module, weights: Mapping[str, Tensor], source: Path) -> None:
    """Load weights into a model, refused by name where they do not fit."""
    check_weights(model.state_dict(), weights, source)
    model.load_state_dict(weights)
