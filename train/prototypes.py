"""The mean pictures that labels come with, measured on the training pictures."""

import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core.errors import DataError
from cm_core.model import Preconditioned
from train.data import Pictures, Source, unfold

GUESSED = 1  # pictures that what a label's parts have of their own counts for


def mean_pictures(source: Source, model: Preconditioned) -> Tensor:
    """(labels, 3, side, side): each label's mean picture less that of all, over sigma_data.

    A label of several axes has few pictures or none, and is to be more than a copy of them. Its
    mean is taken as if GUESSED pictures more showed the sum of what each of its choices has of its
    own. Raises DataError for pictures that are not all at hand, or have no labels.
    """
    labels, side = source.labels, model.config.unet.prototypes
    if not labels.axes:
        raise DataError("Without labels there are no prototypes: set prototypes = 0.")
    if not isinstance(source, Pictures):
        raise DataError("Prototypes need all pictures at hand, not a stream: set prototypes = 0.")
    x = F.adaptive_avg_pool2d(source.floats(), side)
    x = (x - x.mean(0)) / model.config.sigma_data
    choices = unfold(torch.arange(labels.count), labels)
    guesses = x.new_zeros(labels.count, *x.shape[1:])
    for axis, names in enumerate(labels.axes.values()):
        for choice in range(len(names)):
            here = source.choices[:, axis] == choice
            if here.any():
                guesses[choices[:, axis] == choice] += x[here].mean(0)
    made = torch.empty_like(guesses)
    for row, (choice, guess) in enumerate(zip(choices, guesses, strict=True)):
        here = source.under(choice)
        made[row] = (x[here].sum(0) + GUESSED * guess) / (here.sum() + GUESSED)
    return made
