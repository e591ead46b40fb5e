"""A U-Net inside a narrow outer level of twice its resolution: more detail at little cost.

Most of a U-Net's cost is in its largest maps. Here the U-Net works on means of 2x2 pixels, and the
outer level, before and after it, on every pixel.
"""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cm_core.unet import Convolution, ResBlock, UNet, UNetConfig, group_norm, zeroed

PATCH = 2  # side, in pixels, of one position of the level's maps
AFTER = 2  # blocks after the U-Net, one for each map kept from before it


class OuterLevel(nn.Module):
    """Blocks at twice the resolution of a U-Net's first level, before it and after it.

    Maps are resampled by pixel-(un)shuffle, which loses no position.
    """

    def __init__(self, config: UNetConfig):
        super().__init__()
        width, planes, emb_dim = config.outer_level, 3 * PATCH**2, 4 * config.channels

        def block(c_in: int) -> ResBlock:
            return ResBlock(c_in, width, emb_dim, 0.0, config.scale_shift, config.norm_channels)

        self.first = Convolution(planes, width, 3, padding=1)
        self.before = block(width)
        self.down = nn.Conv2d(4 * width, config.channels, 3, padding=1)
        self.up = nn.Conv2d(config.channels * config.channel_mult[0], 4 * width, 1)
        self.after = nn.ModuleList(block(2 * width) for _ in range(AFTER))
        self.out_norm = group_norm(width, config.norm_channels)
        self.out_conv = zeroed(nn.Conv2d(width, planes, 3, padding=1))

    def encode(self, x: Tensor, emb: Tensor) -> tuple[Tensor, list[Tensor]]:
        """A picture -> (a map to add to the U-Net's first one, maps for `decode`)."""
        first = self.first(F.pixel_unshuffle(x, PATCH), emb)
        before = self.before(first, emb)
        return self.down(F.pixel_unshuffle(before, 2)), [first, before]

    def decode(self, h: Tensor, kept: list[Tensor], emb: Tensor) -> Tensor:
        """The U-Net's last map and those of `encode` -> a picture to add to the enlarged one."""
        h = F.pixel_shuffle(self.up(h), 2)
        for block, skip in zip(self.after, reversed(kept), strict=True):
            h = block(torch.cat([h, skip], dim=1), emb)
        return F.pixel_shuffle(self.out_conv(F.silu(self.out_norm(h))), PATCH)


class TwoScaleUNet(UNet):
    """F(x, c_noise, label) for pictures twice as large as those of the inner U-Net.

    The U-Net's picture is enlarged by repeating its pixels; the outer level adds the detail.
    """

    def __init__(self, config: UNetConfig):
        super().__init__(replace(config, image_size=config.image_size // 2))
        self.config = config
        self.outer = OuterLevel(config)

    def forward(self, x: Tensor, c_noise: Tensor, label: Tensor | None = None) -> Tensor:
        """(B, 3, H, W), time inputs (B,), labels as `look_up` takes them -> (B, 3, H, W)."""
        emb = self.embed(c_noise, label)
        added, kept = self.outer.encode(x, emb)
        h = self.inside(self.enter(F.avg_pool2d(x, 2), emb) + added, emb)
        coarse = F.interpolate(self.leave(h), scale_factor=2, mode="nearest")
        return coarse + self.outer.decode(h, kept, emb)


def make_net(config: UNetConfig) -> UNet:
    """The network of a config: a UNet, or a TwoScaleUNet where it has an outer level."""
    return TwoScaleUNet(config) if config.outer_level else UNet(config)
