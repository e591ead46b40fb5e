"""Measures of the detailer: of finished paintings that it enlarges by four, and of renders."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from cm_core.detail_net import FACTOR
from cm_core.detailer import Detailer, bicubic
from cm_core.model import ConsistencyModel
from editing import enlarge, stroke
from editing.detail import finished
from train.evaluation import metrics
from train.evaluation.bench import (
    REFERENCE_FROM,
    Bench,
    Features,
    Sizes,
    faithfulness,
    in_batches,
    noise_seeds,
)
from train.evaluation.card import Row
from train.evaluation.scenes import Renderer, held_out

SIDE = 256  # of the feature network's input: nearly the 260 pixels that it was trained with
STEPS = (1, 2)
GOALS = {  # upper limits, for enlarged renders
    "KID of a lively one over bicubic's": 1 / 3,
    "dB that a lively one is below bicubic": 1.0,
    "dB that a faithful one is below bicubic": -0.5,
}


def prepare(sizes: Sizes, size: int, renderer: Renderer, features: Features) -> Bench:
    """The bench of the reported half at four times `size`, without training renders."""
    large = FACTOR * size
    scenes = held_out(sizes.count, large, renderer)
    reference = held_out(sizes.reference, large, renderer, first=REFERENCE_FROM, painted=False)
    return Bench(renderer, features, "reported", scenes, reference, reference.first(0))


def rows(model: ConsistencyModel, detailer: Detailer, bench: Bench, seed: int) -> list[Row]:
    """Rows of one repetition: paintings finished at the default strength and enlarged."""
    paintings, strength, found = bench.scenes.painted(), model.config.strength, []
    small = F.avg_pool2d(paintings, FACTOR)

    def row(name: str, pictures: Tensor, evaluations: int) -> None:
        head = {"what": name, "evaluations": evaluations}
        far = {"RMSE": faithfulness(pictures, paintings)}
        found.append(head | bench.realism(pictures) | far)

    def picture(steps: int, larger: Callable[[Tensor, list[int]], Tensor]) -> Tensor:
        def make(part: slice) -> Tensor:
            seeds = noise_seeds(seed, part)
            return larger(stroke(model, small[part], strength, steps, seeds, paper=True), seeds)

        return in_batches(make, len(small), f"{steps} evaluations, large")

    if seed == 0:
        row("renders", bench.scenes.floats(), 0)
        row("painting", paintings, 0)
    row("ours, bicubic", picture(2, lambda x0, seeds: bicubic(x0).clamp(-1, 1)), 2)
    for steps in STEPS:
        row("ours, detailer", picture(steps, lambda x0, s: finished(detailer, x0, s)), steps)
    return found


def enlarged(detailer: Detailer, bench: Bench, count: int, seed: int) -> list[Row]:
    """Rows of one repetition: the first `count` renders, reduced by four and enlarged again."""
    x0 = bench.scenes.first(count).floats()
    small, found = F.avg_pool2d(x0, FACTOR), []

    def row(name: str, make: Callable[[slice], Tensor]) -> None:
        made = in_batches(make, count, name)
        nearness = {"PSNR": metrics.psnr(made, x0), "SSIM": metrics.ssim(made, x0)}
        found.append({"what": name} | nearness | bench.realism(made))

    if seed == 0:
        row("bicubic", lambda part: bicubic(small[part]).clamp(-1, 1))
        row("faithful", lambda part: enlarge(detailer, small[part], faithful=True))
    row("lively", lambda part: enlarge(detailer, small[part], seed=noise_seeds(seed, part)))
    return found


def goals(table: list[Row]) -> list[Row]:
    """Rows of the goals for the rows of `enlarged`, and whether these meet them."""
    of = {row["what"]: row for row in table}
    plain, lively = of["bicubic"], of["lively"]
    found = (
        lively["KID-lite2"] / plain["KID-lite2"],
        plain["PSNR"] - lively["PSNR"],
        plain["PSNR"] - of["faithful"]["PSNR"],
    )
    return [
        {"goal": f"x4: {name}", "found": value, "at most": most,
         "met": "yes" if value <= most else "no"}
        for (name, most), value in zip(GOALS.items(), found, strict=True)
    ]  # fmt: skip
