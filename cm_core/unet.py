"""The U-Net of Dhariwal and Nichol (2021), one class for our checkpoints and OpenAI's."""

import math
from dataclasses import dataclass
from typing import Annotated, TypeVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from cm_core.errors import SettingError
from cm_core.labels import look_up
from cm_core.schema import STRICT, Channels, Widths

M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True)
class UNetConfig:
    """Architecture of a UNet. Attention sizes are sides of feature maps, after pixel-unshuffle."""

    __pydantic_config__ = STRICT

    image_size: Annotated[int, Field(ge=1, le=4096)] = 64
    channels: Channels = 64
    channel_mult: Widths = (1, 2, 2)
    blocks: Annotated[int, Field(ge=1, le=16)] = 1
    attention_sizes: Annotated[tuple[int, ...], Field(max_length=9)] = (8,)
    head_channels: Annotated[int, Field(ge=1, le=2**18)] = 64
    patch: Annotated[int, Field(ge=1, le=16)] = 1
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    dropout_size: int = 16  # dropout acts on feature maps of this side and below
    scale_shift: bool = False
    # Fewest channels of a norm group, of which there are 32 at most.
    norm_channels: Annotated[int, Field(ge=1, le=4096)] = 1
    # Channels of a level of twice the resolution around the U-Net; 0: none.
    outer_level: Annotated[int, Field(ge=0, le=4096)] = 0
    num_classes: Annotated[int, Field(ge=0, le=10**6)] = 0

    def __post_init__(self):
        """Raises SettingError where sides cannot be halved or heads do not divide the channels."""
        if self.outer_level and self.patch != 2:  # which halves a picture twice itself
            raise SettingError(f"Within an outer level patch is 2, not {self.patch}.")
        levels = len(self.channel_mult) + bool(self.outer_level)
        part = self.patch << (levels - 1)
        if self.image_size % part:
            raise SettingError(
                f"{levels} levels of patches of {self.patch} need sides of whole {part} pixels, "
                f"not {self.image_size}."
            )
        for width in self.attended:
            if width % max(1, width // self.head_channels):
                raise SettingError(
                    f"A level of {width} channels does not fall into heads of {self.head_channels}."
                )

    @property
    def attended(self) -> set[int]:
        """Widths of the levels with attention; the middle, at the last level, always has it."""
        first = self.image_size // self.patch // (2 if self.outer_level else 1)
        mults = self.channel_mult
        depths = [d for d in range(len(mults)) if first >> d in self.attention_sizes]
        return {self.channels * mults[d] for d in [*depths, -1]}


def zeroed(module: M) -> M:
    """The module with all weights at zero, so that a residual branch starts as the identity."""
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    return module


def group_norm(channels: int, fewest: int) -> nn.GroupNorm:
    """A group norm with at least `fewest` channels in a group, and at most 32 groups.

    A norm subtracts each group's mean, and with it an embedding that was added to all channels of
    the group alike: narrow networks need several channels in a group.
    """
    return nn.GroupNorm(math.gcd(32, max(1, channels // fewest)), channels)


def timestep_embedding(t: Tensor, dim: int, max_period: float = 10000.0) -> Tensor:
    """Sinusoidal features of t: (B,) -> (B, dim), cosines first (Vaswani et al. 2017)."""
    half = dim // 2
    steps = torch.arange(half, dtype=torch.float32, device=t.device)
    angles = t.float()[:, None] * torch.exp(-math.log(max_period) * steps / half)
    return torch.cat([angles.cos(), angles.sin()], dim=1)


class ResBlock(nn.Module):
    """Two convolutions with the time embedding between them; optionally resamples by 2."""

    def __init__(
        self,
        c_in: int,
        c_out: int,
        emb_dim: int,
        dropout: float,
        scale_shift: bool,
        norm_channels: int,
        resample: str = "none",
    ):
        super().__init__()
        self.resample = {
            "none": nn.Identity(),
            "down": nn.AvgPool2d(2),
            "up": nn.Upsample(scale_factor=2, mode="nearest"),
        }[resample]
        self.scale_shift = scale_shift
        self.norm1 = group_norm(c_in, norm_channels)
        self.conv1 = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.emb = nn.Linear(emb_dim, 2 * c_out if scale_shift else c_out)
        self.norm2 = group_norm(c_out, norm_channels)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = zeroed(nn.Conv2d(c_out, c_out, 3, padding=1))
        self.skip = nn.Identity() if c_in == c_out else nn.Conv2d(c_in, c_out, 1)

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        h = self.conv1(self.resample(F.silu(self.norm1(x))))
        e = self.emb(F.silu(emb))[:, :, None, None]
        if self.scale_shift:
            scale, shift = e.chunk(2, dim=1)
            h = self.norm2(h) * (1 + scale) + shift
        else:
            h = self.norm2(h + e)
        h = self.conv2(self.dropout(F.silu(h)))
        return self.skip(self.resample(x)) + h


class Attention(nn.Module):
    """Self-attention over all positions; qkv channels run (three, head, dim)."""

    def __init__(self, channels: int, head_channels: int, norm_channels: int):
        super().__init__()
        self.heads = max(1, channels // head_channels)
        self.norm = group_norm(channels, norm_channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.proj = zeroed(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        b, c, height, width = x.shape
        qkv = self.qkv(self.norm(x)).reshape(b, 3, self.heads, c // self.heads, height * width)
        q, k, v = qkv.transpose(-1, -2).unbind(1)
        h = F.scaled_dot_product_attention(q, k, v)
        return x + self.proj(h.transpose(-1, -2).reshape(b, c, height, width))


class Convolution(nn.Conv2d):
    """The first layer; it ignores the embedding that all layers take."""

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        return super().forward(x)


class Level(nn.ModuleList):
    """Layers in sequence, each given the embedding."""

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        for layer in self:
            x = layer(x, emb)
        return x


class UNet(nn.Module):
    """F(x, c_noise, label): (B, 3, H, W), (B,), labels as `look_up` takes them -> (B, 3, H, W)."""

    def __init__(self, config: UNetConfig):
        super().__init__()
        self.config = config
        ch, emb_dim = config.channels, 4 * config.channels
        self.time = nn.Sequential(nn.Linear(ch, emb_dim), nn.SiLU(), nn.Linear(emb_dim, emb_dim))
        self.label = nn.Embedding(config.num_classes, emb_dim) if config.num_classes else None

        def block(c_in: int, c_out: int, side: int, resample: str = "none") -> ResBlock:
            dropout = config.dropout if side <= config.dropout_size else 0.0
            return ResBlock(
                c_in, c_out, emb_dim, dropout, config.scale_shift, config.norm_channels, resample
            )

        def attention(c: int) -> Attention:
            return Attention(c, config.head_channels, config.norm_channels)

        def level(c_in: int, c_out: int, side: int) -> Level:
            layers: list[nn.Module] = [block(c_in, c_out, side)]
            if side in config.attention_sizes:
                layers.append(attention(c_out))
            return Level(layers)

        side = config.image_size // config.patch
        planes = 3 * config.patch**2
        widths = [ch * m for m in config.channel_mult]
        self.encoder = nn.ModuleList([Level([Convolution(planes, ch, 3, padding=1)])])
        skips, c = [ch], ch
        for depth, width in enumerate(widths):
            if depth:
                side //= 2
                self.encoder.append(Level([block(c, c, side, "down")]))
                skips.append(c)
            for _ in range(config.blocks):
                self.encoder.append(level(c, width, side))
                c = width
                skips.append(c)

        self.middle = Level([block(c, c, side), attention(c), block(c, c, side)])

        self.decoder = nn.ModuleList()
        for depth, width in reversed(list(enumerate(widths))):
            for i in range(config.blocks + 1):
                layers = level(c + skips.pop(), width, side)
                c = width
                if depth and i == config.blocks:
                    side *= 2
                    layers.append(block(c, c, side, "up"))
                self.decoder.append(layers)

        self.out_norm = group_norm(c, config.norm_channels)
        self.out_conv = zeroed(nn.Conv2d(c, planes, 3, padding=1))

    def forward(self, x: Tensor, c_noise: Tensor, label: Tensor | None = None) -> Tensor:
        """(B, 3, H, W), time inputs (B,), labels as `look_up` takes them -> (B, 3, H, W)."""
        emb = self.embed(c_noise, label)
        return self.leave(self.inside(self.enter(x, emb), emb))

    def embed(self, c_noise: Tensor, label: Tensor | None) -> Tensor:
        """The embedding of time and label that every layer takes, (B, 4 channels)."""
        features = timestep_embedding(c_noise, self.config.channels)
        emb = self.time(features.to(self.out_norm.weight.dtype))
        if self.label is None:
            return emb
        if label is None:
            raise SettingError("This network needs a label.")
        return emb + look_up(self.label.weight, label)

    def enter(self, x: Tensor, emb: Tensor) -> Tensor:
        """A picture -> the first layer's map."""
        h = F.pixel_unshuffle(x, self.config.patch) if self.config.patch > 1 else x
        return self.encoder[0](h, emb)

    def inside(self, h: Tensor, emb: Tensor) -> Tensor:
        """The first layer's map -> the last layer's, of the same size."""
        skips = [h]
        for layers in self.encoder[1:]:
            h = layers(h, emb)
            skips.append(h)
        h = self.middle(h, emb)
        for layers in self.decoder:
            h = layers(torch.cat([h, skips.pop()], dim=1), emb)
        return h

    def leave(self, h: Tensor) -> Tensor:
        """The last layer's map -> a picture."""
        h = self.out_conv(F.silu(self.out_norm(h)))
        return F.pixel_shuffle(h, self.config.patch) if self.config.patch > 1 else h
