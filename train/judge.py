"""What samples are judged by: the pictures of a set, and the features they are compared in."""

from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from cm_core.errors import DataError
from cm_core.model import Preconditioned
from train import data, features, metrics
from train.config import DataConfig

NEAREST = 3  # k of precision and recall


@dataclass(frozen=True)
class Judge:
    """Pictures and their features, by the classifier of the training pictures."""

    net: features.Classifier
    train: data.Pictures
    choosing: data.Pictures  # the half of the held-out concepts that noise levels are chosen on
    real: data.Pictures  # the other half, which tables report on
    train_features: Tensor
    real_features: Tensor

    def label(self, model: Preconditioned, count: int) -> Tensor | None:
        """Labels of `count` random training pictures, or None for a model without labels."""
        if not model.config.labels.axes:
            return None
        g = Generator().manual_seed(0)
        return self.train.label(torch.randint(len(self.train), (count,), generator=g))

    def kid_on_choosing(self, made: Tensor) -> float:
        """KID-own of pictures (N, 3, H, W) to the held-out ones that noise levels are chosen on."""
        target = self.net.features(self.choosing.floats())
        return metrics.kid(self.net.features(made), target)

    def named(self, made: Tensor, label: Tensor | None) -> float | None:
        """Share of pictures that the classifier calls what was asked for, on the last label axis.

        made (N, 3, H, W); label (N,), or None for a model without labels. Labels that leave that
        axis open do not count; None where no others are left.
        """
        if label is None:
            return None
        wanted = data.unfold(label, self.train.labels)
        right = self.train.agree(features.called(self.net, made), wanted)[:, -1]
        right = right[wanted[:, -1] >= 0]
        return float(right.double().mean()) if len(right) else None

    def measures(self, made: Tensor, label: Tensor | None) -> dict[str, float | None]:
        """Measures of pictures against the held-out ones to report on.

        made (N, 3, H, W) in [-1, 1]; label (N,) what was asked for, or None.
        """
        ours, real = self.net.features(made), self.real.floats()
        both = min(len(made), len(real))  # sliced Wasserstein needs sets of one size
        precision, recall = metrics.precision_recall(ours, self.real_features, NEAREST)
        ratio, copies = metrics.memorisation(ours, self.train_features, self.real_features)
        return {
            "KID-own": metrics.kid(ours, self.real_features),
            "FD-own": metrics.frechet(ours, self.real_features),
            "precision": precision,
            "recall": recall,
            "memorisation": ratio,
            "copies": copies,
            "named": self.named(made, label),
            "swd": metrics.sliced_wasserstein(made[:both], real[:both]),
            "std": float(made.std() / real.std()),
        }

    def floor(self, count: int) -> list[dict]:
        """Rows of true pictures in place of samples: `count` of the training set (all, where it has
        fewer), and the other half of the held-out ones."""
        order = torch.randperm(len(self.train), generator=Generator().manual_seed(0))[:count]
        known = self.measures(self.train.floats(order), None)  # the classifier has learned these
        known |= {"memorisation": None, "copies": None}
        unseen = self.measures(self.choosing.floats(), self.choosing.label())
        nothing = {"evaluations": None, "rmse": None, "psnr": None}
        return [
            {"model": "training pictures"} | nothing | known,
            {"model": "other held-out"} | nothing | unseen,
        ]


def judge_of(model: Preconditioned, file: str) -> Judge:
    """Everything to judge a model by, from the packed file that it was trained on."""
    train, held_out = data_of(model, file)
    choosing, real = halves(held_out)
    net = features.classifier(train)
    known, unseen = (net.features(pictures.floats()) for pictures in (train, real))
    return Judge(net, train, choosing, real, known, unseen)


def data_of(model: Preconditioned, file: str) -> tuple[data.Pictures, data.Pictures]:
    """The training and held-out pictures of the groups and the size that a model was trained on.

    Raises DataError where the file's labels, less whole groups, are not the model's.
    """
    axes, size = model.config.labels.axes, model.config.image_size
    config = DataConfig(file=file, size=size, label_any=model.config.labels.any, label_dropout=0.0)
    train, held_out = data.load(config)
    if "group" in axes and "group" in train.labels.axes:
        left_out = tuple(g for g in train.labels.axes["group"] if g not in axes["group"])
        train, held_out = data.load(replace(config, leave_out=left_out))
    if axes and dict(axes) != dict(train.labels.axes):
        raise DataError(f"{file} is not what {model.config.name} was trained on: other labels.")
    return train, held_out


def halves(held_out: data.Pictures) -> tuple[data.Pictures, data.Pictures]:
    """Held-out pictures to choose noise levels on, and those to report on: every other concept in
    all its styles, the same for as long as the set is."""
    number = {concept: i for i, concept in enumerate(sorted(set(held_out.concepts)))}
    odd = torch.tensor([number[c] % 2 == 1 for c in held_out.concepts], dtype=torch.bool)
    if min(odd.sum(), (~odd).sum()) <= NEAREST:
        raise DataError(f"Too few held-out pictures: a half needs more than {NEAREST}.")

    def part(mask: Tensor) -> data.Pictures:
        concepts = [c for c, here in zip(held_out.concepts, mask.tolist(), strict=True) if here]
        images, choices = held_out.images[mask], held_out.choices[mask]
        return replace(held_out, images=images, choices=choices, concepts=tuple(concepts))

    return part(odd), part(~odd)
