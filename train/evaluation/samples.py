"""Measures of samples: realism, variety, distance to the teacher's, labels and copies."""

from torch import Tensor

from cm_core.model import ConsistencyModel
from train.evaluation import metrics
from train.evaluation.bench import Bench, Sizes, in_batches, noise_seeds
from train.evaluation.card import Row
from train.evaluation.classifier import Classifier
from train.evaluation.teacher import Teacher
from train.grid import samples

NEAREST = 3  # k of precision and recall


def rows(
    model: ConsistencyModel,
    teacher: Teacher,
    bench: Bench,
    classifier: Classifier,
    sizes: Sizes,
    seed: int,
) -> list[Row]:
    """Rows of one repetition.

    Samples have the labels of the bench's scenes, which are as frequent as those of the reference.
    """
    label, found = bench.label(model.config.labels), []
    # Pictures are compared to the teacher's of the most levels that this evaluation has.
    levels = max(sizes.teacher_levels)
    truth = teacher.draw(bench, levels, seed)

    def row(name: str, evaluations: int | None, pictures: Tensor) -> None:
        head = {"what": name, "evaluations": evaluations}
        compared = None if pictures is truth or name == "renders" else truth
        found.append(head | measures(bench, classifier, pictures, compared))

    if seed == 0:
        row("renders", None, bench.scenes.floats())
    for steps in sizes.sample_steps:
        row("ours", steps, draw(model, label, steps, seed))
    for n in sizes.teacher_levels:
        pictures = truth if n == levels else teacher.draw(bench, n, seed)
        row("teacher", teacher.evaluations(n, label), pictures)
    return found


def draw(model: ConsistencyModel, label: Tensor, steps: int, seed: int) -> Tensor:
    """Samples with labels (N,), clamped: (N, 3, H, W) in [-1, 1]."""

    def make(part: slice) -> Tensor:
        first = noise_seeds(seed, part)[0]
        return samples(model, part.stop - part.start, steps, first, label[part]).clamp(-1, 1)

    return in_batches(make, len(label), f"{steps} evaluations from nothing")


def measures(bench: Bench, classifier: Classifier, pictures: Tensor, truth: Tensor | None) -> dict:
    """Measures of samples with the labels of the bench's scenes.

    truth: the teacher's samples of the same noise, or None.
    """
    ours, real = bench.features.features(pictures), bench.reference_features
    value, error = bench.kid(ours)
    # Both grow with the number of balls: at equal counts only.
    precision, recall = metrics.precision_recall(ours, real[: len(ours)], NEAREST)
    ratio, copies = metrics.memorisation(ours, bench.training_features, real[: len(ours)])
    return {
        "KID-lite2": value,
        "error": error,
        "precision": precision,
        "recall": recall,
        "to teacher": None if truth is None else metrics.rmse(pictures, truth),
        "nearest": ratio,
        "copies": copies,
    } | classifier.accuracy(ours, bench.scenes)
