"""The evaluation table of a consistency model and its teacher, on fixed seeds.

What stands here needs nothing but the checkpoints and the picture set.
"""

import dataclasses
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core import load_model
from cm_core.checkpoint import config_to_json, write_atomically
from cm_core.model import ConsistencyModel, Denoiser
from editing import colorize, inpaint, super_resolve
from editing.operators import PatchMean, grey_picture
from editing.tasks import spaced
from train import data, metrics
from train.config import DataConfig
from train.grid import samples

STEPS = (1, 2, 4, 8)
TEACHER_LEVELS = (5, 9, 18)
TRUTH_LEVELS = 40
SWEEP = (0.4, 0.6, 0.9, 1.3, 1.9)


def data_of(model: ConsistencyModel, file: str) -> tuple[data.Pictures, data.Pictures]:
    """The training and held-out pictures of the groups and the size that a model was trained on."""
    everything, _ = data.load(DataConfig(file, size=model.config.image_size))
    known = model.config.labels.axes["group"]
    left_out = tuple(g for g in everything.labels.axes["group"] if g not in known)
    return data.load(DataConfig(file, size=model.config.image_size, leave_out=left_out))


def sample_rows(
    model: ConsistencyModel, teacher: Denoiser, held_out: data.Pictures, count: int
) -> list[dict]:
    """A row a step count: distance to the exact path's end, spread, distance to held-out data."""
    real = chosen(held_out, count)
    count = len(real)
    truth = samples(teacher, count, TRUTH_LEVELS)
    rows = []

    def row(name: str, evaluations: int, made: Tensor) -> None:
        rows.append(
            {
                "model": name,
                "evaluations": evaluations,
                "rmse": round(metrics.rmse(made, truth), 4),
                "std": round(float(made.std() / real.std()), 4),
                "swd": round(metrics.sliced_wasserstein(made, real), 4),
            }
        )
        print(rows[-1], flush=True)

    for steps in STEPS:
        row("consistency", steps, samples(model, count, steps))
    for levels in TEACHER_LEVELS:
        row("teacher", 2 * levels - 1, samples(teacher, count, levels))
    row("teacher", 2 * TRUTH_LEVELS - 1, truth)
    return rows


def edit_rows(model: ConsistencyModel, held_out: data.Pictures, count: int) -> list[dict]:
    """A row a task on held-out pictures: PSNR and SSIM beside a plain baseline."""
    pick = torch.linspace(0, len(held_out) - 1, min(count, len(held_out))).long()
    x0, label = held_out.floats(pick), held_out.label(pick)
    seeds, side = list(range(len(pick))), x0.shape[-1]
    rows = []

    def row(task: str, made: Tensor, plain: Tensor, baseline: str, where=None) -> None:
        rows.append(
            {
                "task": task,
                "baseline": baseline,
                "psnr": round(metrics.psnr(made, x0, where), 2),
                "psnr_baseline": round(metrics.psnr(plain, x0, where), 2),
                "ssim": round(metrics.ssim(made, x0), 4),
                "ssim_baseline": round(metrics.ssim(plain, x0), 4),
            }
        )
        print(rows[-1], flush=True)

    small = PatchMean(4).measure(x0)
    bicubic = F.interpolate(small, scale_factor=4, mode="bicubic", antialias=False).clamp(-1, 1)
    row("enlarge x4", super_resolve(model, small, seed=seeds, label=label), bicubic, "bicubic")
    row("colourise", colorize(model, x0, seed=seeds, label=label), grey_picture(x0), "grey")
    hole = torch.zeros(1, 1, side, side)
    hole[..., side // 4 : side // 2, side // 4 : 3 * side // 4] = 1
    around = (x0 * (1 - hole)).sum((2, 3), keepdim=True) / (1 - hole).sum()
    filled = inpaint(model, x0, hole, seed=seeds, label=label)
    row("inpaint", filled, torch.where(hole > 0, around, x0), "mean of the rest", hole)
    return rows


def sweep(
    model: ConsistencyModel, held_out: data.Pictures, count: int
) -> dict[int, tuple[float, ...]]:
    """Noise levels for 1, 2, 4 and 8 steps with the least sliced Wasserstein distance to held-out
    pictures: the last level is swept, the others lie evenly in log between it and sigma_max."""
    real = chosen(held_out, count)
    top = model.config.sigma_max
    found = {1: (top,)}
    for steps in STEPS[1:]:
        tried = {}
        for final in SWEEP:
            levels = tuple(round(s, 4) for s in spaced(top, final, steps))
            made = samples(model, len(real), steps, sigmas=levels)
            tried[levels] = metrics.sliced_wasserstein(made, real)
            print(f"{steps} steps down to {final}: {tried[levels]:.4f}", flush=True)
        found[steps] = min(tried, key=tried.get)
    return found


def chosen(pictures: data.Pictures, count: int) -> Tensor:
    """A fixed random choice of pictures."""
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))
    return pictures.floats(order[:count])


def table(rows: list[dict]) -> str:
    """Rows as a Markdown table."""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(str(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def into_card(card: Path, text: str) -> None:
    """Put the table between the marks of a model card, at its end where there are none yet."""
    begin, end = "<!-- evaluation -->", "<!-- /evaluation -->"
    old = card.read_text() if card.exists() else ""
    head, found, rest = old.partition(begin)
    tail = rest.partition(end)[2] if found else ""
    new = f"{head.rstrip()}\n\n{begin}\n{text}\n{end}\n\n{tail.lstrip()}"
    write_atomically(card, (new.strip() + "\n").encode())


def evaluate(
    folder: Path, teacher: Denoiser, file: str, count: int, quality: Path | None, swept: bool
) -> None:
    """Evaluate a checkpoint folder; the table goes into its card, the chart's numbers to `quality`.

    With `swept`, the best noise levels are found first and stored in its config.
    """
    model = load_model(folder)
    _, held_out = data_of(model, file)
    if swept:
        config = dataclasses.replace(model.config, sigmas=sweep(model, held_out, count))
        model.config = config
        write_atomically(folder / "config.json", config_to_json(model).encode())
    rows = sample_rows(model, teacher, held_out, count)
    if quality is not None:
        values = [
            {k: row[k] for k in ("model", "evaluations")} | {"value": row["swd"]} for row in rows
        ]
        chart = {"metric": "Sliced Wasserstein distance to held-out pictures", "rows": values}
        write_atomically(quality, (json.dumps(chart, indent=2) + "\n").encode())
    into_card(folder / "README.md", f"{table(rows)}\n\n{table(edit_rows(model, held_out, count))}")
