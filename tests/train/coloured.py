"""A small picture set whose labels can be seen: the style is the shape, the group the colour."""

from pathlib import Path

import numpy as np

COLOURS = np.array([[220, 40, 40], [40, 180, 60], [50, 70, 220]])


def write_coloured(path: Path, train: int = 60, held_out: int = 24, seed: int = 0) -> Path:
    """Pack squares (Flat) and rings (Shaded) of red, green or blue at random places, 16x16; two
    pictures, one a style, make a concept."""
    rng = np.random.default_rng(seed)
    count = train + held_out
    images = np.full((count, 16, 16, 3), 255, np.uint8)
    style, group = np.arange(count) % 2, np.arange(count) // 2 % 3
    for image, ring, colour in zip(images, style, group, strict=True):
        top, left = rng.integers(0, 7, 2)
        image[top : top + 9, left : left + 9] = COLOURS[colour] + rng.integers(-35, 35, 3)
        if ring:
            image[top + 2 : top + 7, left + 2 : left + 7] = 255
    np.savez_compressed(
        path,
        images=images,
        style=style.astype(np.uint8),
        group=group.astype(np.uint8),
        held_out=np.arange(count) >= train,
        concept=np.array([f"shape-{i // 2}" for i in range(count)]),
        styles=np.array(["Flat", "Shaded"]),
        groups=np.array(["Red", "Green", "Blue"]),
    )
    return path
