"""What a model is told of held-out pictures: not a subject, but the family that it belongs to."""

from collections.abc import Mapping

import torch
from torch import Tensor

from train.data import Pictures, Source, unfold

TOLD = ("net.label.weight", "net.prototypes.pictures")  # tables with a row a label
SHARE = 0.6  # by colours and fills of held-out pictures: more is better for the first alone


@torch.no_grad()
def with_families(weights: Mapping[str, Tensor], source: Source) -> dict[str, Tensor]:
    """Weights whose rows for families are a part of what their subjects' rows share.

    Learned from the family's own pictures a row is believed too much: another picture is like none
    of them. So a family is never told in training; its code and its prototype lie SHARE of the way
    from the label that leaves the last axis open to the mean of its subjects', by their pictures.
    Without such a label they are that mean. Weights of sets without families stay as they are.
    """
    weights = dict(weights)
    if not isinstance(source, Pictures) or source.families is None:
        return weights
    shares, families = shares_of(source)
    names, labels = len(source.families), source.labels
    for name in TOLD:
        if name not in weights:
            continue
        weights[name] = weights[name].clone()
        rows = weights[name].unflatten(0, (-1, names + labels.any))  # the last axis is the fastest
        common = torch.einsum("ofn,on...->of...", shares.to(rows), rows[:, :names])
        told = torch.lerp(rows[:, -1:], common, SHARE) if labels.any else common
        rows[:, families.to(rows.device)] = told
    return weights


def shares_of(source: Pictures) -> tuple[Tensor, Tensor]:
    """What each of a family's subjects counts for, (others, families, names), by pictures that the
    choices of the other axes have of it, or of all where they have none; and the families' numbers.

    Only what has no pictures of its own is made of others.
    """
    names, labels = len(source.families), source.labels
    total = source.choices[:, -1].bincount(minlength=names)
    families = source.families.unique()
    families = families[(families >= 0) & (total[families] == 0)]
    members = source.families == families[:, None]
    inside = (members & (total > 0)).any(1)
    families, members = families[inside], members[inside]
    rows = unfold(torch.arange(0, labels.count, names + labels.any), labels)[:, :-1]
    counts = []
    for row in rows.to(source.choices):
        here = ((source.choices[:, :-1] == row) | (row < 0)).all(1)
        counts.append(source.choices[here, -1].bincount(minlength=names))
    counts = torch.stack(counts)[:, None] * members
    counts = torch.where(counts.any(2, keepdim=True), counts, total * members)
    return counts / counts.sum(2, keepdim=True), families
