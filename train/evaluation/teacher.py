"""Pictures by the diffusion teacher, from paintings by SDEdit and from nothing, cached on disk."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from cm_core import load_model
from cm_core.checkpoints.checkpoint import config_to_json
from cm_core.checkpoints.registry import BUNDLED
from cm_core.errors import SettingError
from cm_core.model import Denoiser, Label
from cm_core.noise import generators, randn_like
from cm_core.samplers import Model, sample_heun
from cm_core.schedule import SIGMA_MIN, karras_sigmas
from train.data.in_memory import to_floats
from train.evaluation.bench import Bench, in_batches, noise_seeds
from train.evaluation.cache import cached
from train.evaluation.features import as_bytes
from train.grid import samples

SDEDIT_LEVELS = 20  # 39 evaluations


def sdedit(
    model: Model,
    painting: Tensor,
    sigma: float,
    seeds: list[int],
    label: Label = None,
    levels: int = SDEDIT_LEVELS,
) -> Tensor:
    """Paintings (B, 3, H, W) plus noise of std sigma, denoised (SDEdit, Meng et al. 2022).

    Heun's method follows the probability-flow path in 2 levels - 1 evaluations.
    """
    noise = randn_like(painting, generators(seeds, len(painting)))
    # The sampler starts at sigma times its noise, which so has to hold the painting over sigma.
    noise = noise + painting / sigma
    return sample_heun(model, noise, karras_sigmas(levels, SIGMA_MIN, sigma), label)


@dataclass(frozen=True)
class Teacher:
    """A denoiser, and a hash of its weights and config, for the cache."""

    model: Denoiser
    key: str

    def evaluations(self, levels: int, label: Tensor | None) -> int:
        """Network evaluations of Heun's method. A guided model needs two for each estimate."""
        return (2 * levels - 1) * (2 if self.model.guided(label) else 1)

    def finish(self, bench: Bench, sigma: float, seed: int) -> Tensor:
        """The bench's paintings finished by SDEdit without labels: (N, 3, H, W)."""
        paintings = bench.scenes.painted()

        def make(part: slice) -> Tensor:
            given = paintings[part].to(self.model.device)
            return sdedit(self.model, given, sigma, noise_seeds(seed, part))

        return self._cached("sdedit", (bench.key, sigma, SDEDIT_LEVELS, seed), make, len(paintings))

    def draw(self, bench: Bench, levels: int, seed: int) -> Tensor:
        """Pictures from nothing with the labels of the bench's scenes: (N, 3, H, W)."""
        label = bench.label(self.model.config.labels)

        def make(part: slice) -> Tensor:
            first = noise_seeds(seed, part)[0]
            return samples(self.model, part.stop - part.start, levels, first, label[part])

        return self._cached("teacher", (bench.key, levels, seed), make, len(label))

    def _cached(self, name: str, key: tuple, make, count: int) -> Tensor:
        title = f"{name} {key[1]:.3g}"
        made = cached(
            name, (self.key, *key), lambda: {"x": as_bytes(in_batches(make, count, title))}
        )
        return to_floats(made["x"])


def load_teacher(source: str) -> Teacher:
    """A teacher by name or from a folder. Raises CheckpointError, SettingError."""
    model = load_model(source, fast=True)
    if not isinstance(model, Denoiser):
        raise SettingError(f"The teacher must be a denoiser model, not a {model.kind}.")
    weights = BUNDLED.get(source, Path(source)) / "model.safetensors"
    config = config_to_json(model).encode()
    return Teacher(model, hashlib.sha256(config + weights.read_bytes()).hexdigest()[:20])
