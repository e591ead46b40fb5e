"""A Hugging Face data set, streamed rather than downloaded."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

import torch
from torch import Generator, Tensor

from cm_core.errors import DataError
from cm_core.labels import Labels
from train.config import DataConfig
from train.data.in_memory import Pictures, to_floats
from train.data.reading import centre_square, in_threads
from train.distributed import Processes


class Stream:
    """An endless stream of pictures; each process reads its own shard.

    The data set's shuffle buffer gives their order, not the run's generators. So a run depends on
    the number of processes, and a resumed one is not exact: it starts a new epoch in a new order.
    """

    def __init__(self, config: DataConfig, whole: Any, shard: Any, labels: Labels, length: int):
        self.config, self.labels, self.length = config, labels, length
        self.whole, self.shard = whole, shard
        self.epoch = 0
        self.examples = self.endless()

    def __len__(self) -> int:
        return self.length

    def to(self, device: torch.device) -> "Stream":
        """Itself: `draw` moves its batch to the generator's device."""
        return self

    def skip(self, images: int) -> None:
        """Start another epoch, whose order depends on the number of images seen."""
        self.epoch = images
        self.examples = self.endless()

    def endless(self) -> Iterator[dict]:
        """The examples of this process's shard, epoch after epoch."""
        while True:
            self.shard.set_epoch(self.epoch)
            example = None
            for example in self.shard:
                yield example
            if example is None:
                raise DataError(f"{self.config.file} is too small to be divided: use one process.")
            self.epoch += 1

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """The next pictures of the stream and their choices, on the generator's device."""
        examples = self.take(self.examples, size)
        choices = torch.tensor([self.choice(e) for e in examples], dtype=torch.long)
        choices = choices.reshape(len(examples), len(self.labels.axes))
        return self.floats(examples).to(generator.device), choices.to(generator.device)

    def subset(self, count: int) -> Tensor:
        """The first pictures of the whole shuffled set, the same in every process."""
        return self.floats(self.take(iter(self.whole), count))

    def take(self, examples: Iterator[dict], count: int) -> list[dict]:
        """The next examples, decoded. Raises DataError where the stream breaks off."""
        try:
            return list(islice(examples, count))
        except DataError:
            raise
        except Exception as error:  # the network's, the decoder's, the library's: no common base
            reason = first_line(error)
            raise DataError(f"{self.config.file} broke off ({reason}): resume the run.") from None

    def floats(self, examples: list[dict]) -> Tensor:
        """The pictures of examples, (B, 3, S, S) in [-1, 1]."""
        pictures = [example[self.config.image_column] for example in examples]
        try:
            return to_floats(in_threads(partial(centre_square, size=self.config.size), pictures))
        except Exception as error:  # of any type, by the decoder
            reason = first_line(error)
            raise DataError(f"{self.config.file} has a broken picture ({reason}).") from None

    def choice(self, example: dict) -> list[int]:
        """The label choices of one example; -1, which means any, where it has no label."""
        if not self.labels.axes:
            return []
        label = example[self.config.label_column]
        if label is None or label < 0:
            if not self.labels.any:
                raise DataError(
                    f"{self.config.file} has unlabelled pictures: set label_any = true."
                )
            return [-1]
        return [label]


def first_line(error: Exception) -> str:
    """The first line of an error's message, without its full stop."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def load_stream(config: DataConfig, processes: Processes) -> tuple[Stream, Pictures]:
    """The stream of this process's shard, and no held-out pictures. Raises DataError."""
    try:
        import datasets
        from datasets.distributed import split_dataset_by_node
    except ImportError:
        raise DataError("Streaming needs one more package: pip install datasets.") from None
    try:
        whole = datasets.load_dataset(config.file, split=config.split, streaming=True)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{config.file} cannot be streamed ({first_line(error)}): check its name and "
            "split, and the network."
        ) from None
    columns = whole.features or {}
    if not isinstance(columns.get(config.image_column), datasets.Image):
        raise DataError(
            f"{config.file} has no column of pictures '{config.image_column}': "
            f"set image_column to one of {', '.join(columns) or 'its columns'}."
        )
    axes = {}
    if config.labelled and config.label_column:
        column = columns.get(config.label_column)
        if not isinstance(column, datasets.ClassLabel):
            raise DataError(
                f"{config.file} has no class names in a column '{config.label_column}': "
                'leave label_column = "" to train without labels.'
            )
        axes = {"class": tuple(column.names)}
    labels = Labels(axes, any=config.label_any)
    split = (whole.info.splits or {}).get(config.split)
    length = (split and split.num_examples) or 0
    whole = whole.shuffle(seed=0, buffer_size=config.shuffle)
    shard = split_dataset_by_node(whole, processes.rank, processes.size)
    empty = torch.empty(0, 3, config.size, config.size, dtype=torch.uint8)
    held_out = Pictures(empty, torch.empty(0, len(labels.axes), dtype=torch.long), labels)
    return Stream(config, whole, shard, labels, length), held_out
