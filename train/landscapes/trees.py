"""Trees put into a picture: sprites lit by the scene's sun and sky, hidden by what is nearer."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from train.landscapes.sprites import HEIGHT, sprites

# Linear albedo of bark; what is not named is brown.
_BROWN = (0.085, 0.064, 0.047)
_BARK = {
    "birch": (0.50, 0.47, 0.42),
    "bare": (0.085, 0.070, 0.058),
    "palm": (0.150, 0.120, 0.090),
    "pine": (0.110, 0.068, 0.045),
    "acacia": (0.080, 0.062, 0.050),
    "tuft": (0.110, 0.055, 0.025),
}
# Light through a leaf is yellower than light from it.
_THROUGH = np.array([1.15, 1.15, 0.45], np.float32)
# Share of the sky's light that comes from each side, in the sprites' order of channels.
_SKY = np.array([0.19, 0.19, 0.36, 0.20, 0.06, 0.45, 0.45], np.float32)
_GAIN = 2.3  # sprites are stored darker, so that none of their marks is clipped
_NEARER = 0.97  # what lies nearer than this share of the tree's depth hides it
_KEPT = 40  # up to this height in pixels a resized sprite is kept


@dataclass(frozen=True)
class Tree:
    """One tree: root at column `x` and row `y`, `height` in pixels, `depth` in metres.

    `colour` (3,) is the leaves' linear albedo; `variant` counts round the kind's sprites.
    """

    kind: str
    variant: int
    x: float
    y: float
    height: float
    depth: float
    colour: np.ndarray
    mirrored: bool = False


@lru_cache(maxsize=1024)
def _small(kind: str, variant: int, rows: int) -> np.ndarray:
    """A sprite at `rows` pixels, float32 (rows, w, 8) from 0 to 1."""
    levels = sprites()[kind][variant]
    level = min((lv for lv in levels if lv.shape[0] >= rows), key=len)
    size = (_columns(level, rows), rows)
    halves = [cv2.resize(level[..., i : i + 4], size, interpolation=cv2.INTER_AREA) for i in (0, 4)]
    return np.concatenate(halves, axis=2).astype(np.float32) / 255


def _columns(level: np.ndarray, rows: int) -> int:
    return max(1, round(level.shape[1] * rows / level.shape[0]))


@lru_cache(maxsize=64)
def _light(kind: str, mirrored: bool, sun: tuple, sunlight: tuple, ambient: tuple) -> np.ndarray:
    """(7, 3) float32: what a sprite's channels 1 to 7 send back, leaves as if they were white."""
    x, y, z = sun
    x = -x if mirrored else x
    left, right = (x * x, 0.0) if x < 0 else (0.0, x * x)
    front, behind = (z * z, 0.0) if z < 0 else (0.0, z * z)
    above = max(y, 0.0) ** 2
    both = 0.35 * above + 0.6 * front
    shares = np.array([left, right, above, front, behind, left + both, right + both])
    light = shares[:, None] * sunlight + _SKY[:, None] * ambient
    light[4] *= _THROUGH
    light[5:] *= _BARK.get(kind, _BROWN)
    return (light * (_GAIN / np.pi)).astype(np.float32)


def _response(tree: Tree, sun, sunlight, ambient, fade) -> np.ndarray:
    """(8, 4) float32: what each channel of a sprite adds to red, green, blue and coverage."""
    lamps = (tuple(np.asarray(lamp).tolist()) for lamp in (sun, sunlight, ambient))
    kept, haze = fade
    out = np.zeros((8, 4), np.float32)
    out[0, :3] = haze * (1 - kept)
    out[0, 3] = 1
    out[1:, :3] = _light(tree.kind, tree.mirrored, *lamps) * kept
    out[1:6, :3] *= tree.colour
    return out


def _place(lit: np.ndarray, rows: int, box: tuple[int, int, int, int]) -> np.ndarray:
    """The part of a lit sprite (h, w, 4), enlarged to `rows`, that shows in `box`.

    `box` is the first row, end row, first column and end column in the enlarged sprite.
    """
    top, bottom, first, last = box
    step = lit.shape[0] / rows
    across = lit.shape[1] / _columns(lit, rows)
    move = np.array(
        [[across, 0, (first + 0.5) * across - 0.5], [0, step, (top + 0.5) * step - 0.5]]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(lit, move, (last - first, bottom - top), flags=flags)
    # edges stay as sharp as they were: coverage is steeper by the enlargement
    alpha = part[..., 3:]
    sharp = np.clip((alpha - 0.5) * min(1 / step, 3.0) + 0.5, 0, 1)
    return part * (sharp / np.maximum(alpha, 1e-3))


def draw(
    image: np.ndarray,
    depth: np.ndarray | None,
    tree: Tree,
    sun: np.ndarray,
    sunlight: np.ndarray,
    ambient: np.ndarray,
    fade: tuple[np.ndarray, np.ndarray],
    upside_down: bool = False,
) -> tuple[slice, slice, np.ndarray] | None:
    """Draw `tree` over `image` (H, W, 3) linear float32, in place; None if nothing shows.

    `depth` (H, W) in metres hides it where nearer, None hides nothing. `sun` (3,) is the unit
    direction to the sun (right, up, away); `sunlight` and `ambient` (3,) are irradiances; `fade`
    is the air's transmittance (3,) and the colour (3,) it goes to. `upside_down` hangs the tree
    from its root, as a mirror of water shows it. Returns rows, columns and the coverage there.
    """
    rows = round(tree.height)
    if rows < 2:
        return None
    levels = sprites()[tree.kind]
    variant = tree.variant % len(levels)
    columns = _columns(levels[variant][0], rows)
    top = round(tree.y) - (0 if upside_down else rows)
    left = round(tree.x - columns / 2)
    y0, y1 = max(top, 0), min(top + rows, image.shape[0])
    x0, x1 = max(left, 0), min(left + columns, image.shape[1])
    if y0 >= y1 or x0 >= x1:
        return None
    where = slice(y0, y1), slice(x0, x1)
    seen = None if depth is None else depth[where] > _NEARER * tree.depth
    shown = (y1 - y0) * (x1 - x0) if seen is None else np.count_nonzero(seen)
    if not shown:
        return None

    response = _response(tree, sun, sunlight, ambient, fade)
    a, b = (top + rows - y1, top + rows - y0) if upside_down else (y0 - top, y1 - top)
    c, d = (left + columns - x1, left + columns - x0) if tree.mirrored else (x0 - left, x1 - left)
    if rows <= _KEPT:
        part = (_small(tree.kind, variant, rows) @ response)[a:b, c:d]
    else:
        level = min((lv for lv in levels[variant] if lv.shape[0] >= min(rows, HEIGHT)), key=len)
        lit = (level.reshape(-1, 8).astype(np.float32) / 255 @ response).reshape(
            *level.shape[:2], 4
        )
        if rows > HEIGHT:
            part = _place(lit, rows, (a, b, c, d))
        else:
            part = cv2.resize(lit, (columns, rows), interpolation=cv2.INTER_AREA)[a:b, c:d]
    part = part[:: -1 if upside_down else 1, :: -1 if tree.mirrored else 1]
    if shown < part.shape[0] * part.shape[1]:
        part = part * seen[..., None]
    alpha = part[..., 3]
    under = image[where]
    under *= 1 - part[..., 3:]
    under += part[..., :3]
    return *where, alpha
