"""A renderer of coloured squares on white, in no time: a little can be learned from them."""

from types import SimpleNamespace

import numpy as np

from train.landscapes.workers import Renderer

SCENES, LIGHTS = ("hill", "sea", "wood"), ("day", "night")


def render(seed, size):
    """A square somewhere; scene and light in turn."""
    rng = np.random.default_rng(seed)
    picture = np.full((size, size, 3), 255, np.uint8)
    top, left = rng.integers(0, size // 2, 2)
    picture[top : top + size // 2, left : left + size // 2] = rng.integers(0, 255, 3)
    return SimpleNamespace(picture=picture, scene=SCENES[seed % 3], light=LIGHTS[seed % 2])


def renderer():
    return Renderer(render, SCENES, LIGHTS, "squares")
