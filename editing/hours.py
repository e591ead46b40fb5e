"""A day passing: one painting from dawn to night, by one seed.

The colours of the painting are moved into each frame's light, and the model is told it; frames
between two lights have colours and a label between those.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from cm_core.adapter import Adapter, Model, adapt
from cm_core.errors import ImageError
from cm_core.model import Label
from cm_core.noise import generators
from cm_core.stream import Step, last_of, last_x0
from editing.checks import check_between, check_picture
from editing.generate import MAX_FRAMES
from editing.guess import light_of
from editing.lights import halfway, known_lights, relight
from editing.paper import covered
from editing.tasks import (
    SAMPLES_PER_STEP,
    STROKE_STEPS,
    STROKE_STRENGTH,
    Sigmas,
    stream_stroke,
)

DAY = ("dusk", "sunset", "golden hour", "day", "golden hour", "sunset", "dusk", "night")
FRAMES = 12

Time = tuple[str, str, float]  # light before, light after, weight of the one after


def stream_day(
    model: Model,
    painting: Tensor,
    strength: float = STROKE_STRENGTH,
    steps: int = STROKE_STEPS,
    seed: int = 0,
    *,
    frames: int = FRAMES,
    scene: str | None = None,
    paper: bool = False,
    samples_per_step: int = SAMPLES_PER_STEP,
    sigmas: Sigmas = None,
) -> Iterator[Step]:
    """Finish a painting in the lights of a day, from dawn through noon to night.

    painting: (1, 3, H, W) in [-1, 1], of the model's size. frames: 2 to 256, in one batch. scene:
    one of the model, None is any. The other options are those of `stroke`. A Step's x0 is
    (frames, 3, H, W). Raises ImageError, SettingError.
    """
    if check_picture(painting, "painting").shape[0] != 1:
        raise ImageError(f"A day passes over one painting, not {painting.shape[0]}: give one.")
    check_between(frames, 2, MAX_FRAMES, "frames")
    ground, times = covered(painting.cpu()) if paper else painting.cpu(), hours(frames)
    source = light_of(ground)
    return stream_stroke(
        model,
        torch.cat([lit(ground, source, time) for time in times]),
        strength,
        steps,
        samples_per_step=samples_per_step,
        label=labels_of(adapt(model), scene, times),
        generator=generators([seed] * frames, frames),
        sigmas=sigmas,
    )


def hours(frames: int) -> list[Time]:
    """The times of so many frames, evenly over the day."""
    at = [i * (len(DAY) - 1) / (frames - 1) for i in range(frames)]
    before = [min(int(time), len(DAY) - 2) for time in at]
    return [(DAY[i], DAY[i + 1], time - i) for i, time in zip(before, at, strict=True)]


def nearest_light(time: Time) -> str:
    """The light that a frame is nearer to."""
    before, after, weight = time
    return after if weight > 0.5 else before


def lit(painting: Tensor, source: str, time: Time) -> Tensor:
    """A painting (1, 3, H, W) of one light with the colours that it would have between two."""
    lights, (before, after, weight) = known_lights(), time
    now = halfway(lights[before], lights[after], weight)
    return relight(painting, source, "now", {**lights, "now": now})


def labels_of(model: Adapter, scene: str | None, times: Sequence[Time]) -> Label:
    """What the model is told in each frame: the scene and what lies between two lights.

    A model that knows no lights is told the scene alone. Raises SettingError.
    """
    labels = getattr(model.config, "labels", None)
    if labels is None:
        return None
    told = {} if scene is None else {"scene": scene}
    if not set(DAY) <= set(labels.axes.get("light", ())):
        return labels.index(**told)
    names: list[str] = list(dict.fromkeys(DAY))
    weights = torch.zeros(len(times), len(names))
    for row, (before, after, weight) in zip(weights, times, strict=True):
        row[names.index(before)] += 1 - weight
        row[names.index(after)] += weight
    return model.between([labels.index(**told, light=name) for name in names], weights)


day = last_of(stream_day, last_x0)
