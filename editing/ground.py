"""Even ground: a hole in it is filled with what surrounds it.

A model repaints a speck on white paper, and not quite as white as the paper is. So a plane is
fitted to the colours around a hole. Where it fits to about a level of 8 bits, it fills the hole.
The worse it fits, the more the model's picture counts; in texture nothing else does.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from editing.operators import Mask

RING = 3  # width in pixels of what is fitted around a hole
LEVEL = 2 / 255  # of 8 bits
ROUNDING = LEVEL / 12**0.5  # standard deviation of what is rounded to levels
SURE, UNSURE = (
    2 * LEVEL,
    5 * LEVEL,
)  # deviations at which a plane fills a hole wholly, and not at all


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
    """(planes (B, 3, H, W) in [-1, 1], their weights (B, 1, H, W) in [0, 1]) beneath holes.

    free (B or 1, 1, H, W) of bool. Holes near each other have one plane.
    """
    plane, sure = torch.zeros_like(picture), torch.zeros_like(picture[:, :1])
    for i, holes in enumerate(free.expand(len(picture), -1, -1, -1)):
        for component in components(holes[0]):
            inside, ring = component & holes[0], component & ~holes[0]
            fitted = plane_of(picture[i], ring, inside)
            if fitted is not None:
                plane[i, :, inside], sure[i, 0, inside] = fitted
    return plane, sure


def plane_of(picture: Tensor, ring: Tensor, inside: Tensor) -> tuple[Tensor, Tensor] | None:
    """(colours (3, n), weights (n,)) of the n pixels inside a ring, by least squares.

    picture (3, H, W); ring, inside (H, W) of bool. A colour's deviation is the ring's residual
    standard deviation times sqrt(ring's pixels x leverage): it grows with the distance from the
    ring, as if all errors had one sign. None where the ring's pixels lie on a line.
    """
    rows, at = design_matrix(ring), design_matrix(inside)
    moments = rows.T @ rows
    if len(rows) < 4 or torch.linalg.matrix_rank(moments) < 3:
        return None
    seen = picture[:, ring].double()
    weights = torch.linalg.solve(moments, rows.T @ seen.T)
    off = (seen.T - rows @ weights).square().sum(0).max() / (len(rows) - 3)
    leverage = (at @ torch.linalg.inv(moments) * at).sum(1)
    deviation = ((off + ROUNDING**2) * len(rows) * leverage).sqrt()
    sure = ((UNSURE - deviation) / (UNSURE - SURE)).clamp(0, 1)
    return (at @ weights).T.clamp(-1, 1).to(picture), sure.to(picture)


def design_matrix(where: Tensor) -> Tensor:
    """Rows (1, x, y) of the pixels that are True in (H, W), (n, 3)."""
    down, across = where.nonzero().double().T
    return torch.stack([torch.ones_like(down), across, down], 1)


def components(holes: Tensor) -> list[Tensor]:
    """The connected components of holes (H, W) of bool with their rings, (H, W) of bool each."""
    left, found = dilated(holes, RING), []
    while left.any():
        before, component = None, torch.zeros_like(left)
        component[tuple(left.nonzero()[0])] = True
        while before is None or not torch.equal(before, component):
            before, component = component, dilated(component, 1) & left
        found.append(component)
        left = left & ~component
    return found


def dilated(where: Tensor, by: int) -> Tensor:
    """What is True in (H, W), grown by so many pixels to each side."""
    return F.max_pool2d(where[None, None].float(), 2 * by + 1, 1, by)[0, 0] > 0
