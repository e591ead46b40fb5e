"""What the pictures of each label look like on average: known beforehand, not learned."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cm_core.labels import look_up


class Prototypes(nn.Module):
    """A coarse mean picture for each label, told to a U-Net where it begins and where it ends.

    At high noise the best estimate is the mean of the label's pictures, which a network learns
    label by label, and slowly. Weights are zero at the start: it draws what it drew before.

    `pictures` (labels, 3, side, side) are means less the mean of all, in units of sigma_data.
    """

    def __init__(self, labels: int, side: int, channels: int, emb_dim: int):
        super().__init__()
        self.register_buffer("pictures", torch.zeros(labels, 3, side, side))
        self.enter = nn.Conv2d(3, channels, 3, padding=1)
        self.leave = nn.Linear(emb_dim, 3)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def begin(self, h: Tensor, label: Tensor) -> Tensor:
        """The U-Net's first map (B, C, H, W) with the labels' pictures in it."""
        return h + self.enter(resized(look_up(self.pictures, label), h.shape[-1]))

    def end(self, x: Tensor, label: Tensor, emb: Tensor) -> Tensor:
        """The U-Net's result (B, 3, H, W), with as much of the pictures as `emb` asks for."""
        share = self.leave(F.silu(emb))[:, :, None, None]
        return x + share * resized(look_up(self.pictures, label), x.shape[-1])


def resized(x: Tensor, side: int) -> Tensor:
    """Pictures at another side, without steps between their pixels."""
    if side == x.shape[-1]:
        return x
    return F.interpolate(x, size=(side, side), mode="bilinear")
