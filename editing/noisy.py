"""Noise on pictures: how much there is, and adding some."""

from collections.abc import Sequence

from torch import Tensor

from cm_core.noise import Generators, generators, randn_like
from cm_core.schedule import SIGMA_MAX, SIGMA_MIN
from cm_core.stream import Level
from editing.checks import check_between

NORMAL_MEDIAN = 0.6745  # of |z|, z ~ N(0, 1)


def add_noise(
    image: Tensor,
    sigma: float,
    seed: int | Sequence[int] = 0,
    *,
    generator: Generators | None = None,
) -> Tensor:
    """image + sigma z, for `denoise` to take away: (B, 3, H, W), not clamped.

    image: (B, 3, H, W) in [-1, 1]. sigma: 0 to 80. seed: s gives picture i of the batch the seed
    s + i; or a list, one a picture. generator: used instead of seed, one for all or one a picture.
    Raises SettingError.
    """
    check_between(sigma, 0, SIGMA_MAX, "sigma")
    drawn = generators(seed, image.shape[0]) if generator is None else generator
    return image + sigma * randn_like(image, drawn)


def estimate_sigma(noisy: Tensor, low: float = SIGMA_MIN, high: float = SIGMA_MAX) -> Level:
    """Noise level of a picture, or (B,) of several, from their finest diagonal Haar wavelet.

    median |d| / 0.6745 (Donoho and Johnstone 1994), kept within low and high. Edges of what is
    shown are rare in d.
    """
    x = noisy.float()
    x = x[..., : x.shape[-2] // 2 * 2, : x.shape[-1] // 2 * 2]
    if not x.numel():  # a line has no diagonals
        x = x.new_zeros(len(noisy), 1, 2, 2)
    d = (x[..., ::2, ::2] - x[..., ::2, 1::2] - x[..., 1::2, ::2] + x[..., 1::2, 1::2]) / 2
    found = d.abs().flatten(1).median(1).values.double() / NORMAL_MEDIAN
    found = found.clamp(low, high)
    return float(found) if len(found) == 1 else found
