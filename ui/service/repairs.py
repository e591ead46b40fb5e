"""The page's repairs of finished pictures, each with what it cost; see ui.service.tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PIL import Image

import editing
from cm_core.errors import ImageError, SettingError
from editing import Painted, widening
from editing.image import fit, informed, like, on_white, to_pil, to_tensor, with_alpha
from editing.tasks import SAMPLES_PER_STEP
from editing.tiled import Tiled
from ui.service.engine import ANY, Engine, Engines
from ui.service.progress import EditProgress, edit, last, some, whole

MOST_PIXELS = 4_200_000  # of an enlarged picture: 2048 x 2048


class Repairs:
    """Inpainting, outpainting, colouring, enlarging and denoising, on the engine of a choice."""

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

    def panorama(
        self,
        image: Image.Image | None,
        width: int = widening.WIDEST,
        steps: int = widening.STEPS,
        seed: int = 0,
        *choice: str,
        guesses: int = 1,
    ) -> Iterator[EditProgress]:
        """The picture grown to both sides until it is so many pixels wide; done once it is."""
        engine, label = self.on(*choice)
        how = {"samples_per_step": guesses, "label": label, "detailer": engine.detailer}
        return whole(
            engine,
            lambda model: editing.stream_panorama(model, image, width, steps, seed, **how),
            steps * len(widening.growth(some(image).size, width)),
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
