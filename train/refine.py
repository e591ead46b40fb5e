"""Finer labels for a model that knows coarser ones: codes to go on training with."""

from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from cm_core.checkpoint import load_checkpoint, save_checkpoint
from cm_core.errors import DataError
from train.data import Pictures, Source, fold, unfold
from train.families import with_families
from train.judge import data_of
from train.prototypes import mean_pictures

SMALL = 16  # side that pictures are compared at
COMPONENTS = 64  # kept of what labels' pictures have of their own


def refine(checkpoint: Path, before: str, new: Source, out: Path, share: float = 0.4) -> Path:
    """Write a checkpoint that knows the labels of `new`, finer on the last axis than its own.

    The packed file `before` has the same pictures with the checkpoint's labels. A new label's code
    is that of the old one which most of its pictures had, and a step away from it; the steps'
    root mean square is `share` of that of old codes around their mean. Steps stand for what a
    label's mean picture has of its own, alike where those are alike: so the network has one map
    of them to learn, and not every label by itself. Prototypes, where it has them, are measured on
    the new labels. Raises CheckpointError, and DataError where pictures or other axes differ, or no
    label is finer.
    """
    model = load_checkpoint(checkpoint)
    if not model.config.labels.axes or not isinstance(new, Pictures):
        raise DataError("Finer labels need a model with labels, and pictures that are all at hand.")
    old, _ = data_of(model, before)
    ours, theirs = list(old.labels.axes.items())[:-1], list(new.labels.axes.items())[:-1]
    if ours != theirs or not torch.equal(old.images, new.images):
        raise DataError(f"{before} has other pictures or label axes than the new set.")
    weights = dict(model.state_dict())
    codes = weights["net.label.weight"]
    parent, own = relations(old, new)
    if not own.any():
        raise DataError(f"The new set's labels are no finer than those of {before}.")
    step = spread_out(own, codes.shape[1])
    around = length(codes - codes.mean(0))
    weights["net.label.weight"] = codes[parent] + step * (share * around / length(step))
    unet = replace(model.config.unet, num_classes=new.labels.count)
    finer = type(model)(replace(model.config, labels=new.labels, unet=unet))
    if unet.prototypes:
        weights["net.prototypes.pictures"] = mean_pictures(new, finer)
    save_checkpoint(finer, out, weights=with_families(weights, new))
    return out


def length(rows: Tensor) -> Tensor:
    """Root mean square of the lengths of rows (N, D)."""
    return rows.square().sum(1).mean().sqrt()


def relations(old: Pictures, new: Pictures) -> tuple[Tensor, Tensor]:
    """For each new label the old one that most of its subject's pictures had, (count,), any where
    there are none, and its mean picture less that one's, (count, 3 SMALL^2): zero where either has
    no pictures."""
    x = new.floats()
    x = F.adaptive_avg_pool2d(x, SMALL).flatten(1)
    own = x.new_zeros(new.labels.count, x.shape[1])
    choices = unfold(torch.arange(new.labels.count), new.labels)
    parents = choices.clone()
    for subject in choices[:, -1].unique():
        if subject >= 0:
            had = old.choices[new.choices[:, -1] == subject, -1]
            parents[choices[:, -1] == subject, -1] = had.mode().values if len(had) else -1
    for row, (choice, parent) in enumerate(zip(choices, parents, strict=True)):
        here, there = new.under(choice), old.under(parent)
        if here.any() and there.any():
            own[row] = x[here].mean(0) - x[there].mean(0)
    return fold(parents, old.labels), own


def spread_out(own: Tensor, dim: int) -> Tensor:
    """Differences (N, D) -> (N, dim): their principal components along as many random directions,
    each by the root of its size, so that the small ones are told as well."""
    _, sizes, axes = torch.linalg.svd(own, full_matrices=False)
    kept = min(COMPONENTS, dim, int((sizes > 1e-6 * sizes[0]).sum()))
    parts = own @ axes[:kept].T / sizes[:kept].sqrt()
    directions = torch.randn(dim, kept, generator=Generator().manual_seed(0))
    return parts @ torch.linalg.qr(directions)[0].T
