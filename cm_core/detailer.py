"""The detailer: a consistency model of a picture given a version of it a quarter as large.

It learns the residual r = x0 - bicubic(small), whose standard deviation sigma_data is a fifth of a
picture's. So sigma_max can be low, too: at 10 sigma_data the residual is a hundredth of the
variance, and an evaluation can start from the bicubic picture plus noise.
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
    """Noise and blur of a small picture, an input of the network (Ho et al. 2022, section 4).

    Cascaded Diffusion Models: a network trained on clean conditions only takes errors of the first
    model for detail.
    """

    noise: Annotated[float, Field(ge=0, le=10)]  # standard deviation, in units of [-1, 1]
    blur: Annotated[float, Field(ge=0, le=10)]  # standard deviation, in pixels of the small picture


CLEAN = Augmentation(0.0, 0.0)


@dataclass(frozen=True)
class DetailerConfig:
    """The config.json of a detailer's checkpoint."""

    __pydantic_config__ = STRICT

    name: Annotated[str, Field(max_length=200)]
    net: DetailNetConfig = field(default_factory=DetailNetConfig)
    sigma_data: Std = 0.1  # of the residual
    sigma_min: Sigma = SIGMA_MIN
    sigma_max: Sigma = 1.0
    c_noise: Literal["quarter_log", "openai", "angle"] = "quarter_log"
    augmentation: Augmentation = CLEAN  # the maxima that it was trained with

    def __post_init__(self):
        """Raises SettingError."""
        check_sigmas(self.sigma_min, self.sigma_max, self.sigma_data)

    @property
    def labels(self) -> Labels:
        """None: a detailer is unconditional."""
        return Labels()

    @property
    def image_size(self) -> int:
        """Raises SettingError: a detailer has no size of its own."""
        raise SettingError(
            f"{self.name} is a detailer: it enlarges pictures of any size and draws none itself."
        )

    @property
    def step(self) -> int:
        """Sides of small pictures are padded to multiples of this, in their pixels."""
        return self.net.stride // FACTOR

    @property
    def margin(self) -> int:
        """The largest distance that a pixel depends on, in pixels of the small picture."""
        return -(-self.net.reach // FACTOR) + BICUBIC_REACH


def bicubic(small: Tensor) -> Tensor:
    """(B, 3, H, W) -> (B, 3, 4H, 4W) by Keys' cubic (1981) with a = -1/2; may leave [-1, 1].

    Torch has a = -1/2, which reproduces linear ramps, only with antialias=True; else a = -3/4.
    """
    return F.interpolate(small.float(), scale_factor=FACTOR, mode="bicubic", antialias=True)


class Detailer(nn.Module):
    """f(x, sigma, small): the end of the probability-flow path through x, given a small picture."""

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
        config.step; augmentation (B, 2): `Augmentation` of each, None is clean; faithful (B,) of
        bool: where True, x and sigma are ignored and x0 is the mean of all large pictures that
        the small one may come from. label: always None. Raises SettingError.
        """
        config = self.config
        if small is None:
            raise SettingError(f"{config.name} is a detailer: it needs the small picture.")
        t = torch.as_tensor(sigma, dtype=torch.float32, device=x.device).expand(x.shape[0])
        base = bicubic(small)
        condition = x.new_zeros(x.shape[0], TOLD)
        if augmentation is not None:
            maxima = x.new_tensor([most or 1.0 for most in config.augmentation])
            condition[:, :2] = augmentation / maxima
        if faithful is not None:
            condition[:, 2] = faithful.to(x)
            t = torch.where(faithful, config.sigma_max, t)
            x = torch.where(faithful[:, None, None, None], base, x)
        c_skip, c_out, c_in = (c[:, None, None, None] for c in self.coefficients(t))
        given = (c_in * (x - base)).contiguous(memory_format=torch.channels_last)
        time = self.time_input(t, config.sigma_data)
        raw = self.net(*(v.to(self.dtype) for v in (given, time, condition, small)))
        # Exactly x at sigma_min, where c_skip is 1 and c_out is 0.
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

        faithful: the mean of all large pictures that x0 may come from, which has the best PSNR,
        rather than a sample of them. augmentation: noise and blur of x0; pictures by a model are
        not clean. noise_scale: scale of the added noise, 0 to 2, at an unchanged sigma; less is
        calmer. tile: the largest side of x0 that is enlarged in one piece. The noise is drawn for
        the whole picture, so the result does not depend on tiles. Raises ImageError, SettingError.
        """
        self.check(x0, noise_scale)
        condition = self.condition(augmentation)
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
        config = self.config
        for rows, columns in tiles(rows_in, columns_in, tile, config.margin, config.step):
            part = small[..., rows.read(), columns.read()].to(self.device)
            z = noise[..., rows.read(FACTOR), columns.read(FACTOR)].to(self.device)
            x0 = self(
                bicubic(part) + z,
                self.config.sigma_max,
                small=part,
                augmentation=condition.expand(batch, 2),
                faithful=torch.full((batch,), faithful, device=self.device),
            )
            inside = x0[..., rows.inside(FACTOR), columns.inside(FACTOR)]
            place = made[..., rows.kept(FACTOR), columns.kept(FACTOR)]
            place.copy_(inside[..., : place.shape[-2], : place.shape[-1]])
        return made.clamp_(-1, 1)

    def check(self, x0: Tensor, noise_scale: float) -> None:
        """Raises ImageError for no picture or one too large, SettingError for the noise scale."""
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

    def condition(self, augmentation: tuple[float, float]) -> Tensor:
        """An augmentation as `forward` takes it, (1, 2). Raises SettingError."""
        for name, value, most in zip(
            Augmentation._fields, augmentation, self.config.augmentation, strict=True
        ):
            if not 0 <= value <= most:
                raise SettingError(f"The {name} lies between 0 and {most:g}, not {value:g}.")
        return torch.tensor([augmentation], dtype=torch.float32, device=self.device)

    def whole_steps(self, small: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Both padded to whole steps: pictures by their last pixels, noise by its first ones."""
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
        """The same detailer with another form of its network: compiled, or wrapped."""
        other = copy.copy(self)
        other._modules = {**self._modules, "net": net}
        return other

    @property
    def dtype(self) -> torch.dtype:
        """The weights' type; inputs and results are fp32."""
        return next(self.parameters()).dtype

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device
