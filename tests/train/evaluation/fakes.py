"""Scenes that take no time to draw: the ground's colour says the scene, the sky's the light."""

from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F

from train.evaluation.features import as_bytes
from train.evaluation.scenes import Renderer

SCENES = ("meadow", "desert", "sea")
LIGHTS = ("day", "night")
GROUNDS = np.array([[60, 160, 60], [210, 180, 90], [40, 80, 190]])
SKIES = np.array([[150, 200, 250], [20, 20, 50]])


def crude(seed, size=16):
    """Flat ground below a flat sky."""
    rng = np.random.default_rng(seed)
    scene, light = rng.integers(len(SCENES)), rng.integers(len(LIGHTS))
    picture = np.empty((size, size, 3), np.uint8)
    horizon = rng.integers(size // 4, size // 2)
    picture[:horizon] = SKIES[light] + rng.integers(-10, 5, 3)
    picture[horizon:] = GROUNDS[scene] + rng.integers(-30, 30, 3)
    return picture


def render(seed, size=16):
    """The same with grain, fine and coarse, and what it shows."""
    rng = np.random.default_rng(seed)
    scene, light = SCENES[rng.integers(len(SCENES))], LIGHTS[rng.integers(len(LIGHTS))]
    grain = rng.normal(size=(size, size, 1)) * 12
    grain += np.kron(rng.normal(size=(size // 4, size // 4, 1)) * 25, np.ones((4, 4, 1)))
    picture = (crude(seed, size) + grain).clip(0, 255).astype(np.uint8)
    return SimpleNamespace(picture=picture, scene=scene, light=light)


def renderer(draw=render, paint=crude, version="fake"):
    return Renderer(draw, paint, SCENES, LIGHTS, version)


class Means:
    """Features without a network: the colours of a 4x4 grid, and how rough it is there."""

    def features(self, pictures):
        x = as_bytes(pictures).float() / 255
        mean = F.adaptive_avg_pool2d(x, 4)
        rough = (F.adaptive_avg_pool2d(x**2, 4) - mean**2).clamp(min=0).sqrt()
        return torch.cat([mean, 3 * rough], 1).flatten(1)

    cached = features
