"""Networks without weights, to be given those of a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class NoInit(TorchFunctionMode):
    """Skips the functions of torch.nn.init.

    On the meta device normal_ would import PyTorch's compiler: a second or two, and 0.1 GB.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if getattr(func, "__module__", None) == "torch.nn.init":
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


@contextmanager
def without_weights() -> Iterator[None]:
    """Modules that are built inside have parameters on the meta device: shapes alone."""
    with torch.device("meta"), NoInit():
        yield
