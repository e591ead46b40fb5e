"""Example pictures: crude paintings to paint on, and renders for the repairs."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "assets" / "examples"
PAINTINGS = ("Snowy mountain", "Beach", "Autumn forest", "Dunes", "Meadow path", "Night water")
RENDERS = ("Alpine meadow", "Coast", "Autumn river", "Desert", "Savanna", "Sunset lake")
# Colours as renders have them by daylight, a little more vivid; those of nights by night.
MATERIALS: dict[str, str] = json.loads((HERE / "materials.json").read_text())
# Renders of the size and shape of a camera's pictures.
PHOTOS = ("Mountain lake", "Spruce valley", "River in autumn")
SMALL = ", small"  # smaller copies of the same pictures, to be enlarged
SMALL_SIDES = {name: 96 for name in RENDERS} | {name: 320 for name in PHOTOS}  # of the shorter one
SMALL_RENDERS, SMALL_PHOTOS = (tuple(name + SMALL for name in names) for names in (RENDERS, PHOTOS))
EXAMPLES = (*PAINTINGS, *RENDERS, *SMALL_RENDERS, *PHOTOS, *SMALL_PHOTOS)


@functools.cache
def example(name: str) -> Image.Image:
    """The picture called `name`: 256 x 256, a photo of 1600 x 1067, or a small one of either."""
    if name.endswith(SMALL):
        large = example(name.removesuffix(SMALL))
        scale = SMALL_SIDES[name.removesuffix(SMALL)] / min(large.size)
        size = [round(scale * side) for side in large.size]
        return large.resize(size, Image.Resampling.BOX)
    (file,) = FOLDER.glob(f"*/{name.lower().replace(' ', '-')}.*")
    return Image.open(file).convert("RGB")
