"""The page's edits, from pictures and settings to pictures, each with its cost.

The tabs and the public endpoints call these methods. An edit yields an EditProgress a step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
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
from ui.service.engine import ANY, Engine, Readout
from ui.service.inputs import required_picture
from ui.service.progress import (
    EditProgress,
    in_shape_of,
    last,
    painting_steps,
    picture_steps,
    shown,
)
from ui.service.repairs import Repairs
from ui.service.settings import DEFAULTS, EditSettings

MAX_SEED = 999_999
VARIATIONS = 4
VARIED = 0.65  # the least strength of variations; below it they differ in grain only
MOST_SAMPLES = 8


class Tasks(Repairs):
    """Every edit of the page, on the engine that the settings name."""

    def stroke(
        self, image: Image.Image | None, settings: EditSettings = DEFAULTS, relit: bool = True
    ) -> Iterator[EditProgress]:
        """A finished picture from a rough painting, no smaller than the painting.

        relit: whether the painting's colours are moved into the light of the settings; else that
        light only goes into the model's label.
        """
        picture = required_picture(image)
        engine, label = self.on(*settings.choice)
        given = settings.strength, settings.steps, settings.seed
        how = {
            "samples_per_step": settings.samples_per_step,
            "label": label,
            "light": movable(settings.light) if relit else None,
            "paper": True,
        }
        if max(picture.size) > engine.finished_size:
            return picture_steps(
                engine,
                lambda model: editing.stream_stroke_picture(
                    model, picture, *given, detailer=engine.detailer, **how
                ),
                settings.steps,
            )
        painting = to_tensor(fit(picture, engine.size))
        return painting_steps(
            engine,
            lambda model: editing.stream_stroke(model, painting, *given, **how),
            picture,
            settings,
        )

    def lights(
        self, image: Image.Image | None, settings: EditSettings = DEFAULTS
    ) -> Iterator[tuple[str, EditProgress]]:
        """(light, picture) of a painting in every light that the model knows."""
        for name in self.known_lights(settings):
            yield name, last(self.stroke(image, replace(settings, light=name)))

    def known_lights(self, settings: EditSettings) -> tuple[str, ...]:
        """The lights that the model knows. Raises SettingError where it knows none."""
        names = self.engines.get(settings.model).model.config.labels.axes.get("light")
        if not names:
            raise SettingError("This model knows no lights: choose the bundled one.")
        return names

    def guess(
        self, image: Image.Image | None, settings: EditSettings = DEFAULTS
    ) -> dict[str, list[str]]:
        """By axis, the model's labels that may fit a painting, the likeliest first."""
        engine = self.engines.get(settings.model)
        known = engine.model.config.labels.axes
        said = guess(covered(to_tensor(fit(required_picture(image), engine.size))))
        return {
            axis: [name for name in names if name in known[axis]]
            for axis, names in said.items()
            if axis in known
        }

    def day(
        self,
        image: Image.Image | None,
        settings: EditSettings = DEFAULTS,
        frames: int = FRAMES,
    ) -> Iterator[tuple[list[Image.Image], Readout]]:
        """(frames, cost) of a painting from dawn to night, whatever the light of the settings.

        Yields all frames after each step, then once for each frame that the detailer enlarged.
        """
        self.known_lights(settings)
        engine, _ = self.on(*replace(settings, light=ANY).choice)
        picture = required_picture(image)
        painting = to_tensor(fit(picture, engine.size))
        how = {
            "scene": None if settings.scene == ANY else settings.scene,
            "samples_per_step": settings.samples_per_step,
            "frames": frames,
            "paper": True,
        }
        for step, readout in engine.stream(
            lambda model: editing.stream_day(
                model, painting, settings.strength, settings.steps, settings.seed, **how
            )
        ):
            small = step.x0.split(1)
            pictures = [in_shape_of(x0, picture, engine.size) for x0 in small]
            yield pictures, readout
        for i, x0 in enumerate(small):
            pictures = pictures.copy()
            large = engine.enlarged(x0, settings.seed)
            pictures[i] = in_shape_of(large, picture, engine.size)
            yield pictures, readout

    def vary(
        self, image: Image.Image | None, settings: EditSettings = DEFAULTS
    ) -> Iterator[tuple[EditSettings, EditProgress]]:
        """(settings, picture) of a painting for each of the next seeds.

        As `stroke`, but at a strength of VARIED at least, so that the pictures differ.
        """
        enough = replace(settings, strength=max(settings.strength, VARIED))
        for i in range(1, VARIATIONS + 1):
            other = replace(enough, seed=(settings.seed + i) % (MAX_SEED + 1))
            yield other, last(self.stroke(image, other))

    def generate(self, settings: EditSettings = DEFAULTS) -> Iterator[EditProgress]:
        """A picture from noise alone."""
        engine, label = self.on(*settings.choice)
        seed, steps = settings.seed, settings.steps
        taken = engine.stream(
            lambda model: editing.stream_generate(model, seed, steps, label=label)
        )
        for step, readout in taken:
            done = step.index + 1 == steps
            x0 = engine.enlarged(step.x0, seed) if done else step.x0
            yield EditProgress(to_pil(x0), readout, shown(step), done, seed, settings.choice)

    def ends(
        self,
        seeds: list[int],
        settings: EditSettings = DEFAULTS,
        to: Mapping[str, str] | None = None,
    ) -> tuple[Engine, list[int | None]]:
        """(engine, labels) of the two ends of a walk, or the four corners of a square.

        to: label names by axis for the second of two ends, in place of the settings'. Raises
        SettingError, CheckpointError.
        """
        engine, label = self.on(*settings.choice)
        labels = [label] * len(seeds)
        goals = {axis: name for axis, name in (to or {}).items() if name}
        if goals:
            if len(seeds) > 2:
                raise SettingError("Only a walk between two seeds goes to another label.")
            _, labels[1] = self.on(*replace(settings, **goals).choice)
        return engine, labels

    def interpolate(
        self,
        seeds: list[int],
        frames: int = 12,
        settings: EditSettings = DEFAULTS,
        to: Mapping[str, str] | None = None,
    ) -> Iterator[tuple[list[Image.Image], Readout]]:
        """(all frames, cost) after each step, on the way between two seeds.

        Between four seeds the frames fill a square, row by row. frames: how many lie between two
        seeds, ends included; between four, how many lie along a side of the square. to: as `ends`.
        """
        engine, labels = self.ends(seeds, settings, to)
        steps = settings.steps

        def take(model: Any) -> Iterator[Step]:
            if len(seeds) == 2:
                a, b = seeds
                return editing.stream_interpolate(model, a, b, frames, steps, labels=labels)
            return editing.stream_interpolate_grid(
                model, seeds, frames, frames, steps, labels=labels
            )

        for step, readout in engine.stream(take):
            yield [to_pil(x) for x in step.x0.split(1)], readout
