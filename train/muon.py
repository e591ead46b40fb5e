"""Muon, an optimiser of matrices: momentum with all its singular values made about 1."""

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor

from train.precision import has_bf16

MOMENTUM = 0.95
NARROWEST = 32  # a weight with fewer rows or columns is left to Adam
LIKE_ADAM = 0.2  # root mean square of an update, which is about Adam's
QUINTIC = (3.4445, -4.7750, 2.0315)  # steep at 0, about 1 from 0.7 to 1.2
ITERATIONS = 5


def orthogonal(matrices: Tensor) -> Tensor:
    """Matrices with their singular values brought to between 0.7 and 1.2.

    (N, rows, columns) -> (N, rows, columns), by Newton-Schulz iterations with a quintic polynomial
    (K. Jordan et al., Muon, 2024), in bf16 as there, where the device has it: its rounding errors
    are below what the iterations leave. Singular values below 0.1 % of the norm come out smaller.
    """
    a, b, c = QUINTIC
    wide = matrices if matrices.shape[1] <= matrices.shape[2] else matrices.mT
    x = (wide / (wide.norm(dim=(1, 2), keepdim=True) + 1e-7)).to(
        torch.bfloat16 if has_bf16(matrices.device) else torch.float32
    )
    for _ in range(ITERATIONS):
        gram = torch.bmm(x, x.mT)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x if wide is matrices else x.mT).to(matrices)


class Muon(torch.optim.Optimizer):
    """Muon for weights that are matrices, a convolution's (out, in x kernel); Adam for the others.

    `lr` and `betas` are Adam's: a matrix's update has about the root mean square of one by Adam
    (Liu et al. 2025, arXiv 2502.16982, eq. 4). torch.optim.Muon takes plain matrices only.
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
        """Update every parameter that has a gradient."""
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            for kind, updates in ((True, matrix_updates), (False, adam_updates)):
                if some := [p for p in params if is_matrix(p) == kind]:
                    found = updates([p.grad for p in some], [self.state[p] for p in some], group)
                    torch._foreach_add_(some, found, alpha=-group["lr"])


def is_matrix(p: Tensor) -> bool:
    """Whether Muon updates a parameter: as a matrix (out, all else) it has no narrow side."""
    return p.ndim >= 2 and min(p.shape[0], p[0].numel()) >= NARROWEST


def matrix_updates(grads: list[Tensor], states: list[dict], group: dict) -> list[Tensor]:
    """The updates of matrices before the learning rate: Nesterov momentum, made orthogonal.

    Matrices of one shape are batched, as a GPU would otherwise spend its time on small calls.
    """
    for grad, state in zip(grads, states, strict=True):
        if not state:
            state["momentum"] = torch.zeros_like(grad)
    momenta = [state["momentum"] for state in states]
    torch._foreach_mul_(momenta, MOMENTUM)
    torch._foreach_add_(momenta, grads)
    ahead = torch._foreach_add(grads, momenta, alpha=MOMENTUM)
    places = defaultdict(list)
    for place, grad in enumerate(grads):
        places[len(grad), grad[0].numel()].append(place)
    updates = list(grads)
    for shape, alike in places.items():
        made = orthogonal(torch.stack([ahead[place].flatten(1) for place in alike]))
        for place, update in zip(alike, made * (LIKE_ADAM * max(shape) ** 0.5), strict=True):
            updates[place] = update.reshape(grads[place].shape)
    return updates


def adam_updates(grads: list[Tensor], states: list[dict], group: dict) -> list[Tensor]:
    """Adam's updates before the learning rate (Kingma and Ba 2014, algorithm 1)."""
    for grad, state in zip(grads, states, strict=True):
        if not state:
            state |= {"steps": 0, "mean": torch.zeros_like(grad), "square": torch.zeros_like(grad)}
        state["steps"] += 1
    keep, keep_square = group["betas"]
    means, squares = ([state[name] for state in states] for name in ("mean", "square"))
    torch._foreach_lerp_(means, grads, 1 - keep)
    torch._foreach_lerp_(squares, torch._foreach_mul(grads, grads), 1 - keep_square)
    roots = torch._foreach_sqrt(
        torch._foreach_div(squares, [1 - keep_square ** state["steps"] for state in states])
    )
    torch._foreach_add_(roots, group["eps"])
    updates = torch._foreach_div(means, [1 - keep ** state["steps"] for state in states])
    return list(torch._foreach_div(updates, roots))
