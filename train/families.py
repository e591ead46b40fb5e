"""What a model is told of pictures that are of a family of subjects, but of none that it knows."""

from collections.abc import Mapping

import torch
from torch import Tensor

from train.data import Pictures, Source

TOLD = ("net.label.weight", "net.prototypes.pictures")  # tables with a row a label
HALF = 0.5


@torch.no_grad()
def with_families(weights: Mapping[str, Tensor], source: Source) -> dict[str, Tensor]:
    """Weights whose rows for families are half of what their subjects' rows share.

    Learned from the family's own pictures a row is believed too much: another picture is like none
    of them. So a family is never told in training; its code and its prototype lie halfway from the
    label that leaves the last axis open to the mean of its subjects', by their pictures. Sets
    without families, and networks without such a label, are left as they are.
    """
    weights = dict(weights)
    if not isinstance(source, Pictures) or source.families is None or not source.labels.any:
        return weights
    count = len(source.families)
    pictures = source.choices[:, -1].bincount(minlength=count)
    for name in TOLD:
        if name not in weights:
            continue
        table = weights[name].clone()
        rows = table.unflatten(0, (-1, count + 1))  # others x the last axis, which is the fastest
        for family in source.families.unique().tolist():
            share = torch.where(source.families == family, pictures, 0).to(table)
            if pictures[family] or not share.any():
                continue  # a subject of its own
            common = torch.einsum("s,os...->o...", share / share.sum(), rows[:, :count])
            rows[:, family] = torch.lerp(rows[:, -1], common, HALF)
        weights[name] = table
    return weights
