"""Example pictures: crude paintings to begin with, and renders for what works on finished ones."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "assets" / "examples"
PAINTINGS = ("Snowy mountain", "Beach", "Autumn forest", "Dunes", "Meadow path", "Night water")
RENDERS = ("Alpine meadow", "Coast", "Autumn river", "Desert", "Savanna", "Sunset lake")
# As renders have them by daylight, a little fuller, as people paint; of nights in their own.
MATERIALS: dict[str, str] = json.loads((HERE / "materials.json").read_text())


SMALL, SMALL_SIDE = ", small", 96  # the same pictures, to be enlarged
SMALL_RENDERS = tuple(name + SMALL for name in RENDERS)


@functools.cache
def example(name: str) -> Image.Image:
    """The picture called `name`, 256 x 256, or a small one."""
    if name.endswith(SMALL):
        large = example(name.removesuffix(SMALL))
        return large.resize((SMALL_SIDE, SMALL_SIDE), Image.Resampling.BOX)
    kind, suffix = ("paintings", "png") if name in PAINTINGS else ("renders", "webp")
    file = FOLDER / kind / f"{name.lower().replace(' ', '-')}.{suffix}"
    return Image.open(file).convert("RGB")
