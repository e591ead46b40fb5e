"""What a run says as it goes: a line every few seconds, and the same as JSON lines."""

import json
import time
from pathlib import Path

import torch
from torch import Tensor

from cm_core.errors import TrainingError
from train.config import RunConfig
from train.precision import within_reach

BANDS = (-1.5, 0.0, 1.5)  # edges in ln t
HELD_OUT_SIGMAS = (0.2, 0.5, 1.0, 3.0)


class Log:
    """Prints one line every few seconds and appends it to a file."""

    def __init__(self, path: Path, config: RunConfig, every: float = 10.0):
        self.path, self.config, self.every = path, config, every
        self.reset()

    def reset(self) -> None:
        self.losses: list[Tensor] = []
        self.times: list[Tensor] = []
        self.norms: list[float] = []
        self.since = time.monotonic()

    def write(self, line: str, record: dict) -> None:
        print(line, flush=True)
        try:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        except OSError as error:
            raise TrainingError(f"{self.path} cannot be written: {error.strerror}.") from None

    def start(self, run) -> None:
        weights = sum(p.numel() for p in run.model.parameters())
        precision = within_reach(self.config.precision, run.device)
        self.write(
            f"{self.config.name}: {weights / 1e6:.2f} M weights, {len(run.source)} pictures, "
            f"sigma_data {run.model.config.sigma_data}, from {run.images} of "
            f"{self.config.images} images on {run.device} in {precision}",
            {
                "start": run.images,
                "weights": weights,
                "pictures": len(run.source),
                "precision": precision,
            },
        )

    def step(self, run, loss: Tensor, t: Tensor, norm: float) -> None:
        """Take one step in; print when the time has come."""
        self.losses.append(loss)
        self.times.append(t)
        self.norms.append(norm)
        elapsed = time.monotonic() - self.since
        if elapsed < self.every:
            return
        losses, ln_t = torch.cat(self.losses).float().cpu(), torch.cat(self.times).log().cpu()
        band = torch.bucketize(ln_t, torch.tensor(BANDS))
        bands = [float(losses[band == i].mean()) for i in range(len(BANDS) + 1)]
        speed = self.config.batch * len(self.norms) / elapsed
        record = {
            "images": run.images,
            "speed": round(speed, 1),
            "loss": round(float(losses.mean()), 5),
            "bands": [round(b, 5) for b in bands],
            "norm": round(sum(self.norms) / len(self.norms), 4),
            "skipped": run.skipped,
        }
        stage = run.objective.stage(run.images)
        if stage:
            record["stage"] = stage
        self.write(
            f"{run.images:>9} images  {speed:7.1f}/s  loss {record['loss']:.4f}  by ln t "
            + " ".join(f"{b:.4f}" for b in bands)
            + f"  grad {record['norm']:.3f}  skipped {run.skipped}  {stage}".rstrip(),
            record,
        )
        self.reset()

    def held_out(self, images: int, errors: dict[str, float]) -> None:
        if not errors:
            return
        told = "  ".join(f"{name} {value:.4f}" for name, value in errors.items())
        self.write(f"{images:>9} images  held out: {told}", {"images": images, **errors})
        self.reset()


@torch.no_grad()
def held_out_errors(run, count: int = 256) -> dict[str, float]:
    """Mean squared error of x0 on held-out pictures at a few noise levels, by the last EMA."""
    if not len(run.held_out):
        return {}
    pick = torch.linspace(0, len(run.held_out) - 1, min(count, len(run.held_out))).long()
    x0, label = run.held_out.floats(pick), run.held_out.label(pick)
    noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0))
    with run.averaged() as model:
        errors = {}
        for sigma in HELD_OUT_SIGMAS:
            estimates = [
                model((x + sigma * z).to(run.device), sigma, y.to(run.device)).cpu()
                for x, z, y in zip(x0.split(64), noise.split(64), label.split(64), strict=True)
            ]
            errors[f"mse@{sigma:g}"] = float((torch.cat(estimates) - x0).square().mean())
    return errors
