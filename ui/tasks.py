"""The page's tasks, from pictures and plain numbers to pictures, each with what it cost.

The tabs and the public endpoints both call these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

import editing
from cm_core.errors import ImageError
from cm_core.noise import generators, randn
from cm_core.samplers import Step, stream_heun, stream_multistep
from cm_core.schedule import karras_sigmas
from editing.image import (
    fit,
    fit_box,
    fit_hints,
    fit_mask,
    paste_back,
    to_hints,
    to_mask,
    to_pil,
    to_tensor,
)
from editing.tasks import estimate_sigma
from ui.engine import ANY, Engine, Readout

TEACHER_LEVELS = (5, 9, 18, 40)
STRIP = 9  # pictures in the self-consistency strip

Costed = tuple[Image.Image, Readout]


@dataclass(frozen=True)
class Point:
    """A point of a sampling path: what a network was given, and what it answered."""

    sigma: float
    given: Image.Image
    answer: Image.Image


class Tasks:
    """Every task of the page on one engine."""

    def __init__(self, engine: Engine):
        self.engine = engine

    def tensor(self, picture: Image.Image | None) -> torch.Tensor:
        """A picture fitted to the model, (1, 3, H, W) in [-1, 1]."""
        return to_tensor(fit(self.some(picture), self.engine.size))

    @staticmethod
    def some(picture: Image.Image | None) -> Image.Image:
        """The picture, or a sentence that asks for one."""
        if picture is None:
            raise ImageError("There is no picture yet: choose an example or open one.")
        return picture

    def paint(
        self,
        image: Image.Image,
        strength: float = 0.5,
        steps: int = 2,
        seed: int = 0,
        style: str = ANY,
        group: str = ANY,
    ) -> Costed:
        """A finished picture from a rough painting."""
        label, painting = self.engine.label(style, group), self.tensor(image)
        return self.one(
            lambda model: editing.stroke(model, painting, strength, steps, seed=seed, label=label),
            image,
        )

    def generate(self, steps: int = 2, seed: int = 0, style: str = ANY, group: str = ANY) -> Costed:
        """A picture from noise alone."""
        picture, _, readout = self.path(steps, seed, style, group)
        return picture, readout

    def inpaint(
        self,
        image: Image.Image,
        mask: Image.Image | None,
        steps: int = 4,
        seed: int = 0,
        style: str = ANY,
        group: str = ANY,
    ) -> Costed:
        """Repaint where the mask is light, at the picture's own size, the rest untouched."""
        label, picture = self.engine.label(style, group), self.tensor(image)
        if mask is None:
            raise ImageError("Nothing is masked yet: paint over what should change first.")
        holes = to_mask(fit_mask(mask, self.engine.size))
        x0, readout = self.engine.run(
            lambda model: editing.inpaint(model, picture, holes, steps, seed=seed, label=label)
        )
        return paste_back(image, to_pil(x0), mask), readout

    def colorize(
        self,
        image: Image.Image,
        hints: Image.Image | None = None,
        steps: int = 4,
        seed: int = 0,
        style: str = ANY,
        group: str = ANY,
    ) -> Costed:
        """The picture's grey in new colours; hints (RGBA) give the colour where they are opaque."""
        label, picture = self.engine.label(style, group), self.tensor(image)
        dabs = None if hints is None else to_hints(fit_hints(hints, self.engine.size))
        return self.one(
            lambda model: editing.colorize(
                model, picture, steps, seed=seed, hints=dabs, label=label
            ),
            image,
        )

    def shrink(self, image: Image.Image | None, factor: int) -> Image.Image:
        """The small picture that goes into `super_resolve`; one of that size stays as it is."""
        return fit(self.some(image), self.engine.size // factor)

    def super_resolve(
        self,
        small: Image.Image,
        steps: int = 4,
        seed: int = 0,
        style: str = ANY,
        group: str = ANY,
    ) -> Costed:
        """A small picture at the model's size, its patch means kept."""
        label, tensor = self.engine.label(style, group), to_tensor(small)
        return self.one(
            lambda model: editing.super_resolve(model, tensor, steps, seed=seed, label=label), small
        )

    def denoise(
        self, image: Image.Image, sigma: float = 0, style: str = ANY, group: str = ANY
    ) -> tuple[Image.Image, float, Readout]:
        """(clean picture, noise level used, cost); level 0 means that it is estimated."""
        noisy, label = self.tensor(image), self.engine.label(style, group)
        sigma = sigma or estimate_sigma(noisy)
        picture, readout = self._denoise(noisy, sigma, label, image)
        return picture, sigma, readout

    def noise_and_denoise(
        self,
        image: Image.Image,
        level: float,
        blind: bool,
        seed: int = 0,
        style: str = ANY,
        group: str = ANY,
    ) -> tuple[Image.Image, Image.Image, float, Readout]:
        """(noisy picture, clean picture, noise level used, cost) after adding noise of `level`."""
        clean, label = self.tensor(image), self.engine.label(style, group)
        noisy = clean + level * randn(clean.shape, generators(seed, 1))
        sigma = estimate_sigma(noisy) if blind or level == 0 else level
        picture, readout = self._denoise(noisy, sigma, label, image)
        return self.like(noisy, image), picture, sigma, readout

    def _denoise(
        self, noisy: torch.Tensor, sigma: float, label: int | None, image: Image.Image
    ) -> Costed:
        return self.one(lambda model: editing.denoise(model, noisy, sigma, label=label), image)

    def interpolate(
        self,
        seed_a: int,
        seed_b: int,
        frames: int = 12,
        steps: int = 1,
        style: str = ANY,
        group: str = ANY,
    ) -> tuple[list[Image.Image], Readout]:
        """The pictures on the way from one seed to another."""
        label = self.engine.label(style, group)
        x0, readout = self.engine.run(
            lambda model: editing.interpolate(
                model, seed_a, seed_b, frames=frames, steps=steps, label=label
            )
        )
        return [to_pil(x) for x in x0.split(1)], readout

    def path(
        self, steps: int = 1, seed: int = 0, style: str = ANY, group: str = ANY
    ) -> tuple[Image.Image, list[Point], Readout]:
        """The consistency model from noise: (picture, its path, cost)."""
        label, draw = self.engine.label(style, group), generators(seed, 1)
        noise = randn((1, 3, self.engine.size, self.engine.size), draw)
        config = self.engine.model.config
        sigmas = self.engine.model.sigmas_for(steps)
        taken, readout = self.engine.run(
            lambda model: list(
                stream_multistep(
                    model, noise, sigmas, draw, label, config.sigma_min, clip=config.clip
                )
            )
        )
        return to_pil(taken[-1].x0), [point(step) for step in taken], readout

    def teacher_path(
        self, levels: int = 18, seed: int = 0, style: str = ANY, group: str = ANY
    ) -> tuple[Image.Image, list[Point], Readout]:
        """The teacher's Heun walk from the same noise, and f along it: (picture, points, cost)."""
        taken, readout = self._walk(levels, seed, style, group)
        walk = [step for step in taken if step.index % 2 == 0]  # odd ones are Heun's look ahead
        chosen = [walk[round(i * (len(walk) - 1) / (STRIP - 1))] for i in range(STRIP)]
        chosen = list({step.index: step for step in chosen}.values())
        label, model = self.engine.label(style, group), self.engine.model
        with torch.inference_mode():
            answers = [model(step.x, step.sigma, label) for step in chosen]
        points = [
            Point(step.sigma, shown(step), to_pil(answer))
            for step, answer in zip(chosen, answers, strict=True)
        ]
        return to_pil(taken[-1].x0), points, readout

    def steps(
        self, seed: int = 0, style: str = ANY, group: str = ANY
    ) -> Iterator[tuple[str, Image.Image, Readout]]:
        """Consistency model at 1 to 8 steps, then the teacher, all from one noise, as they come."""
        for count in range(1, 9):
            picture, _, readout = self.path(count, seed, style, group)
            yield f"Consistency, {count} step{'s' if count > 1 else ''}", picture, readout
        for levels in TEACHER_LEVELS:
            taken, readout = self._walk(levels, seed, style, group)
            yield f"Teacher, {levels} Heun steps", to_pil(taken[-1].x0), readout

    def _walk(self, levels: int, seed: int, style: str, group: str) -> tuple[list[Step], Readout]:
        label, config = self.engine.label(style, group), self.engine.model.config
        noise = randn((1, 3, self.engine.size, self.engine.size), generators(seed, 1))
        sigmas = karras_sigmas(levels, config.sigma_min, config.sigma_max)
        return self.engine.run(
            lambda model: list(stream_heun(model, noise, sigmas, label)), self.engine.teacher
        )

    def one(self, task: Callable[[Any], torch.Tensor], image: Image.Image) -> Costed:
        """One edit of `image` and its cost."""
        x0, readout = self.engine.run(task)
        return self.like(x0, image), readout

    def like(self, x0: torch.Tensor, image: Image.Image) -> Image.Image:
        """A fitted tensor as a picture, without the margins that made `image` square."""
        return to_pil(x0).crop(fit_box(image.size, self.engine.size))


def shown(step: Step) -> Image.Image:
    """The noisy input of a step, scaled so that the noise does not drown the screen."""
    return to_pil(step.x / max(1.0, step.sigma))


def point(step: Step) -> Point:
    """A sampler's step as pictures."""
    return Point(step.sigma, shown(step), to_pil(step.x0))
