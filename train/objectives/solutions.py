"""The teacher's own pictures of some noises, kept for a while to be learned from several times."""

import torch
from torch import Tensor, nn

from cm_core.samplers import sample_heun
from cm_core.schedule import karras_sigmas
from train.objectives.base import Batch

LEVELS, LOWEST = 7, 0.2  # of the grid that noise is solved by; from the lowest in one evaluation
RENEWED = 2  # a step, once all places are taken


class Solutions(nn.Module):
    """Training pictures and their labels, noises drawn for them, and what a teacher makes of these.

    Solving costs some dozen evaluations, where a step of training costs one: each solution serves
    many steps. The places are part of a run's state.
    """

    def __init__(self, places: int, side: int):
        super().__init__()
        shape = (places, 3, side, side)
        for name in ("x0", "noise", "solved"):
            self.register_buffer(name, torch.zeros(shape, dtype=torch.float16))
        self.register_buffer("label", torch.zeros(places, dtype=torch.long))
        self.register_buffer("count", torch.zeros((), dtype=torch.long))

    def renew(self, teacher, batch: Batch, boost: float) -> None:
        """Solve a batch's noise, taken `boost` times; all of it while there are empty places."""
        count, places = int(self.count), len(self.label)
        size = min(len(batch.x0), places - count if count < places else RENEWED)
        x0, label, noise = batch.x0[:size], batch.label[:size], batch.noise[:size].half()
        grid = karras_sigmas(LEVELS, LOWEST)
        solved = sample_heun(teacher, boost * noise.float(), grid, label).clamp(-1, 1)
        at = torch.arange(count, count + size, device=label.device) % places
        self.x0[at], self.noise[at], self.solved[at] = x0.half(), noise, solved.half()
        self.label[at] = label
        self.count += size

    def put_into(self, batch: Batch, size: int) -> tuple[Batch, Tensor]:
        """The batch with its first `size` pictures, labels and noises from here, and what these
        noises were solved to, (size, 3, H, W)."""
        at = torch.randint(min(int(self.count), len(self.label)), (size,), device=batch.x0.device)
        x0, label, noise = batch.x0.clone(), batch.label.clone(), batch.noise.clone()
        x0[:size], label[:size], noise[:size] = self.x0[at], self.label[at], self.noise[at]
        return Batch(x0, label, batch.augment, noise, batch.level), self.solved[at].float()
