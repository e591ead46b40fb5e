"""Lakes, rivers and the sea: what they mirror, what shows through, waves, glitter and surf."""

import cv2
import numpy as np
from numpy import ndarray

from train.landscapes.noise import mix, sample, smoothstep
from train.landscapes.scene import Scene, stream
from train.landscapes.sky import Light
from train.landscapes.textures import textures
from train.landscapes.view import View, gather

ABSORPTION = np.array([0.55, 0.16, 0.12], np.float32)  # a metre, of red, green and blue
FOAM = np.array([0.8, 0.82, 0.85], np.float32)
F = np.float32


def depth_of(view: View) -> ndarray:
    """(side, side) distance at which each ray meets the water's level, 1e9 where it never does."""
    down = np.minimum(view.slope, F(-1e-4))
    return np.where(view.slope < -1e-4, F(view.eye) / -down, F(1e9))


def mirrored_land(
    view: View, height: ndarray, image: ndarray, rows: slice
) -> tuple[ndarray, ndarray]:
    """(land (rows, side, 3) as level water mirrors it, whether there is any) for rays of `rows`.

    Seen from the mirrored eye, below the water, land behind the first water of a column; its
    colour is where the picture shows that land upright: as much lower in slope as the eye's height
    above the water is, twice, at its distance.
    """
    side, depths = height.shape
    under = np.logical_or.accumulate(height < 0, axis=1)
    slopes = np.where(under & (height > 0.05), (height + F(view.eye)) / view.z, F(-9))
    crest = np.maximum.accumulate(slopes, 1)
    # A ray that falls by `down` is thrown back rising by as much.
    ray = -view.slope[rows].T  # (columns, rows), growing downwards
    tilted = F(view.camera.tilt) * view.u[:, None]
    first_row = view.slope[rows].shape[0]
    row = (crest + tilted) * F(view.camera.focal * side) + F(view.camera.horizon * side - 0.5)
    begin = rows.start
    last = np.clip(np.floor(row).astype(np.int32) - begin, -1, first_row - 1) + 1
    index = last + (np.arange(side, dtype=np.int32) * (first_row + 1))[:, None]
    counts = np.bincount(index.ravel(), minlength=side * (first_row + 1))
    # The first sample that rises above a ray: as many as stay below it come before.
    below = counts.reshape(side, first_row + 1).cumsum(1)[:, :-1]
    at = np.clip(below, 0, depths - 1)
    found = (below < depths) & (
        view.z[at] * ray > view.eye
    )  # land behind where the ray meets water
    slope = np.where(found, ray - 2 * F(view.eye) / view.z[at], 0)
    upright = view.row(slope, view.u[:, None]) - F(0.5)
    columns = np.broadcast_to(np.arange(side, dtype=F), ray.T.shape)
    picked = cv2.remap(
        image, columns, np.ascontiguousarray(upright.T, F), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )  # fmt: skip
    return picked, np.ascontiguousarray(found.T)


class Waves:
    """The surface of the water at places x, z (rows, side): heights of waves at three scales."""

    def __init__(self, scene: Scene, x: ndarray, z: ndarray, footprint: ndarray):
        r, t = stream(scene.seed, "waves"), textures()
        scale = F(np.exp(r.uniform(np.log(0.6), np.log(2))))
        self.ripples = sample(t.rough[2], x * (30 * scale), z * (12 * scale))
        self.swell = sample(t.rough[1], x * (4 * scale), z * F(1.6 * scale))
        self.gusts = sample(t.smooth[2], x * F(0.35), z * F(0.25))
        self.height = self.ripples * np.clip(0.15 / footprint, 0.2, 1) + self.swell * np.clip(
            1.2 / footprint, 0.25, 1
        )
        self.phase = r.uniform(0, 6)
        self.spacing = r.uniform(2, 4)


