"""Plain ways to edit held-out pictures, which a model's edits are judged beside."""

import torch
import torch.nn.functional as F
from torch import Tensor

from editing.operators import grey_picture


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
