"""KID, the kernel distance of two sets of features, with its standard error."""

import torch
from torch import Tensor

PARTS = 10


class Kid:
    """KID to one set of real features (M, D), whose own sums are computed once.

    It is the unbiased squared MMD under the kernel (x.y / D + 1)^3 (Binkowski et al. 2018, eq. 4).
    It takes all pairs, a better estimate than random subsets of them. Its standard error is the
    jackknife's over ten disjoint parts of both sets (Efron and Stein 1981).
    """

    def __init__(self, real: Tensor):
        self.real = real
        self.sizes = sizes(real)
        self.within = block_sums(real, real, same=True)

    def __call__(self, made: Tensor) -> tuple[float, float]:
        """(KID, its standard error) of features (N, D), N and M at least twice PARTS."""
        ours, theirs = sizes(made), self.sizes
        within, between = block_sums(made, made, same=True), block_sums(made, self.real)

        def distance(keep: Tensor) -> Tensor:
            n, m = ours[keep].sum(), theirs[keep].sum()
            a, b, ab = (s[keep][:, keep].sum() for s in (within, self.within, between))
            return a / (n * (n - 1)) + b / (m * (m - 1)) - 2 * ab / (n * m)

        everything = torch.arange(PARTS)
        without = torch.stack([distance(everything[everything != g]) for g in range(PARTS)])
        error = ((without - without.mean()).square().sum() * (PARTS - 1) / PARTS).sqrt()
        return float(distance(everything)), float(error)


def sizes(x: Tensor) -> Tensor:
    """The number of features in each part of a set, (PARTS,)."""
    return torch.tensor([len(part) for part in x.tensor_split(PARTS)], dtype=torch.float64)


def block_sums(a: Tensor, b: Tensor, same: bool = False) -> Tensor:
    """(PARTS, PARTS) sums of the kernel between parts of two sets; of one set, over its pairs."""
    sums = torch.zeros(PARTS, PARTS, dtype=torch.float64)
    for i, x in enumerate(a.double().tensor_split(PARTS)):
        for j, y in enumerate(b.double().tensor_split(PARTS)):
            if same and j < i:
                sums[i, j] = sums[j, i]
                continue
            kernel = (x @ y.T / x.shape[1] + 1) ** 3
            sums[i, j] = kernel.sum() - (kernel.diagonal().sum() if same and i == j else 0)
    return sums
