"""python -m train.landscapes.lights: what colours sky and land have in each light.

The same scenes are drawn in every light; the table that editing/lights.py moves colours by comes of
them: for sky and land a line of mean colours from its upper end to its lower, and the covariance
about it.
"""

import argparse
import dataclasses
import json
from pathlib import Path

import numpy as np
import torch
from numpy import ndarray

from editing.lights import PARTS, TABLE, places
from editing.oklab import to_lab
from train.landscapes.render import picture_of
from train.landscapes.scene import LIGHTS, Scene, between, scene_of, stream
from train.landscapes.surfaces import REGION

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
    """The scene in another light: the sun elsewhere, the sky covered or not, all else as it is.

    A low sun, and the moon, stand before the viewer, as those who paint them have them.
    """
    r = stream(scene.seed, f"relit {light}")
    elevation, high = between(r, *ELEVATIONS[light]), light in ("day", "overcast")
    weather = dataclasses.replace(
        scene.weather,
        elevation=elevation,
        azimuth=between(r, -np.pi, np.pi) if high else float(r.normal(0, 0.28)),
        overcast=between(r, 0.62, 1) if light == "overcast" else 0.0,
        night=light == "night",
        shafts=False,
    )
    return dataclasses.replace(scene, weather=weather)


def drawn(scene: Scene, size: int = SIZE) -> tuple[ndarray, ndarray]:
    """(picture, whether a pixel is of the sky) of a scene, each `size` pixels a side."""
    landscape = picture_of(scene, size)
    return landscape.picture, np.isin(landscape.regions, OPEN)


def measured(pictures: ndarray, inside: ndarray, place: ndarray) -> dict[str, list]:
    """A part's entry of the table: pictures (N, H, W, 3) uint8, inside (N, H, W) where it is, and
    the places of their rows within it (N, H)."""
    x = torch.from_numpy(pictures).movedim(-1, 1).float() / 127.5 - 1
    lab = to_lab(x).movedim(1, -1).numpy()[inside]
    at = np.broadcast_to(place[:, :, None], inside.shape)[inside]
    design = np.stack([np.ones_like(at), at], 1)
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
        rows, horizon = torch.linspace(0, 1, SIZE), torch.from_numpy(sky.mean((1, 2)))
        place = {name: p[:, 0, :, 0].numpy() for name, p in places(rows, horizon).items()}
        where = dict(zip(PARTS, (sky, ~sky), strict=True))
        found[light] = {name: measured(pictures, where[name], place[name]) for name in PARTS}
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
