"""Random numbers: a seed gives the same picture on every machine, alone or in a batch.

Noise is drawn on the CPU, one `torch.randn` a picture and injection, then moved to the model.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Generator, Tensor

from cm_core.errors import SettingError

Generators = Generator | Sequence[Generator]


def generators(seed: int | Sequence[int], batch: int) -> list[Generator]:
    """One CPU generator a picture. A single seed stands for seed, seed + 1, ... in a batch.

    Raises SettingError.
    """
    if not isinstance(seed, int | Iterable) or isinstance(seed, str):
        raise SettingError("There is no seed: give a whole number, or one for each picture.")
    seeds = [seed + i for i in range(batch)] if isinstance(seed, int) else list(seed)
    if len(seeds) != batch:
        raise SettingError(f"{len(seeds)} seeds were given for {batch} pictures: give one each.")
    return [Generator().manual_seed(int(s)) for s in seeds]


def randn(shape: torch.Size | tuple[int, ...], generator: Generators | None) -> Tensor:
    """Standard normal float32 noise on the CPU, from one generator or one a picture."""
    if generator is None or isinstance(generator, Generator):
        return torch.randn(tuple(shape), generator=generator)
    if len(generator) != shape[0]:
        raise SettingError(f"{len(generator)} generators were given for {shape[0]} pictures.")
    return torch.cat([torch.randn((1, *shape[1:]), generator=g) for g in generator])


def randn_like(x: Tensor, generator: Generators | None) -> Tensor:
    """As `randn`, with the shape, dtype and device of x."""
    return randn(x.shape, generator).to(x)
