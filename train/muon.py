"""Muon: momentum with all of its directions made equally strong, for a network's matrices."""

from collections.abc import Iterable

import torch
from torch import Tensor

from train.precision import has_bf16

MOMENTUM = 0.95
NARROWEST = 32  # a weight with fewer rows or columns is left to Adam
LIKE_ADAM = 0.2  # of an update's root mean square, so that Adam's learning rates serve
QUINTIC = (3.4445, -4.7750, 2.0315)  # steep at 0, about 1 from 0.7 to 1.2
TURNS = 5


def orthogonal(matrix: Tensor) -> Tensor:
    """About the nearest matrix with all singular values 1; they come out from 0.7 to 1.2.

    (rows, columns) -> (rows, columns). Newton-Schulz turns with a quintic: K. Jordan et al., Muon
    (2024), in bf16 as there, where the device has it: what it rounds off is less than the turns
    leave. Singular values below 0.1 % of the norm come out smaller.
    """
    a, b, c = QUINTIC
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x = (wide / (wide.norm() + 1e-7)).to(
        torch.bfloat16 if has_bf16(matrix.device) else torch.float32
    )
    for _ in range(TURNS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x if wide is matrix else x.T).to(matrix)


class Muon(torch.optim.Optimizer):
    """Muon for weights that are matrices, a convolution's (out, in x kernel); Adam for the others.

    `lr` and `betas` are Adam's: a matrix moves by about as much in root mean square (Liu et al.
    2025, arXiv 2502.16982, eq. 4). torch.optim.Muon takes plain matrices only.
    """

    def __init__(
        self,
        params: Iterable,
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Move every parameter that has a gradient."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    move = matrix_move if is_matrix(p) else adam_move
                    p.add_(move(p.grad, self.state[p], group), alpha=-group["lr"])


def is_matrix(p: Tensor) -> bool:
    """Whether Muon moves a parameter: two axes or more, none of its two sides narrow."""
    return p.ndim >= 2 and min(p.shape[0], p[0].numel()) >= NARROWEST


def matrix_move(grad: Tensor, state: dict, group: dict) -> Tensor:
    """The direction of a matrix: Nesterov momentum, made orthogonal."""
    momentum = state.setdefault("momentum", torch.zeros_like(grad))
    momentum.mul_(MOMENTUM).add_(grad)
    ahead = grad.add(momentum, alpha=MOMENTUM).flatten(1)
    return (orthogonal(ahead) * (LIKE_ADAM * max(ahead.shape) ** 0.5)).reshape(grad.shape)


def adam_move(grad: Tensor, state: dict, group: dict) -> Tensor:
    """Adam's direction (Kingma and Ba 2014, algorithm 1)."""
    if not state:
        state |= {"steps": 0, "mean": torch.zeros_like(grad), "square": torch.zeros_like(grad)}
    state["steps"] += 1
    keep, keep_square = group["betas"]
    mean = state["mean"].lerp_(grad, 1 - keep) / (1 - keep ** state["steps"])
    square = state["square"].lerp_(grad.square(), 1 - keep_square)
    return mean / ((square / (1 - keep_square ** state["steps"])).sqrt() + group["eps"])
