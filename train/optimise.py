"""The optimisers by name, their learning rate, and the norm of gradients."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from train.config import OptimConfig
from train.muon import Muon
from train.progress import Progress

OPTIMISERS = {"adam": torch.optim.Adam, "radam": torch.optim.RAdam, "muon": Muon}
RESTART_WARMUP = 300  # warm-up steps after resuming without optimiser state


def make_optimiser(
    optim: OptimConfig, model: list[nn.Parameter], objective: list[nn.Parameter]
) -> torch.optim.Optimizer:
    """An optimiser of a model's parameters, and in a second group of those of an objective."""
    groups = [{"params": parameters} for parameters in (model, objective) if parameters]
    return OPTIMISERS[optim.name](groups, lr=optim.lr, betas=optim.betas)


def learning_rate(optim: OptimConfig, before: Progress, warm_from: int = 0) -> float:
    """The learning rate of the step that follows some progress.

    Linear warm-up, then lr, then a cosine from lr to lr_end over the last `decay` of the run.
    warm_from: images seen when a run was resumed with a fresh optimiser, which is warmed up again;
    0 where it was not.
    """
    into = max(0.0, before.fraction - (1 - optim.decay)) / optim.decay
    cosine = (1 + math.cos(math.pi * min(into, 1.0))) / 2
    warm = min(1.0, (before.step + 1) / optim.warmup) if optim.warmup else 1.0
    rate = (optim.lr_end + (optim.lr - optim.lr_end) * cosine) * warm
    if not warm_from:
        return rate
    steps = (before.images - warm_from) // before.batch + 1
    return min(1.0, steps / RESTART_WARMUP) * rate


def grad_norm(parameters: Iterable[Tensor]) -> float:
    """The norm of the parameters' gradients, taken together."""
    grads = [p.grad for p in parameters if p.grad is not None]
    return float(nn.utils.get_total_norm(grads))


def groups_of(optimiser: dict) -> list[int]:
    """The number of parameters in each group of an optimiser's state_dict."""
    return [len(group["params"]) for group in optimiser.get("param_groups", ())]
