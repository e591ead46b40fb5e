"""A scene's parameters by its seed: what kind of place, seen from where, in which weather.

Lengths are metres, colours linear albedos (red, green, blue), angles degrees unless said.
"""

import zlib
from dataclasses import dataclass, field

import numpy as np
from numpy import ndarray
from numpy.random import Generator

SCENES = (
    "alpine", "lake", "meadow", "forest", "autumn", "winter", "desert", "canyon", "savanna",
    "coast", "tropical", "sea", "moor",
)  # fmt: skip
LIGHTS = ("day", "golden hour", "sunset", "dusk", "night", "overcast")
FREQUENCY = (14, 13, 11, 8, 8, 9, 7, 7, 5, 8, 6, 5, 5)  # of each scene


def stream(seed: int, name: str) -> Generator:
    """A random generator of one part of one scene, so that no part shifts the draws of another."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def colour(red: float, green: float, blue: float) -> ndarray:
    return np.array([red, green, blue], np.float32)


def between(r: Generator, low: float, high: float) -> float:
    """Uniform in [low, high]."""
    return float(r.uniform(low, high))


def ratio(r: Generator, low: float, high: float) -> float:
    """Uniform in log between low and high."""
    return float(np.exp(r.uniform(np.log(low), np.log(high))))


def chance(r: Generator, probability: float) -> bool:
    return bool(r.random() < probability)


def one_of(r: Generator, *choices):
    return choices[r.integers(len(choices))]


@dataclass
class Camera:
    focal: float  # of the picture's side
    horizon: float  # rows from the top, of the picture's side; below 0 it is out of sight
    height: float  # above the ground
    tilt: float = 0.0  # slope of the horizon


@dataclass
class Weather:
    elevation: float  # of the sun, or of the moon at night
    azimuth: float  # radians to the right of the view
    turbidity: float  # 0 clear to 1 hazy
    cover: float  # of the sky by clouds, 0 to 1
    overcast: float  # 0 or up to 1
    visibility: float
    mist: float = 0.0  # of the valleys, 0 to 1.5
    night: bool = False
    shafts: bool = False  # of light through the clouds


@dataclass
class Relief:
    mountains: float = 0.0  # height
    mountain_period: float = 9e3
    mountains_from: float = 2e3  # how far away they begin
    sharpness: float = 1.4
    valley: tuple[float, float, float] = (0.0, 0.0, 0.2)  # depth 0 to 1, direction, width
    far_range: float = 0.0
    far_from: float = 1.3e4
    peak: tuple[float, float, float, float] | None = None  # height, x, z, radius of a single one
    hills: float = 20.0
    hill_period: float = 1400.0
    hills_from: float = 120.0
    roughness: float = 0.3  # of the ground near by
    dunes: float = 0.0
    dune_period: float = 600.0
    mesas: float = 0.0
    mesa_period: float = 6e3
    mesa_threshold: float = 0.55
    mesas_from: float = 1500.0
    cliff: float = 0.0
    boulders: float = 0.0


@dataclass
class Ground:
    grass: tuple[ndarray, ndarray]  # patches of the one in the other
    rock: ndarray
    rock_slope: tuple[float, float] = (0.55, 1.0)  # from where rock shows, and where all is rock
    strata: float = 0.0
    sand: ndarray = field(default_factory=lambda: colour(0.5, 0.4, 0.27))
    beach: float = 0.0  # height up to which there is sand
    bare: bool = False  # sand instead of grass
    snow_line: float = 9e3
    forest: float = 0.0  # of the ground
    conifers: bool = True
    canopy: tuple[ndarray, ndarray] = ()
    canopy_height: float = 15.0
    tree_line: float = 1e4
    fields: float = 0.0
    flowers: float = 0.0
    flower_colour: ndarray = field(default_factory=lambda: colour(0.6, 0.1, 0.3))
    path: float = 0.0  # its width
    waterfall: bool = False


@dataclass
class Water:
    kind: str  # lake, river or sea
    colour: ndarray
    roughness: float
    shore: tuple[float, float, float] = (0.0, 40.0, 0.06)  # of a sea: direction, distance, slope


@dataclass
class Plants:
    count: int = 0
    kinds: tuple[str, ...] = ("broadleaf",)
    heights: tuple[float, float] = (6.0, 16.0)
    depths: tuple[float, float] = (25.0, 900.0)
    colour: ndarray = field(default_factory=lambda: colour(0.05, 0.10, 0.025))
    framing: float = 0.0  # chance of large ones at the picture's edge
    tufts: int = 0  # of grass or reed in the foreground


@dataclass
class Scene:
    name: str
    seed: int
    camera: Camera
    weather: Weather
    relief: Relief
    ground: Ground
    plants: Plants
    water: Water | None = None


def camera_of(r: Generator) -> Camera:
    """Mostly a standing person's; sometimes from above, or low under a large sky."""
    view = r.random()
    tilt = float(r.normal(0, 0.03)) if chance(r, 0.15) else 0.0
    if view < 0.12:
        return Camera(ratio(r, 0.8, 1.4), between(r, 0.04, 0.24), ratio(r, 50, 300), tilt)
    if view < 0.24:
        return Camera(ratio(r, 0.8, 1.5), between(r, 0.66, 0.82), ratio(r, 2, 12), tilt)
    horizon = float(np.clip(r.normal(0.48, 0.1), 0.26, 0.72))
    return Camera(ratio(r, 0.75, 1.7), horizon, ratio(r, 2, 25), tilt)


