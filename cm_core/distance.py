"""Distances between two batches of pictures, one value a sample."""

from torch import Tensor


def l1(a: Tensor, b: Tensor) -> Tensor:
    """Mean absolute difference: (B, ...) -> (B,)."""
    return (a - b).abs().flatten(1).mean(1)


def l2(a: Tensor, b: Tensor) -> Tensor:
    """Mean squared difference: (B, ...) -> (B,)."""
    return (a - b).square().flatten(1).mean(1)


def pseudo_huber(a: Tensor, b: Tensor, c: float) -> Tensor:
    """sqrt(|a - b|^2 + c^2) - c over all dimensions: (B, ...) -> (B,) (Song and Dhariwal 2023).

    c must be positive: at c = 0 the gradient is NaN wherever a = b.
    """
    return ((a - b).square().flatten(1).sum(1) + c**2).sqrt() - c
