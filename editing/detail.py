"""Enlarging by a detailer: x2 and x4 of a picture of any size, in one evaluation.

Nothing here is zero-shot but the last act: the means of patches are the small picture's, exactly.
"""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core.detail_net import FACTOR
from cm_core.detailer import CLEAN, Augmentation, Detailer, bicubic
from cm_core.errors import SettingError
from cm_core.noise import Generators
from cm_core.stream import Step, last, last_of
from editing.checks import check_picture, check_range
from editing.operators import PatchMean
from editing.operators import enlarge as blocks

FACTORS = (2, 4)
DRAWN = Augmentation(noise=0.05, blur=0.3)  # what pictures that a model drew are like
CALM = 0.7  # of the noise that they are enlarged from
EPS = 1e-12


def with_means(operator: PatchMean, small: Tensor, x: Tensor) -> Tensor:
    """x in [-1, 1] with the means of its patches replaced by small's, and still in [-1, 1].

    `PatchMean.merge` adds what is missing to all pixels of a patch alike, which leaves the range
    where some lie near its end. Here each takes it up as far as it has room: moved up by m, x
    becomes x + m (1 - x) / mean(1 - x), which never passes 1.
    """
    missing = small - operator.measure(x)
    up = blocks((missing > 0).to(x), operator.patch)
    room = up * (1 - x) + (1 - up) * (1 + x)
    taken = missing / operator.measure(room).clamp(min=EPS)
    return x + blocks(taken, operator.patch) * room


@torch.no_grad()
def stream_enlarge(
    detailer: Detailer,
    small: Tensor,
    factor: int = 4,
    seed: int | Sequence[int] = 0,
    *,
    keep_means: bool = True,
    faithful: bool = False,
    augmentation: tuple[float, float] = CLEAN,
    noise_scale: float = 1.0,
    label: None = None,
    generator: Generators | None = None,
) -> Iterator[Step]:
    """Enlarge a picture of any size by 2 or 4; one Step, whose x is the bicubic enlargement.

    keep_means: the mean of every patch is the small picture's pixel, which is right where that is
    clean. By 2 it is what was drawn four times as large, averaged. The other options are those of
    `Detailer.enlarge`; label: a detailer knows none. Raises ImageError, SettingError.
    """
    if not isinstance(detailer, Detailer):
        raise SettingError("Only a detailer enlarges pictures: load_model('landscape-detail').")
    if factor not in FACTORS:
        raise SettingError(f"A picture is enlarged by 2 or 4, not {factor}.")
    small = check_range(check_picture(small, "small picture")).float()
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


enlarge = last_of(stream_enlarge, last)


def finished(detailer: Detailer, x0: Tensor, seed: int | Sequence[int] = 0) -> Tensor:
    """A picture that a model drew (B, 3, H, W), four times as large.

    Unlike a photo it is neither clean nor to be kept exactly: the detailer is told so, and draws
    from less noise.
    """
    return detailer.enlarge(x0, seed, augmentation=DRAWN, noise_scale=CALM)
