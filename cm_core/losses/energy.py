"""The energy score: a distance of distributions that needs two draws and a true sample."""

from torch import Tensor


def energy(drawn: Tensor, true: Tensor, other: Tensor, apart: float | Tensor = 1.0) -> Tensor:
    """|drawn - true| - apart |drawn - other|, root mean squares, (B,); `other` is held.

    drawn, other: two independent draws under the condition that `true` came with. The mean gradient
    is that of E|x - y| - E|x - x'| / 2, half of it by each draw, and that is least where drawn and
    true samples have one distribution (Gneiting and Raftery 2007, section 4.3). With less `apart`
    than 1 draws gather around the middle of the true ones.
    """
    return separation(drawn, true) - apart * separation(drawn, other.detach())


def separation(one: Tensor, two: Tensor) -> Tensor:
    """Root mean square difference, (B,); its gradient stays finite where they are the same."""
    return ((one - two).flatten(1).square().mean(1) + 1e-8).sqrt()
