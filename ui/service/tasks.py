"""The page's edits, from pictures and plain numbers to pictures, each with what it cost.

The tabs and the public endpoints both call these. Each edit yields an EditProgress a step.
`choice` is what the page says besides steps and seed: scene, light, category, model. `guesses`:
evaluations that a step takes the mean of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image

import editing
from cm_core.errors import SettingError
from cm_core.samplers import Step
from editing.guess import guess
from editing.hours import FRAMES
from editing.image import fit, to_pil, to_tensor
from editing.lights import movable
from editing.paper import covered
from editing.tasks import STROKE_SAMPLES_PER_STEP
from ui.service.engine import ANY, Engine, Readout
from ui.service.progress import EditProgress, finish, last, like, shown, some
from ui.service.repairs import Repairs

MAX_SEED = 999_999
VARIATIONS = 4
VARIED = 0.65  # the least strength of variations: below, they differ in grain alone
MOST_SAMPLES = 8


class Tasks(Repairs):
    """Every edit of the page, on the engine that the choice names."""

    def paint(
        self,
        image: Image.Image | None,
        strength: float = 0.5,
        steps: int = 2,
        seed: int = 0,
        *choice: str,
        guesses: int = STROKE_SAMPLES_PER_STEP,
        relit: bool = True,
    ) -> Iterator[EditProgress]:
        """A finished picture from a rough painting, in the light that is named.

        relit: whether the painting's colours are moved into it; else the model is told it, no more.
        """
        engine, label = self.on(*choice)
        light = movable(choice[1]) if relit and len(choice) > 1 else None
        how = {"samples_per_step": guesses, "label": label, "light": light}
        return finish(engine, some(image), strength, steps, seed, **how)

    def lights(
        self,
        image: Image.Image | None,
        strength: float = 0.5,
        steps: int = 2,
        seed: int = 0,
        *choice: str,
        guesses: int = STROKE_SAMPLES_PER_STEP,
    ) -> Iterator[tuple[str, EditProgress]]:
        """(light, picture) of a painting in every light that the model knows."""
        scene, light, *rest = (*choice, *(ANY, ANY)[len(choice) :])
        engine, _ = self.on(scene, light, *rest)
        names = engine.model.config.labels.axes.get("light")
        if not names:
            raise SettingError("This model knows no lights: choose the bundled one.")
        for name in names:
            told = (strength, steps, seed, scene, name, *rest)
            yield name, last(self.paint(image, *told, guesses=guesses))

    def guess(self, image: Image.Image | None, *choice: str) -> dict[str, list[str]]:
        """By axis, the names of the model that a painting may show, the likeliest first."""
        engine, _ = self.on(ANY, ANY, *choice[2:])
        known = engine.model.config.labels.axes
        said = guess(covered(to_tensor(fit(some(image), engine.size))))
        return {
            axis: [name for name in names if name in known[axis]]
            for axis, names in said.items()
            if axis in known
        }

    def day(
        self,
        image: Image.Image | None,
        strength: float = 0.5,
        steps: int = 2,
        seed: int = 0,
        *choice: str,
        guesses: int = STROKE_SAMPLES_PER_STEP,
        frames: int = FRAMES,
    ) -> Iterator[tuple[list[Image.Image], Readout]]:
        """(frames, cost) of a painting from dawn to night: all of them a step, then one more of
        them finished each time. Of the choice, the light has no say."""
        scene, _, *rest = (*choice, *(ANY, ANY)[len(choice) :])
        engine, _ = self.on(scene, ANY, *rest)
        if not engine.model.config.labels.axes.get("light"):
            raise SettingError("This model knows no lights: choose the bundled one.")
        painting = to_tensor(fit(some(image), engine.size))
        told = {"scene": None if scene == ANY else scene, "frames": frames, "paper": True}
        for step, readout in engine.stream(
            lambda model: editing.stream_day(
                model, painting, strength, steps, seed, samples_per_step=guesses, **told
            )
        ):
            small = step.x0.split(1)
            pictures = [like(x0, image) for x0 in small]
            yield pictures, readout
        for i, x0 in enumerate(small):
            pictures = pictures.copy()
            pictures[i] = like(engine.enlarged(x0, seed), image)
            yield pictures, readout

    def vary(
        self,
        image: Image.Image | None,
        strength: float,
        steps: int,
        seed: int,
        *choice: str,
        **how: Any,
    ) -> Iterator[tuple[int, EditProgress]]:
        """(seed, picture) of a painting under the next seeds, one after the other, as `paint` but
        with noise enough for them to vary, if the strength has less."""
        enough = max(strength, VARIED)
        for i in range(1, VARIATIONS + 1):
            other = (seed + i) % (MAX_SEED + 1)
            yield (
                other,
                last(self.paint(image, enough, steps, other, *choice, **how)),
            )

    def generate(self, steps: int = 1, seed: int = 0, *choice: str) -> Iterator[EditProgress]:
        """A picture from noise alone."""
        engine, label = self.on(*choice)
        taken = engine.stream(
            lambda model: editing.stream_generate(model, seed, steps, label=label)
        )
        for step, readout in taken:
            done = step.index + 1 == steps
            x0 = engine.enlarged(step.x0, seed) if done else step.x0
            yield EditProgress(to_pil(x0), readout, shown(step), done, seed)

    def ends(
        self, seeds: list[int], *choice: str, to: Mapping[str, str] | None = None
    ) -> tuple[Engine, list[int | None]]:
        """(engine, labels) of the ends of a walk, or the corners of a grid. `to`: names by axis
        that the second of two has in place of the choice's. Raises SettingError, CheckpointError.
        """
        engine, label = self.on(*choice)
        labels = [label] * len(seeds)
        goals = {axis: name for axis, name in (to or {}).items() if name}
        if goals:
            if len(seeds) > 2:
                raise SettingError("Only a walk between two seeds goes to another label.")
            told = dict(zip(("scene", "light", "category", "model"), choice, strict=False))
            _, labels[1] = self.on(**told | goals)
        return engine, labels

    def interpolate(
        self,
        seeds: list[int],
        frames: int = 12,
        steps: int = 1,
        *choice: str,
        to: Mapping[str, str] | None = None,
    ) -> Iterator[tuple[list[Image.Image], Readout]]:
        """(frames, cost) on the way between two seeds or of the square between four, row by row;
        all of them after each step."""
        engine, labels = self.ends(seeds, *choice, to=to)

        def take(model: Any) -> Iterator[Step]:
            if len(seeds) == 2:
                return editing.stream_interpolate(model, *seeds, frames, steps, labels=labels)
            return editing.stream_interpolate_grid(
                model, seeds, frames, frames, steps, labels=labels
            )

        for step, readout in engine.stream(take):
            yield [to_pil(x) for x in step.x0.split(1)], readout
