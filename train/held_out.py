"""A model's errors on held-out pictures, and a sheet of its samples."""

from pathlib import Path

import torch

from cm_core.model import ConsistencyModel, Preconditioned
from train.data.in_memory import Pictures
from train.grid import samples, save_grid

SIGMAS = (0.2, 0.5, 1.0, 3.0)
MEASURED = 256  # held-out pictures
COLUMNS = 16


@torch.no_grad()
def errors(model: Preconditioned, pictures: Pictures) -> dict[str, float]:
    """Mean squared error of x0 at each of `SIGMAS`, on pictures at even distances in the set."""
    if not len(pictures):
        return {}
    pick = torch.linspace(0, len(pictures) - 1, min(MEASURED, len(pictures))).long()
    x0, label = pictures.floats(pick), pictures.label(pick)
    noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0))
    found = {}
    for sigma in SIGMAS:
        estimates = [
            model((x + sigma * z).to(model.device), sigma, y.to(model.device)).cpu()
            for x, z, y in zip(x0.split(64), noise.split(64), label.split(64), strict=True)
        ]
        found[f"mse@{sigma:g}"] = float((torch.cat(estimates) - x0).square().mean())
    return found


def sheet(model: Preconditioned, path: Path) -> None:
    """Write rows of samples with any label, then rows with each label in turn.

    A consistency model's are of one and two steps, a denoiser's of 18 Heun levels, or of the levels
    that it was distilled to.
    """
    labels, count = model.config.labels, 2 * COLUMNS
    turn = torch.arange(count) % labels.count if labels.count else None
    steps = (1, 2) if isinstance(model, ConsistencyModel) else (*model.config.sigmas, 18)[:1]
    rows = [samples(model, count, n) for n in steps]
    rows += [samples(model, count, n, label=turn) for n in steps]
    save_grid(torch.cat(rows), path, COLUMNS)
