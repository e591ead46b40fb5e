"""Sample grids, for the eye."""

import io
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from cm_core.checkpoints.checkpoint import make_folder, write_atomically
from cm_core.errors import SettingError
from cm_core.labels import Labels
from cm_core.model import ConsistencyModel, Label, Preconditioned
from cm_core.noise import generators, randn
from cm_core.samplers import sample_euler, sample_heun, sample_multistep
from cm_core.schedule import karras_sigmas
from train.distributed import Processes


def save_grid(images: Tensor, path: Path, columns: int) -> None:
    """Write (B, 3, H, W) pictures in [-1, 1] as one sheet, row by row; a name that ends in .webp
    makes it small. Raises SettingError, CheckpointError."""
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind not in Image.SAVE:
        raise SettingError(f"{path} is no name of a picture: end it in .png or .webp.")
    b, _, h, w = images.shape
    rows = -(-b // columns)
    sheet = torch.ones(rows * columns, 3, h, w)
    sheet[:b] = images.cpu()
    sheet = sheet.reshape(rows, columns, 3, h, w).permute(0, 3, 1, 4, 2)
    pixels = ((sheet.clamp(-1, 1) + 1) * 127.5).round().byte().reshape(rows * h, columns * w, 3)
    file = io.BytesIO()
    Image.fromarray(pixels.numpy()).save(file, kind, quality=92)
    make_folder(path.parent)
    write_atomically(path, file.getvalue())


def labels_in_turn(labels: Labels, count: int, each: int) -> Tensor | None:
    """A label a picture of a grid: each choice of the last axis for `each` pictures, the others'
    choices one after the other; (count,) long, or None where the model knows no labels."""
    if not labels.axes:
        return None
    *others, (last, names) = labels.axes.items()
    along = list(product(*(choices for _, choices in others)))
    told = []
    for i in range(count):
        choice = dict(zip((axis for axis, _ in others), along[i % len(along)], strict=True))
        told.append(labels.index(**choice, **{last: names[i // each % len(names)]}))
    return torch.tensor(told)


def samples(
    model: Preconditioned,
    count: int,
    steps: int,
    seed: int = 0,
    label: Label = None,
    sigmas: Sequence[float] | None = None,
    size: int = 64,
    processes: Processes = Processes(),  # noqa: B008 - frozen
) -> Tensor:
    """Pictures from seeds seed, seed + 1, ..., `size` at a time: (count, 3, H, W).

    A consistency model takes `steps` evaluations, a teacher `steps` Heun levels, a denoiser that
    was distilled to `steps` levels of its own those, by Euler; `sigmas` stand in for the model's
    own noise levels. The processes divide the work, and all get all pictures.
    """
    config = model.config
    sampler = sample_heun
    if sigmas is not None:
        levels = sigmas
    elif isinstance(model, ConsistencyModel):
        levels = model.sigmas_for(steps)
    elif steps in config.sigmas:
        levels, sampler = config.sigmas[steps], sample_euler
    else:
        levels = karras_sigmas(steps, config.sigma_min, config.sigma_max)
    made = {}
    for start in range(processes.rank * size, count, processes.size * size):
        seeds = generators(seed + start, min(size, count - start))
        noise = randn((len(seeds), 3, config.image_size, config.image_size), seeds).to(model.device)
        part = label[start : start + size] if isinstance(label, Tensor) else label
        if isinstance(model, ConsistencyModel):
            x0 = sample_multistep(
                model, noise, levels, seeds, part, sigma_min=config.sigma_min, clip=config.clip
            )
        else:
            x0 = sampler(model, noise, levels, part)
        made[start] = x0.cpu()
    parts = processes.gather(made)
    return torch.cat([parts[start] for start in sorted(parts)])
