"""The pictures a run trains on and is judged on, and the batches drawn from them."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import torch
from torch import Generator, Tensor

from cm_core.errors import DataError
from cm_core.labels import Labels
from train.config import DataConfig
from train.data.cifar10 import load_cifar10
from train.data.crops import Crops
from train.data.folder import Folder, load_folder
from train.data.in_memory import Pictures
from train.data.rendered import Landscapes, load_landscapes
from train.data.source import Source
from train.data.streamed import load_stream

Kept = TypeVar("Kept", bound=Landscapes | Folder | Pictures)
IN_REACH: dict[str, Callable[[DataConfig], tuple[Landscapes | Folder | Pictures, Pictures]]] = {
    "landscapes": load_landscapes,
    "folder": load_folder,
    "cifar10": load_cifar10,
}
MEASURED = 1_024  # pictures that a set is measured on, where they are not all in memory


def load(config: DataConfig, rank: int = 0, processes: int = 1) -> tuple[Source, Pictures]:
    """What to train on and what is held out, in memory and perhaps empty.

    Only a stream is split among the `processes`; from the others each process draws what its
    generator says. Labels that are always hidden (label_dropout = 1) are dropped altogether.
    Raises DataError.
    """
    check(config)
    if config.source == "huggingface":
        source, held_out = load_stream(config, rank, processes)
    else:
        source, held_out = IN_REACH[config.source](config)
        if not config.labelled:
            source, held_out = unlabelled(source), unlabelled(held_out)
    if config.label_dropout and source.labels.axes and not config.label_any:
        raise DataError("With label_any = false no label can be hidden: set label_dropout = 0.")
    return Crops(source, config.crop) if config.crop else source, held_out


def unlabelled(pictures: Kept) -> Kept:
    """The same pictures without label axes."""
    return replace(
        pictures, choices=pictures.choices[:, :0], labels=Labels(any=pictures.labels.any)
    )


def sigma_data(source: Source) -> float:
    """Standard deviation of a set's pictures."""
    return round(float(source.look(MEASURED).std()), 4)


def check(config: DataConfig) -> None:
    """Refuse settings that the source would leave unheard."""
    sources = [*IN_REACH, "huggingface"]
    if config.source not in sources:
        raise DataError(f"There is no source '{config.source}': choose {', '.join(sources)}.")
    if config.held_out and config.source != "folder":
        raise DataError("held_out is for source = folder: leave it out here.")
    if not 0 <= config.held_out < 1:
        raise DataError(f"held_out is a fraction from 0 to 1, not {config.held_out}.")


def batch(
    source: Source, config: DataConfig, size: int, generator: Generator
) -> tuple[Tensor, Tensor]:
    """A random training batch: pictures in [-1, 1], mirrored by chance, and their labels.

    With chance `label_dropout` all label axes are hidden, so that nothing has to be asked for; else
    each on its own with the same chance, so that a scene alone or a light alone can be. The
    generator lives on the source's device.
    """
    device = generator.device
    x0, choices = source.draw(size, generator)
    if config.flip:
        mirrored = torch.rand(size, generator=generator, device=device) < 0.5
        x0 = torch.where(mirrored[:, None, None, None], x0.flip(-1), x0)
    count, axes = choices.shape
    dice = torch.rand(count, axes + 1, generator=generator, device=device) < config.label_dropout
    hidden = dice[:, :axes] | dice[:, axes:]
    return x0, source.labels.encode(torch.where(hidden, -1, choices))
