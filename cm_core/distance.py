"""Distances between two batches of pictures, one value a sample."""

import torch.nn.functional as F
from torch import Tensor

from cm_core.errors import CheckpointError

LPIPS_SIDE = 224  # what the metric's backbones were trained at


def l1(a: Tensor, b: Tensor) -> Tensor:
    """Mean absolute difference: (B, ...) -> (B,)."""
    return (a - b).abs().flatten(1).mean(1)


def l2(a: Tensor, b: Tensor) -> Tensor:
    """Mean squared difference: (B, ...) -> (B,)."""
    return (a - b).square().flatten(1).mean(1)


def pseudo_huber(a: Tensor, b: Tensor, c: float) -> Tensor:
    """sqrt(|a - b|^2 + c^2) - c over all dimensions: (B, ...) -> (B,) (Song and Dhariwal 2023).

    c must be positive: at c = 0 the gradient is NaN wherever a = b.
    """
    return ((a - b).square().flatten(1).sum(1) + c**2).sqrt() - c


class LPIPS:
    """Learned perceptual distance of (B, 3, H, W) in [-1, 1] -> (B,) (Zhang et al. 2018).

    Pictures narrower than 256 are resized to 224 (Song et al. 2023, App. C). net: "alex" or "vgg".
    pretrained: False keeps the backbone's random weights. Raises CheckpointError where the weights
    cannot be fetched.
    """

    def __init__(self, net: str = "vgg", pretrained: bool = True):
        import lpips  # brings torchvision, which no other distance needs

        try:
            self.metric = lpips.LPIPS(net=net, pnet_rand=not pretrained, verbose=False)
        except (OSError, RuntimeError) as error:
            raise CheckpointError(
                f"The weights of LPIPS ({net}) could not be fetched ({error}): connect once, or "
                "put torchvision's file into torch's hub cache."
            ) from None
        self.metric.eval().requires_grad_(False)

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        if a.shape[-1] < 256:
            side = (LPIPS_SIDE, LPIPS_SIDE)
            a, b = (F.interpolate(x, side, mode="bilinear") for x in (a, b))
        return self.metric.to(a.device)(a, b).flatten()
