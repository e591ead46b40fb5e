"""Measures of the main job: a crude painting becomes a realistic and faithful picture."""

import itertools
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from cm_core.model import ConsistencyModel
from editing import stroke
from editing.tasks import STROKE_FIRST_SIGMAS, STROKE_STEPS
from train.evaluation.bench import Bench, Sizes, faithfulness, in_batches, noise_seeds
from train.evaluation.card import Row
from train.evaluation.teacher import SDEDIT_LEVELS, Teacher

BLUR = 2.0  # std in pixels of a picture of 64: the blur that models are compared to
Curve = list[tuple[float, float]]
GOALS = {1: 2.0, 2: 1.5}  # KID over the teacher's at the same faithfulness, at most, by evaluations
PAINTING_GOAL = 0.2  # KID of two evaluations over the painting's own, at most


def rows(
    model: ConsistencyModel, teacher: Teacher, bench: Bench, sizes: Sizes, seed: int
) -> list[Row]:
    """Rows of one repetition. Those that do not depend on noise are in the first alone.

    No labels are given, except in one row at the default strength.
    """
    scenes, strengths = bench.scenes, sorted({*sizes.strengths, model.config.strength})
    paintings, made = scenes.painted(), []

    def row(name: str, pictures: Tensor, evaluations=0, strength=None, ms=None) -> None:
        head = {"what": name, "evaluations": evaluations, "strength": strength}
        far = {"RMSE": faithfulness(pictures, paintings)}
        made.append(head | bench.realism(pictures) | far | {"ms": ms})

    if seed == 0:
        row("renders", scenes.floats())
        row("painting", paintings)
        row("painting, blurred", blurred(paintings))
    for steps in sizes.steps:
        ms = median_ms(lambda n=steps: stroke(model, paintings[:1], 0.5, n)) if seed == 0 else None
        for strength in strengths:
            row("ours", finish(model, bench, steps, strength, seed), steps, strength, ms)
    labelled = finish(model, bench, STROKE_STEPS, model.config.strength, seed, labelled=True)
    row("ours, told scene and light", labelled, STROKE_STEPS, model.config.strength)
    evaluations = teacher.evaluations(SDEDIT_LEVELS, None)
    for strength in sizes.teacher_strengths:
        row("teacher", teacher.finish(bench, noise_level(strength), seed), evaluations, strength)
    return made


def finish(
    model: ConsistencyModel,
    bench: Bench,
    steps: int,
    strength: float,
    seed: int,
    labelled: bool = False,
    **options,
) -> Tensor:
    """The bench's paintings, finished by the model, (N, 3, H, W).

    labelled: with the scenes' labels rather than none. options: those of `stroke`.
    """
    paintings = bench.scenes.painted()
    label = bench.label(model.config.labels) if labelled else None

    def make(part: slice) -> Tensor:
        seeds, given = noise_seeds(seed, part), None if label is None else label[part]
        return stroke(
            model, paintings[part], strength, steps, seeds, paper=True, label=given, **options
        )

    return in_batches(make, len(paintings), f"{steps} evaluations, strength {strength:g}")


def noise_level(strength: float) -> float:
    """The noise that `stroke` adds to a painting at a strength."""
    low, high = STROKE_FIRST_SIGMAS
    return low * (high / low) ** strength


def median_ms(make: Callable[[], object], times: int = 5) -> float:
    """The median of the milliseconds of several calls, after one that is not counted."""
    make()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        make()
        found.append(1000 * (time.perf_counter() - start))
    return statistics.median(found)


def blurred(x: Tensor, pixels: float = BLUR) -> Tensor:
    """Pictures (N, 3, H, W), blurred by a Gaussian of a std in pixels."""
    at = torch.arange(-8.0, 9.0)
    line = torch.exp(-(at**2) / (2 * pixels**2))
    line = (line / line.sum()).expand(3, 1, 1, -1)
    pad = F.pad(x, (8,) * 4, mode="replicate")
    across = F.conv2d(pad, line, groups=3)
    return F.conv2d(across, line.mT, groups=3)


def teacher_curve(table: list[Row]) -> Curve:
    """(RMSE, KID) of the teacher, by RMSE. At no noise its result is the painting."""
    return sorted(
        (r["RMSE"], r["KID-lite2"]) for r in table if r["what"] in ("painting", "teacher")
    )


def interpolated(curve: Curve, at: float) -> float | None:
    """The value of a piecewise linear curve at `at`; None beyond its ends."""
    for (x0, y0), (x1, y1) in itertools.pairwise(curve):
        if x0 <= at <= x1:
            return y0 if x0 == x1 else y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    return None


def compared(table: list[Row]) -> list[Row]:
    """The rows, each of ours with the teacher's KID at the same RMSE and the ratio of the two.

    There is no ratio where the teacher's KID is 0 or less, as an unbiased estimate may be.
    """
    curve, out = teacher_curve(table), []
    for row in table:
        theirs = interpolated(curve, row["RMSE"]) if row["what"].startswith("ours") else None
        ratio = row["KID-lite2"] / theirs if theirs is not None and theirs > 0 else None
        out.append(row | {"teacher's": theirs, "ratio": ratio})
    return out


def goals(table: list[Row], strength: float) -> list[Row]:
    """Rows of the goals at the default strength: what was found, and whether it meets them."""
    ours = {r["evaluations"]: r for r in table if r["what"] == "ours" and r["strength"] == strength}
    painting = next(r["KID-lite2"] for r in table if r["what"] == "painting")
    asked = [
        (f"evaluations {n}: KID over the teacher's at the same faithfulness", ours[n]["ratio"], at)
        for n, at in GOALS.items()
        if n in ours
    ]
    if 2 in ours:
        found = ours[2]["KID-lite2"] / painting
        asked.append(("evaluations 2: KID over the painting's own", found, PAINTING_GOAL))
    return [
        {"goal": name, "found": found, "at most": most, "met": verdict(found, most)}
        for name, found, most in asked
    ]


def verdict(found: float | None, most: float) -> str:
    """Whether a goal is met. found: None where the teacher has no KID at that RMSE."""
    if found is None:
        return "beyond the teacher's curve"
    return "yes" if found <= most else "no"
