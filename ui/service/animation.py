"""Frames as files: an animation there and back, and one picture of all frames."""

from __future__ import annotations

from PIL import Image

from editing import output
from ui.components.export.export import folder

SIDE = 256  # pixels: smaller frames are enlarged to it, larger ones stay as they are


def round_trip(count: int, columns: int) -> list[int]:
    """The order of frames: there and back along a line, around the edge of a grid."""
    rows = count // columns
    if rows == 1:
        return [*range(count), *range(count - 2, 0, -1)]
    down = [row * columns + columns - 1 for row in range(1, rows)]
    back = [count - 2 - i for i in range(columns - 1)]
    up = [row * columns for row in range(rows - 2, 0, -1)]
    return [*range(columns), *down, *back, *up]


def animation(frames: list[Image.Image], columns: int | None = None) -> str:
    """Write the frames as an animated WebP; its path."""
    scale = max(1, SIDE // frames[0].width)
    order = [frames[i] for i in round_trip(len(frames), columns or len(frames))]
    path = folder() / "onestroke.webp"
    path.write_bytes(output.animation(order, scale))
    return str(path)


def filmstrip(frames: list[Image.Image], columns: int) -> str:
    """Write the frames side by side, `columns` in a row, as a PNG; its path."""
    path = folder() / "onestroke-frames.png"
    output.strip(frames, columns).save(path)
    return str(path)
