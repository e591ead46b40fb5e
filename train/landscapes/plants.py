"""Where single trees stand, by a scene's ground; groves, framing trees and tufts in front."""

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from train.landscapes.noise import mix
from train.landscapes.scene import Scene, between, colour, one_of, ratio, stream
from train.landscapes.terrain import Terrain
from train.landscapes.trees import Tree
from train.landscapes.view import View

F = np.float32


def stand(scene: Scene, terrain: Terrain, z: ndarray, u: ndarray) -> tuple[ndarray, ndarray]:
    """(heights of the ground, which places are dry and level enough) for plants."""
    x = u * z
    ground = terrain.height(x, z)
    step = F(2.0)
    slope = np.hypot(terrain.height(x + step, z) - ground, terrain.height(x, z + step) - ground)
    lowest = scene.ground.beach * 0.6 + 0.3 if scene.water else -1e9
    return ground, (ground > lowest) & (slope / step < 0.7)


def plants_of(scene: Scene, terrain: Terrain, view: View) -> list[Tree]:
    """Every single tree and tuft in view, the farthest first; sizes in rays."""
    r = stream(scene.seed, "plants")
    z, u, heights, kinds = groves(scene, terrain, r, view)
    framing = frames(scene, r, view)
    tufts = foreground(scene, r, view)
    found = []
    for places in ((z, u, heights, kinds), framing, tufts):
        z, u, heights, kinds = places
        if not len(z):
            continue
        ground, dry = stand(scene, terrain, z, u)
        found += [
            (float(z[i]), float(u[i]), float(ground[i]), float(heights[i]), kinds[i])
            for i in np.flatnonzero(dry)
        ]
    found.sort(key=lambda plant: -plant[0])
    return [tree(scene, view, r, *plant) for plant in found]


def groves(scene: Scene, terrain: Terrain, r: Generator, view: View):
    """Trees between the plants' depths, gathered where the ground's patches have it."""
    plants = scene.plants
    if not plants.count:
        return (), (), (), ()
    near, far = max(plants.depths[0], view.z[0] * 1.3), plants.depths[1]
    count = 2 * plants.count
    z = (near * (max(far, near * 4) / near) ** r.random(count)).astype(F)
    u = (r.uniform(-0.56, 0.56, count) / scene.camera.focal).astype(F)
    wooded = terrain.patches(u * z, z) + 0.6 * terrain.boundaries(u * z, z)
    kept = np.flatnonzero(wooded > r.normal(-0.1, 0.5, count))[: plants.count]
    tall = np.where(r.random(count) < 0.85, 1, 1.4) * r.uniform(*plants.heights, count)
    kinds = [plants.kinds[i] for i in r.integers(len(plants.kinds), size=count)]
    return z[kept], u[kept], tall[kept], [kinds[i] for i in kept]


def frames(scene: Scene, r: Generator, view: View):
    """A few large trees at one side or both, as painters put them."""
    if r.random() >= scene.plants.framing or scene.camera.height > 30:
        return (), (), (), ()
    focal, places = scene.camera.focal, []
    for side in one_of(r, (-1,), (1,), (-1, 1)):
        for _ in range(r.integers(1, 4)):
            z = max(float(view.z[0]) * 1.3, ratio(r, 9, 26))
            height = min(between(r, 0.35, 1.1) * z / focal, 22.0)
            places.append((z, side * between(r, 0.3, 0.56) / focal, height))
    z, u, heights = (np.array(values, F) for values in zip(*places, strict=True))
    return z, u, heights, [scene.plants.kinds[0]] * len(places)


def foreground(scene: Scene, r: Generator, view: View):
    """Tufts of grass or reed close by."""
    count = scene.plants.tufts if scene.camera.height < 12 else 0
    near = float(view.z[0])
    z = (near * 8 ** r.random(count)).astype(F)
    u = (r.uniform(-0.55, 0.55, count) / scene.camera.focal).astype(F)
    return z, u, np.clip(r.normal(0.7, 0.2, count), 0.3, 1.2) * min(1.0, near / 4), ["tuft"] * count


def leaf_colour(scene: Scene, r: Generator, kind: str) -> ndarray:
    """The albedo of one plant's leaves."""
    leaf = scene.plants.colour * np.exp(0.18 * r.normal()) * (1 + 0.12 * r.normal(size=3))
    hue = F(r.random())
    if kind in ("conifer", "pine"):
        return mix(leaf, colour(0.03, 0.06, 0.025), 0.6).astype(F)
    if kind == "tuft":
        dry = mix(*scene.ground.grass, hue)
        return (mix(leaf, dry, 0.7) * 1.1).astype(F)
    if kind == "cactus":
        return colour(0.09, 0.13, 0.05)
    if scene.name == "autumn":
        return (mix(*scene.ground.canopy, hue) * 1.2).astype(F)
    return leaf.astype(F)


def tree(scene: Scene, view: View, r: Generator, z, u, ground, height, kind) -> Tree:
    """A plant as the picture shows it."""
    slope = F((ground - view.eye) / z)
    return Tree(
        kind,
        int(r.integers(1 << 16)),
        float(view.column(F(u))),
        float(view.row(slope, F(u))),
        height * view.camera.focal * view.side / z,
        z,
        leaf_colour(scene, r, kind),
        bool(r.random() < 0.5),
    )


def mirrored(plant: Tree, view: View) -> Tree:
    """The plant as level water shows it, its root as far below the horizon as it stands above."""
    u = F((plant.x / view.side - 0.5) / view.camera.focal)
    slope = F(view.camera.horizon - plant.y / view.side) / F(view.camera.focal)
    ground = view.eye + (slope + F(view.camera.tilt) * u) * plant.depth
    row = view.row(F(-(ground + view.eye) / plant.depth), u)
    return Tree(
        plant.kind, plant.variant, plant.x, float(row), plant.height, plant.depth, plant.colour,
        plant.mirrored,
    )  # fmt: skip
