"""The source of a run's pictures, its held-out pictures, and its training batches."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from cm_core.errors import DataError
from train.config import DataConfig
from train.data.cifar10 import load_cifar10
from train.data.crops import Crops
from train.data.folder import load_folder
from train.data.in_memory import Pictures
from train.data.rendered import load_landscapes
from train.data.source import Source
from train.data.streamed import load_stream
from train.distributed import Processes

LOADERS: dict[str, Callable[[DataConfig], tuple[Source, Pictures]]] = {
    "landscapes": load_landscapes,
    "folder": load_folder,
    "cifar10": load_cifar10,
}
MEASURED = 1_024  # pictures that sigma_data is measured on, where they are not all in memory


def load(
    config: DataConfig,
    processes: Processes = Processes(),  # noqa: B008 - frozen
) -> tuple[Source, Pictures]:
    """The source of training pictures, and the held-out pictures, of which there may be none.

    Each of several processes gets its own shard of a stream. Any other source they have whole, and
    their generators make them draw different pictures. Raises DataError.
    """
    if config.source == "huggingface":
        source, held_out = load_stream(config, processes)
    else:
        source, held_out = LOADERS[config.source](config)
    if config.label_dropout and source.labels.axes and not config.label_any:
        raise DataError("With label_any = false no label can be hidden: set label_dropout = 0.")
    return Crops(source, config.crop) if config.crop else source, held_out


def sigma_data(source: Source) -> float:
    """The standard deviation of a source's pixels in [-1, 1], to four decimals."""
    return round(float(source.subset(MEASURED).std()), 4)


def batch(
    source: Source, config: DataConfig, size: int, generator: Generator
) -> tuple[Tensor, Tensor]:
    """A training batch: pictures (B, 3, S, S) in [-1, 1] and their label indices (B,).

    flip: half of the pictures are mirrored. label_dropout: the probability that all label axes of a
    picture are hidden, so that the model learns to draw without a label; otherwise each axis is
    hidden with this probability, so that it learns to draw from any axes. The generator is on the
    source's device.
    """
    device = generator.device
    x0, choices = source.draw(size, generator)
    if config.flip:
        mirrored = torch.rand(size, generator=generator, device=device) < 0.5
        x0 = torch.where(mirrored[:, None, None, None], x0.flip(-1), x0)
    count, axes = choices.shape
    dropped = torch.rand(count, axes + 1, generator=generator, device=device) < config.label_dropout
    hidden = dropped[:, :axes] | dropped[:, axes:]
    return x0, source.labels.encode(torch.where(hidden, -1, choices))
