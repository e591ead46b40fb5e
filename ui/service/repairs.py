"""The page's repairs of finished pictures, each with its cost; see ui.service.tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from PIL import Image

import editing
from cm_core.errors import ImageError, SettingError
from editing import Painted, widening
from editing.image import crop_like, fit, like_whole, on_white, to_pil, to_tensor
from editing.tiled import Tiled
from ui.service.engine import Engines
from ui.service.inputs import required_picture
from ui.service.progress import EditProgress, fitted_steps, last, picture_steps
from ui.service.settings import DEFAULTS, EditSettings

MOST_PIXELS = 4_200_000  # of an enlarged picture: 2048 x 2048


class Repairs:
    """Inpainting, outpainting, colouring, enlarging and denoising, on the settings' engine."""

    def __init__(self, engines: Engines):
        self.engines, self.on = engines, engines.on

    def inpaint(
        self,
        image: Image.Image | None,
        mask: Image.Image | None,
        settings: EditSettings = DEFAULTS,
    ) -> Iterator[EditProgress]:
        """The picture repainted where the mask is light; all other pixels stay as they were."""
        if required_picture(image) and mask is None:
            raise ImageError("Nothing is masked yet: paint over what should change first.")
        return self._filled(editing.stream_inpaint_region, settings, image, mask)

    def outpaint(
        self,
        image: Image.Image | None,
        margins: tuple[float, float, float, float],
        settings: EditSettings = DEFAULTS,
    ) -> Iterator[EditProgress]:
        """The picture on a larger canvas.

        margins: left, top, right, bottom, as fractions of its longer side.
        """
        if min(margins) < 0 or max(margins) > 1:
            raise SettingError("A side grows by a fraction of the picture, 0 to 1.")
        pixels = [round(fraction * max(required_picture(image).size)) for fraction in margins]
        return self._filled(editing.stream_outpaint, settings, image, *pixels)

    def panorama(
        self,
        image: Image.Image | None,
        width: int = widening.WIDEST,
        settings: EditSettings = DEFAULTS,
    ) -> Iterator[EditProgress]:
        """The picture grown on both sides to a width in pixels."""
        windows = len(widening.growth(required_picture(image).size, width))
        return self._filled(editing.stream_panorama, settings, image, width, windows=windows)

    def _filled(
        self,
        stream: Callable[..., Iterator[Painted]],
        settings: EditSettings,
        *given: Any,
        windows: int = 1,
    ) -> Iterator[EditProgress]:
        """The steps of a stream that fills one hole, or several windows in turn."""
        engine, label = self.on(*settings.choice)
        how = {
            "samples_per_step": settings.samples_per_step,
            "label": label,
            "detailer": engine.detailer,
        }
        return picture_steps(
            engine,
            lambda model: stream(model, *given, settings.steps, settings.seed, **how),
            settings.steps * windows,
        )

    def colorize(
        self,
        image: Image.Image | None,
        hints: Image.Image | None = None,
        settings: EditSettings = DEFAULTS,
    ) -> Iterator[EditProgress]:
        """The picture's grey in new colours; opaque pixels of hints (RGBA) set them."""
        engine, label = self.on(*settings.choice)
        given = required_picture(image), settings.steps, settings.seed, hints
        how = {"samples_per_step": settings.samples_per_step, "label": label}
        return picture_steps(
            engine,
            lambda model: editing.stream_colorize_picture(model, *given, **how),
            settings.steps,
        )

    def shrink(
        self, image: Image.Image | None, factor: int, settings: EditSettings = DEFAULTS
    ) -> Image.Image:
        """The small picture that `super_resolve` enlarges; one of that size stays as it is."""
        picture, size = required_picture(image), self.engines.get(settings.model).size // factor
        return like_whole(crop_like(fit(picture, size), picture), picture)

    def super_resolve(
        self, image: Image.Image | None, factor: int, settings: EditSettings = DEFAULTS
    ) -> Iterator[EditProgress]:
        """The picture, made small as by `shrink`, drawn at the model's size; patch means stay."""
        picture, (engine, label) = required_picture(image), self.on(*settings.choice)
        size = engine.size // factor
        given = to_tensor(fit(picture, size)), settings.steps, settings.seed
        how = {"samples_per_step": settings.samples_per_step, "label": label}
        return fitted_steps(
            engine,
            lambda model: editing.stream_super_resolve(model, *given, **how),
            picture,
            size,
            settings.steps,
        )

    def enlarge(
        self,
        image: Image.Image | None,
        factor: int = 4,
        faithful: bool = False,
        settings: EditSettings = DEFAULTS,
    ) -> EditProgress:
        """A picture of any size, two or four times as large, by the page's detailer.

        Raises SettingError where it would come out too large.
        """
        picture = required_picture(image)
        pixels = picture.width * picture.height * factor**2
        if pixels > MOST_PIXELS:
            raise SettingError(
                f"That would be {pixels / 1e6:.1f} million pixels; this page enlarges up to "
                f"{MOST_PIXELS / 1e6:.0f} million: send a smaller picture."
            )
        small = to_tensor(on_white(picture))
        x0, readout = self.engines.first.enlarge(small, factor, settings.seed, faithful)
        return EditProgress(like_whole(to_pil(x0), picture), readout)

    def denoise(
        self, image: Image.Image | None, sigma: float = 0, settings: EditSettings = DEFAULTS
    ) -> tuple[EditProgress, float]:
        """(clean picture, noise level used); sigma: the level, 0 to estimate it."""
        _, made, used = self.noise_and_denoise(image, 0, sigma or None, settings)
        return made, used

    def noise_and_denoise(
        self,
        image: Image.Image | None,
        level: float,
        sigma: float | None,
        settings: EditSettings = DEFAULTS,
    ) -> tuple[Image.Image, EditProgress, float]:
        """(noisy picture, clean picture, noise level used) after adding noise of `level`.

        sigma: the level that the model is told; None estimates it.
        """
        engine, label = self.on(*settings.choice)
        picture, used = required_picture(image), []

        def take(model: Any) -> Iterator[Painted]:
            for one in editing.stream_denoise_picture(
                model, picture, sigma, add=level, seed=settings.seed, label=label
            ):
                used.append(one.step)
                yield one

        made = last(picture_steps(engine, take))
        return to_pil(used[-1].x), made, used[-1].sigma

    def windows(self, image: Image.Image, settings: EditSettings = DEFAULTS) -> int:
        """Evaluations that denoising a picture takes, one for each window."""
        engine = self.engines.get(settings.model)
        return len(Tiled(engine.model, engine.size).windows(image.height, image.width))
