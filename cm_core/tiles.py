"""Overlapping windows over large pictures, to be cut by their margins or blended."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from cm_core.errors import SettingError


@dataclass(frozen=True)
class Window:
    """Along one side of a picture: a range to read, [start, stop), and one of it to keep."""

    start: int
    stop: int
    first: int
    last: int

    def read(self, scale: int = 1) -> slice:
        """The range to read, in a picture `scale` times as long."""
        return slice(scale * self.start, scale * self.stop)

    def kept(self, scale: int = 1) -> slice:
        """The range to keep, in the whole picture."""
        return slice(scale * self.first, scale * self.last)

    def inside(self, scale: int = 1) -> slice:
        """The range to keep, in the part that was read."""
        return slice(scale * (self.first - self.start), scale * (self.last - self.start))


def windows(length: int, most: int, margin: int, step: int) -> list[Window]:
    """Windows up to `most` long that together keep each position once, `margin` from their ends.

    They start at multiples of `step`, which divides `length`, as a network with strides needs. A
    length up to `most` is one window. Raises SettingError.
    """
    if length <= most:
        return [Window(0, length, 0, length)]
    margin = -(-margin // step) * step
    core = (most - 2 * margin) // step * step
    if core < step:
        raise SettingError(f"A tile has to be larger than {2 * margin + step}, not {most}.")
    count = -(-length // core)
    core = -(-length // (count * step)) * step  # all about as long
    return [
        Window(
            max(0, first - margin),
            min(length, first + core + margin),
            first,
            min(length, first + core),
        )
        for first in range(0, length, core)
    ]


def tiles(
    height: int, width: int, most: int, margin: int, step: int
) -> Iterator[tuple[Window, Window]]:
    """(rows, columns) of the tiles of a picture, row by row; as `windows` along each side."""
    for rows in windows(height, most, margin, step):
        for columns in windows(width, most, margin, step):
            yield rows, columns


def overlapping(length: int, side: int, overlap: float) -> list[slice]:
    """Evenly placed windows of length `side` over a length of at least `side`, to be blended.

    overlap: the least fraction of a window that it has in common with the next one.
    """
    apart = max(1, math.floor(side * (1 - overlap)))
    count = 1 + math.ceil((length - side) / apart)
    firsts = [round(i * (length - side) / max(count - 1, 1)) for i in range(count)]
    return [slice(first, first + side) for first in firsts]
