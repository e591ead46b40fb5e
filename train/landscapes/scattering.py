"""Tables of sunlight scattered in clear air: Rayleigh, Mie and ozone, from the Earth's shape.

Radiance is linear RGB, float32, in a unit in which sunlight above the air is 20.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np

from train.landscapes.noise import smoothstep

_SUN = np.radians(
    [-12, -9, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8, 10, 13, 17, 22, 28, 36, 46, 58, 72, 85]
)
VIEWS, AZIMUTHS = 40, 17
_GROUND, _TOP = 6360e3, 6440e3  # metres from the Earth's centre
_RAYLEIGH = np.array([5.8, 13.5, 33.1]) * 1e-6  # per metre at sea level, red, green, blue
_OZONE = np.array([0.65, 1.88, 0.085]) * 1e-6
_MIE = (3e-6, 18e-6)  # haze of the clear and of the turbid table
_ASYMMETRY = 0.76
_SUNLIGHT = 20.0


@dataclass(frozen=True)
class Tables:
    """Scattering by turbidity (2), sun (25) and, for the sky, view elevation and azimuth.

    `rayleigh`, `mie` and `multiple` are (2, 25, 40, 17, 3) radiances without phase function;
    `ground` and `high` are (2, 25, 3) sunlight at the ground and at the height of clouds;
    `ambient` is the (2, 25, 3) irradiance of the sky on flat ground.
    """

    rayleigh: np.ndarray
    mie: np.ndarray
    multiple: np.ndarray
    ground: np.ndarray
    high: np.ndarray
    ambient: np.ndarray


def _densities(height: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return relative densities of air, haze and ozone at heights in metres."""
    ozone = np.maximum(1 - np.abs(height - 25e3) / 15e3, 0)
    return np.exp(-height / 8e3), np.exp(-height / 1.2e3), ozone


def _depth(air: np.ndarray, haze: np.ndarray, ozone: np.ndarray, mie: float) -> np.ndarray:
    """Return optical depth (..., 3) of integrated densities."""
    return air[..., None] * _RAYLEIGH + haze[..., None] * (1.1 * mie) + ozone[..., None] * _OZONE


