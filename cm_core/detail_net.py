"""The network of a detailer: convolutions, with norms over the channels of each position.

A norm over a whole map would make every pixel depend on all others, and tiles would not fit
together. Here a pixel depends only on those within `DetailNetConfig.reach`, so the inside of a tile
is the same as in the whole picture.
"""

import itertools
from dataclasses import dataclass
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from cm_core.errors import SettingError
from cm_core.schema import STRICT, Channels, Widths
from cm_core.unet import timestep_embedding, zeroed

FACTOR = 4  # by which the sides of a picture grow
TOLD = 3  # inputs besides the noise level: noise and blur of the small picture, and `faithful`


@dataclass(frozen=True)
class DetailNetConfig:
    """Architecture of a DetailNet."""

    __pydantic_config__ = STRICT

    channels: Channels = 32
    channel_mult: Widths = (1, 2, 4)
    middle: Annotated[int, Field(ge=0, le=64)] = 3  # blocks at the coarsest level
    patch: int = 2  # side, in pixels, of one position of the first level

    def __post_init__(self):
        if self.patch not in (1, 2, 4):
            raise SettingError(f"A detailer's patch is 1, 2 or 4 pixels, not {self.patch}.")

    @property
    def sides(self) -> list[int]:
        """The side of a position in pixels, by level."""
        return [self.patch * 2**level for level in range(len(self.channel_mult))]

    @property
    def stride(self) -> int:
        """Sides of pictures are multiples of this, in pixels."""
        return max(self.sides[-1], FACTOR)

    @property
    def reach(self) -> int:
        """The largest distance, in pixels, from an output pixel to an input pixel it depends on.

        A 3x3 convolution adds one position: the first and the last one, four in the blocks before
        and after the middle at each level but the coarsest, two in each block there. A position of
        that level holds several pixels.
        """
        *upper, last = self.sides
        return 2 * self.patch + sum(4 * side for side in upper) + 2 * self.middle * last + last - 1


class ChannelNorm(nn.LayerNorm):
    """A layer norm over the channels of each position of a map (B, C, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class DetailBlock(nn.Module):
    """A residual block: two convolutions with the embedding between them."""

    def __init__(self, c_in: int, c_out: int, emb_dim: int):
        super().__init__()
        self.norm1 = ChannelNorm(c_in)
        self.conv1 = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.emb = nn.Linear(emb_dim, 2 * c_out)
        self.norm2 = ChannelNorm(c_out)
        self.conv2 = zeroed(nn.Conv2d(c_out, c_out, 3, padding=1))
        self.skip = nn.Identity() if c_in == c_out else nn.Conv2d(c_in, c_out, 1)

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.emb(F.silu(emb))[:, :, None, None].chunk(2, dim=1)
        h = self.norm2(h) * (1 + scale) + shift
        return self.skip(x) + self.conv2(F.silu(h))


class DetailNet(nn.Module):
    """F(x, c_noise, told, small): a U-Net that resamples by pixel-(un)shuffle, losing no position.

    All levels cost about the same. The first one draws pixels, the coarsest one sees the furthest.
    """

    def __init__(self, config: DetailNetConfig):
        super().__init__()
        self.config = config
        widths = [config.channels * m for m in config.channel_mult]
        emb_dim, planes = 4 * config.channels, 3 * config.patch**2
        self.time = nn.Sequential(
            nn.Linear(config.channels, emb_dim), nn.SiLU(), nn.Linear(emb_dim, emb_dim)
        )
        self.told = nn.Linear(TOLD, emb_dim, bias=False)
        self.first = nn.Conv2d(planes + 3, widths[0], 3, padding=1)
        self.encoder = nn.ModuleList(DetailBlock(w, w, emb_dim) for w in widths[:-1])
        steps = list(itertools.pairwise(widths))
        self.down = nn.ModuleList(nn.Conv2d(4 * fine, coarse, 1) for fine, coarse in steps)
        self.middle = nn.ModuleList(
            DetailBlock(widths[-1], widths[-1], emb_dim) for _ in range(config.middle)
        )
        self.up = nn.ModuleList(nn.Conv2d(coarse, 4 * fine, 1) for fine, coarse in steps)
        self.decoder = nn.ModuleList(DetailBlock(2 * w, w, emb_dim) for w in widths[:-1])
        self.out_norm = ChannelNorm(widths[0])
        self.out_conv = zeroed(nn.Conv2d(widths[0], planes, 3, padding=1))

    def forward(self, x: Tensor, c_noise: Tensor, told: Tensor, small: Tensor) -> Tensor:
        """(B, 3, 4H, 4W), (B,), (B, TOLD), (B, 3, H, W) -> (B, 3, 4H, 4W); sides: whole strides."""
        features = timestep_embedding(c_noise, self.config.channels)
        emb = self.time(features.to(x.dtype)) + self.told(told)
        patch = self.config.patch
        shown = F.interpolate(small, scale_factor=FACTOR // patch, mode="nearest")
        h = self.first(torch.cat([F.pixel_unshuffle(x, patch), shown], dim=1))
        kept = []
        for block, down in zip(self.encoder, self.down, strict=True):
            h = block(h, emb)
            kept.append(h)
            h = down(F.pixel_unshuffle(h, 2))
        for block in self.middle:
            h = block(h, emb)
        for block, up in zip(reversed(self.decoder), reversed(self.up), strict=True):
            h = block(torch.cat([F.pixel_shuffle(up(h), 2), kept.pop()], dim=1), emb)
        return F.pixel_shuffle(self.out_conv(F.silu(self.out_norm(h))), patch)
