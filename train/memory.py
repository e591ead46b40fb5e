"""The error of a command that runs out of memory, the machine's or the GPU's."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cm_core.errors import TrainingError

TORCH_SAYS = ("can't allocate memory", "out of memory")  # in a RuntimeError


@contextmanager
def enough_memory() -> Iterator[None]:
    """A block that raises TrainingError where Python, numpy or torch run out of memory."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        known = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not known and not any(words in str(error) for words in TORCH_SAYS):
            raise
        raise TrainingError(
            "There is not enough memory: take a smaller batch or micro_batch, fewer pictures or "
            "jobs at once, or close other programs. What was saved before is still there."
        ) from None
