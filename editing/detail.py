"""Enlarging by a detailer, two or four times, in an edit.

Only the last act is zero-shot: the means of patches become exactly the small picture's.
"""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core.detail_net import FACTOR
from cm_core.detailer import CLEAN, Augmentation, Detailer, bicubic
from cm_core.errors import SettingError
from cm_core.noise import Generators
from cm_core.stream import Step
from editing.operators import PatchMean, repeat_pixels

FACTORS = (2, 4)
DRAWN_BY_A_MODEL = Augmentation(
    noise=0.05, blur=0.3
)  # what is wrong with pictures that a model drew
CALM_NOISE = 0.9  # noise_scale that they are enlarged with
EPS = 1e-12


def with_means(operator: PatchMean, small: Tensor, x: Tensor) -> Tensor:
    """x in [-1, 1] with the means of its patches replaced by small's, and still in [-1, 1].

    `PatchMean.merge` adds what is missing to all pixels of a patch alike, which leaves the range
    where some lie near its end. Here each takes it up as far as it has room: moved up by m, x
    becomes x + m (1 - x) / mean(1 - x), which never passes 1.
    """
    missing = small - operator.measure(x)
    up = repeat_pixels((missing > 0).to(x), operator.patch)
    room = up * (1 - x) + (1 - up) * (1 + x)
    taken = missing / operator.measure(room).clamp(min=EPS)
    return x + repeat_pixels(taken, operator.patch) * room


@torch.no_grad()
def stream_detail(
    detailer: Detailer,
    small: Tensor,
    factor: int,
    seed: int | Sequence[int] = 0,
    *,
    keep_means: bool = True,
    faithful: bool = False,
    augmentation: tuple[float, float] = CLEAN,
    noise_scale: float = 1.0,
    generator: Generators | None = None,
) -> Iterator[Step]:
    """Enlarge a picture (B, 3, h, w) of any size; one Step, whose x is the bicubic enlargement.

    The options are those of `enlarge` for a detailer. At factor 2 the fourfold picture is averaged
    down. Raises ImageError, SettingError.
    """
    if factor not in FACTORS:
        raise SettingError(f"A picture is enlarged by 2 or 4, not {factor}.")
    small = small.float()
    x0 = detailer.enlarge(
        small, seed, generator=generator, faithful=faithful, augmentation=augmentation,
        noise_scale=noise_scale,
    )  # fmt: skip
    small = small.to(x0.device)
    x, over = bicubic(small), FACTOR // factor
    x, x0 = F.avg_pool2d(x, over), F.avg_pool2d(x0, over)
    if keep_means:
        x0 = with_means(PatchMean(factor), small.clamp(-1, 1), x0)
    yield Step(0, detailer.config.sigma_max, x, x0)


def finished(detailer: Detailer, x0: Tensor, seed: int | Sequence[int] = 0) -> Tensor:
    """Enlarge a model's picture (B, 3, H, W) four times.

    Such a picture is not clean, as its `augmentation` says, and its means need not be kept. Weaker
    noise makes a calmer result.
    """
    return detailer.enlarge(x0, seed, augmentation=DRAWN_BY_A_MODEL, noise_scale=CALM_NOISE)
