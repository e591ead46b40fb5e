"""Moving the colours of a painting from one light into another, before a model is given the other.

A label alone does not turn a painted blue sky into dusk: noise that keeps the strokes' shapes keeps
their colours as well. A table made from pictures (`python -m train.landscapes.lights`) holds the
colours of sky and of land in each light, as a Gaussian in OKLab. Between two lights, colours are
moved by the affine map that carries one Gaussian into the other.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core.errors import SettingError
from editing.guess import probabilities
from editing.oklab import to_lab, to_rgb

TABLE = Path(__file__).resolve().parent.parent / "assets" / "lights.json"
PARTS = ("sky", "land")
SOFT = 16  # a picture's side over the radius that softens where sky ends
TINY = 1e-6  # added to densities: an unknown colour is as likely sky as land
UNLIKELY = 0.02  # the probability below which a light is left out of a mixture
LEAST = 1e-5  # variance added to colours, so that a single one has a Gaussian as well


@dataclass(frozen=True)
class Part:
    """Colours of a part of the pictures in one light.

    Their mean in OKLab at the part's upper end (3,) and by how much it differs at its lower end
    (3,), the covariance (3, 3) around that, and the part's fraction of a picture's top row and of
    its lowest.
    """

    mean: Tensor
    fall: Tensor
    covariance: Tensor
    fraction: tuple[float, float]

    def mean_at(self, place: Tensor) -> Tensor:
        """(B, 3, H, 1) at places (B, 1, H, 1) from 0, the part's upper end, to 1."""
        return self.mean[:, None, None] + self.fall[:, None, None] * place

    def likely(self, lab: Tensor, place: Tensor) -> Tensor:
        """How likely the part has each colour (B, 3, H, W) at its place, a density (B, 1, H, W)."""
        apart = lab - self.mean_at(place)
        inverse = torch.linalg.inv(self.covariance)
        far = torch.einsum("bihw,ij,bjhw->bhw", apart, inverse, apart)[:, None]
        top, low = self.fraction
        fraction = (top + (low - top) * rows_of(lab))[:, None]
        return fraction * (-far / 2).exp() / torch.linalg.det(self.covariance).sqrt()


Lights = Mapping[str, Mapping[str, Part]]


@functools.cache
def known_lights(file: Path = TABLE) -> Lights:
    """Sky and land by light, from the table of a file."""
    return {
        light: {
            name: Part(
                torch.tensor(part["mean"], dtype=torch.float64),
                torch.tensor(part["fall"], dtype=torch.float64),
                torch.tensor(part["covariance"], dtype=torch.float64)
                + LEAST * torch.eye(3, dtype=torch.float64),
                tuple(part["share"]),
            )
            for name, part in parts.items()
        }
        for light, parts in json.loads(file.read_text()).items()
    }


def movable(light: str | None) -> str | None:
    """The light, if colours can be moved into it, else None."""
    return light if light in known_lights() else None


def root(matrix: Tensor) -> Tensor:
    """The symmetric square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T


def transport(source: Tensor, target: Tensor) -> Tensor:
    """The matrix (3, 3) that carries one covariance into another and moves least on the way
    (Pitié and Kokaram 2007, "The linear Monge-Kantorovitch linear colour mapping")."""
    half = root(source)
    back = torch.linalg.inv(half)
    return back @ root(half @ target @ half) @ back


def rows_of(lab: Tensor) -> Tensor:
    """The height of each row of a picture, (H,) from 0 at the top to 1."""
    return torch.linspace(0, 1, lab.shape[-2], dtype=lab.dtype, device=lab.device)


def places(rows: Tensor, horizon: Tensor) -> dict[str, Tensor]:
    """Where rows (H,) lie within sky and land, from 0 to 1 each, (B, 1, H, 1); horizon (B,), where
    the one ends and the other begins. A sky glows above the horizon, wherever that is."""
    end, at = horizon.clamp(0.05, 0.95)[:, None], rows[None]
    return {
        "sky": (at / end).clamp(0, 1)[:, None, :, None],
        "land": ((at - end) / (1 - end)).clamp(0, 1)[:, None, :, None],
    }


def likelihoods(
    lab: Tensor, parts: Mapping[str, Part]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """({part: how likely it has each colour}, {part: places in it}) of a picture in a light.

    The horizon is first taken to be in the middle; what then seems to be sky moves it.
    """
    horizon = lab.new_full(lab.shape[:1], 0.5)
    for _ in range(2):
        where = places(rows_of(lab), horizon)
        likely = {name: parts[name].likely(lab, where[name]) + TINY for name in PARTS}
        horizon = (likely["sky"] / (likely["sky"] + likely["land"])).mean((1, 2, 3))
    return likely, places(rows_of(lab), horizon)


def softened(weight: Tensor) -> Tensor:
    """A weight averaged over a window around every place, so that it has no steps."""
    radius = max(1, weight.shape[-1] // SOFT)
    padded = F.pad(weight, (radius,) * 4, mode="replicate")
    return F.avg_pool2d(padded, 2 * radius + 1, 1)


def halfway(
    before: Mapping[str, Part], after: Mapping[str, Part], weight: float
) -> dict[str, Part]:
    """Sky and land on the way from one light to another, weight 0 to 1."""
    return {
        name: Part(
            torch.lerp(before[name].mean, after[name].mean, weight),
            torch.lerp(before[name].fall, after[name].fall, weight),
            torch.lerp(before[name].covariance, after[name].covariance, weight),
            before[name].fraction,
        )
        for name in PARTS
    }


def in_light(painting: Tensor, light: str) -> Tensor:
    """Paintings (B, 3, H, W) with the colours that they would have in a light.

    Each is moved from every light that it may show, and the results are mixed by how likely these
    are: a stroke that tips the guess does not tip the picture. Raises SettingError for an unknown
    light.
    """
    moved = []
    for one in painting.cpu().split(1):
        likely = {of: p for of, p in probabilities(one)["light"].items() if p > UNLIKELY}
        mixed = sum(p * relight(one, of, light) for of, p in likely.items())
        moved.append(mixed / sum(likely.values()))
    return torch.cat(moved).to(painting)


def relight(painting: Tensor, source: str, target: str, lights: Lights | None = None) -> Tensor:
    """A painting (B, 3, H, W) in [-1, 1] with the colours that it would have in another light.

    Sky and land have a map each; where a place may be either, the two results are mixed. The same
    light leaves the painting as it is. Raises SettingError for an unknown light.
    """
    lights = known_lights() if lights is None else lights
    for name in (source, target):
        if name not in lights:
            raise SettingError(f"'{name}' is no light: choose {', '.join(lights)}.")
    if source == target:
        return painting
    lab = to_lab(painting)
    likely, where = likelihoods(lab, lights[source])
    sky = softened(likely["sky"] / (likely["sky"] + likely["land"]))
    moved = torch.zeros_like(lab)
    for name, weight in zip(PARTS, (sky, 1 - sky), strict=True):
        here, there = lights[source][name], lights[target][name]
        matrix = transport(here.covariance, there.covariance)
        apart = torch.einsum("ij,bjhw->bihw", matrix, lab - here.mean_at(where[name]))
        moved += weight * (there.mean_at(where[name]) + apart)
    return to_rgb(moved)