def draw_water(
    scene: Scene,
    view: View,
    light: Light,
    height: ndarray,
    mirror: ndarray,
    rows: slice,
    depth: ndarray,
) -> ndarray:
    """Radiance (rows, side, 3) of water for rays of `rows`, as if it were everywhere.

    height (side, DEPTHS) of the bed; mirror (rows, side, 3), what level water shows; depth
    (rows, side) of the water's surface.
    """
    water, rough = scene.water, F(scene.water.roughness)
    count, side = depth.shape
    down = -view.slope[rows]
    x, z = view.u * depth, depth
    waves = Waves(scene, x, z, depth * F(1 / (view.camera.focal * side)))
    # Mirrored picture, shaken by the waves.
    gust = np.clip(1 + 0.7 * waves.gusts, 0.2, 2)
    shake = waves.height * rough * gust * F(side * 0.16)
    row = np.clip(np.arange(count, dtype=F)[:, None] + shake + 0.3 * np.abs(shake), 0, count - 1)
    column = np.clip(np.arange(side, dtype=F) + waves.swell * rough * F(side * 0.05), 0, side - 1)
    mirrored = cv2.remap(mirror, column.astype(F), row.astype(F), cv2.INTER_LINEAR)
    # Fresnel, by the mean slope of waves that face the viewer.
    facing = down / np.sqrt(1 + down**2 + view.u**2)
    facing = np.clip(facing + rough * (0.32 + 0.26 * np.clip(waves.height, -1.2, 3)), 0, 1)
    reflected = (0.02 + 0.98 * (1 - facing) ** 5)[..., None]
    (bed,) = gather(view, [height], view.sample_of(np.minimum(depth, 4.4e4)).astype(F))
    deep = np.maximum(-bed, 0)
    irradiance = (light.ambient + light.sunlight * max(light.sun[1], 0)) / F(np.pi)
    at_sea = water.kind == "sea"
    through = np.exp(-deep[..., None] * ABSORPTION * F(1.7 if at_sea else 2.8))
    body = water.colour * irradiance
    body = body + (scene.ground.sand * F(0.55 * 0.7) * irradiance - body) * through * F(
        0.9 if at_sea else 0.5
    )
    body = body * (1 + 0.7 * waves.height * rough)[..., None]
    colour = mix(body, mirrored, reflected)
    colour += glitter(view, light, down, waves, rough)
    if at_sea:
        colour = surf(colour, deep, waves, depth, rough, irradiance, view)
    return colour


def glitter(view, light, down, waves, rough) -> ndarray:
    """The sun's path on the water."""
    sun = light.sun
    if sun[2] < 0.2 or abs(sun[0] / sun[2]) > 1.6 or light.overcast > 0.7 or sun[1] < -0.02:
        return np.zeros((*down.shape, 3), F)
    across, up = F(sun[0] / sun[2]), F(max(sun[1], 0.0) / sun[2])
    width = 0.02 + rough * (0.35 + 0.6 * down)
    away = (down - up) / (0.12 + 1.6 * rough)
    shape = -(((view.u - across) / width) ** 2) - np.where(away < 0, 0.6, 1) * away**2
    sparkle = np.exp(shape) * np.clip(0.35 + 1.3 * waves.height, 0, 3)
    return sparkle[..., None] * light.sunlight * F(0.30 * (1 - light.overcast))


def surf(colour, deep, waves, depth, rough, irradiance, view) -> ndarray:
    """White lines where waves break on the shore, and white caps in wind."""
    footprint = depth * F(1 / (view.camera.focal * view.side))
    shoal = deep + 0.25 * sample(textures().smooth[0], view.u * depth * F(9), depth * F(9))
    edge = smoothstep(0.10, 0.0, np.abs(shoal - 0.05)) * F(0.8)
    lines = np.sin(shoal * F(2 * waves.spacing) + F(waves.phase) + 1.5 * waves.gusts)
    broken = smoothstep(-0.2, 0.6, waves.swell + 0.4) * np.exp(-0.5 * deep) * (deep < 4)
    foam = np.clip(edge + 0.9 * smoothstep(0.8, 0.98, lines) * broken, 0, 1)
    foam = foam * np.clip(2 / footprint, 0, 0.9)
    colour = mix(colour, FOAM * irradiance, foam[..., None])
    if rough > 0.12:
        caps = smoothstep(2.0, 3.2, waves.height + 0.6 * waves.gusts + 1.2 * rough) * F(0.4 * rough)
        caps = caps * np.clip(0.8 / footprint, 0, 1)
        colour = mix(colour, FOAM * irradiance, caps[..., None])
    return colour
