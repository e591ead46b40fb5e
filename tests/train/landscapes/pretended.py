"""A renderer that draws noise in no time, for worker processes to import."""

import os
import resource
import time
from types import SimpleNamespace

import numpy as np

from train.landscapes.workers import Renderer

SCENES, LIGHTS = ("hill", "sea", "wood"), ("day", "night")


def render(seed, size):
    """Noise of the seed; scene and light in turn."""
    picture = np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)
    return SimpleNamespace(picture=picture, scene=SCENES[seed % 3], light=LIGHTS[seed % 2])


def slow(seed, size):
    """The same, at some 150 a second."""
    time.sleep(0.006)
    return render(seed, size)


def deadly(seed, size):
    """The same; one picture ends the process."""
    if seed == 300:
        os._exit(1)
    return render(seed, size)


def stinted(seed, size):
    """The same; from one picture on its process can write no files of more than 1000 bytes."""
    if seed == 200:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    return render(seed, size)


def renderer(draw=render, version="1"):
    return Renderer(draw, SCENES, LIGHTS, version)
