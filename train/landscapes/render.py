"""A landscape by its seed, from the sky down to the film; one seed is one scene at every size."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy import ndarray

from train.landscapes import trees
from train.landscapes.clouds import cloud_parameters, draw_clouds
from train.landscapes.film import develop
from train.landscapes.noise import mix, sample, smoothstep
from train.landscapes.plants import mirrored, plants_of
from train.landscapes.scene import Scene, between, scene_of, stream
from train.landscapes.sky import Light, clear_sky, light_of, luminance, stars, sun_disc
from train.landscapes.surfaces import REGION, Places, Surface
from train.landscapes.terrain import Terrain
from train.landscapes.textures import textures
from train.landscapes.view import FAR, SUPERSAMPLE, View, gather, gradients, trace, view_of
from train.landscapes.water import depth_of, draw_water, mirrored_land

EXTINCTION = np.array([0.8, 1.0, 1.35], np.float32)  # of red, green, blue by haze, over visibility
F = np.float32


@dataclass(frozen=True)
class Landscape:
    """picture (size, size, 3) uint8 sRGB; names of its scene and light; regions (size, size) uint8,
    indices into REGIONS."""

    picture: ndarray
    scene: str
    light: str
    regions: ndarray


@dataclass
class Sky:
    """Radiance (R, C, 3) on the slope grid, cover by clouds and disc of the sun (R, C), and the
    colour (C, 3) that far things fade into."""

    radiance: ndarray
    clouds: ndarray
    disc: ndarray
    haze: ndarray


def render(seed: int, size: int = 64) -> Landscape:
    """The landscape of a seed, `size` pixels a side."""
    return picture_of(scene_of(seed), size)


def picture_of(scene: Scene, size: int = 64) -> Landscape:
    """The landscape of a scene, `size` pixels a side."""
    terrain = Terrain(scene)
    view = view_of(scene, terrain, size)
    weather = scene.weather
    light = light_of(
        weather.elevation, weather.azimuth, weather.turbidity, weather.overcast, weather.night
    )
    sky = sky_of(scene, view, light)
    image, regions = sky_image(view, sky)
    height, depth = draw_ground(scene, terrain, view, light, sky, image, regions)
    plants = plants_of(scene, terrain, view)
    if scene.water:
        depth = draw_all_water(scene, view, light, sky, height, depth, image, regions, plants)
    for plant in plants:
        draw_plant(scene, light, sky, image, regions, depth, plant)
    if weather.shafts:
        draw_shafts(scene, view, light, image, sky)
    image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    regions = np.ascontiguousarray(regions[1::SUPERSAMPLE, 1::SUPERSAMPLE])
    return Landscape(develop(scene, light, image), scene.name, light.name, regions)


def sky_of(scene: Scene, view: View, light: Light) -> Sky:
    """The sky above the horizon as the picture and the water see it."""
    camera, weather, size = scene.camera, scene.weather, view.size
    r = stream(scene.seed, "sky")
    highest = max(camera.horizon, 1 - camera.horizon) / camera.focal + abs(camera.tilt) + 0.02
    rows = int(np.ceil(highest * camera.focal * size)) + 2
    slope = ((np.arange(rows) + 0.5) / (camera.focal * size)).astype(F)[:, None]
    u = (((np.arange(size) + 0.5) / size - 0.5) / camera.focal).astype(F)[None]
    radiance = clear_sky(light, weather.turbidity, u, slope)
    low = radiance[min(rows - 1, int(0.03 * camera.focal * size) + 1)]
    grey = light.ambient / F(np.pi)
    haze = mix(low, grey, 0.25)
    parameters = cloud_parameters(r, weather.cover, weather.overcast)
    horizon_colour = haze.mean(0)
    radiance, clouds = draw_clouds(r, parameters, light, radiance, u, slope, horizon_colour)
    radiance = stars(r, light, radiance, u, slope, clouds)
    radiance, disc = sun_disc(light, weather.turbidity, radiance, u, slope, clouds)
    if light.overcast:
        haze = mix(haze, radiance[1], min(1.0, 1.3 * light.overcast))
    even = (haze.mean(1) / haze.mean()) ** F(-0.45)  # haze is lit from all sides
    return Sky(np.ascontiguousarray(radiance, F), clouds, disc, (haze * even[:, None]).astype(F))


def on_sky(view: View, field: ndarray, slope: ndarray) -> ndarray:
    """A field of the slope grid at slopes (rows, side) of rays, those below the horizon on it."""
    row = np.maximum(slope, 0) * F(view.camera.focal * view.size) - F(0.5)
    column = (np.arange(view.side, dtype=F) + F(0.5)) / SUPERSAMPLE - F(0.5)
    column = np.broadcast_to(column, row.shape)
    return cv2.remap(
        field, column, row.astype(F), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def sky_image(view: View, sky: Sky) -> tuple[ndarray, ndarray]:
    """(radiance, regions) of a picture of nothing but sky."""
    image = on_sky(view, sky.radiance, view.slope)
    clouds, disc = (on_sky(view, field, view.slope) for field in (sky.clouds, sky.disc))
    regions = np.where(clouds > 0.5, REGION["cloud"], REGION["sky"]).astype(np.uint8)
    regions[disc > 0.4] = REGION["sun"]
    return image, regions


def haze_at(view: View, sky: Sky) -> ndarray:
    """The haze's colour at every column of rays, (1, side, 3)."""
    return cv2.resize(sky.haze[None], (view.side, 1), interpolation=cv2.INTER_LINEAR)


