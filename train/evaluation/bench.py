"""The scenes, reference renders and features that models are measured on, and their counts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch.nn.functional as F
from torch import Tensor, cat
from tqdm import tqdm

from cm_core.labels import Labels
from train.evaluation import metrics
from train.evaluation.kid import Kid
from train.evaluation.scenes import Renderer, Scenes, held_out, trained_on

# The scenes of a half before this number are painted and edited, those from it on are reference.
REFERENCE_FROM = 4096
BATCH = 64
GRID = 8  # side of the grid of means that faithfulness is measured on


@dataclass(frozen=True)
class Sizes:
    """The counts of scenes, renders, repetitions and settings of an evaluation."""

    count: int = 512  # scenes whose paintings are finished, and samples
    reference: int = 5000  # held-out renders that pictures are compared to
    known: int = 5000  # training renders, for the classifier and the search for copies
    edits: int = 256
    seeds: int = 3
    steps: tuple[int, ...] = (1, 2, 4)
    strengths: tuple[float, ...] = (0.2, 0.35, 0.5, 0.65, 0.8)
    teacher_strengths: tuple[float, ...] = (0.0, 0.2, 0.35, 0.5, 0.65, 0.8)
    sample_steps: tuple[int, ...] = (1, 2, 4, 8)
    teacher_levels: tuple[int, ...] = (5, 9, 18, 40)  # 9, 17, 35, 79 evaluations


# To compare states of a run: minutes on two cores, less once the teacher's pictures are on disk.
QUICK = Sizes(
    count=128, reference=1000, known=1000, edits=64, seeds=1, steps=(1, 2), strengths=(0.2, 0.5),
    teacher_strengths=(0.2, 0.5), sample_steps=(1, 2), teacher_levels=(18,),
)  # fmt: skip


class Features(Protocol):
    """A network's features of pictures, as Lite2Features computes them."""

    def features(self, pictures: Tensor) -> Tensor: ...
    def cached(self, pictures: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class Bench:
    """The held-out scenes of one half, and the renders that pictures of them are compared to.

    scenes: painted and edited; reference: other held-out scenes; training: scenes that models are
    trained on; key: all that the scenes depend on.
    """

    renderer: Renderer
    features: Features
    half: str
    scenes: Scenes
    reference: Scenes
    training: Scenes

    @property
    def key(self) -> tuple:
        return (self.renderer.version, self.half, tuple(self.scenes.pictures.shape))

    @cached_property
    def reference_features(self) -> Tensor:
        """Features (M, D) of the reference renders."""
        return self.features.cached(self.reference.pictures)

    @cached_property
    def training_features(self) -> Tensor:
        """Features (M, D) of training renders."""
        return self.features.cached(self.training.pictures)

    @cached_property
    def kid(self) -> Kid:
        """KID to the reference."""
        return Kid(self.reference_features)

    def label(self, labels: Labels) -> Tensor:
        """The scenes' labels (N,) for a model."""
        return self.scenes.labels(labels, self.renderer)

    def realism(self, pictures: Tensor) -> dict[str, float]:
        """KID-lite2 of pictures (N, 3, H, W) to the reference, and its standard error."""
        value, error = self.kid(self.features.features(pictures))
        return {"KID-lite2": value, "error": error}


def prepare(half: str, sizes: Sizes, size: int, renderer: Renderer, features: Features) -> Bench:
    """The bench of a half, its pictures of `size` pixels a side."""
    scenes = held_out(sizes.count, size, renderer, half)
    reference = held_out(sizes.reference, size, renderer, half, REFERENCE_FROM, painted=False)
    training = trained_on(sizes.known, size, renderer)
    return Bench(renderer, features, half, scenes, reference, training)


def faithfulness(pictures: Tensor, paintings: Tensor) -> float:
    """RMSE of 8x8 means of pictures and paintings (N, 3, H, W), in units of [-1, 1]."""
    return metrics.rmse(means(pictures), means(paintings))


def means(x: Tensor) -> Tensor:
    """Means over the cells of an 8x8 grid: (N, 3, H, W) -> (N, 3, 8, 8)."""
    return F.avg_pool2d(x.cpu().float(), x.shape[-1] // GRID)


def in_batches(make: Callable[[slice], Tensor], count: int, title: str) -> Tensor:
    """Pictures (count, 3, H, W) on the CPU, from `make(slice)` a batch at a time."""
    made = []
    with tqdm(total=count, desc=title, unit="picture", leave=False) as bar:
        for start in range(0, count, BATCH):
            part = slice(start, min(start + BATCH, count))
            made.append(make(part).cpu())
            bar.update(part.stop - part.start)
    return cat(made)


def noise_seeds(seed: int, part: slice) -> list[int]:
    """Seeds of the pictures' noise: one each, others in each repetition."""
    return [1_000_000 * seed + i for i in range(part.start, part.stop)]
