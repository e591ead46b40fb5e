"""A discriminator against a generator, by hinges (Lim and Ye 2017): logits -> a value a sample."""

import torch.nn.functional as F
from torch import Tensor


def discriminator_hinge(real: Tensor, made: Tensor) -> Tensor:
    """What the discriminator minimises: true pictures above 1, made ones below -1; logits (B, n)
    of as many of each -> (B,)."""
    return F.relu(1 - real).mean(1) + F.relu(1 + made).mean(1)


def generator_hinge(made: Tensor) -> Tensor:
    """What the generator minimises, (B,): its pictures' logits (B, n) go up, without a hinge."""
    return -made.mean(1)
