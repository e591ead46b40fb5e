"""Seeded noise: a seed gives the same picture on every machine, alone or in a batch.

All noise is drawn on the CPU, by one `torch.randn` for each picture and injection.
"""

import operator
from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor

from cm_core.errors import SettingError

Generators = Generator | Sequence[Generator]


def generators(seed: int | Sequence[int], batch: int) -> list[Generator]:
    """One CPU generator for each picture; a single seed s means s, s + 1, ... in a batch.

    seed: integers of 64 bits, of Python or any array library. Raises SettingError.
    """
    seeds = each(seed, batch)
    if len(seeds) != batch:
        raise SettingError(f"{len(seeds)} seeds were given for {batch} pictures: give one each.")
    if not all(-(2**63) <= s < 2**64 for s in seeds):
        raise SettingError("A seed has 64 bits at most: take one from 0 to 2^64 - 1.")
    return [Generator().manual_seed(s) for s in seeds]


def each(seed: Any, batch: int = 1) -> list[int]:
    """The seeds listed, one at least; a single one counts up for a batch. Raises SettingError."""
    try:
        return [operator.index(seed) + i for i in range(batch)]
    except TypeError:
        pass  # not a single one
    try:
        seeds = [operator.index(s) for s in seed]
    except TypeError:
        seeds = []
    if not seeds:
        raise SettingError("There is no seed: give a whole number, or one for each picture.")
    return seeds


def randn(shape: torch.Size | tuple[int, ...], generator: Generators | None) -> Tensor:
    """N(0, 1) noise, float32 on the CPU, from one generator or one for each picture."""
    if generator is None or isinstance(generator, Generator):
        return torch.randn(tuple(shape), generator=generator)
    if len(generator) != shape[0]:
        raise SettingError(f"{len(generator)} generators were given for {shape[0]} pictures.")
    return torch.cat([torch.randn((1, *shape[1:]), generator=g) for g in generator])


def randn_like(x: Tensor, generator: Generators | None) -> Tensor:
    """N(0, 1) noise as `randn`, with the shape, dtype and device of x."""
    return randn(x.shape, generator).to(x)
