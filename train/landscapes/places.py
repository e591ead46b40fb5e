"""What makes each kind of place: functions that settle a scene's parameters."""

from collections.abc import Callable

from numpy.random import Generator

from train.landscapes.scene import (
    Scene,
    between,
    chance,
    colour,
    one_of,
    ratio,
    water_of,
)


def peak(scene: Scene, r: Generator, probability: float) -> None:
    """A single mountain that the picture is about, by chance."""
    if not chance(r, probability):
        return
    relief, away = scene.relief, ratio(r, 3500, 1.1e4)
    height = away * between(r, 0.16, 0.42)
    aside = away * between(r, -0.3, 0.3) / scene.camera.focal
    relief.peak = (height, aside, away, height * between(r, 1.3, 2.6))
    relief.mountains_from = min(relief.mountains_from, away * 0.6)
    relief.mountains = max(relief.mountains, height * 0.35)
    if scene.name in ("alpine", "lake"):
        scene.ground.snow_line = height * between(r, 0.1, 0.75)


def path(scene: Scene, r: Generator, probability: float) -> None:
    """A path away from the viewer, by chance."""
    if chance(r, probability):
        scene.ground.path = ratio(r, 1.0, 3.5)


def mountains(scene: Scene, r: Generator) -> None:
    """High mountains with snow and forest: alpine, lake and winter scenes begin with them."""
    relief, ground, plants = scene.relief, scene.ground, scene.plants
    relief.mountains = ratio(r, 0.09, 0.24) * relief.mountain_period
    relief.far_range = between(r, 800, 2900) if chance(r, 0.7) else 0.0
    ground.snow_line = relief.mountains * between(r, 0.08, 0.8)
    ground.forest = between(r, 0, 0.9)
    ground.tree_line = relief.mountains * between(r, 0.15, 0.6)
    ground.conifers = chance(r, 0.8)
    ground.rock_slope = (between(r, 0.35, 0.7), between(r, 0.8, 1.1))
    plants.count = int(between(r, 0, 60)) if chance(r, 0.75) else 0
    plants.kinds = ("conifer", "conifer", "pine") if ground.conifers else ("broadleaf", "poplar")
    plants.framing = 0.2


def alpine(scene: Scene, r: Generator) -> None:
    mountains(scene, r)
    scene.water = water_of(r, one_of(r, None, None, "lake", "river", "lake"))
    scene.ground.flowers = between(r, 0.2, 1) if chance(r, 0.35) else 0.0
    scene.ground.waterfall = chance(r, 0.15)
    scene.relief.boulders = ratio(r, 0.5, 2.2) if chance(r, 0.4) else 0.0
    peak(scene, r, 0.45)
    path(scene, r, 0.25)


def lake(scene: Scene, r: Generator) -> None:
    mountains(scene, r)
    relief, ground = scene.relief, scene.ground
    relief.mountains *= between(r, 0.35, 1)
    relief.mountains_from = ratio(r, 600, 3e3)
    ground.forest = between(r, 0.35, 1)
    ground.tree_line = relief.mountains * between(r, 0.35, 1.2)
    relief.boulders = ratio(r, 0.5, 2.2) if chance(r, 0.35) else 0.0
    scene.camera.height = min(scene.camera.height, ratio(r, 2, 40))
    scene.water = water_of(r, "lake")
    scene.water.roughness = ratio(r, 0.012, 0.12)
    scene.plants.tufts = int(between(r, 4, 30)) if chance(r, 0.3) else 0
    peak(scene, r, 0.4)


def winter(scene: Scene, r: Generator) -> None:
    mountains(scene, r)
    relief, ground, plants = scene.relief, scene.ground, scene.plants
    relief.mountains *= between(r, 0.2, 1)
    ground.snow_line = -50.0
    ground.grass = (colour(0.8, 0.83, 0.88), colour(0.7, 0.75, 0.82))
    ground.forest = between(r, 0.1, 0.8)
    plants.count = int(between(r, 10, 90))
    plants.kinds = one_of(r, ("conifer",), ("bare", "conifer"), ("conifer",), ("bare", "birch"))
    scene.water = water_of(r, one_of(r, None, None, "lake", "river"))
    peak(scene, r, 0.35)
    path(scene, r, 0.2)


