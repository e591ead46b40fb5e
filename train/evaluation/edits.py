"""Measures of edits of held-out pictures, each task compared with a plain method."""

from collections.abc import Callable

import cv2
import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core.model import ConsistencyModel
from editing import add_noise, colorize, denoise, inpaint, super_resolve
from editing.operators import PatchMean, grey_picture
from train.data.in_memory import to_floats
from train.evaluation import metrics
from train.evaluation.bench import Bench, in_batches, noise_seeds
from train.evaluation.card import Row
from train.evaluation.features import as_bytes

FACTORS = (4, 2)
HOLE = 24  # pixels of a picture of 64: the side of the square in its middle
NOISE = (0.25, 0.5, 1.0)
BLURS = (0.3, 0.5, 0.8, 1.2, 1.8, 2.6)  # pixels; the plain denoiser takes the best of these


def rows(model: ConsistencyModel, bench: Bench, count: int, seed: int) -> list[Row]:
    """Rows of one repetition: PSNR, SSIM and KID of edits of the first `count` scenes, unlabelled.

    A row has the plain method's measures as well. PSNR is that inside the hole, where there is one.
    """
    x0, found = bench.scenes.first(count).floats(), []

    def row(task: str, edit: Callable[[slice], Tensor], way: str, plain: Tensor, where=None):
        made = in_batches(edit, len(x0), task)
        both = [measures(bench, x, x0, where) for x in (made, plain)]
        found.append({"what": task} | both[0] | {"plain way": way})
        found[-1] |= {f"its {name}": value for name, value in both[1].items() if name != "error"}

    def noise(part: slice) -> list[int]:
        return noise_seeds(seed, part)

    for factor in FACTORS:
        small = PatchMean(factor).measure(x0)
        smooth = F.interpolate(small, scale_factor=factor, mode="bicubic").clamp(-1, 1)
        row(
            f"enlarge x{factor}",
            lambda part, small=small: super_resolve(model, small[part], seed=noise(part)),
            "bicubic",
            smooth,
        )
    hole = middle(x0.shape[-1])
    filled = telea_fill(x0, hole)
    row(
        f"hole of {int(hole.sum()) ** 0.5:.0f} pixels",
        lambda part: inpaint(model, x0[part], hole, seed=noise(part)),
        "Telea",
        filled,
        hole,
    )
    row(
        "colour",
        lambda part: colorize(model, x0[part], seed=noise(part)),
        "grey",
        grey_picture(x0),
    )
    hints, tinted = dabs(x0)
    row(
        "colour, 16 hints",
        lambda part: colorize(model, x0[part], seed=noise(part), hints=hints[part]),
        "hints spread evenly",
        tinted,
    )
    for sigma in NOISE:
        noisy = add_noise(x0, sigma, noise(slice(0, len(x0))))
        row(
            f"noise of {sigma:g}",
            lambda part, noisy=noisy, sigma=sigma: denoise(model, noisy[part], sigma),
            "the best blur",
            best_blur(noisy, x0),
        )
    return found


def measures(bench: Bench, made: Tensor, x0: Tensor, where: Tensor | None) -> dict[str, float]:
    """Measures of pictures (N, 3, H, W), rounded to bytes, against the true ones `x0`.

    where: a mask of the pixels that PSNR is measured on; None: all of them.
    """
    shown = to_floats(as_bytes(made))
    nearness = {"PSNR": metrics.psnr(shown, x0, where), "SSIM": metrics.ssim(shown, x0)}
    return nearness | bench.realism(shown)


def middle(side: int) -> Tensor:
    """A mask (1, 1, side, side) of a square in the middle, HOLE / 64 of the side wide."""
    hole, width = torch.zeros(1, 1, side, side), side * HOLE // 64
    start = (side - width) // 2
    hole[..., start : start + width, start : start + width] = 1
    return hole


def best_blur(noisy: Tensor, x0: Tensor) -> Tensor:
    """Noisy pictures under the Gaussian blur that has the best PSNR to the true ones."""

    def blur(pixels: float) -> Tensor:
        arrays = noisy.permute(0, 2, 3, 1).contiguous().numpy()
        made = [torch.from_numpy(cv2.GaussianBlur(x, (0, 0), pixels)) for x in arrays]
        return torch.stack(made).permute(0, 3, 1, 2).clamp(-1, 1)

    return max((blur(pixels) for pixels in BLURS), key=lambda x: metrics.psnr(x, x0))


def dabs(x0: Tensor) -> tuple[Tensor, Tensor]:
    """Hints (B, 4, H, W) of pictures' own colours at 4 x 4 places, and the plain method's pictures.

    Those are the grey pictures with the hints' colours interpolated bilinearly.
    """
    side = x0.shape[-1]
    dab, apart = max(side // 16, 1), side // 4
    at = (torch.arange(side) - (apart - dab) // 2) % apart < dab
    hinted = (at[:, None] & at).to(x0).expand(len(x0), 1, -1, -1)
    grey = grey_picture(x0)
    colour = F.avg_pool2d((x0 - grey) * hinted, apart) * apart**2 / dab**2
    tint = F.interpolate(colour, size=(side, side), mode="bilinear")
    return torch.cat([x0, hinted], 1), (grey + tint).clamp(-1, 1)


def telea_fill(x0: Tensor, hole: Tensor) -> Tensor:
    """Pictures with a hole (1, 1, H, W) filled by fast marching (Telea 2004)."""
    mask = hole[0, 0].byte().numpy()
    pixels = ((x0 + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    filled = [torch.from_numpy(cv2.inpaint(x.copy(), mask, 3, cv2.INPAINT_TELEA)) for x in pixels]
    back = torch.stack(filled).permute(0, 3, 1, 2) / 127.5 - 1
    return torch.where(hole > 0, back, x0)
