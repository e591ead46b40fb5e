"""A run's log: lines on the terminal, and the same as JSON in a file."""

import json
import time
from pathlib import Path

import torch
from torch import Tensor

from cm_core.errors import TrainingError
from train.config import RunConfig
from train.precision import supported

BANDS = (-1.5, 0.0, 1.5)  # edges in ln t


class Log:
    """A line of averages over the last steps, every `every` seconds."""

    def __init__(self, path: Path, config: RunConfig, every: float = 10.0):
        self.path, self.config, self.every = path, config, every
        self.reset()

    def reset(self) -> None:
        """Begin the averages of the next line."""
        self.losses: list[Tensor] = []
        self.times: list[Tensor] = []
        self.norms: list[float] = []
        self.since = time.monotonic()

    def write(self, line: str, record: dict) -> None:
        """Print a line and append its record to the file. Raises TrainingError."""
        print(line, flush=True)
        try:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        except OSError as error:
            raise TrainingError(f"{self.path} cannot be written: {error.strerror}.") from None

    def start(
        self, images: int, weights: int, pictures: int, sigma_data: float, device: torch.device
    ) -> None:
        """Write the first line. images: seen before; weights, pictures: how many there are."""
        precision = supported(self.config.precision, device)
        self.write(
            f"{self.config.name}: {weights / 1e6:.2f} M weights, {pictures} pictures, "
            f"sigma_data {sigma_data}, from {images} of {self.config.images} images on {device} in "
            f"{precision}",
            {"start": images, "weights": weights, "pictures": pictures, "precision": precision},
        )

    def step(
        self, images: int, loss: Tensor, t: Tensor, norm: float, skipped: int, stage: str
    ) -> None:
        """Take in one step, its losses and noise levels (B,); write a line if it is time for it."""
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
            "images": images,
            "speed": round(speed, 1),
            "loss": round(float(losses.mean()), 5),
            "bands": [round(b, 5) for b in bands],
            "norm": round(sum(self.norms) / len(self.norms), 4),
            "skipped": skipped,
        }
        if stage:
            record["stage"] = stage
        self.write(
            f"{images:>9} images  {speed:7.1f}/s  loss {record['loss']:.4f}  by ln t "
            + " ".join(f"{b:.4f}" for b in bands)
            + f"  grad {record['norm']:.3f}  skipped {skipped}  {stage}".rstrip(),
            record,
        )
        self.reset()

    def held_out(self, images: int, errors: dict[str, float]) -> None:
        """Write a line of a model's errors on held-out pictures; none where there are none."""
        if not errors:
            return
        values = "  ".join(f"{name} {value:.4f}" for name, value in errors.items())
        self.write(f"{images:>9} images  held out: {values}", {"images": images, **errors})
        self.reset()
