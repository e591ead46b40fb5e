"""Example pictures: crude paintings to begin with, and renders for what works on finished ones."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
FOLDER = HERE.parent / "assets" / "examples"
PAINTINGS = ("Snowy mountain", "Beach", "Autumn forest", "Dunes", "Meadow path", "Night water")
RENDERS = ("Alpine meadow", "Coast", "Autumn river", "Desert", "Savanna", "Sunset lake")
# As renders have them by daylight, a little fuller, as people paint; of nights in their own.
MATERIALS: dict[str, str] = json.loads((HERE / "materials.json").read_text())


@functools.cache
def example(name: str) -> Image.Image:
    """The picture called `name`, 256 x 256."""
    kind, suffix = ("paintings", "png") if name in PAINTINGS else ("renders", "webp")
    file = FOLDER / kind / f"{name.lower().replace(' ', '-')}.{suffix}"
    return Image.open(file).convert("RGB")