def meadow(scene: Scene, r: Generator) -> None:
    relief, ground, plants = scene.relief, scene.ground, scene.plants
    relief.hills, relief.hills_from = ratio(r, 25, 120), ratio(r, 40, 200)
    relief.mountains = ratio(r, 150, 900) if chance(r, 0.5) else 0.0
    ground.forest, ground.conifers = between(r, 0, 0.55), chance(r, 0.25)
    ground.fields = between(r, 0.4, 1) if chance(r, 0.45) else 0.0
    ground.flowers = between(r, 0.2, 1.0) if chance(r, 0.5) else 0.0
    scene.water = water_of(r, one_of(r, None, None, None, "river", "lake"))
    plants.count = int(between(r, 5, 90))
    plants.kinds = one_of(
        r, ("broadleaf",), ("broadleaf", "poplar"), ("broadleaf", "bush"), ("birch", "broadleaf")
    )
    plants.framing = 0.15
    plants.tufts = int(between(r, 5, 40)) if chance(r, 0.4) else 0
    if scene.camera.height < 30:
        scene.camera.height = ratio(r, 3, 60)
    peak(scene, r, 0.1)
    path(scene, r, 0.35)


def woods(scene: Scene, r: Generator) -> None:
    """Wooded hills: forest and autumn scenes begin with them."""
    relief, ground, plants = scene.relief, scene.ground, scene.plants
    relief.mountains, relief.sharpness = ratio(r, 150, 1200), between(r, 0.9, 1.3)
    relief.mountains_from, relief.hills = ratio(r, 300, 2500), ratio(r, 20, 110)
    ground.forest, ground.rock_slope = between(r, 0.6, 1), (0.9, 1.4)
    scene.water = water_of(r, one_of(r, None, "lake", "river", None))
    plants.count, plants.framing = int(between(r, 15, 110)), 0.4
    plants.kinds = ("conifer",) if ground.conifers else ("broadleaf", "broadleaf", "birch", "bush")
    if chance(r, 0.3):
        scene.weather.mist = max(scene.weather.mist, between(r, 0.2, 1.2))
    if scene.camera.height < 40:
        scene.camera.height = ratio(r, 3, 70)
    peak(scene, r, 0.1)
    path(scene, r, 0.3)


def autumn(scene: Scene, r: Generator) -> None:
    woods(scene, r)
    ground, plants = scene.ground, scene.plants
    ground.conifers = False
    plants.kinds = one_of(
        r, ("broadleaf",), ("broadleaf", "poplar"), ("birch", "broadleaf", "conifer", "bush")
    )
    leaves = [
        colour(0.33, 0.13, 0.02), colour(0.42, 0.26, 0.03), colour(0.26, 0.05, 0.02),
        colour(0.3, 0.2, 0.05),
    ]  # fmt: skip
    first, second = r.permutation(4)[:2]
    ground.canopy = (leaves[first] * between(r, 0.5, 0.9), leaves[second] * between(r, 0.7, 1.1))
    plants.colour = leaves[r.integers(4)] * between(r, 0.7, 1.1)
    ground.grass = (colour(0.2, 0.17, 0.05), colour(0.28, 0.19, 0.06))


