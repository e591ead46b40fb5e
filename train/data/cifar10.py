"""CIFAR-10, read by torchvision."""

import torch

from cm_core.errors import DataError
from cm_core.labels import Labels
from train.config import DataConfig
from train.data.in_memory import Pictures, shrink
from train.data.source import MAX_HELD_OUT


def load_cifar10(config: DataConfig) -> tuple[Pictures, Pictures]:
    """The training pictures, and the first test pictures as held out. Raises DataError."""
    try:
        from torchvision.datasets import CIFAR10
    except ImportError:
        raise DataError("CIFAR-10 is read by torchvision: pip install torchvision.") from None
    try:
        sets = [CIFAR10(config.file, train, download=config.download) for train in (True, False)]
    except (OSError, RuntimeError):
        remedy = "check the network" if config.download else "set download = true"
        raise DataError(f"{config.file} holds no whole copy of CIFAR-10: {remedy}.") from None
    axes = {"class": tuple(sets[0].classes)} if config.labelled else {}
    labels = Labels(axes, any=config.label_any)

    def pictures(part: CIFAR10, count: int) -> Pictures:
        images = torch.from_numpy(part.data[:count]).permute(0, 3, 1, 2)
        choices = torch.tensor(part.targets[:count])[:, None]
        return Pictures(shrink(images, config.size), choices[:, : len(axes)], labels)

    return pictures(sets[0], len(sets[0])), pictures(sets[1], MAX_HELD_OUT)
