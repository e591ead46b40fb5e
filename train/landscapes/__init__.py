"""Rendered landscapes: what the model learns from, and crude paintings of them to judge it by."""

import cv2

from train.landscapes.crude import crude
from train.landscapes.render import Landscape, render
from train.landscapes.scene import LIGHTS, SCENES
from train.landscapes.surfaces import REGIONS

__all__ = ["LIGHTS", "REGIONS", "SCENES", "Landscape", "crude", "render"]

cv2.setNumThreads(1)  # many pictures at once, a process each, beat many threads a picture
