"""A discriminator against a generator, by hinges (Lim and Ye 2017): logits -> a value a sample."""

import torch.nn.functional as F
from torch import Tensor


def passing_hinge(logits: Tensor) -> Tensor:
    """What a discriminator minimises for true pictures: logits (B, n) above 1 -> (B,)."""
    return F.relu(1 - logits).mean(1)


def failing_hinge(logits: Tensor) -> Tensor:
    """What a discriminator minimises for all others: logits (B, n) below -1 -> (B,)."""
    return F.relu(1 + logits).mean(1)


def generator_hinge(logits: Tensor) -> Tensor:
    """What a generator minimises, (B,): its pictures' logits (B, n) go up, without a hinge."""
    return -logits.mean(1)
