"""The detailer: a consistency model of what a small picture leaves out, four times as large.

Given the small picture, most of the large one is known. What is learned is the rest, the residual
r = x0 - bicubic(small), whose standard deviation is a fifth of a picture's. Noise that drowns it is
small, too: at sigma_max = 10 sigma_data a hundredth of the noisy residual's variance is the
residual's, and an evaluation may start from noise on the bicubic picture alone.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from cm_core import precondition
from cm_core.detail_net import FACTOR, TOLD, DetailNet, DetailNetConfig
from cm_core.errors import ImageError, SettingError
from cm_core.labels import Labels
from cm_core.noise import Generators, generators, randn
from cm_core.schedule import SIGMA_MIN
from cm_core.schema import STRICT, Sigma, Std, check_sigmas
from cm_core.tiles import tiles

BICUBIC_REACH = 3  # pixels of the small picture that an enlarged one depends on, to each side
TILE = 256  # side of the largest small picture that is enlarged in one piece
PIXELS = 64_000_000  # of a result, at most


class Augmentation(NamedTuple):
    """What is wrong with a small picture, as the network is told (Ho et al. 2022, section 4).

    Cascaded Diffusion Models: a network that was trained on clean conditions alone takes the first
    model's errors for detail.
    """

    noise: Annotated[float, Field(ge=0, le=10)]  # standard deviation of the Gaussian noise on it
    blur: Annotated[
        float, Field(ge=0, le=10)
    ]  # standard deviation of the Gaussian over it, in its pixels


CLEAN = Augmentation(0.0, 0.0)


@dataclass(frozen=True)
class DetailerConfig:
    """What a detailer's checkpoint says of itself, beside its weights."""

    __pydantic_config__ = STRICT

    name: Annotated[str, Field(max_length=200)]
    net: DetailNetConfig = field(default_factory=DetailNetConfig)
    sigma_data: Std = 0.1  # of the residual
    sigma_min: Sigma = SIGMA_MIN
    sigma_max: Sigma = 1.0
    c_noise: Literal["quarter_log", "openai", "angle"] = "quarter_log"
    augmentation: Augmentation = CLEAN  # the most of each that it was trained with

    def __post_init__(self):
        """Raises SettingError."""
        check_sigmas(self.sigma_min, self.sigma_max, self.sigma_data)

    @property
    def labels(self) -> Labels:
        """A detailer knows no labels."""
        return Labels()

    @property
    def image_size(self) -> int:
        """Raises SettingError: whatever asks for a size takes it for a model that draws."""
        raise SettingError(
            f"{self.name} is a detailer: it enlarges pictures of any size and draws none itself."
        )

    @property
    def step(self) -> int:
        """What the sides of small pictures are multiples of within the network."""
        return self.net.stride // FACTOR

    @property
    def margin(self) -> int:
        """How far away, in pixels of the small picture, lies what a pixel depends on at most."""
        return -(-self.net.reach // FACTOR) + BICUBIC_REACH


def bicubic(small: Tensor) -> Tensor:
    """(B, 3, H, W) -> (B, 3, 4H, 4W) by Keys' cubic (1981); overshoots the range at edges.

    Torch's antialiased form has his a = -1/2, of which ramps come out straight; the other has -3/4.
    """
    return F.interpolate(small.float(), scale_factor=FACTOR, mode="bicubic", antialias=True)


class Detailer(nn.Module):
    """f(x, sigma, small): the large picture at the end of the path through x, for a small one."""

    kind: ClassVar[str] = "detailer"

    def __init__(self, config: DetailerConfig):
        super().__init__()
        self.config = config
        self.net = DetailNet(config.net)
        self.time_input = precondition.C_NOISE[config.c_noise]

    def forward(
        self,
        x: Tensor,
        sigma: float | Tensor,
        label: None = None,
        small: Tensor | None = None,
        augmentation: Tensor | None = None,
        faithful: Tensor | None = None,
    ) -> Tensor:
        """Estimate x0 from x = x0 + sigma z and the small picture.

        x (B, 3, 4H, 4W); sigma a float or (B,); small (B, 3, H, W), H and W multiples of
        config.step; augmentation (B, 2): `Augmentation` of each, None for clean ones; faithful (B,)
        of bool: where True x and sigma are left out, and x0 is the mean of all that the small
        picture may stand for. label: none are known. Raises SettingError.
        """
        about = self.config
        if small is None:
            raise SettingError(f"{about.name} is a detailer: it needs the small picture.")
        t = torch.as_tensor(sigma, dtype=torch.float32, device=x.device).expand(x.shape[0])
        base = bicubic(small)
        told = x.new_zeros(x.shape[0], TOLD)
        if augmentation is not None:
            told[:, :2] = augmentation / x.new_tensor([most or 1.0 for most in about.augmentation])
        if faithful is not None:
            told[:, 2] = faithful.to(x)
            t = torch.where(faithful, about.sigma_max, t)
            x = torch.where(faithful[:, None, None, None], base, x)
        c_skip, c_out, c_in = (c[:, None, None, None] for c in self.coefficients(t))
        given = (c_in * (x - base)).contiguous(memory_format=torch.channels_last)
        time = self.time_input(t, about.sigma_data)
        raw = self.net(*(v.to(self.dtype) for v in (given, time, told, small)))
        # x itself, to the last bit, at sigma_min.
        return c_skip * x + (1 - c_skip) * base + c_out * raw.to(x.dtype)

    def coefficients(self, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(c_skip, c_out, c_in) of the residual at noise levels t (Song et al. 2023, App. C)."""
        return precondition.consistency(t, self.config.sigma_data, self.config.sigma_min)

    @torch.no_grad()
    def enlarge(
        self,
        x0: Tensor,
        seed: int | Sequence[int] = 0,
        *,
        generator: Generators | None = None,
        faithful: bool = False,
        augmentation: tuple[float, float] = CLEAN,
        noise_scale: float = 1.0,
        tile: int = TILE,
    ) -> Tensor:
        """Pictures (B, 3, H, W) of any size -> (B, 3, 4H, 4W) in [-1, 1], in one evaluation.

        faithful: the likely mean, without noise and nearest to the truth (PSNR), rather than one
        lively picture of those that it may stand for. augmentation: what is wrong with x0; a base
        model's pictures are not clean. noise_scale: of the noise that is told, what is given; less
        is calmer. tile: side of the largest x0 that is done in one piece. The noise is drawn for
        the whole: its picture does not depend on the tiles. Raises ImageError, SettingError.
        """
        self.check(x0, noise_scale)
        told = self.told(augmentation)
        batch, _, height, width = x0.shape
        large = (batch, 3, FACTOR * height, FACTOR * width)
        if faithful:
            noise = torch.zeros(large)
        else:
            drawn = randn(large, generators(seed, batch) if generator is None else generator)
            noise = noise_scale * self.config.sigma_max * drawn
        small, noise = self.whole_steps(x0.float(), noise)
        rows_in, columns_in = small.shape[-2:]
        made = torch.empty(large, device=self.device)
        about = self.config
        for rows, columns in tiles(rows_in, columns_in, tile, about.margin, about.step):
            part = small[..., rows.read(), columns.read()].to(self.device)
            z = noise[..., rows.read(FACTOR), columns.read(FACTOR)].to(self.device)
            x0 = self(
                bicubic(part) + z,
                self.config.sigma_max,
                small=part,
                augmentation=told.expand(batch, 2),
                faithful=torch.full((batch,), faithful, device=self.device),
            )
            inside = x0[..., rows.inside(FACTOR), columns.inside(FACTOR)]
            place = made[..., rows.kept(FACTOR), columns.kept(FACTOR)]
            place.copy_(inside[..., : place.shape[-2], : place.shape[-1]])
        return made.clamp_(-1, 1)

    def check(self, x0: Tensor, noise_scale: float) -> None:
        """Refuse what is no picture, or makes one too large. Raises ImageError, SettingError."""
        if not isinstance(x0, Tensor) or x0.ndim != 4 or x0.shape[1] != 3 or not x0.numel():
            shape = tuple(x0.shape) if isinstance(x0, Tensor) else type(x0).__name__
            raise ImageError(f"A picture has the shape (B, 3, H, W), not {shape}.")
        if not x0.is_floating_point() or not torch.isfinite(x0).all():
            raise ImageError("A picture holds finite floats in [-1, 1].")
        if x0.shape[-2] * x0.shape[-1] * FACTOR**2 > PIXELS:
            raise ImageError(
                f"A picture of {x0.shape[-1]}x{x0.shape[-2]} would come out with more than "
                f"{PIXELS // 10**6} million pixels: send a smaller one."
            )
        if not 0 <= noise_scale <= 2:
            raise SettingError(f"noise_scale lies between 0 and 2, not {noise_scale:g}.")

    def told(self, augmentation: tuple[float, float]) -> Tensor:
        """An augmentation as `forward` takes it, (1, 2). Raises SettingError."""
        for name, value, most in zip(
            Augmentation._fields, augmentation, self.config.augmentation, strict=True
        ):
            if not 0 <= value <= most:
                raise SettingError(f"The {name} lies between 0 and {most:g}, not {value:g}.")
        return torch.tensor([augmentation], dtype=torch.float32, device=self.device)

    def whole_steps(self, small: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Both with sides of whole steps: the last pixels repeated, the noise begun again."""
        rows, columns = (-side % self.config.step for side in small.shape[-2:])
        if not rows and not columns:
            return small, noise
        small = F.pad(small, (0, columns, 0, rows), mode="replicate")
        down, along = (
            torch.arange(FACTOR * padded) % side
            for padded, side in zip(small.shape[-2:], noise.shape[-2:], strict=True)
        )
        return small, noise[:, :, down][..., along]

    def with_net(self, net: nn.Module) -> Self:
        """The same detailer around another form of its network: compiled, or wrapped."""
        other = copy.copy(self)
        other._modules = {**self._modules, "net": net}
        return other

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights; inputs and results stay in fp32."""
        return next(self.parameters()).dtype

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device
