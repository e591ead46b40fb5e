"""A U-Net inside a finer level: it draws what it drew before, the level twice the detail."""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cm_core.labels import look_up
from cm_core.outer_level import TwoScaleUNet
from cm_core.prototypes import resized
from cm_core.unet import Convolution, ResBlock, UNet, UNetConfig, gated, group_norm, zeroed

PATCH = 2  # pixels a side that the level folds
AFTER = 2  # blocks after the U-Net


class Told(nn.Module):
    """The pictures that labels come with, as maps for the blocks that draw detail.

    In a first map they lie under noise, and what a gate keeps out of the last takes them along.
    Zero at the start: the level draws what it drew before.
    """

    def __init__(self, width: int, channels: int, emb_dim: int):
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.gate = zeroed(nn.Linear(emb_dim, width))
        self.last = zeroed(nn.Conv2d(width, channels, 3, padding=1))

    def forward(self, pictures: Tensor, side: int, emb: Tensor) -> Tensor:
        """(B, 3, P, P) -> (B, channels, side, side)."""
        h = F.silu(self.first(resized(pictures, side)))
        return self.last(gated(h, self.gate, emb))


class FineLevel(nn.Module):
    """Blocks at twice the resolution of a U-Net's first level, before it and after it.

    Maps go down and up by folding and unfolding, which loses no position. Both of its ends are zero
    at the start: the U-Net is alone then.
    """

    def __init__(self, config: UNetConfig):
        super().__init__()
        width, planes, emb_dim = config.fine, 3 * PATCH**2, 4 * config.channels

        def block(c_in: int) -> ResBlock:
            return ResBlock(c_in, width, emb_dim, 0.0, config.scale_shift, config.norm_channels)

        self.first = Convolution(planes, width, 3, padding=1)
        self.before = block(width)
        self.down = zeroed(nn.Conv2d(4 * width, config.channels, 3, padding=1))
        self.up = nn.Conv2d(config.channels * config.channel_mult[0], 4 * width, 1)
        self.gates = nn.ModuleList(
            zeroed(nn.Linear(emb_dim, width)) for _ in range(AFTER if config.skip_gates else 0)
        )
        self.after = nn.ModuleList(block(2 * width) for _ in range(AFTER))
        self.told = (
            Told(config.told, AFTER * width, emb_dim)
            if config.told and config.prototypes and config.num_classes
            else None
        )
        self.out_norm = group_norm(width, config.norm_channels)
        self.out_conv = zeroed(nn.Conv2d(width, planes, 3, padding=1))

    def encode(self, x: Tensor, emb: Tensor) -> tuple[Tensor, list[Tensor]]:
        """A picture -> (what the U-Net's first map gains, maps kept for `decode`)."""
        first = self.first(F.pixel_unshuffle(x, PATCH), emb)
        before = self.before(first, emb)
        return self.down(F.pixel_unshuffle(before, 2)), [first, before]

    def decode(
        self, h: Tensor, skips: list[Tensor], emb: Tensor, pictures: Tensor | None
    ) -> Tensor:
        """The U-Net's last map, the kept ones and the labels' pictures -> what the enlarged picture
        gains."""
        h = F.pixel_shuffle(self.up(h), 2)
        if self.told is not None:
            maps = self.told(pictures, h.shape[-1], emb).chunk(AFTER, dim=1)
        for depth, block in enumerate(self.after):
            skip = skips.pop()
            if self.gates:
                skip = gated(skip, self.gates[depth], emb)
            if self.told is not None:
                skip = skip + maps[depth]
            h = block(torch.cat([h, skip], dim=1), emb)
        return F.pixel_shuffle(self.out_conv(F.silu(self.out_norm(h))), PATCH)


class FineUNet(UNet):
    """F(x, c_noise, label) of pictures twice as large as the U-Net's own, whose weights keep names.

    The U-Net works on means of 2x2 pixels, and its result is enlarged by repeating them.
    """

    def __init__(self, config: UNetConfig):
        super().__init__(replace(config, image_size=config.image_size // 2))
        self.config = config
        self.fine = FineLevel(config)

    def forward(
        self, x: Tensor, c_noise: Tensor, label: Tensor | None = None, augment: Tensor | None = None
    ) -> Tensor:
        """Raw network output; `augment` is (B, augment_dim), left out when sampling."""
        emb = self.embed(c_noise, label, augment)
        gained, skips = self.fine.encode(x, emb)
        h = self.inside(self.enter(F.avg_pool2d(x, 2), emb, label) + gained, emb)
        coarse = F.interpolate(self.leave(h, emb, label), scale_factor=2, mode="nearest")
        pictures = None if self.fine.told is None else look_up(self.prototypes.pictures, label)
        return coarse + self.fine.decode(h, skips, emb, pictures)


def make_net(config: UNetConfig) -> UNet:
    """The network that a config describes."""
    if config.outer_level:
        return TwoScaleUNet(config)
    return FineUNet(config) if config.fine else UNet(config)
