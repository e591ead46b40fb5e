"""The two models: a diffusion denoiser and a consistency model.

Both map (x, sigma, label) to x0 by the same network; only their preconditioning differs.
"""

import copy
import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal, Self

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from cm_core import precondition
from cm_core.errors import SettingError
from cm_core.labels import Labels
from cm_core.outer_level import make_net
from cm_core.schedule import SIGMA_MAX, SIGMA_MIN, karras_sigmas
from cm_core.schema import STRICT, Fraction, Sigma, Std, check_sigmas
from cm_core.unet import UNetConfig

Label = int | Sequence[int] | Tensor | None


@dataclass(frozen=True)
class ModelConfig:
    """The config.json of a checkpoint."""

    __pydantic_config__ = STRICT

    name: Annotated[str, Field(max_length=200)]
    unet: UNetConfig
    sigma_data: Std = 0.5
    sigma_min: Sigma = SIGMA_MIN
    sigma_max: Sigma = SIGMA_MAX
    c_noise: Literal["quarter_log", "openai", "angle"] = "quarter_log"
    clip: bool = True  # clamp x0 to [-1, 1] between sampling steps
    labels: Labels = field(default_factory=Labels)
    sigmas: dict[int, tuple[Sigma, ...]] = field(default_factory=dict)  # recommended, per steps
    # Scale of classifier-free guidance; 1: none. See Preconditioned.forward.
    guidance: Annotated[float, Field(ge=0, le=100)] = 1.0
    strength: Fraction = 0.5  # of `stroke`: where the page and the endpoints begin

    def __post_init__(self):
        """Raises SettingError where labels do not fit the network or noise levels do not fall."""
        if self.labels.count != self.unet.num_classes:
            raise SettingError(
                f"{self.name} names {self.labels.count} labels, and its network knows "
                f"{self.unet.num_classes}."
            )
        check_sigmas(self.sigma_min, self.sigma_max, self.sigma_data)
        for steps, levels in self.sigmas.items():
            descending = all(a > b for a, b in itertools.pairwise([*levels, 0.0]))
            if steps < 1 or len(levels) != steps or not descending or levels[0] > self.sigma_max:
                raise SettingError(
                    f"For steps = {steps} the config needs as many descending noise levels above 0 "
                    f"and at most {self.sigma_max:g}, not {[*levels]}."
                )

    @property
    def image_size(self) -> int:
        return self.unet.image_size


