"""The page's edits, from pictures and plain numbers to pictures, each with what it cost.

The tabs and the public endpoints both call these. Each edit yields a Made a step. `choice` is what
the sidebar says besides steps and seed: style, group, category, model. `guesses`: evaluations that
a step takes the mean of.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PIL import Image

import editing
from cm_core.errors import ImageError, SettingError
from cm_core.samplers import Step
from editing.image import fit, fit_hints, inside, to_hints, to_pil, to_tensor
from editing.tasks import GUESSES, STROKE_GUESSES, estimate_sigma
from ui.engine import ANY, Engine, Engines, Readout
from ui.made import Made, clean, edit, last, like, region, shown, some

MAX_SEED = 999_999
VARIATIONS = 4
MOST_GUESSES = 8


class Tasks:
    """Every edit of the page, on the engine that the choice names."""

    def __init__(self, engines: Engines):
        self.engines = engines

    def on(
        self,
        style: str | None = ANY,
        group: str | None = ANY,
        category: str | None = ANY,
        model: str | None = None,
    ) -> tuple[Engine, int | None]:
        """(engine, label) of a choice. Raises SettingError, CheckpointError."""
        engine = self.engines.get(model)
        return engine, engine.label(style=style, group=group, category=category)

    def drawn(
        self,
        seed: int,
        style: str | None = ANY,
        group: str | None = ANY,
        category: str | None = ANY,
        model: str | None = None,
    ) -> tuple[Engine, int | None, str]:
        """(engine, label, its names) of a choice for a picture from noise alone: what it leaves
        open the seed draws, for the middle of everything is a picture of nothing.

        The names are empty where nothing was open. Raises SettingError, CheckpointError.
        """
        engine, asked = self.on(style, group, category, model)
        menus = {"style": style, "group": group, "category": category}
        chosen = {axis: name for axis, name in menus.items() if name != ANY}
        names = engine.model.config.labels.drawn(seed, **chosen)
        label = engine.label(**names)
        return engine, label, "" if label == asked else ", ".join(reversed(names.values()))

    def paint(
        self,
        image: Image.Image | None,
        strength: float = 0.5,
        steps: int = 2,
        seed: int = 0,
        *choice: str,
        guesses: int = STROKE_GUESSES,
        keep_colours: bool = True,
    ) -> Iterator[Made]:
        """A finished picture from a rough painting."""
        engine, label = self.on(*choice)
        painting = to_tensor(fit(some(image), engine.size))
        how = {"guesses": guesses, "keep_colours": keep_colours, "label": label}
        return edit(
            engine,
            lambda model: editing.stream_stroke(model, painting, strength, steps, seed, **how),
            image,
            steps,
        )

    def vary(
        self,
        image: Image.Image | None,
        strength: float,
        steps: int,
        seed: int,
        *choice: str,
        **how: Any,
    ) -> Iterator[tuple[int, Made]]:
        """(seed, picture) of a painting under the next seeds, one after the other, as `paint`."""
        for i in range(1, VARIATIONS + 1):
            other = (seed + i) % (MAX_SEED + 1)
            yield other, last(self.paint(image, strength, steps, other, *choice, **how))

    def generate(self, steps: int = 1, seed: int = 0, *choice: str) -> Iterator[Made]:
        """A picture from noise alone; what the choice leaves open of its label the seed draws."""
        engine, label, told = self.drawn(seed, *choice)
        taken = engine.stream(
            lambda model: editing.stream_generate(model, seed, steps, label=label)
        )
        for step, readout in taken:
            done = step.index + 1 == steps
            yield Made(to_pil(step.x0), readout, shown(step), done, seed, told)

    def inpaint(
        self,
        image: Image.Image | None,
        mask: Image.Image | None,
        steps: int = 8,
        seed: int = 0,
        *choice: str,
        guesses: int = GUESSES,
    ) -> Iterator[Made]:
        """Repaint where the mask is light, at the picture's own size, the rest untouched."""
        engine, label = self.on(*choice)
        if some(image) and mask is None:
            raise ImageError("Nothing is masked yet: paint over what should change first.")
        return region(
            engine,
            lambda model: editing.stream_inpaint_region(
                model, image, mask, steps, seed, guesses=guesses, label=label
            ),
            steps,
        )

    def outpaint(
        self,
        image: Image.Image | None,
        margins: tuple[float, float, float, float],
        steps: int = 8,
        seed: int = 0,
        *choice: str,
        guesses: int = GUESSES,
    ) -> Iterator[Made]:
        """The picture on a larger canvas; margins are shares of its longer side: left, top, ..."""
        engine, label = self.on(*choice)
        if min(margins) < 0 or max(margins) > 1:
            raise SettingError("A side grows by a share of the picture, 0 to 1.")
        pixels = [round(share * max(some(image).size)) for share in margins]
        return region(
            engine,
            lambda model: editing.stream_outpaint(
                model, image, *pixels, steps, seed, guesses=guesses, label=label
            ),
            steps,
        )

    def colorize(
        self,
        image: Image.Image | None,
        hints: Image.Image | None = None,
        steps: int = 8,
        seed: int = 0,
        *choice: str,
        guesses: int = GUESSES,
    ) -> Iterator[Made]:
        """The picture's grey in new colours; hints (RGBA) give the colour where they are opaque."""
        engine, label = self.on(*choice)
        picture = to_tensor(fit(some(image), engine.size))
        dabs = None if hints is None else to_hints(fit_hints(hints, engine.size))
        return edit(
            engine,
            lambda model: editing.stream_colorize(
                model, picture, steps, seed, dabs, guesses=guesses, label=label
            ),
            image,
            steps,
        )

    def shrink(self, image: Image.Image | None, factor: int, *choice: str) -> Image.Image:
        """The small picture that goes into `super_resolve`; one of that size stays as it is."""
        engine, _ = self.on(*choice)
        return fit(some(image), engine.size // factor)

    def super_resolve(
        self,
        small: Image.Image,
        steps: int = 8,
        seed: int = 0,
        *choice: str,
        guesses: int = GUESSES,
    ) -> Iterator[Made]:
        """A small picture at the model's size, its patch means kept."""
        engine, label = self.on(*choice)
        tensor = to_tensor(small)
        return edit(
            engine,
            lambda model: editing.stream_super_resolve(
                model, tensor, steps, seed, guesses=guesses, label=label
            ),
            small,
            steps,
        )

    def denoise(
        self, image: Image.Image | None, sigma: float = 0, *choice: str
    ) -> tuple[Made, float]:
        """(clean picture, noise level used); level 0 means that it is estimated."""
        engine, label = self.on(*choice)
        noisy = to_tensor(fit(some(image), engine.size))
        sigma = sigma or estimate_sigma(inside(noisy, image))
        return clean(engine, noisy, sigma, label, image)

    def noise_and_denoise(
        self, image: Image.Image | None, level: float, blind: bool, seed: int = 0, *choice: str
    ) -> tuple[Image.Image, Made, float]:
        """(noisy picture, clean picture, noise level used) after adding noise of `level`."""
        engine, label = self.on(*choice)
        picture = to_tensor(fit(some(image), engine.size))
        noisy = editing.add_noise(picture, level, seed)
        sigma = estimate_sigma(inside(noisy, image)) if blind or level == 0 else level
        return like(noisy, image, engine.size), *clean(engine, noisy, sigma, label, image)

    def ends(
        self, seeds: list[int], *choice: str, to: str = ""
    ) -> tuple[Engine, list[int | None], list[str]]:
        """(engine, labels, their names) of the ends of a walk, or the corners of a grid: what the
        choice leaves open each end's seed draws, as `generate` would. `to` is the subject of the
        second of two, in place of the choice's. Names are empty where nothing was drawn or set.

        Raises SettingError, CheckpointError.
        """
        drawn = [self.drawn(seed, *choice) for seed in seeds]
        engine, names = drawn[0][0], [told for *_, told in drawn]
        if to:
            if len(seeds) > 2:
                raise SettingError("Only a walk between two seeds goes to another subject.")
            if not engine.subjects:
                raise SettingError("This model knows no subjects to go to.")
            menus = dict(zip(("style", "group", "category", "model"), choice, strict=False))
            drawn[1] = self.drawn(seeds[1], **menus | {engine.subjects: to})
            names = [names[0] or menus.get(engine.subjects, ANY), drawn[1][-1] or to]
        return engine, [label for _, label, _ in drawn], names

    def interpolate(
        self,
        seeds: list[int],
        frames: int = 12,
        steps: int = 1,
        *choice: str,
        variety: float = 1.0,
        to: str = "",
    ) -> Iterator[tuple[list[Image.Image], list[str], Readout]]:
        """(frames, what their ends are of, cost) on the way between two seeds or of the square
        between four, row by row; all of them after each step."""
        engine, labels, names = self.ends(seeds, *choice, to=to)
        how = {"labels": labels, "variety": variety}

        def take(model: Any) -> Iterator[Step]:
            if len(seeds) == 2:
                return editing.stream_interpolate(model, *seeds, frames, steps, **how)
            return editing.stream_interpolate_grid(model, seeds, frames, frames, steps, **how)

        for step, readout in engine.stream(take):
            yield [to_pil(x) for x in step.x0.split(1)], names, readout