def weather_of(r: Generator) -> Weather:
    """Any time of day, the low sun more often than it is."""
    time, night = r.random(), False
    if time < 0.40:
        elevation = between(r, 18, 68)
    elif time < 0.62:
        elevation = between(r, 4, 18)
    elif time < 0.82:
        elevation = between(r, -1.5, 4)
    elif time < 0.92:
        elevation = between(r, -8, -2)
    else:
        elevation, night = between(r, 14, 45), True
    facing = chance(r, 0.62) if elevation < 14 or night else False
    return Weather(
        elevation,
        float(r.normal(0, 0.28)) if facing else between(r, -np.pi, np.pi),
        between(r, 0, 1) ** 1.5,
        cover=between(r, 0, 1),
        overcast=between(r, 0.62, 1) if chance(r, 0.12) else 0.0,
        visibility=ratio(r, 1e4, 6e4) if chance(r, 0.87) else ratio(r, 3.5e3, 1e4),
        mist=between(r, 0.3, 1.2) if chance(r, 0.15) else 0.0,
        night=night,
        shafts=chance(r, 0.08),
    )


def ground_of(r: Generator) -> Ground:
    """Temperate ground, from fresh to dry."""
    dry = r.random()
    fresh = colour(0.09, 0.16, 0.035) * between(r, 0.8, 1.3)
    tint = (1 + 0.12 * r.normal(size=3)).astype(np.float32)
    return Ground(
        grass=(
            fresh * (1 - 0.35 * dry) + colour(0.16, 0.17, 0.05) * 0.35 * dry,
            colour(0.20, 0.21, 0.06) * between(r, 0.7, 1.2),
        ),
        rock=colour(0.2, 0.185, 0.17) * between(r, 0.7, 1.35) * tint,
        sand=colour(0.5, 0.4, 0.27) * between(r, 0.7, 1.1),
        conifers=chance(r, 0.6),
        canopy=(
            colour(0.025, 0.055, 0.02) * between(r, 0.7, 1.4),
            colour(0.06, 0.10, 0.025) * between(r, 0.8, 1.3),
        ),
        canopy_height=between(r, 11, 22),
        flower_colour=one_of(
            r,
            colour(0.6, 0.08, 0.05),
            colour(0.65, 0.5, 0.05),
            colour(0.35, 0.15, 0.55),
            colour(0.7, 0.68, 0.62),
            colour(0.65, 0.25, 0.4),
        ),
    )


def relief_of(r: Generator) -> Relief:
    """No mountains yet; hills as anywhere."""
    return Relief(
        mountain_period=ratio(r, 6e3, 1.4e4),
        mountains_from=ratio(r, 900, 5e3),
        sharpness=between(r, 1.1, 1.9),
        valley=(between(r, 0, 0.95), between(r, -0.25, 0.25), ratio(r, 0.1, 0.5)),
        far_from=ratio(r, 9e3, 2e4),
        hills=ratio(r, 8, 70),
        hill_period=ratio(r, 700, 2600),
        hills_from=ratio(r, 60, 300),
        roughness=between(r, 0.12, 0.6),
    )


def water_of(r: Generator, kind: str | None) -> Water | None:
    """Lake, river or sea, or none."""
    if kind is None:
        return None
    return Water(kind, colour(0.012, 0.045, 0.06) * ratio(r, 0.4, 1.6), ratio(r, 0.02, 0.25))


def scene_of(seed: int) -> Scene:
    """The scene of a seed."""
    from train.landscapes.places import PLACES

    r = stream(seed, "scene")
    name = SCENES[r.choice(len(SCENES), p=np.array(FREQUENCY) / sum(FREQUENCY))]
    scene = Scene(
        name,
        seed,
        camera_of(r),
        weather_of(r),
        relief_of(r),
        ground_of(r),
        Plants(colour=colour(0.05, 0.10, 0.025) * between(r, 0.7, 1.5)),
    )
    PLACES[name](scene, r)
    return scene