def _path(radius: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """Return the way in metres from `radius` to the top of the air, `rise` = cos of the zenith."""
    return -radius * rise + np.sqrt(_TOP**2 - radius**2 * (1 - rise**2))


def _transmittance(radius: np.ndarray, rise: np.ndarray, mie: float, steps: int = 40) -> np.ndarray:
    """Return the share of sunlight (..., 3) that reaches `radius`; none through the Earth."""
    edges = (np.arange(steps + 1) / steps) ** 2
    way = _path(radius, rise)[..., None]
    t = way * (edges[1:] + edges[:-1]) / 2
    r = np.sqrt(radius[..., None] ** 2 + t**2 + 2 * radius[..., None] * t * rise[..., None])
    sums = [(d * np.diff(edges) * way).sum(-1) for d in _densities(np.maximum(r - _GROUND, 0))]
    hidden = (rise < 0) & (radius**2 * (1 - rise**2) < _GROUND**2)
    return np.where(hidden[..., None], 0, np.exp(-_depth(*sums, mie)))


def _sun_table(mie: float, heights: int = 32, rises: int = 192) -> np.ndarray:
    """Return transmittance (32, 192, 3) over sqrt height to 79 km and rise from -0.3 to 1."""
    h = (np.arange(heights) / (heights - 1)) ** 2 * 79e3
    r, m = np.meshgrid(_GROUND + h, np.linspace(-0.3, 1, rises), indexing="ij")
    return _transmittance(r, m, mie).astype(np.float32)


def _look_up(table: np.ndarray, height: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """Return `table` of `_sun_table` at heights and rises, bilinear."""
    y = np.sqrt(np.clip(height / 79e3, 0, 1)) * (table.shape[0] - 1)
    x = (rise + 0.3) / 1.3 * (table.shape[1] - 1)
    flat = [a.reshape(len(a), -1).astype(np.float32) for a in (x, y)]
    found = cv2.remap(table, *flat, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found.reshape(*height.shape, 3)


def _angles() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sun (25, 1, 1), view elevation (40, 1) and azimuth from the sun (17,), radians."""
    view = (np.arange(VIEWS) / (VIEWS - 1)) ** 2 * np.pi / 2
    return _SUN[:, None, None], view[:, None], np.linspace(0, np.pi, AZIMUTHS)


def _scatter(mie: float, steps: int = 28) -> tuple[np.ndarray, ...]:
    """Return single scattering by air and by haze, and air's response to an even glow of 1."""
    sun, view, azimuth = _angles()
    table, start = _sun_table(mie), _GROUND + 300.0
    across, up = np.cos(view) + 0 * azimuth, np.sin(view) + 0 * azimuth
    way, edges = _path(np.float64(start), up), (np.arange(steps + 1) / steps) ** 2
    shape = (len(_SUN), VIEWS, AZIMUTHS, 3)
    single, haze, glow = (np.zeros(shape, np.float32) for _ in range(3))
    depth = np.zeros(shape[1:])
    for near, far in pairwise(edges):
        t, length = (near + far) / 2 * way, (far - near) * way
        x, y = across * t, start + up * t
        r = np.hypot(x, y)
        air, dust, ozone = (d * length for d in _densities(r - _GROUND))
        step = _depth(air, dust, ozone, mie)
        seen = np.exp(-depth - step / 2)
        depth += step
        rise = (np.cos(sun) * np.cos(azimuth) * x + np.sin(sun) * y) / r
        lit = _look_up(table, np.broadcast_to(r - _GROUND, rise.shape), rise)
        from_air, from_dust = seen * air[..., None] * _RAYLEIGH, seen * dust[..., None] * mie
        single += from_air * lit
        haze += from_dust * lit
        glow += from_air + from_dust
    return single, haze, glow


def phases(cosine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the phase functions of Rayleigh and of Cornette and Shanks at cosines to the sun."""
    g, even = _ASYMMETRY, 1 + cosine * cosine
    forward = 1 + g * g - 2 * g * cosine
    mie = (3 / (8 * np.pi) * (1 - g * g) / (2 + g * g)) * even / (forward * np.sqrt(forward))
    return even * (3 / (16 * np.pi)), mie


def _irradiance(radiance: np.ndarray) -> np.ndarray:
    """Return irradiance (25, 3) on flat ground of sky radiance (25, 40, 17, 3)."""
    _, view, _ = _angles()
    weight = np.sin(view) * np.cos(view) * np.gradient(view[:, 0])[:, None]
    return (radiance.mean(2) * weight).sum(1) / weight.sum() * np.pi


@lru_cache(maxsize=1)
def tables() -> Tables:
    """Return the tables of scattering, built once.

    Single scattering is summed along the view. Light scattered more than once is the air's answer
    to an even glow as bright as the mean of the singly lit sky, as a geometric series.
    """
    sun, view, azimuth = _angles()
    cosine = np.sin(sun) * np.sin(view) + np.cos(sun) * np.cos(view) * np.cos(azimuth)
    by_air, by_haze = (p[..., None] for p in phases(cosine))
    parts = []
    for mie in _MIE:
        single, haze, response = _scatter(mie)
        first = _irradiance(single * by_air + haze * by_haze) / np.pi
        share = np.minimum(_irradiance(response) / np.pi, 0.6)
        multiple = response * (first / (1 - share))[:, None, None]
        at = np.sin(np.maximum(_SUN, -0.01))
        low = _transmittance(np.full(at.shape, _GROUND + 300.0), at, mie)
        low *= smoothstep(-0.03, 0.012, _SUN)[:, None]
        high = _transmittance(np.full(at.shape, _GROUND + 4e3), np.sin(_SUN + 0.02), mie)
        ambient = _irradiance(single * by_air + haze * by_haze + multiple)
        parts.append((single, haze, multiple, low, high, ambient))
    return Tables(*((_SUNLIGHT * np.array(p)).astype(np.float32) for p in zip(*parts, strict=True)))


def at(table: np.ndarray, elevation: float, turbidity: float) -> np.ndarray:
    """Return `table` at a sun elevation in radians and a turbidity from 0 to 1."""
    place = float(np.interp(elevation, _SUN, np.arange(len(_SUN))))
    i = min(int(place), len(_SUN) - 2)
    w, t = place - i, float(turbidity)
    near, far = table[0, i : i + 2], table[1, i : i + 2]
    both = near * np.float32(1 - t) + far * np.float32(t)
    return both[0] * np.float32(1 - w) + both[1] * np.float32(w)
