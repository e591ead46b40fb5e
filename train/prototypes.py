"""The mean pictures that labels come with, measured on the training pictures."""

import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core.errors import DataError
from cm_core.model import Preconditioned
from train.data import Pictures, Source, unfold


def prototypes(source: Source, model: Preconditioned) -> Tensor:
    """(labels, 3, side, side): each label's mean picture less that of all, over sigma_data.

    A label of several axes has few pictures or none. Its mean is taken as if one picture more
    showed the sum of what each of its choices has of its own. Raises DataError for pictures that
    are not all at hand, or have no labels.
    """
    labels, side = source.labels, model.config.unet.prototypes
    if not isinstance(source, Pictures) or not labels.axes:
        raise DataError("Prototypes are means of labelled pictures that are all at hand.")
    x = F.adaptive_avg_pool2d(source.floats(), side)
    x = (x - x.mean(0)) / model.config.sigma_data
    choices = unfold(torch.arange(labels.count), labels)
    guesses = x.new_zeros(labels.count, *x.shape[1:])
    for axis in range(len(labels.axes)):
        for choice in choices[:, axis].unique():
            here = source.choices[:, axis] == choice
            if here.any():  # not so for "any", which has nothing of its own
                guesses[choices[:, axis] == choice] += x[here].mean(0)
    made = torch.empty_like(guesses)
    for row, (choice, guess) in enumerate(zip(choices, guesses, strict=True)):
        here = source.under(choice)
        made[row] = (x[here].sum(0) + guess) / (here.sum() + 1)
    return made
