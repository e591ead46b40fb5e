"""Reading a file of weights, safetensors or pickle, without ever running what is inside."""

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from cm_core.errors import CheckpointError


class DamagedError(CheckpointError):
    """A file of weights that is cut short or no file of weights at all."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors of a .safetensors file or a PyTorch pickle, by name; nested dicts are flattened.

    Raises DamagedError for a cut or foreign file, CheckpointError for one that holds code.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return _flat(torch.load(path, map_location="cpu", weights_only=True))
    except FileNotFoundError:
        raise CheckpointError(f"There is no file {path}: fetch it anew.") from None
    except PermissionError:
        raise CheckpointError(f"{path} may not be read: change its permissions.") from None
    except pickle.UnpicklingError:
        if zipfile.is_zipfile(path) or path.open("rb").read(1) == pickle.PROTO:
            raise CheckpointError(
                f"{path} holds pickled code beside its weights, which is never run: "
                "ask for plain weights."
            ) from None
        raise _damaged(path) from None
    except (SafetensorError, OSError, RuntimeError, EOFError, ValueError, LookupError):
        raise _damaged(path) from None


def _damaged(path: Path) -> DamagedError:
    return DamagedError(f"{path} is damaged or cut short: fetch it anew.")


def _flat(values: object, prefix: str = "") -> dict[str, Tensor]:
    """Tensors of nested dicts under dotted names; counters and the like are left out."""
    if not isinstance(values, Mapping):
        raise ValueError("not a dict of weights")
    tensors = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            tensors |= _flat(value, f"{prefix}{key}.")
        elif isinstance(value, Tensor) and value.layout == torch.strided:
            tensors[f"{prefix}{key}"] = value
    return tensors