def desert(scene: Scene, r: Generator) -> None:
    relief, ground, weather = scene.relief, scene.ground, scene.weather
    sand = one_of(
        r,
        colour(0.55, 0.36, 0.18),
        colour(0.6, 0.45, 0.28),
        colour(0.5, 0.25, 0.1),
        colour(0.62, 0.52, 0.38),
    ) * between(r, 0.75, 1.1)
    ground.grass, ground.sand, ground.bare = (sand, sand * colour(0.85, 0.8, 0.75)), sand, True
    ground.rock = sand * colour(0.5, 0.42, 0.4)
    relief.hills, relief.roughness = ratio(r, 5, 40), between(r, 0.1, 0.4)
    relief.mountains = ratio(r, 200, 900) if chance(r, 0.4) else 0.0
    if chance(r, 0.87):
        relief.dune_period = ratio(r, 260, 1400)
        relief.dunes = relief.dune_period * between(r, 0.05, 0.10)
        relief.roughness *= 0.3
        scene.camera.height = max(scene.camera.height, relief.dunes * between(r, 0.15, 1.0))
    if weather.elevation > 15:  # dunes show by their shadows
        weather.elevation *= between(r, 0.35, 0.8)
    weather.turbidity = 0.3 + 0.7 * weather.turbidity
    weather.overcast *= 0.0 if chance(r, 0.7) else 1.0
    weather.cover *= 0.6
    scene.plants.count = int(between(r, 2, 24)) if chance(r, 0.4) else 0
    scene.plants.kinds = one_of(r, ("bush",), ("cactus", "bush"), ("palm",))
    scene.plants.heights = (1.0, 4.0)


def canyon(scene: Scene, r: Generator) -> None:
    relief, ground, plants = scene.relief, scene.ground, scene.plants
    relief.mesas, relief.mesa_period = ratio(r, 90, 500), ratio(r, 3500, 9000)
    relief.mesa_threshold, relief.mesas_from = between(r, 0.42, 0.66), ratio(r, 400, 3500)
    relief.hills = ratio(r, 6, 40)
    rock = one_of(
        r,
        colour(0.45, 0.2, 0.1),
        colour(0.5, 0.27, 0.15),
        colour(0.42, 0.28, 0.2),
        colour(0.5, 0.36, 0.24),
    ) * between(r, 0.8, 1.15)
    ground.rock, ground.strata = rock, between(r, 0.15, 0.5)
    ground.grass = (rock * colour(0.8, 1.0, 0.9), (rock + colour(0.4, 0.4, 0.16)) * 0.45)
    ground.sand, ground.rock_slope, ground.bare = rock * 1.1, (0.25, 0.6), chance(r, 0.5)
    ground.waterfall = chance(r, 0.1)
    scene.weather.overcast *= 0.0 if chance(r, 0.6) else 1.0
    scene.weather.cover *= 0.75
    scene.water = water_of(r, one_of(r, None, None, "river"))
    scene.camera.height = max(scene.camera.height, ratio(r, 5, 150))
    plants.count, plants.kinds = int(between(r, 0, 60)), one_of(r, ("bush",), ("bush", "cactus"))
    plants.heights, plants.depths = (1.5, 4.0), (15.0, 300.0)


def savanna(scene: Scene, r: Generator) -> None:
    relief, ground, plants = scene.relief, scene.ground, scene.plants
    ground.grass = (colour(0.36, 0.27, 0.10) * between(r, 0.7, 1.1), colour(0.28, 0.22, 0.08))
    relief.hills = ratio(r, 4, 25)
    relief.mountains = ratio(r, 150, 800) if chance(r, 0.5) else 0.0
    plants.count, plants.kinds = int(between(r, 8, 70)), ("acacia", "acacia", "bush")
    plants.colour, plants.heights = colour(0.09, 0.10, 0.03), (5.0, 11.0)
    plants.framing, plants.tufts = 0.2, int(between(r, 10, 60))
    scene.camera.height = min(scene.camera.height, ratio(r, 2, 60))
    scene.weather.turbidity = 0.2 + 0.8 * scene.weather.turbidity
    scene.weather.overcast *= 0.0 if chance(r, 0.6) else 1.0
    scene.water = water_of(r, one_of(r, None, None, None, "lake"))
    path(scene, r, 0.25)


def shores(scene: Scene, r: Generator) -> None:
    """The sea and its shore: coast, tropical and sea scenes begin with them."""
    relief, ground, plants = scene.relief, scene.ground, scene.plants
    scene.water = water_of(r, "sea")
    scene.water.roughness = ratio(r, 0.05, 0.3)
    scene.water.shore = (between(r, -1.2, 1.2), ratio(r, 12, 120), between(r, 0.03, 0.12))
    relief.hills = ratio(r, 6, 40)
    relief.mountains = ratio(r, 120, 900) if chance(r, 0.65) else 0.0
    relief.mountains_from, relief.sharpness = ratio(r, 700, 6e3), between(r, 1.3, 2.2)
    relief.boulders = ratio(r, 0.5, 2.2) if chance(r, 0.35) else 0.0
    ground.forest, ground.beach = between(r, 0, 0.6), between(r, 2, 5)
    plants.count = int(between(r, 0, 25))
    if scene.camera.height < 40:
        scene.camera.height = ratio(r, 2.5, 25)


