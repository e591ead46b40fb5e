"""Hinge losses of a discriminator and its generator (Lim and Ye 2017), one value a sample."""

import torch.nn.functional as F
from torch import Tensor


def real_hinge(logits: Tensor) -> Tensor:
    """The discriminator's loss of real pictures, max(0, 1 - logit): (B, n) -> (B,)."""
    return F.relu(1 - logits).mean(1)


def fake_hinge(logits: Tensor) -> Tensor:
    """The discriminator's loss of generated pictures, max(0, 1 + logit): (B, n) -> (B,)."""
    return F.relu(1 + logits).mean(1)


def generator_hinge(logits: Tensor) -> Tensor:
    """The generator's loss, -logit: (B, n) -> (B,)."""
    return -logits.mean(1)
