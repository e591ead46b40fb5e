"""python -m train.landscapes.lights: what colours sky and land have in each light.

The same scenes are drawn in every light; the table that editing/lights.py moves colours by comes of
them: for sky and land a line of mean colours down the picture and the covariance about it.
"""

import argparse
import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy import ndarray

from editing.lights import PARTS, TABLE, to_lab
from train.landscapes.film import develop
from train.landscapes.plants import plants_of
from train.landscapes.render import draw_all_water, draw_ground, draw_plant, sky_image, sky_of
from train.landscapes.scene import LIGHTS, Scene, between, chance, scene_of, stream
from train.landscapes.sky import light_of
from train.landscapes.surfaces import REGION
from train.landscapes.terrain import Terrain
from train.landscapes.view import SUPERSAMPLE, view_of

ELEVATIONS = {  # of the sun, or of the moon at night
    "day": (18, 68),
    "golden hour": (4, 14),
    "sunset": (-1.5, 3.5),
    "dusk": (-8, -2.1),
    "night": (14, 45),
    "overcast": (10, 60),
}
OPEN = [REGION[name] for name in ("sky", "cloud", "sun")]
SIZE = 64
DIGITS = 6


def relit(scene: Scene, light: str) -> Scene:
    """The scene in another light: the sun elsewhere, the sky covered or not, all else as it is."""
    r = stream(scene.seed, f"relit {light}")
    elevation = between(r, *ELEVATIONS[light])
    facing = light not in ("day", "overcast") and chance(r, 0.62)  # as scenes are seen at low sun
    weather = dataclasses.replace(
        scene.weather,
        elevation=elevation,
        azimuth=float(r.normal(0, 0.28)) if facing else between(r, -np.pi, np.pi),
        overcast=between(r, 0.62, 1) if light == "overcast" else 0.0,
        night=light == "night",
        shafts=False,
    )
    return dataclasses.replace(scene, weather=weather)


def drawn(scene: Scene, size: int = SIZE) -> tuple[ndarray, ndarray]:
    """(picture, whether a pixel is of the sky) of a scene, each `size` pixels a side."""
    terrain, weather = Terrain(scene), scene.weather
    view = view_of(scene, terrain, size)
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
    image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    regions = regions[1::SUPERSAMPLE, 1::SUPERSAMPLE]
    return develop(scene, light, image), np.isin(regions, OPEN)


def measured(pictures: ndarray, inside: ndarray) -> dict[str, list]:
    """A part's entry of the table: pictures (N, H, W, 3) uint8, inside (N, H, W) where it is."""
    x = torch.from_numpy(pictures).movedim(-1, 1).float() / 127.5 - 1
    lab = to_lab(x).movedim(1, -1).numpy()[inside]
    rows = np.broadcast_to(np.linspace(0, 1, pictures.shape[1])[:, None], inside.shape[1:])
    rows = np.broadcast_to(rows, inside.shape)[inside]
    design = np.stack([np.ones_like(rows), rows], 1)
    mean, fall = np.linalg.lstsq(design, lab, rcond=None)[0]
    apart = lab - design @ np.stack([mean, fall])
    # A line through how often the part is at each row; a part may be anywhere.
    often = np.polyfit(np.linspace(0, 1, pictures.shape[1]), inside.mean((0, 2)), 1)
    share = np.clip([often[1], often[0] + often[1]], 0.02, 0.98)
    return {
        "mean": np.round(mean, DIGITS).tolist(),
        "fall": np.round(fall, DIGITS).tolist(),
        "covariance": np.round(np.cov(apart.T), DIGITS).tolist(),
        "share": np.round(share, DIGITS).tolist(),
    }


def table(count: int) -> dict[str, dict[str, dict[str, list]]]:
    """Sky and land by light, from the first `count` scenes."""
    found = {}
    for light in LIGHTS:
        pairs = [drawn(relit(scene_of(seed), light)) for seed in range(count)]
        pictures, sky = (np.stack(each) for each in zip(*pairs, strict=True))
        where = dict(zip(PARTS, (sky, ~sky), strict=True))
        found[light] = {name: measured(pictures, where[name]) for name in PARTS}
        print(f"{light}: {count} scenes", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="measure the colours of each light")
    parser.add_argument("--count", type=int, default=200, help="scenes, each in every light")
    parser.add_argument("--out", type=Path, default=TABLE)
    args = parser.parse_args()
    args.out.write_text(json.dumps(table(args.count), indent=1) + "\n")


if __name__ == "__main__":
    main()
