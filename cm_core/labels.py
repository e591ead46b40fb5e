"""Class labels as choices along named axes, encoded as the one index that the network embeds."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from cm_core.errors import SettingError
from cm_core.schema import STRICT, Name, Names

SHOWN = 12  # names that an error lists, at most


def look_up(table: Tensor, label: Tensor) -> Tensor:
    """Rows of a table (labels, ...) at indices (B,), or their means by weights (B, labels)."""
    if label.is_floating_point():
        return torch.tensordot(label.to(table.dtype), table, 1)
    return table[label]


@dataclass(frozen=True)
class Labels:
    """Class labels with named axes, e.g. scene and light. With `any`, each axis has one more entry
    that means "any of them".

    The index is a mixed-radix number whose last axis counts fastest. `any` is the last entry of an
    axis, so the null label (any on all axes) is the highest index.
    """

    __pydantic_config__ = STRICT

    axes: Annotated[Mapping[Name, Names], Field(max_length=8)] = field(default_factory=dict)
    any: bool = True

    @property
    def count(self) -> int:
        """Rows of the embedding table; 0 for an unconditional network."""
        total = 1
        for names in self.axes.values():
            total *= len(names) + self.any
        return total if self.axes else 0

    @property
    def null(self) -> int | None:
        """The index of "any" on all axes; None where the network was not trained with it."""
        return self.count - 1 if self.any and self.axes else None

    def index(self, **choice: str | int | None) -> int | None:
        """The index of a name or number on each axis; an axis left out, or None, means any.

        None without labels. Raises SettingError for an unknown axis or name, and for any where the
        network was not trained with it.
        """
        unknown = set(choice) - set(self.axes)
        if unknown:
            known = ", ".join(self.axes) or "none"
            raise SettingError(f"This model has no label '{unknown.pop()}': it has {known}.")
        index = 0
        for axis, names in self.axes.items():
            index = index * (len(names) + self.any) + self._position(axis, choice.get(axis))
        return index if self.axes else None

    def encode(self, choices: Tensor) -> Tensor:
        """Numbers on the axes (B, axes), -1 for any -> indices (B,)."""
        index = torch.zeros(len(choices), dtype=torch.long, device=choices.device)
        for axis, names in enumerate(self.axes.values()):
            choice = choices[:, axis]
            index = index * (len(names) + self.any) + torch.where(choice < 0, len(names), choice)
        return index

    def decode(self, index: Tensor) -> Tensor:
        """Indices (B,) -> numbers on the axes (B, axes), -1 for any."""
        choices = index.new_empty(len(index), len(self.axes))
        for axis, names in reversed(list(enumerate(self.axes.values()))):
            size = len(names) + self.any
            choice, index = index % size, index // size
            choices[:, axis] = torch.where(choice == len(names), -1, choice)
        return choices

    def drawn(self, seed: int, **choice: str | None) -> dict[str, str]:
        """The choice with a name drawn by the seed on each axis that it leaves open.

        The names drawn do not depend on the choice on other axes. Empty without labels.
        """
        by_seed = random.Random(seed)
        drawn = {axis: by_seed.choice(names) for axis, names in self.axes.items()}
        return {axis: choice.get(axis) or name for axis, name in drawn.items()}

    def _position(self, axis: str, value: str | int | None) -> int:
        names = self.axes[axis]
        if value is None and self.any:
            return len(names)
        if isinstance(value, int) and 0 <= value < len(names):
            return value
        if value in names:
            return names.index(value)
        known = ", ".join(names[:SHOWN]) + (f" ... ({len(names)})" if len(names) > SHOWN else "")
        wrong = "This model needs a" if value is None else f"'{value}' is no"
        raise SettingError(f"{wrong} {axis}: choose {known}.")
