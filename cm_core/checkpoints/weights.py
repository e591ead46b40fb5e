"""Reading a file of weights, safetensors or pickle, without ever running what is inside."""

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from cm_core.errors import CheckpointError


class DamagedError(CheckpointError):
    """A file of weights that is cut short or no file of weights at all."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors of a .safetensors file or a PyTorch pickle, by name; nested dicts are flattened.

    Never more of them than the file has bytes. Raises DamagedError for a cut or foreign file,
    CheckpointError for one that holds code or unfolds to more than itself.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as parts:
                check_bytes(path, sum(part.file_size for part in parts.infolist()))
        weights = _flat(torch.load(path, map_location="cpu", weights_only=True), set())
    except CheckpointError:
        raise
    except FileNotFoundError:
        raise CheckpointError(f"There is no file {path}: fetch it anew.") from None
    except PermissionError:
        raise CheckpointError(f"{path} may not be read: change its permissions.") from None
    except MemoryError:
        raise CheckpointError(f"{path} does not fit into the memory that is free.") from None
    except pickle.UnpicklingError:
        if zipfile.is_zipfile(path) or path.open("rb").read(1) == pickle.PROTO:
            raise CheckpointError(
                f"{path} holds pickled code beside its weights, which is never run: "
                "ask for plain weights."
            ) from None
        raise _damaged(path) from None
    except Exception:  # a damaged file can fail anywhere in the unpickler
        raise _damaged(path) from None
    check_bytes(path, sum(value.nbytes for value in weights.values()))
    return weights


def check_bytes(path: Path, unfolded: int) -> None:
    """Refuse a file that unfolds to more bytes than it has: one compressed, or repeated."""
    if unfolded > path.stat().st_size:
        raise CheckpointError(
            f"{path} unfolds to {unfolded / 1e6:,.0f} MB, more than it has itself: "
            "ask for plain weights, which are not compressed."
        )


def _damaged(path: Path) -> DamagedError:
    return DamagedError(f"{path} is damaged or cut short: fetch it anew.")


def _flat(values: object, seen: set[int], prefix: str = "") -> dict[str, Tensor]:
    """Tensors of nested dicts under dotted names; counters and the like are left out.

    seen: the dicts met so far, of which none may come again: a few in each other would be many.
    """
    if not isinstance(values, Mapping) or id(values) in seen:
        raise ValueError("not a dict of weights")
    seen.add(id(values))
    tensors = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            tensors |= _flat(value, seen, f"{prefix}{key}.")
        elif isinstance(value, Tensor) and value.layout == torch.strided and not value.is_meta:
            tensors[f"{prefix}{key}"] = value
    return tensors
