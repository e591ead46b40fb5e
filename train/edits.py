"""How well held-out pictures are edited: each task beside a plain baseline."""

import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core.model import ConsistencyModel
from editing import colorize, inpaint, super_resolve
from editing.operators import PatchMean, grey_picture
from train import metrics
from train.data import Pictures

COUNT = 200


def edit_rows(model: ConsistencyModel, pictures: Pictures, count: int = COUNT) -> list[dict]:
    """A row a task: PSNR (inside the hole, for inpainting) and SSIM, of the edit and the baseline.

    Up to `count` pictures spread evenly over the set, each with its label and its own seed.
    """
    pick = torch.linspace(0, len(pictures) - 1, min(count, len(pictures))).long()
    x0, label = pictures.floats(pick), None
    if model.config.labels.axes:
        label = pictures.label(pick)
    seeds, side = list(range(len(pick))), x0.shape[-1]
    rows = []

    def row(task: str, edit, given: Tensor, plain: Tensor, baseline: str, where=None, **options):
        made = edit(model, given, seed=seeds, label=label, **options).cpu()
        rows.append(
            {
                "task": task,
                "pictures": len(pick),
                "psnr": metrics.psnr(made, x0, where),
                "ssim": metrics.ssim(made, x0),
                "baseline": baseline,
                "its psnr": metrics.psnr(plain, x0, where),
                "its ssim": metrics.ssim(plain, x0),
            }
        )

    small = PatchMean(4).measure(x0)
    bicubic = F.interpolate(small, scale_factor=4, mode="bicubic", antialias=False).clamp(-1, 1)
    row("enlarge x4", super_resolve, small, bicubic, "bicubic")
    row("colourise", colorize, x0, grey_picture(x0), "grey")
    hints, tinted = dabs(x0)
    row("colourise, 16 hints", colorize, x0, tinted, "hints spread evenly", hints=hints)
    hole = torch.zeros(1, 1, side, side)
    hole[..., side // 4 : side // 2, side // 4 : 3 * side // 4] = 1
    filled, baseline = plain_fill(x0, hole)
    row("inpaint", inpaint, x0, filled, baseline, hole, mask=hole)
    return rows


def dabs(x0: Tensor) -> tuple[Tensor, Tensor]:
    """Hints (B, 4, H, W) of a picture's own colours at 4 x 4 places, and the plain way to use them:
    the grey picture with the hints' colour spread over it bilinearly."""
    side = x0.shape[-1]
    dab, apart = max(side // 16, 1), side // 4
    at = (torch.arange(side) - (apart - dab) // 2) % apart < dab
    hinted = (at[:, None] & at).to(x0).expand(len(x0), 1, -1, -1)
    grey = grey_picture(x0)
    colour = F.avg_pool2d((x0 - grey) * hinted, apart) * apart**2 / dab**2
    spread = F.interpolate(colour, size=(side, side), mode="bilinear")
    return torch.cat([x0, hinted], 1), (grey + spread).clamp(-1, 1)


def plain_fill(x0: Tensor, hole: Tensor) -> tuple[Tensor, str]:
    """Pictures with a hole (1, 1, H, W) filled without a model, and the fill's name: Telea's (2004)
    where OpenCV is installed, else the mean of the rest."""
    try:
        import cv2
    except ImportError:
        around = (x0 * (1 - hole)).sum((2, 3), keepdim=True) / (1 - hole).sum()
        return torch.where(hole > 0, around, x0), "mean of the rest"
    mask = hole[0, 0].byte().numpy()
    pixels = ((x0 + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    filled = [torch.from_numpy(cv2.inpaint(x.copy(), mask, 3, cv2.INPAINT_TELEA)) for x in pixels]
    back = torch.stack(filled).permute(0, 3, 1, 2) / 127.5 - 1
    return torch.where(hole > 0, back, x0), "Telea fill"
