"""What a model is put to the test with: scenes, a reference, features; and how large a test is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch.nn.functional as F
from torch import Tensor, cat
from tqdm import tqdm

from cm_core.labels import Labels
from train.evaluation import metrics
from train.evaluation.kid import Kid
from train.evaluation.scenes import Renderer, Scenes, held_out, trained_on

REFERENCE_FROM = (
    4096  # scenes of a half up to here are painted and edited, from here on compared to
)
BATCH = 64
GRID = 8  # side of the grid of means that faithfulness is measured on


@dataclass(frozen=True)
class Sizes:
    """How large an evaluation is."""

    count: int = 512  # scenes to finish, pictures from nothing
    reference: int = 5000  # held-out renders they are compared to
    known: int = 5000  # training renders: to name scenes by, to find copies of
    edits: int = 256
    seeds: int = 3
    steps: tuple[int, ...] = (1, 2, 4)
    strengths: tuple[float, ...] = (0.2, 0.35, 0.5, 0.65, 0.8)
    teacher_strengths: tuple[float, ...] = (0.0, 0.2, 0.35, 0.5, 0.65, 0.8)
    sample_steps: tuple[int, ...] = (1, 2, 4, 8)
    teacher_levels: tuple[int, ...] = (5, 9, 18, 40)  # 9, 17, 35, 79 evaluations


# To compare the legs of a training: minutes on two cores, fewer once the teacher's are on disk.
QUICK = Sizes(
    count=128, reference=1000, known=1000, edits=64, seeds=1, steps=(1, 2), strengths=(0.2, 0.5),
    teacher_strengths=(0.2, 0.5), sample_steps=(1, 2), teacher_levels=(18,),
)  # fmt: skip


@dataclass(frozen=True)
class Bench:
    """Scenes of one half, and the features of its renders that are not among them.

    `features` has the methods of Lite2Features; `key` names what the scenes depend on.
    """

    renderer: Renderer
    features: object
    half: str
    scenes: Scenes
    reference: Scenes
    known: Scenes

    @property
    def key(self) -> tuple:
        return (self.renderer.version, self.half, tuple(self.scenes.pictures.shape))

    @cached_property
    def real(self) -> Tensor:
        """Features of the reference."""
        return self.features.kept(self.reference.pictures)

    @cached_property
    def trained(self) -> Tensor:
        """Features of training renders."""
        return self.features.kept(self.known.pictures)

    @cached_property
    def kid(self) -> Kid:
        return Kid(self.real)

    def label(self, labels: Labels) -> Tensor:
        """A model's labels for the scenes."""
        return self.scenes.labels(labels, self.renderer)

    def realism(self, pictures: Tensor) -> dict[str, float]:
        """KID-lite2 of pictures to the reference, and its standard error."""
        value, error = self.kid(self.features.features(pictures))
        return {"KID-lite2": value, "error": error}


def bench(half: str, sizes: Sizes, size: int, renderer: Renderer, features: object) -> Bench:
    """The scenes of a half of a size in pixels, and what they are compared to."""
    scenes = held_out(sizes.count, size, renderer, half)
    reference = held_out(sizes.reference, size, renderer, half, REFERENCE_FROM, painted=False)
    training = trained_on(sizes.known, size, renderer)
    return Bench(renderer, features, half, scenes, reference, training)


def reported(sizes: Sizes, size: int, renderer: Renderer, features: object) -> Bench:
    """The scenes that are reported on and their reference, without training renders."""
    scenes = held_out(sizes.count, size, renderer)
    reference = held_out(sizes.reference, size, renderer, first=REFERENCE_FROM, painted=False)
    return Bench(renderer, features, "reported", scenes, reference, reference.first(0))


def faithfulness(pictures: Tensor, paintings: Tensor) -> float:
    """RMSE of an 8x8 grid of means, in units of [-1, 1]: pictures (N, 3, H, W), 0 the same."""
    return metrics.rmse(means(pictures), means(paintings))


def means(x: Tensor) -> Tensor:
    """Means (N, 3, 8, 8) of the parts of pictures."""
    return F.avg_pool2d(x.cpu().float(), x.shape[-1] // GRID)


def in_batches(make: Callable[[slice], Tensor], count: int, about: str) -> Tensor:
    """Pictures (count, 3, H, W) on the CPU, from `make(slice)` a batch at a time."""
    made = []
    with tqdm(total=count, desc=about, unit="picture", leave=False) as bar:
        for start in range(0, count, BATCH):
            part = slice(start, min(start + BATCH, count))
            made.append(make(part).cpu())
            bar.update(part.stop - part.start)
    return cat(made)


def noise_seeds(seed: int, part: slice) -> list[int]:
    """Seeds of the noise of pictures: each its own, and others in each repetition."""
    return [1_000_000 * seed + i for i in range(part.start, part.stop)]
