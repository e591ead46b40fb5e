"""Samples of a model, and grids of pictures in one file."""

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
    """Write pictures (B, 3, H, W) in [-1, 1] as one picture, row by row.

    path: ends in .png, .webp or the like; .webp takes less room. Raises SettingError,
    CheckpointError.
    """
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
    """The label indices (count,) of a grid of pictures; None where the model has no labels.

    Each choice on the last axis holds for `each` pictures, while the choices on the other axes
    follow one another.
    """
    if not labels.axes:
        return None
    *others, (last, names) = labels.axes.items()
    along = list(product(*(choices for _, choices in others)))
    found = []
    for i in range(count):
        choice = dict(zip((axis for axis, _ in others), along[i % len(along)], strict=True))
        found.append(labels.index(**choice, **{last: names[i // each % len(names)]}))
    return torch.tensor(found)


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

    A consistency model takes `steps` evaluations. A denoiser takes `steps` levels of Heun's method,
    or of Euler's where its config has noise levels for `steps`, to which it was distilled then.
    sigmas: noise levels instead of the model's own. Several processes divide the work, and each
    gets all pictures.
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
