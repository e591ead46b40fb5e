"""The choice of noise levels and default strength, on held-out scenes that no table reports on."""

import copy
import dataclasses

from cm_core.model import ConsistencyModel, ModelConfig
from editing.tasks import STROKE_STEPS, spaced
from train.evaluation.bench import Bench
from train.evaluation.main_job import PAINTING_GOAL, finish
from train.evaluation.samples import draw

STEPS = (2, 4, 8)
SECOND = (0.4, 0.6, 0.9, 1.3, 1.8, 2.5)  # from higher levels a second step draws another picture
LAST = 0.3
STRENGTHS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
SEED = 900  # of the noise, which is not that of the tables


def chosen(model: ConsistencyModel, bench: Bench) -> ModelConfig:
    """The model's config with the noise levels and the default strength that are best by KID-lite2.

    Noise levels for samples of 2, 4 and 8 evaluations come first, then the strength for paintings.
    bench: that of the choosing half.
    """
    tuned = copy.copy(model)
    tuned.config = dataclasses.replace(model.config, sigmas={1: (model.config.sigma_max,)})
    label = bench.label(model.config.labels)

    def distance(levels: tuple[float, ...]) -> float:
        tried = copy.copy(tuned)
        tried.config = with_levels(tuned.config, levels)
        kid = bench.realism(draw(tried, label, len(levels), SEED))["KID-lite2"]
        print(f"levels {levels}: KID-lite2 {kid:.5f}", flush=True)
        return kid

    for steps in STEPS:
        best = min((levels_from(model.config, second, steps) for second in SECOND), key=distance)
        tuned.config = with_levels(tuned.config, best)
    return dataclasses.replace(tuned.config, strength=best_strength(tuned, bench))


def with_levels(config: ModelConfig, levels: tuple[float, ...]) -> ModelConfig:
    """The config with these noise levels for samples of as many evaluations."""
    return dataclasses.replace(config, sigmas=config.sigmas | {len(levels): levels})


def levels_from(config: ModelConfig, second: float, steps: int) -> tuple[float, ...]:
    """`steps` noise levels: sigma_max, `second`, and down to LAST at even distances in log."""
    return (config.sigma_max, *(round(s, 4) for s in spaced(second, LAST, steps - 1)))


def best_strength(model: ConsistencyModel, bench: Bench) -> float:
    """The least strength, so the most faithful, at which paintings reach the goal for realism.

    If none reaches it, the least strength whose KID is within a standard error of the lowest one.
    """
    asked = PAINTING_GOAL * bench.realism(bench.scenes.painted())["KID-lite2"]
    kid, error = {}, {}
    for strength in STRENGTHS:
        found = bench.realism(finish(model, bench, STROKE_STEPS, strength, SEED))
        kid[strength], error[strength] = found["KID-lite2"], found["error"]
        print(f"strength {strength}: KID-lite2 {kid[strength]:.5f}, {asked:.5f} is asked")
    best = min(kid, key=kid.__getitem__)
    return least(kid, asked) or least(kid, kid[best] + error[best]) or best


def least(kid: dict[float, float], most: float) -> float | None:
    """The least strength whose KID is not above `most`; None where there is none."""
    return min((strength for strength, value in kid.items() if value <= most), default=None)