class Preconditioned(nn.Module, ABC):
    """A preconditioned network, (x, sigma, label) -> x0."""

    kind: ClassVar[str]

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.net = make_net(config.unet)
        self.time_input = precondition.C_NOISE[config.c_noise]

    @abstractmethod
    def coefficients(self, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(c_skip, c_out, c_in) at noise levels t."""

    def forward(
        self,
        x: Tensor,
        sigma: float | Tensor,
        label: Label = None,
        guidance: float | None = None,
    ) -> Tensor:
        """Estimate x0 from x = x0 + sigma z. Raises SettingError.

        x (B, 3, H, W); sigma a float or (B,); label None (any), an index, indices (B,) or weights
        (B, labels) by `between`; guidance w, None for the config's.
        Classifier-free guidance (Ho and Salimans 2022): x0 = null + w (labelled - null), of the
        estimates with the null label and with this one, in two evaluations of the network. At
        w = 1 it is the labelled estimate alone.
        """
        if isinstance(sigma, int | float) and not 0 <= sigma < math.inf:
            raise SettingError(f"A noise level is a number from 0 on, not {sigma}.")
        t = torch.as_tensor(sigma, dtype=torch.float32, device=x.device).expand(x.shape[0])
        guidance = self.config.guidance if guidance is None else guidance
        if not self.guided(label, guidance):
            return self.estimate(x, t, label)
        labels, null = self._known(label, x), self._known(None, x)
        if labels.is_floating_point():
            null = F.one_hot(null, labels.shape[1]).to(labels)
        labels = torch.cat([labels, null])
        both = self.estimate(torch.cat([x, x]), torch.cat([t, t]), labels)
        conditional, unconditional = both.chunk(2)
        return unconditional + guidance * (conditional - unconditional)

    def guided(self, label: Label, guidance: float | None = None) -> bool:
        """Whether an evaluation with this label is guided, which evaluates the network twice."""
        labels = self.config.labels
        guidance = self.config.guidance if guidance is None else guidance
        if guidance == 1 or label is None or labels.count == 0:
            return False
        label = torch.as_tensor(label)
        if labels.null is None:
            return True
        if label.is_floating_point():  # weights, the null label's the last
            return bool((label[..., -1] != 1).any())
        return bool((label != labels.null).any())

    def estimate(self, x: Tensor, t: Tensor, label: Label = None) -> Tensor:
        """x0 of x (B, 3, H, W) at noise levels t (B,), without guidance."""
        c_skip, c_out, c_in = (c[:, None, None, None] for c in self.coefficients(t))
        time = self.time_input(t, self.config.sigma_data)
        raw = self.network(c_in * x, time, label)
        return c_skip * x + c_out * raw.to(x.dtype)

    def network(self, x: Tensor, time: Tensor, label: Label = None) -> Tensor:
        """The raw network's output for an input scaled by c_in and a time input (B,)."""
        x = x.to(self.dtype)
        return self.net(x, time, self.label_tensor(label, x))

    def with_net(self, net: nn.Module) -> Self:
        """The same model with another form of its network: compiled, or wrapped."""
        other = copy.copy(self)
        other._modules = {**self._modules, "net": net}
        return other

    def label_tensor(self, label: Label, x: Tensor) -> Tensor | None:
        """Labels as indices (B,) or weights (B, labels), on x's device; None without labels."""
        return self._known(label, x) if self.config.labels.count else None

    def _known(self, label: Label, x: Tensor) -> Tensor:
        """As `label_tensor`, for a model with labels; None is the null label."""
        count, batch = self.config.labels.count, x.shape[0]
        if label is None:
            label = self.config.labels.null
            if label is None:
                raise SettingError(f"{self.config.name} needs a class label from 0 to {count - 1}.")
        if not isinstance(label, Tensor):
            label = torch.as_tensor(label, dtype=torch.long)
            if label.min() < 0 or label.max() >= count:
                raise SettingError(f"A label of {self.config.name} lies from 0 to {count - 1}.")
        if label.is_floating_point() and label.shape[1:] != (count,):
            raise SettingError(f"Labels of {self.config.name} are mixed by {count} weights each.")
        if label.ndim and label.shape[0] not in (1, batch):
            raise SettingError(f"{label.shape[0]} labels were given for {batch} pictures.")
        return label.to(x.device).expand(batch, *label.shape[1:])

    def label_index(self, **choice: str | int | None) -> int | None:
        """The index of a label, e.g. label_index(light="dusk"); an axis left out means any."""
        return self.config.labels.index(**choice)

    def between(self, labels: Sequence[int | None], weights: Tensor) -> Tensor | None:
        """Mixtures of n labels, whose embeddings are averaged: an input of `forward`.

        labels: n indices, None for any. weights (B, n), rows that sum to 1. Returns weights
        (B, labels), or None where the model has no labels.
        """
        count = self.config.labels.count
        if count == 0:
            return None
        like = weights.new_zeros(1)
        known = torch.cat([self._known(label, like) for label in labels])
        return weights.float() @ F.one_hot(known, count).float()

    @property
    def dtype(self) -> torch.dtype:
        """The weights' type; inputs and results are fp32."""
        return next(self.parameters()).dtype

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device


class Denoiser(Preconditioned):
    """D(x, sigma): a diffusion model's denoiser (Karras et al. 2022, eq. 7)."""

    kind = "denoiser"

    def coefficients(self, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return precondition.edm(t, self.config.sigma_data)


class ConsistencyModel(Preconditioned):
    """f(x, sigma): origin of the probability-flow ODE trajectory of x (Song et al. 2023, eq. 5)."""

    kind = "consistency"

    def coefficients(self, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return precondition.consistency(t, self.config.sigma_data, self.config.sigma_min)

    def sigmas_for(self, steps: int) -> list[float]:
        """Noise levels for a number of steps, descending from sigma_max.

        Those that the config recommends; else log-interpolated in the shortest longer list that it
        has; else a Karras grid without its last level. Raises SettingError for no steps.
        """
        if steps < 1:
            raise SettingError(f"steps counts noise levels: at least 1, not {steps}.")
        if steps in self.config.sigmas:
            return list(self.config.sigmas[steps])
        longer = [n for n in self.config.sigmas if n > steps > 1]
        if longer:
            known = torch.tensor(self.config.sigmas[min(longer)], dtype=torch.float64).log()
            at = torch.linspace(0, len(known) - 1, steps, dtype=torch.float64)
            low = at.floor().long().clamp(max=len(known) - 2)
            return (known[low] + (at - low) * (known[low + 1] - known[low])).exp().tolist()
        return karras_sigmas(steps + 1, self.config.sigma_min, self.config.sigma_max)[:-1].tolist()
