"""What holds of every task, whatever the size, mode, mask, hints, label, seed and number of steps.

Short by default; PROPERTY_EXAMPLES=1000 python -m pytest tests/editing/test_properties.py searches
longer, and anew each time.
"""

import os

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from editing import (
    colorize,
    colorize_picture,
    denoise,
    denoise_picture,
    inpaint,
    inpaint_region,
    outpaint,
    stroke,
    stroke_picture,
    super_resolve,
)
from editing.operators import Grey, PatchMean, grey_picture, tint
from tests.cm_core.test_model import LABELS
from tests.gaussian import consistency

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", 0))
properties = settings(
    max_examples=EXAMPLES or 15, derandomize=not EXAMPLES, database=None, deadline=None
)
CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
LUMA = np.array([0.2989, 0.5870, 0.1140]) / 0.9999

sides = st.one_of(st.integers(1, 6), st.integers(7, 45))
seeds = st.integers(0, 2**63 - 1)
labels = st.one_of(st.none(), st.integers(0, LABELS.count - 1))


def noise(seed):
    return np.random.default_rng(seed % 2**32)


@st.composite
def pictures(draw):
    """A picture of any size and mode: noise, one colour, or colours that go over evenly."""
    width, height, mode = draw(sides), draw(sides), draw(st.sampled_from(list(CHANNELS)))
    random, kind = noise(draw(seeds)), draw(st.sampled_from(["noise", "flat", "even"]))
    shape = (height, width, CHANNELS[mode])
    pixels = random.integers(0, 256, shape if kind == "noise" else (1, 1, shape[2]))
    if kind == "even":
        down, across = np.mgrid[:height, :width]
        pixels = pixels + (down + across)[..., None]
    pixels = np.broadcast_to(pixels, shape).clip(0, 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if mode == "L" else pixels))


@st.composite
def masks(draw, size):
    """Some of a picture's pixels, one at least, as (H, W) of bool: all, a box, or any at random."""
    (width, height), random = size, noise(draw(seeds))
    kind = draw(st.sampled_from(["all", "box", "random"]))
    mask = np.full((height, width), kind == "all")
    if kind == "random":
        mask = random.random((height, width)) < draw(st.sampled_from([0.02, 0.3, 0.9]))
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(left, width - 1)), draw(st.integers(top, height - 1))
    if kind == "box":
        mask[top : bottom + 1, left : right + 1] = True
    mask[top, left] = True
    return mask


AS_GIVEN = [
    lambda mask: mask,
    lambda mask: mask.astype(np.float32),
    lambda mask: Image.fromarray(mask.astype(np.uint8) * 255),
    lambda mask: torch.from_numpy(mask)[None, None].float(),
]


def colours(picture):
    """(H, W, 4): colours and alpha, grey as equal colours."""
    return np.array(picture.convert("RGBA"))


def of_its_kind(made, picture):
    """The picture's size, and its alpha channel where it has one."""
    assert made.size == picture.size
    assert ("A" in made.mode) == ("A" in picture.mode)


@properties
@given(st.data(), pictures(), seeds, labels)
def test_what_is_not_masked_keeps_its_bits(model, data, picture, seed, label):
    mask = data.draw(masks(picture.size))
    as_given = data.draw(st.sampled_from(AS_GIVEN))(mask)
    steps, context = data.draw(st.integers(1, 2)), data.draw(st.sampled_from([0, 0.3, 1.0, 8]))
    before, how = colours(picture), {"context": context, "label": label}
    for made in (
        inpaint_region(model, picture, as_given, steps, seed, **how),
        stroke_picture(model, picture, 0.3, steps, seed, mask=as_given, **how),
    ):
        of_its_kind(made, picture)
        after = colours(made)
        assert (after[~mask] == before[~mask]).all() and (after[mask][:, 3] == 255).all()


@properties
@given(st.data(), pictures(), seeds, labels)
def test_outpainting_keeps_the_picture_inside(model, data, picture, seed, label):
    grow = st.integers(0, 20)
    left, top, right, bottom = data.draw(st.tuples(grow, grow, grow, grow).filter(any))
    made = outpaint(model, picture, left, top, right, bottom, 1, seed, label=label)
    width, height = picture.size
    assert made.size == (width + left + right, height + top + bottom)
    inside = made.crop((left, top, left + width, top + height))
    assert (colours(inside) == colours(picture)).all()


@properties
@given(st.data(), pictures(), seeds, labels)
def test_whole_pictures_keep_size_alpha_and_luma(model, data, picture, seed, label):
    steps, paper = data.draw(st.integers(1, 2)), data.draw(st.booleans())
    level = data.draw(st.one_of(st.none(), st.floats(0.002, 80)))
    added = data.draw(st.sampled_from([0, 0.3, 2.0]))
    drawn = stroke_picture(model, picture, 0.5, steps, seed, paper=paper, label=label)
    assert drawn.size == picture.size and drawn.mode == "RGB"
    cleaned = denoise_picture(model, picture, level, add=added, seed=seed, label=label)
    coloured = colorize_picture(model, picture, steps, seed, label=label)
    for made in (cleaned, coloured):
        assert made.size == picture.size
        assert (colours(made)[..., 3] == colours(picture)[..., 3]).all()
    opaque = colours(picture)[..., 3] == 255
    off = (colours(coloured)[..., :3] @ LUMA - colours(picture)[..., :3] @ LUMA)[opaque]
    assert not off.size or abs(off).max() <= 0.51  # three roundings to a level


