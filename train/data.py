"""The packed picture set: what a run trains on, and what it is judged on."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from cm_core.errors import DataError
from cm_core.labels import Labels
from train.config import DataConfig


@dataclass(frozen=True)
class Pictures:
    """uint8 pictures (N, 3, H, W) with their label choices (N, axes), concepts and label names."""

    images: Tensor
    choices: Tensor
    concepts: tuple[str, ...]
    labels: Labels

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> "Pictures":
        """The same on another device."""
        return replace(self, images=self.images.to(device), choices=self.choices.to(device))

    def floats(self, index: Tensor | slice = slice(None)) -> Tensor:
        """Pictures in [-1, 1], float32."""
        return self.images[index].float() / 127.5 - 1

    def label(self, index: Tensor | slice = slice(None)) -> Tensor:
        """Label indices, nothing hidden."""
        return fold(self.choices[index], self.labels)


def fold(choices: Tensor, labels: Labels) -> Tensor:
    """Choices along the axes (B, axes), -1 for any, as label indices (B,)."""
    index = torch.zeros(len(choices), dtype=torch.long, device=choices.device)
    for axis, names in enumerate(labels.axes.values()):
        choice = choices[:, axis]
        index = index * (len(names) + 1) + torch.where(choice < 0, len(names), choice)
    return index


def load(config: DataConfig) -> tuple[Pictures, Pictures]:
    """The training and the held-out pictures of a packed file, less the groups left out."""
    path = Path(config.file)
    if not path.exists():
        raise DataError(f"{path} is not there: build it with `python -m train data {path.stem}`.")
    try:
        with np.load(path) as packed:
            arrays = {name: packed[name] for name in packed.files}
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as a packed picture set: {error}.") from None
    styles, groups = arrays["styles"].tolist(), arrays["groups"].tolist()
    unknown = set(config.leave_out) - set(groups)
    if unknown:
        raise DataError(f"{path} has no group '{unknown.pop()}': it has {', '.join(groups)}.")
    kept = [g for g in groups if g not in config.leave_out]
    renumber = np.array([kept.index(g) if g in kept else -1 for g in groups])
    group = renumber[arrays["group"]]
    labels = Labels({"style": tuple(styles), "group": tuple(kept)})

    def part(mask: np.ndarray) -> Pictures:
        mask = mask & (group >= 0)
        images = torch.from_numpy(arrays["images"][mask]).permute(0, 3, 1, 2)
        return Pictures(
            shrink(images, config.size),
            torch.from_numpy(np.stack([arrays["style"][mask], group[mask]], 1).astype(np.int64)),
            tuple(arrays["concept"][mask].tolist()),
            labels,
        )

    return part(~arrays["held_out"]), part(arrays["held_out"])


def shrink(images: Tensor, size: int) -> Tensor:
    """uint8 pictures averaged down to a side that divides theirs."""
    side = images.shape[-1]
    if side % size:
        raise DataError(f"Pictures of side {side} cannot be averaged down to {size}.")
    if side == size:
        return images.contiguous()
    return F.avg_pool2d(images.float(), side // size).round().byte()


def batch(
    pictures: Pictures, config: DataConfig, size: int, generator: Generator
) -> tuple[Tensor, Tensor]:
    """A random training batch: pictures in [-1, 1], mirrored by chance, and their labels.

    Each label axis is hidden on its own with chance `label_dropout`, so that a style alone or a
    group alone can be asked for. The generator lives on the pictures' device.
    """
    device = generator.device
    index = torch.randint(len(pictures), (size,), generator=generator, device=device)
    x0 = pictures.floats(index)
    if config.flip:
        mirrored = torch.rand(size, generator=generator, device=device) < 0.5
        x0 = torch.where(mirrored[:, None, None, None], x0.flip(-1), x0)
    choices = pictures.choices[index]
    hidden = torch.rand(choices.shape, generator=generator, device=device) < config.label_dropout
    return x0, fold(torch.where(hidden, -1, choices), pictures.labels)
