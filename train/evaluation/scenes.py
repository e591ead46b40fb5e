"""Scenes that no model was trained on, rendered and cached on disk."""

import hashlib
import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from cm_core.errors import SettingError
from cm_core.labels import Labels
from train.data.in_memory import to_floats
from train.evaluation.cache import Tensors, cached, path_of
from train.landscapes.store import HELD_OUT, our_renderer
from train.landscapes.workers import workers

HALVES = ("choosing", "reported")
BLOCK = 128  # scenes a file
ALONE = 32  # scenes up to which other processes take longer to start than to help


@dataclass(frozen=True)
class Renderer:
    """The functions that draw scenes: pictures and crude paintings, from a seed and a size.

    They are functions of modules, as other processes call them. version: another one whenever their
    pictures are others.
    """

    render: Callable
    crude: Callable
    scenes: tuple[str, ...]
    lights: tuple[str, ...]
    version: str


def landscapes() -> Renderer:
    """The renderer of landscapes. Its version is a hash of the code of pictures and paintings."""
    from train.landscapes import crude  # here, as its tables take seconds

    ours, painter = our_renderer(), Path(inspect.getfile(crude)).read_bytes()
    version = hashlib.sha256(ours.version.encode() + painter).hexdigest()[:20]
    return Renderer(ours.render, crude, ours.scenes, ours.lights, version)


@dataclass(frozen=True)
class Scenes:
    """Pictures and crude paintings of the same scenes, with their labels.

    pictures (N, 3, H, W) of uint8; paintings likewise, or none, (0, 3, H, W); scene, light (N,):
    numbers of the renderer's scenes and lights.
    """

    pictures: Tensor
    paintings: Tensor
    scene: Tensor
    light: Tensor

    def __len__(self) -> int:
        return len(self.pictures)

    def first(self, count: int) -> "Scenes":
        """The first `count` of the scenes."""
        parts = (self.pictures, self.paintings, self.scene, self.light)
        return Scenes(*(part[:count] for part in parts))

    def floats(self) -> Tensor:
        """The pictures in [-1, 1]."""
        return to_floats(self.pictures)

    def painted(self) -> Tensor:
        """The paintings in [-1, 1]."""
        return to_floats(self.paintings)

    def labels(self, labels: Labels, renderer: Renderer) -> Tensor:
        """A model's label indices (N,) for the scenes. Raises SettingError for names it lacks."""
        pairs = zip(self.scene.tolist(), self.light.tolist(), strict=True)
        names = [(renderer.scenes[scene], renderer.lights[light]) for scene, light in pairs]
        return torch.tensor([labels.index(scene=scene, light=light) for scene, light in names])


def held_out_seeds(half: str, first: int, count: int) -> range:
    """Seeds of one half of the held-out scenes, every other one, so that the halves share none."""
    if half not in HALVES:
        raise SettingError(f"A half of the held-out scenes is {' or '.join(HALVES)}, not {half}.")
    start = HELD_OUT + 2 * first + HALVES.index(half)
    return range(start, start + 2 * count, 2)


def held_out(
    count: int,
    size: int,
    renderer: Renderer,
    half: str = "reported",
    first: int = 0,
    painted: bool = True,
) -> Scenes:
    """`count` held-out scenes of a half, from its number `first` on, at a size in pixels.

    Noise levels and strengths are chosen on one half, and the tables report on the other.
    """
    return drawn(renderer, held_out_seeds(half, first, count), size, painted)


def trained_on(count: int, size: int, renderer: Renderer) -> Scenes:
    """The scenes of the first `count` seeds, which models are trained on."""
    return drawn(renderer, range(count), size, painted=False)


def drawn(renderer: Renderer, seeds: range, size: int, painted: bool) -> Scenes:
    """The scenes of some seeds, read from the disk as far as they are on it."""
    shown = in_blocks("scenes", partial(scene, renderer), renderer, seeds, size)
    paintings = shown["picture"][:0]
    if painted:
        made = in_blocks("paintings", partial(painting, renderer), renderer, seeds, size)
        paintings = made["painting"]
    return Scenes(shown["picture"], paintings, shown["scene"], shown["light"])


def scene(renderer: Renderer, size: int, seed: int) -> dict[str, np.ndarray]:
    """A seed's picture, and the numbers of its scene and light."""
    made = renderer.render(seed, size)
    return {
        "picture": made.picture.transpose(2, 0, 1),
        "scene": np.array(renderer.scenes.index(made.scene)),
        "light": np.array(renderer.lights.index(made.light)),
    }


def painting(renderer: Renderer, size: int, seed: int) -> dict[str, np.ndarray]:
    """A seed's crude painting."""
    return {"painting": renderer.crude(seed, size).transpose(2, 0, 1)}


def in_blocks(name: str, draw: Callable, renderer: Renderer, seeds: range, size: int) -> Tensors:
    """The results of `draw` for some seeds, stacked.

    They are cached in files of whole blocks, so that a call for another number of seeds, or after
    one that was interrupted, reads the blocks that are there.
    """
    full = -(-len(seeds) // BLOCK) * BLOCK
    whole = range(seeds.start, seeds.start + seeds.step * full, seeds.step)
    blocks = [whole[at : at + BLOCK] for at in range(0, full, BLOCK)]
    keys = {block: (renderer.version, size, block.start, block.step, BLOCK) for block in blocks}
    missing = [s for b in blocks if not path_of(name, keys[b]).exists() for s in b]
    with pool(len(missing)) as run, tqdm(total=len(missing), desc=name, disable=not missing) as bar:

        def make(block: Sequence[int]) -> Tensors:
            made = list(run(partial(draw, size), block))
            bar.update(len(block))
            return {key: torch.from_numpy(np.stack([m[key] for m in made])) for key in made[0]}

        parts = [cached(name, keys[block], partial(make, block)) for block in blocks]
    return {key: torch.cat([part[key] for part in parts])[: len(seeds)] for key in parts[0]}


@contextmanager
def pool(count: int) -> Iterator[Callable]:
    """A `map` over processes, one a core; for `count` scenes up to ALONE the plain `map`."""
    jobs = os.cpu_count() or 1
    if count <= ALONE or jobs == 1:
        yield map
        return
    with workers(jobs) as executor:
        yield partial(executor.map, chunksize=8)