@st.composite
def batches(draw, sides=sides):
    """(pictures (B, 3, H, W) in [-1, 1], a seed for each)."""
    many, height, width = draw(st.integers(1, 3)), draw(sides), draw(sides)
    random = noise(draw(seeds))
    made = random.uniform(-1, 1, (many, 3, height, width))
    if draw(st.booleans()):  # one even, or at an end of the range
        made[0] = draw(st.sampled_from([-1.0, 0.2, 1.0]))
    own = draw(st.lists(seeds, min_size=many, max_size=many))
    return torch.from_numpy(made).float(), own


def alone_as_together(task, batch, own, **parts):
    """What a task makes of a batch, after asking for each picture alone to the last bit."""
    together = task(batch, seed=own, **parts)
    assert torch.isfinite(together).all()
    for i, seed in enumerate(own):
        part = {key: value[i : i + 1] if len(value) > 1 else value for key, value in parts.items()}
        assert torch.equal(together[i : i + 1], task(batch[i : i + 1], seed=seed, **part))
    return together


how = st.fixed_dictionaries({"steps": st.integers(1, 3), "samples_per_step": st.integers(1, 3)})


@properties
@given(st.data(), batches(), how)
def test_holes_are_filled_and_paintings_finished_each_alone(data, drawn, how):
    batch, own = drawn
    size, count = (batch.shape[3], batch.shape[2]), data.draw(st.sampled_from([1, len(batch)]))
    mask = torch.stack(
        [torch.from_numpy(data.draw(masks(size)))[None].float() for _ in range(count)]
    )
    known = (mask == 0).expand_as(batch)
    paper, strength = data.draw(st.booleans()), data.draw(st.floats(0, 1))
    for task in (
        lambda x, mask, seed: inpaint(consistency, x, mask, seed=seed, **how),
        lambda x, mask, seed: stroke(
            consistency, x, strength, seed=seed, mask=mask, paper=paper, **how
        ),
    ):
        made = alone_as_together(task, batch, own, mask=mask)
        assert made.shape == batch.shape and torch.equal(made[known], batch[known])
        assert made.abs().max() <= 1


@properties
@given(st.data(), batches(), how)
def test_luma_and_hints_are_kept_each_alone(data, drawn, how):
    batch, own = drawn
    count, random = data.draw(st.sampled_from([1, len(batch)])), noise(data.draw(seeds))
    hints = torch.from_numpy(random.uniform(-1, 1, (count, 4, *batch.shape[2:]))).float()
    fractions = data.draw(st.lists(st.sampled_from([0, 0.1, 1]), min_size=count, max_size=count))
    for one, fraction in zip(hints, fractions, strict=True):
        one[3] = torch.from_numpy(random.random(one[3].shape) < fraction).float()

    def task(x, seed, hints=None):
        return colorize(consistency, x, seed=seed, hints=hints, **how)

    grey = grey_picture(batch)
    plain = alone_as_together(task, batch, own)
    hinted = alone_as_together(task, batch, own, hints=hints)
    for made in (plain, hinted):
        assert (Grey().measure(made) - Grey().measure(batch)).abs().max() < 1e-5
    dabbed = (hints[:, 3:] == 1).expand_as(batch)
    wanted = tint(grey, hints[:, :3], hints[:, 3:])
    assert torch.allclose(hinted[dabbed], wanted[dabbed], atol=1e-5)


@properties
@given(st.data(), batches(st.just(3)), how)
def test_means_are_kept_each_alone(data, drawn, how):
    (small, own), factor = drawn, data.draw(st.sampled_from([2, 4, 8]))

    def task(x, seed):
        return super_resolve(consistency, x, seed=seed, size=3 * factor, **how)

    made = alone_as_together(task, small, own)
    assert made.shape == (len(small), 3, 3 * factor, 3 * factor)
    assert (PatchMean(factor).measure(made) - small).abs().max() < 1e-5


@properties
@given(batches(), st.lists(st.one_of(st.none(), st.floats(0.002, 80)), min_size=1, max_size=1))
def test_noise_is_taken_out_of_each_alone(drawn, level):
    batch, _ = drawn
    (sigma,) = level
    together = denoise(consistency, batch, sigma)
    assert torch.isfinite(together).all() and together.shape == batch.shape
    for i in range(len(batch)):
        alone = denoise(consistency, batch[i : i + 1], sigma)
        assert torch.equal(together[i : i + 1], alone)
