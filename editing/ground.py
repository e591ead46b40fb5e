"""Even ground: where what surrounds a hole says what lies beneath, that is kept to.

A model draws a speck's place anew, and not quite as white as the paper around it. Where a plane
explains the surroundings to a level or so, in colour and in how it changes, it fills the hole; the
less it does, the more is left to the model. What is textured is the model's alone.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from editing.operators import Mask

RING = 3  # pixels around a hole that say what lies beneath
LEVEL = 2 / 255  # of 8 bits
ROUNDING = LEVEL / 12**0.5  # spread of what is rounded to levels
SURE, UNSURE = 2 * LEVEL, 5 * LEVEL  # spreads of a plane's colour: it fills wholly; not at all


class Ground(Mask):
    """Pixels outside of a mask are known; those inside as far as even ground goes on beneath.

    picture (B, 3, H, W); mask (B or 1, 1, H, W): 1 = free.
    """

    def __init__(self, picture: Tensor, mask: Tensor):
        super().__init__(mask)
        self.plane, self.sure = beneath(picture.detach().cpu(), self.free.cpu())

    def merge(self, measured: Tensor, x: Tensor) -> Tensor:
        return super().merge(measured, torch.lerp(x, self.plane.to(x), self.sure.to(x)))


def beneath(picture: Tensor, free: Tensor) -> tuple[Tensor, Tensor]:
    """(planes (B, 3, H, W) in [-1, 1], how sure they are (B, 1, H, W) in [0, 1]) of holes.

    free (B or 1, 1, H, W) of bool. Holes near each other have one plane.
    """
    plane, sure = torch.zeros_like(picture), torch.zeros_like(picture[:, :1])
    for i, holes in enumerate(free.expand(len(picture), -1, -1, -1)):
        for group in groups(holes[0]):
            inside, ring = group & holes[0], group & ~holes[0]
            fitted = plane_of(picture[i], ring, inside)
            if fitted is not None:
                plane[i, :, inside], sure[i, 0, inside] = fitted
    return plane, sure


def plane_of(picture: Tensor, ring: Tensor, inside: Tensor) -> tuple[Tensor, Tensor] | None:
    """(colours (3, n), how sure (n,)) of the n pixels inside a ring, by least squares.

    picture (3, H, W); ring, inside (H, W) of bool. A colour's spread is that around the plane on
    the ring, and the larger the further out it is carried: times the square root of the number of
    the ring's pixels and of the leverage, as if all of them erred together. None where three of
    them make no plane.
    """
    rows, at = places(ring), places(inside)
    moments = rows.T @ rows
    if len(rows) < 4 or torch.linalg.matrix_rank(moments) < 3:
        return None
    seen = picture[:, ring].double()
    weights = torch.linalg.solve(moments, rows.T @ seen.T)
    off = (seen.T - rows @ weights).square().sum(0).max() / (len(rows) - 3)
    leverage = (at @ torch.linalg.inv(moments) * at).sum(1)
    spread = ((off + ROUNDING**2) * len(rows) * leverage).sqrt()
    sure = ((UNSURE - spread) / (UNSURE - SURE)).clamp(0, 1)
    return (at @ weights).T.clamp(-1, 1).to(picture), sure.to(picture)


def places(where: Tensor) -> Tensor:
    """Rows (1, x, y) of the pixels that are True in (H, W), (n, 3)."""
    down, across = where.nonzero().double().T
    return torch.stack([torch.ones_like(down), across, down], 1)


def groups(holes: Tensor) -> list[Tensor]:
    """Holes (H, W) of bool with the rings around them, (H, W) of bool each, apart if they are."""
    left, found = wider(holes, RING), []
    while left.any():
        before, group = None, torch.zeros_like(left)
        group[tuple(left.nonzero()[0])] = True
        while before is None or not torch.equal(before, group):
            before, group = group, wider(group, 1) & left
        found.append(group)
        left = left & ~group
    return found


def wider(where: Tensor, by: int) -> Tensor:
    """What is True in (H, W), and what lies up to so many pixels beside it."""
    return F.max_pool2d(where[None, None].float(), 2 * by + 1, 1, by)[0, 0] > 0
