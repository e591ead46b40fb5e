"""The page's edits, from pictures and plain numbers to pictures, each with what it cost.

The tabs and the public endpoints both call these. Each edit yields an EditProgress a step.
`choice` is what the page says besides steps and seed: scene, light, category, model. `guesses`:
evaluations that a step takes the mean of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image
from torch import Tensor

import editing
from cm_core.errors import ImageError, SettingError
from cm_core.samplers import Step
from editing import Painted
from editing.image import fit, informed, like, on_white, to_pil, to_tensor, with_alpha
from editing.lights import light_of, relight
from editing.paper import covered
from editing.tasks import SAMPLES_PER_STEP, STROKE_SAMPLES_PER_STEP
from editing.tiled import Tiled
from ui.service.engine import ANY, Engine, Engines, Readout
from ui.service.progress import EditProgress, edit, finish, last, shown, some, whole

MAX_SEED = 999_999
VARIATIONS = 4
MOST_SAMPLES = 8
MOST_PIXELS = 4_200_000  # of an enlarged picture: 2048 x 2048


class Tasks:
    """Every edit of the page, on the engine that the choice names."""

    def __init__(self, engines: Engines):
        self.engines = engines

    def on(
        self,
        scene: str | None = ANY,
        light: str | None = ANY,
        category: str | None = ANY,
        model: str | None = None,
    ) -> tuple[Engine, int | None]:
        """(engine, label) of a choice. Raises SettingError, CheckpointError."""
        engine = self.engines.get(model)
        return engine, engine.label(scene=scene, light=light, category=category)

    def paint(
        self,
        image: Image.Image | None,
        strength: float = 0.5,
        steps: int = 2,
        seed: int = 0,
        *choice: str,
        guesses: int = STROKE_SAMPLES_PER_STEP,
    ) -> Iterator[EditProgress]:
        """A finished picture from a rough painting."""
        engine, label = self.on(*choice)
        how = {"samples_per_step": guesses, "label": label}
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
        """(light, picture) of a painting in every light that the model knows.

        Its colours are moved from the light that is chosen, or else that it looks most like, and
        the model is told the new one.
        """
        scene, light, *rest = (*choice, *(ANY, ANY)[len(choice) :])
        engine, _ = self.on(scene, light, *rest)
        names = engine.model.config.labels.axes.get("light")
        if not names:
            raise SettingError("This model knows no lights: choose the bundled one.")
        small = covered(to_tensor(fit(some(image), engine.size)))
        source = light_of(small) if light in (None, ANY) else light
        for name in names:
            _, label = self.on(scene, name, *rest)

            def moved(painting: Tensor, name: str = name) -> Tensor:
                # Paper whose colour was moved would not be known as paper any more.
                return relight(covered(painting), source, name)

            how = {"samples_per_step": guesses, "label": label, "change": moved}
            yield name, last(finish(engine, image, strength, steps, seed, **how))

    def vary(
        self,
        image: Image.Image | None,
        strength: float,
        steps: int,
        seed: int,
        *choice: str,
        **how: Any,
    ) -> Iterator[tuple[int, EditProgress]]:
        """(seed, picture) of a painting under the next seeds, one after the other, as `paint`."""
        for i in range(1, VARIATIONS + 1):
            other = (seed + i) % (MAX_SEED + 1)
            yield other, last(self.paint(image, strength, steps, other, *choice, **how))

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

    def inpaint(
        self,
        image: Image.Image | None,
        mask: Image.Image | None,
        steps: int = 8,
        seed: int = 0,
        *choice: str,
        guesses: int = SAMPLES_PER_STEP,
    ) -> Iterator[EditProgress]:
        """Repaint where the mask is light, at the picture's own size, the rest untouched."""
        engine, label = self.on(*choice)
        if some(image) and mask is None:
            raise ImageError("Nothing is masked yet: paint over what should change first.")
        how = {"samples_per_step": guesses, "label": label, "detailer": engine.detailer}
        return whole(
            engine,
            lambda model: editing.stream_inpaint_region(model, image, mask, steps, seed, **how),
            steps,
        )

    def outpaint(
        self,
        image: Image.Image | None,
        margins: tuple[float, float, float, float],
        steps: int = 8,
        seed: int = 0,
        *choice: str,
        guesses: int = SAMPLES_PER_STEP,
    ) -> Iterator[EditProgress]:
        """The picture on a larger canvas; margins are shares of its longer side: left, top, ..."""
        engine, label = self.on(*choice)
        if min(margins) < 0 or max(margins) > 1:
            raise SettingError("A side grows by a share of the picture, 0 to 1.")
        pixels = [round(share * max(some(image).size)) for share in margins]
        how = {"samples_per_step": guesses, "label": label, "detailer": engine.detailer}
        return whole(
            engine,
            lambda model: editing.stream_outpaint(model, image, *pixels, steps, seed, **how),
            steps,
        )

    def colorize(
        self,
        image: Image.Image | None,
        hints: Image.Image | None = None,
        steps: int = 8,
        seed: int = 0,
        *choice: str,
        guesses: int = SAMPLES_PER_STEP,
    ) -> Iterator[EditProgress]:
        """The picture's grey in new colours; hints (RGBA) give the colour where they are opaque."""
        engine, label = self.on(*choice)
        picture, how = some(image), {"samples_per_step": guesses, "label": label}
        return whole(
            engine,
            lambda model: editing.stream_colorize_picture(
                model, picture, steps, seed, hints, **how
            ),
            steps,
        )

    def shrink(self, image: Image.Image | None, factor: int, *choice: str) -> Image.Image:
        """The small picture that goes into `super_resolve`; one of that size stays as it is."""
        engine, _ = self.on(*choice)
        return informed(fit(some(image), engine.size // factor), image)

    def super_resolve(
        self,
        small: Image.Image,
        steps: int = 8,
        seed: int = 0,
        *choice: str,
        guesses: int = SAMPLES_PER_STEP,
    ) -> Iterator[EditProgress]:
        """A small picture at the model's size, its patch means kept."""
        engine, label = self.on(*choice)
        tensor = to_tensor(small)
        return edit(
            engine,
            lambda model: editing.stream_super_resolve(
                model, tensor, steps, seed, samples_per_step=guesses, label=label
            ),
            small,
            steps,
        )

    def enlarge(
        self, image: Image.Image | None, factor: int = 4, seed: int = 0, faithful: bool = False
    ) -> EditProgress:
        """A picture of any size, two or four times as large, by the page's detailer.

        Raises SettingError where it would come out too large.
        """
        picture = some(image)
        pixels = picture.width * picture.height * factor**2
        if pixels > MOST_PIXELS:
            raise SettingError(
                f"That would be {pixels / 1e6:.1f} million pixels; this page enlarges up to "
                f"{MOST_PIXELS / 1e6:.0f} million: send a smaller picture."
            )
        small = to_tensor(on_white(picture))
        x0, readout = self.engines.first.enlarge(small, factor, seed, faithful)
        return EditProgress(like(with_alpha(to_pil(x0), picture), picture), readout)

    def denoise(
        self, image: Image.Image | None, sigma: float = 0, *choice: str
    ) -> tuple[EditProgress, float]:
        """(clean picture, noise level used); level 0 means that it is estimated."""
        _, made, used = self.noise_and_denoise(image, 0, True, 0, *choice, sigma=sigma or None)
        return made, used

    def noise_and_denoise(
        self,
        image: Image.Image | None,
        level: float,
        blind: bool,
        seed: int = 0,
        *choice: str,
        sigma: float | None = None,
    ) -> tuple[Image.Image, EditProgress, float]:
        """(noisy picture, clean picture, noise level used) after adding noise of `level`.

        sigma: the level that the model is told; else `level`, or what is estimated.
        """
        engine, label = self.on(*choice)
        told = sigma if blind or level == 0 else level
        picture, used = some(image), []

        def take(model: Any) -> Iterator[Painted]:
            for one in editing.stream_denoise_picture(
                model, picture, told, add=level, seed=seed, label=label
            ):
                used.append(one.step)
                yield one

        made = last(whole(engine, take))
        return to_pil(used[-1].x), made, used[-1].sigma

    def windows(self, image: Image.Image, *choice: str) -> int:
        """Evaluations that denoising a picture takes: one for each window onto it."""
        return len(Tiled(None, self.on(*choice)[0].size).windows(*image.size[::-1]))

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