def transmittance(scene: Scene, depth: ndarray, height: ndarray | float) -> ndarray:
    """What haze and mist let through, (..., 3), from places at a depth and height."""
    weather = scene.weather
    thick = (
        (depth / (1 + np.maximum(height, 0) / 2200))[..., None] * EXTINCTION / F(weather.visibility)
    )
    if weather.mist:
        top = between(stream(scene.seed, "mist"), 15, 90)
        low = np.exp(-np.maximum(height, 0) / top) * np.clip(depth / (500 / weather.mist), 0, 6)
        thick = thick + (F(0.5) * low)[..., None]
    return np.exp(-thick)


def shadows(scene: Scene, terrain: Terrain, view: View, light: Light, height: ndarray) -> ndarray:
    """How much of the sun the ground (side, DEPTHS) gets past the relief before it, 0 to 1."""
    relief, sun = scene.relief, light.sun
    tall = max(
        relief.mountains, 0.6 * relief.far_range, relief.mesas, 2 * relief.dunes,
        relief.peak[0] if relief.peak else 0.0,
    )  # fmt: skip
    flat = float(np.hypot(sun[0], sun[2]))
    if not tall or sun[1] < 0.01 or light.overcast > 0.8 or sun[1] > 0.85:
        return np.ones_like(height)
    rise = float(sun[1]) / flat
    h = height[::4, ::4]
    z = np.broadcast_to(view.z[None, ::4], h.shape)
    x = view.u[::4, None] * z
    lit = np.ones(h.shape, F)
    reach = min(tall / rise, 9000.0)
    for fraction in (0.03, 0.08, 0.18, 0.35, 0.55, 0.8):
        away = F(reach * fraction)
        over = terrain.relief(
            x + F(sun[0] / flat) * away, np.maximum(z + F(sun[2] / flat) * away, 1)
        )
        lit = np.minimum(
            lit, (h + away * F(rise) - over - F(terrain.base)) / (away * F(0.12)) + 0.5
        )
    return cv2.resize(np.clip(lit, 0, 1), height.shape[::-1], interpolation=cv2.INTER_LINEAR)


def draw_ground(scene, terrain, view, light, sky, image, regions) -> tuple[ndarray, ndarray]:
    """Draw the land over the sky; (heights (side, DEPTHS) with the forest on them, depth (side,
    side) of every ray)."""
    z = view.z[None]
    x = view.u[:, None] * z
    height = terrain.height(x, z)
    dx, dz = gradients(view, height)
    wooded = terrain.forest(x, z, height, np.hypot(dx, dz)) if scene.ground.forest else None
    grown = height
    if wooded is not None:
        fine = np.clip(
            F(1.6 * scene.ground.canopy_height * 128 * view.camera.focal / 6) / z, 0.25, 1
        )
        tops = 0.55 + (terrain.canopy(x, z) - 0.55) * fine
        grown = height + wooded * tops * F(scene.ground.canopy_height)
    samples, hit = trace(view, grown)
    depth = np.where(hit, view.z[0] * np.exp(samples * F(view.log_step)), F(1e9)).astype(F)
    seen = hit.any(1)
    if not seen.any():
        return grown, depth
    rows = slice(int(np.argmax(seen)), view.side)
    lit = shadows(scene, terrain, view, light, height)
    fields = [dx, dz, height, lit] + ([] if wooded is None else [wooded, tops])
    dx, dz, ground, lit, *forest = gather(view, fields, samples[rows])
    away = np.minimum(depth[rows], F(FAR))
    places = Places(
        view.u * away, away, ground, dx, dz, away * F(1 / (view.camera.focal * view.side))
    )
    surface = Surface(scene, terrain, places)
    surface.paint()
    radiance = shade(scene, light, surface, lit, forest)
    through = transmittance(scene, away, ground)
    haze = haze_at(view, sky)
    radiance = radiance * through + haze * (1 - through)
    surface.material[through[..., 1] < 0.5] = REGION["far land"]
    land = hit[rows]
    image[rows] = np.where(land[..., None], radiance, image[rows])
    regions[rows] = np.where(land, surface.material, regions[rows])
    return grown, depth


