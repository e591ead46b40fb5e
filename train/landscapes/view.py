"""The camera: a grid of ground in true perspective, and which of it every pixel sees."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy import ndarray

from train.landscapes.scene import Camera, Scene, between, stream
from train.landscapes.terrain import Terrain

SUPERSAMPLE = 2  # rays a pixel and side
DEPTHS = 224  # samples of the ground away from the viewer, evenly in log: the same at every size
FAR = 4.5e4
BEYOND = 1e9  # the depth of the sky
F = np.float32


@dataclass(frozen=True)
class View:
    """Rays of a picture: columns u = x / z (side,), slopes y / z (side, side) of rows and columns,
    distances z (DEPTHS,) of the ground's samples, the eye's height above the water."""

    camera: Camera
    size: int
    eye: float
    u: ndarray
    slope: ndarray
    z: ndarray

    @property
    def side(self) -> int:
        """Rays a row and a column."""
        return self.size * SUPERSAMPLE

    @property
    def log_step(self) -> float:
        return float(np.log(self.z[-1] / self.z[0]) / (len(self.z) - 1))

    def row(self, slope: ndarray, u: ndarray) -> ndarray:
        """Rows, in rays, at which slopes lie."""
        return (
            self.camera.horizon - self.camera.focal * (slope - self.camera.tilt * u)
        ) * self.side

    def column(self, u: ndarray) -> ndarray:
        """Columns, in rays."""
        return (u * self.camera.focal + 0.5) * self.side

    def sample_of(self, depth: ndarray) -> ndarray:
        """Indices, in between too, of the ground's samples at distances."""
        return np.log(np.maximum(depth, self.z[0]) / self.z[0]) / F(self.log_step)


def distances(near: float, count: int = DEPTHS) -> ndarray:
    return (near * (FAR / near) ** (np.arange(count) / (count - 1))).astype(F)


def nearest(camera: Camera) -> float:
    """Where the lowest ray meets level ground, less some."""
    return max(1.0, 0.55 * camera.height * camera.focal / (1 - camera.horizon))


def view_of(scene: Scene, terrain: Terrain, size: int) -> View:
    """The view of a scene; the eye is where nothing near hides it, whatever the size."""
    camera = scene.camera
    side = size * SUPERSAMPLE
    middle = (np.arange(side) + 0.5) / side
    u = ((middle - 0.5) / camera.focal).astype(F)
    slope = (((camera.horizon - middle) / camera.focal)[:, None] + camera.tilt * u).astype(F)
    return View(camera, size, eye_of(scene, terrain), u, slope, distances(nearest(camera)))


def eye_of(scene: Scene, terrain: Terrain) -> float:
    """Height above the water from which most of the view is open, found on a coarse grid."""
    camera = scene.camera
    z = distances(nearest(camera), 96)[None]
    u = (((np.arange(32) + 0.5) / 32 - 0.5) / camera.focal).astype(F)[:, None]
    height = terrain.height(u * z, z)
    under = height[11:21, : max(2, int(np.searchsorted(z[0], 40)))]
    eye = max(float(under.mean()), 0.0) + camera.height
    allowed = between(stream(scene.seed, "eye"), -0.05, 0.10)
    blocking = blocked(height, z, eye, 300, 0.8)
    if blocking > allowed:
        eye += min((blocking - allowed) * 60, 400.0)
    # What stands close by would be a wall without any detail.
    while blocked(height, z, eye, 30, 0.97) > -0.08 and eye < 400:
        eye += 0.5 + 0.1 * eye
    return max(eye, 1.7)


def blocked(height: ndarray, z: ndarray, eye: float, upto: float, fraction: float) -> float:
    """The slope that a fraction of the columns stays below, as far as `upto` metres."""
    before = max(3, int(np.searchsorted(z[0], upto)))
    return float(np.quantile(((height - eye) / z)[:, :before].max(1), fraction))


def trace(view: View, height: ndarray) -> tuple[ndarray, ndarray]:
    """What each ray meets first of ground (side, DEPTHS): (samples, in between too, where the ray
    meets it; whether it meets any), both (side, side) by rows and columns.

    A ray sees the first sample whose slope from the eye is the highest so far and above its own.
    """
    side, depths = height.shape
    slopes = (height - F(view.eye)) / view.z
    crest = np.maximum.accumulate(slopes, 1)
    # A sample is below all rays of its column above row `last`: count them from the top.
    last = np.ceil(view.row(crest, view.u[:, None]) - 0.5).astype(np.int32) - 1
    last = np.clip(last, -1, side - 1) + 1
    index = last + (np.arange(side, dtype=np.int32) * (side + 1))[:, None]
    counts = np.bincount(index.ravel(), minlength=side * (side + 1)).reshape(side, side + 1)
    first = counts[:, ::-1].cumsum(1)[:, ::-1][:, 1:]  # (columns, rows)
    behind = np.clip(first, 0, depths - 1)
    before = np.maximum(behind - 1, 0)
    flat = (np.arange(side) * depths)[:, None]
    high, low = crest.ravel().take(flat + behind), slopes.ravel().take(flat + before)
    between_them = np.clip((view.slope.T - low) / np.maximum(high - low, 1e-6), 0, 1)
    return (
        np.ascontiguousarray((before + between_them).T, F),
        np.ascontiguousarray((first < depths).T),
    )


def gather(view: View, fields: list[ndarray], samples: ndarray) -> list[ndarray]:
    """Fields of the ground (side, DEPTHS) as each ray (rows, side) meets them."""
    columns = np.broadcast_to(np.arange(view.side, dtype=F), samples.shape)
    found = []
    for first in range(0, len(fields), 4):
        part = [np.ascontiguousarray(f, F) for f in fields[first : first + 4]]
        picked = cv2.remap(cv2.merge(part), samples, columns, cv2.INTER_LINEAR)
        found += [picked] if len(part) == 1 else list(cv2.split(picked))
    return found


def gradients(view: View, height: ndarray) -> tuple[ndarray, ndarray]:
    """(dh/dx, dh/dz) of ground (side, DEPTHS) in true metres."""
    across = np.empty_like(height)
    across[1:-1] = (height[2:] - height[:-2]) * F(0.5)
    across[0], across[-1] = height[1] - height[0], height[-1] - height[-2]
    across *= F(view.camera.focal * view.side) / view.z
    along = np.empty_like(height)
    along[:, 1:-1] = (height[:, 2:] - height[:, :-2]) / (view.z[2:] - view.z[:-2])
    along[:, 0], along[:, -1] = along[:, 1], along[:, -2]
    return across, along - view.u[:, None] * across
