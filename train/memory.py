"""What is said where a machine's memory, or its card's, does not suffice."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cm_core.errors import TrainingError

TORCH_SAYS = ("can't allocate memory", "out of memory")  # in errors of no type of their own


@contextmanager
def enough_memory() -> Iterator[None]:
    """Tell in a sentence that memory ran out: Python's, numpy's, or torch's on any device.

    Raises TrainingError. What was saved before stays.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        known = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not known and not any(told in str(error) for told in TORCH_SAYS):
            raise
        raise TrainingError(
            "There is not enough memory: take a smaller batch or micro_batch, fewer pictures or "
            "jobs at once, or close other programs. What was saved before is still there."
        ) from None