def shade(scene: Scene, light: Light, surface: Surface, lit: ndarray, forest: list) -> ndarray:
    """Radiance (rows, side, 3) of the ground under sun, sky and a little light from the ground."""
    places, sun = surface.places, light.sun
    bumps = F(0.025 if scene.relief.dunes else 0.05 if scene.ground.bare else 0.10)
    normal_x = -places.dx + bumps * F(0.9) * surface.fine
    normal_z = -places.dz + bumps * F(0.9) * surface.coarse
    level = 1 / np.sqrt(1 + normal_x**2 + normal_z**2)
    facing = (normal_x * sun[0] + sun[1] + normal_z * sun[2]) * level
    direct, open_sky = np.clip(facing, 0, 1), np.clip(level * 1.15, 0.3, 1)
    if forest:
        wooded, tops = forest
        leaves, cover = surface.forest(wooded, tops)
        direct = mix(
            direct, np.clip(facing * 0.75 + 0.25, 0, 1) * np.clip(leaves, 0.15, 1.5), cover
        )
        open_sky = mix(open_sky, np.clip(leaves * 0.8, 0.2, 1), cover)
    direct = direct * lit * cloud_shadows(scene, light, places)
    received = direct[..., None] * light.sunlight + open_sky[..., None] * light.ambient * F(0.9)
    bounced = light.sunlight * F(max(float(sun[1]), 0) * 0.05)
    return surface.albedo * (received + bounced) * F(1 / np.pi)


def cloud_shadows(scene: Scene, light: Light, places: Places) -> ndarray | float:
    """What clouds leave of the sun on the land."""
    weather = scene.weather
    if weather.cover < 0.45 or light.overcast > 0.5 or weather.elevation < 8:
        return 1.0
    thick = sample(textures().smooth[3], places.x * F(0.12) + 77, places.z * F(0.12))
    return 1 - F(0.6 * min(weather.cover, 0.8)) * smoothstep(0.1, 0.9, thick + weather.cover - 0.5)


def draw_all_water(scene, view, light, sky, height, depth, image, regions, plants) -> ndarray:
    """Draw the water over the land below its level; the depth of every ray with it."""
    level = depth_of(view)
    wet = (level < depth) & (view.slope < 0)
    rows = np.flatnonzero(wet.any(1))
    if not len(rows):
        return depth
    part = slice(int(rows[0]), view.side)
    mirror = on_sky(view, sky.radiance, -view.slope[part])
    land, found = mirrored_land(view, height, image, part)
    mirror = np.where(found[..., None], land, mirror)
    whole = np.zeros_like(image)
    whole[part] = mirror
    for plant in plants:
        if plant.depth > 25 and plant.kind != "tuft":
            draw_plant(
                scene, light, sky, whole, None, None, mirrored(plant, view), upside_down=True
            )
    away = np.minimum(level[part], F(8e4))
    colour = draw_water(scene, view, light, height, whole[part], part, away)
    through = transmittance(scene, away * F(0.9), np.zeros_like(away))
    colour = colour * through + haze_at(view, sky) * (1 - through)
    here = wet[part]
    image[part] = np.where(here[..., None], colour, image[part])
    regions[part][here] = REGION["water"]
    depth = depth.copy()
    depth[part][here] = away[here]
    return depth


def draw_plant(scene, light, sky, image, regions, depth, plant, upside_down=False) -> None:
    """Draw one plant, in the air's haze."""
    kept = transmittance(scene, np.float32(plant.depth), np.float32(2.0))
    size = sky.haze.shape[0]
    haze = sky.haze[int(np.clip(plant.x / SUPERSAMPLE, 0, size - 1))]
    drawn = trees.draw(
        image, depth, plant, light.sun, light.sunlight, light.ambient, (kept, haze), upside_down
    )
    if drawn is not None and regions is not None:
        rows, columns, alpha = drawn
        what = REGION["grass" if plant.kind == "tuft" else "tree"]
        regions[rows, columns][alpha > 0.5] = what


def draw_shafts(scene: Scene, view: View, light: Light, image: ndarray, sky: Sky) -> None:
    """Rays of light that fall away from the sun, where air is lit between clouds."""
    sun = light.sun
    if sun[2] < 0.3 or light.night or light.overcast > 0.6 or light.elevation < 2:
        return
    across, up = float(sun[0] / sun[2]), float(sun[1] / sun[2])
    x, y = view.u[None] - F(across), view.slope - F(up)
    angle = np.arctan2(y, x) * F(textures().smooth[0].shape[0] / (2 * np.pi))
    beams = sample(
        textures().smooth[2], angle * F(1.3), F(stream(scene.seed, "shafts").uniform(0, 512))
    )
    strength = smoothstep(-0.2, 1.8, beams) * np.exp(-np.hypot(x, y) / F(0.5)) * (y < 0)
    image += (
        (strength * F(0.05))[..., None]
        * luminance(light.sunlight)
        * (light.sunlight / luminance(light.sunlight))
    )