def coast(scene: Scene, r: Generator) -> None:
    shores(scene, r)
    if chance(r, 0.45):
        scene.relief.cliff, scene.ground.beach = ratio(r, 15, 90), between(r, 0.3, 2)
    scene.plants.kinds = one_of(r, ("broadleaf",), ("pine", "bush"), ("bush",))
    peak(scene, r, 0.1)


def tropical(scene: Scene, r: Generator) -> None:
    shores(scene, r)
    ground, plants, water = scene.ground, scene.plants, scene.water
    ground.forest, ground.conifers = between(r, 0.5, 1), False
    ground.canopy = (colour(0.03, 0.08, 0.02), colour(0.07, 0.14, 0.025))
    ground.sand = colour(0.72, 0.64, 0.5) * between(r, 0.85, 1.1)
    water.colour, water.roughness = (
        colour(0.01, 0.12, 0.14) * between(r, 0.6, 1.3),
        ratio(r, 0.03, 0.15),
    )
    water.shore = (*water.shore[:2], between(r, 0.015, 0.06))
    plants.kinds, plants.count = ("palm", "palm", "bush"), int(between(r, 4, 30))
    plants.heights, plants.colour, plants.framing = (7.0, 13.0), colour(0.06, 0.13, 0.03), 0.4
    scene.weather.overcast *= 0.0 if chance(r, 0.6) else 1.0
    peak(scene, r, 0.15)


def sea(scene: Scene, r: Generator) -> None:
    shores(scene, r)
    relief, plants = scene.relief, scene.plants
    away = -1e4 if chance(r, 0.65) else between(r, -10, 10)  # mostly no shore at all
    scene.water.shore = (scene.water.shore[0], away, scene.water.shore[2])
    if chance(r, 0.5):
        relief.mountains = 0.0
    scene.ground.forest *= 0.4
    relief.cliff, relief.boulders, plants.count = 0.0, 0.0, 0
    peak(scene, r, 0.12)


def moor(scene: Scene, r: Generator) -> None:
    relief, ground, plants = scene.relief, scene.ground, scene.plants
    relief.hills, relief.hills_from = ratio(r, 60, 220), ratio(r, 150, 700)
    relief.mountains = ratio(r, 200, 800) if chance(r, 0.7) else 0.0
    relief.sharpness = between(r, 1, 1.4)
    relief.boulders = ratio(r, 0.5, 2.2) if chance(r, 0.4) else 0.0
    ground.grass = (colour(0.14, 0.13, 0.05), colour(0.20, 0.13, 0.07))
    ground.rock_slope = (0.45, 0.9)
    ground.flowers = between(r, 0.3, 1) if chance(r, 0.5) else 0.0
    ground.flower_colour = colour(0.3, 0.1, 0.3)
    scene.water = water_of(r, one_of(r, None, "lake", "river"))
    plants.count, plants.kinds = int(between(r, 0, 12)), ("bush", "bare", "pine")
    plants.tufts = int(between(r, 0, 40))
    if chance(r, 0.4):
        scene.weather.mist = max(scene.weather.mist, between(r, 0.3, 1.2))
    if scene.weather.overcast == 0 and chance(r, 0.25):
        scene.weather.overcast = between(r, 0.62, 1.0)
    peak(scene, r, 0.1)
    path(scene, r, 0.3)


def forest(scene: Scene, r: Generator) -> None:
    woods(scene, r)


PLACES: dict[str, Callable[[Scene, Generator], None]] = {
    place.__name__: place
    for place in (
        alpine, lake, meadow, forest, autumn, winter, desert, canyon, savanna, coast, tropical,
        sea, moor,
    )
}  # fmt: skip
