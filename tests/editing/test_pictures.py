"""Tasks on pictures of any size and shape: each comes back at its own."""

import numpy as np
import pytest
import torch
from PIL import Image

from cm_core.errors import ImageError
from editing import (
    colorize_picture,
    denoise_picture,
    inpaint_region,
    stream_colorize_picture,
    stream_denoise_picture,
    stream_stroke_picture,
    stroke,
    stroke_picture,
)
from editing.colours import draw_hints
from editing.detail import finished
from editing.image import to_pil, to_tensor
from tests.editing.test_region import Flat, box, upload

SIZES = [(16, 16), (133, 77), (7, 5), (1, 40), (300, 3), (15, 17), (1, 1)]
LUMA = np.array([0.2989, 0.5870, 0.1140]) / 0.9999


def luma(picture):
    return np.asarray(picture.convert("RGB")) @ LUMA


@pytest.mark.parametrize("size", SIZES)
def test_every_task_gives_back_the_pictures_own_size(model, size):
    picture = upload(*size)
    everything = np.ones(size[::-1], bool)
    for made in (
        stroke_picture(model, picture),
        colorize_picture(model, picture, steps=1),
        denoise_picture(model, picture),
        inpaint_region(model, picture, everything, steps=1),
    ):
        assert made.size == size and made.mode == "RGB"


@pytest.mark.parametrize("mode", ["1", "P", "I", "F", "I;16", "CMYK", "LA"])
def test_a_mode_is_no_hindrance(model, mode):
    """All read as what they show: light on the left, dark on the right."""
    grey = np.tile(np.linspace(1, 0, 40, dtype=np.float32), (30, 1))
    deep = {"I;16": np.uint16(65535 * grey), "I": np.int32(255 * grey), "F": grey}
    picture = Image.fromarray(deep.get(mode, np.uint8(255 * grey)))
    picture = picture if mode in deep else picture.convert(mode)
    everything = np.ones((30, 40), bool)
    assert inpaint_region(model, picture, everything, steps=1).size == (40, 30)
    assert stroke_picture(model, picture).size == (40, 30)
    for made in (
        colorize_picture(model, picture, steps=1),
        denoise_picture(model, picture, 0.002),  # f(x, sigma_min) = x
    ):
        assert made.size == (40, 30)
        if mode != "1":
            assert abs(luma(made) - 255 * grey).max() < 3


class Tinted(Flat):
    """A model that always answers one colour."""

    def __call__(self, x, sigma, label=None):
        return torch.tensor([0.3, -0.1, 0.5])[:, None, None].expand_as(x).clone()


@pytest.mark.parametrize("size", [(133, 77), (16, 16), (40, 200), (1, 40)])
def test_colour_comes_onto_the_pictures_own_luma(model, size):
    picture = upload(*size)
    for drawn in (Tinted(), model):
        made = colorize_picture(drawn, picture, steps=2)
        assert abs(luma(made) - luma(picture)).max() <= 0.51  # three roundings to a level
    middle = Image.new("RGB", size, (139, 139, 139))  # of the luma of that colour
    red, green, blue = np.asarray(colorize_picture(Tinted(), middle, steps=1)).reshape(-1, 3).T
    assert abs((red.astype(int) - green) - 51).max() <= 1  # 0.4 and 0.2 of a range of 255 / 2
    assert abs((blue.astype(int) - red) - 25.5).max() <= 1


def test_colour_ends_where_the_pictures_luma_does():
    """Drawn at 16 pixels, a red square on a blue ground keeps its edge at 160."""
    wide = np.full((160, 160, 3), 60, np.uint8)
    wide[43:117, 43:117] = 190

    class Knowing(Flat):
        def __call__(self, x, sigma, label=None):
            light = x.mean(1, keepdim=True) > 0
            red, blue = (torch.tensor(c)[:, None, None] for c in ([0.9, 0.2, 0.2], [-1, -0.7, 0.1]))
            return torch.where(light, red, blue)

    picture = Image.fromarray(wide)
    made = np.asarray(colorize_picture(Knowing(), picture, sigmas=[0.01])).astype(int)
    warm = made[..., 0] - made[..., 2]
    assert warm[80, 44:50].min() > 40 and warm[80, 36:42].max() < -20


def test_hints_come_at_any_scale_of_the_picture_and_none_is_lost(model):
    dab = Image.new("RGBA", (1000, 500))
    dab.putpixel((700, 300), (250, 10, 20, 255))
    drawn = draw_hints(dab, (100, 50), (32, 16))
    assert drawn.shape == (1, 4, 16, 32) and drawn[:, 3].sum() == 1
    colour = drawn[0, :3][:, drawn[0, 3] == 1].flatten()
    assert colour.tolist() == pytest.approx([250 / 127.5 - 1, 10 / 127.5 - 1, 20 / 127.5 - 1])
    clear = dab.copy()
    clear.putalpha(0)
    assert not draw_hints(clear, (100, 50), (32, 16))[:, 3].any()
    picture = upload(100, 50)
    assert colorize_picture(model, picture, 1, 0, dab).size == (100, 50)
    with pytest.raises(ImageError, match="hints is 1000x500, the picture 50x100"):
        colorize_picture(model, upload(50, 100), 1, 0, dab)


def test_a_square_painting_of_the_models_size_is_finished_as_by_stroke(model):
    painting = upload(16, 16)
    wanted = to_pil(stroke(model, to_tensor(painting), 0.5, 2, 3))
    assert (np.array(stroke_picture(model, painting, 0.5, 2, 3)) == np.array(wanted)).all()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_painting_is_finished_in_the_mask_alone(model, mode):
    painting, mask = upload(133, 77, mode), box((133, 77), (40, 30, 71, 55))
    made = stroke_picture(model, painting, mask=mask)
    before = np.array(painting.convert(made.mode))
    after = np.array(made)
    assert (after[~mask] == before[~mask]).all() and (after[mask] != before[mask]).any(
        -1
    ).mean() > 0.9
    assert (after[mask][:, 0] != after[mask][:, 2]).any()  # in colour, on a grey ground too


def test_a_masked_painting_is_seen_by_the_model():
    """What lies in the mask is what is finished: a model that changes nothing leaves it."""

    class Same(Flat):
        def __call__(self, x, sigma, label=None):
            return x

    painting, mask = Image.new("RGB", (64, 64), (200, 60, 60)), box((64, 64), (20, 20, 44, 44))
    made = np.array(stroke_picture(Same(), painting, mask=mask, sigmas=[0.003])).astype(int)
    assert abs(made - (200, 60, 60)).max() <= 2


def test_noise_goes_everywhere_and_the_level_is_told():
    """The closed form of flat grey at its own size: f of noise on nothing is the noise, smaller."""
    from tests.gaussian import consistency

    class Gaussian(Flat):
        def __call__(self, x, sigma, label=None):
            return consistency(x, sigma)

    picture = Image.new("L", (131, 90), 128)
    (painted,) = stream_denoise_picture(Gaussian(), picture, add=0.4, seed=1)
    assert painted.step.sigma == pytest.approx(0.4, rel=0.05)
    assert painted.step.x.shape == (1, 3, 90, 131)
    assert torch.allclose(
        painted.step.x0, consistency(painted.step.x, painted.step.sigma).clamp(-1, 1), atol=1e-5
    )
    assert painted.picture.mode == "L" and painted.picture.size == (131, 90)


def test_streams_and_results_agree(model):
    picture = upload(50, 41)
    for stream, edit in (
        (stream_stroke_picture, stroke_picture),
        (stream_colorize_picture, colorize_picture),
        (stream_denoise_picture, denoise_picture),
    ):
        seen = []
        made, taken = edit(model, picture, on_step=seen.append), list(stream(model, picture))
        assert [s.sigma for s in seen] == [p.step.sigma for p in taken]
        assert (np.array(taken[-1].picture) == np.array(made)).all()


def test_what_is_transparent_stays_so_and_a_files_words_too(model):
    picture = upload(40, 30, "RGBA")
    picture.info["dpi"] = (300.0, 300.0)
    for made in (colorize_picture(model, picture, steps=1), denoise_picture(model, picture)):
        assert made.mode == "RGBA" and made.info["dpi"] == (300.0, 300.0)
        assert (np.array(made)[..., 3] == np.array(picture)[..., 3]).all()


def test_a_detailer_draws_the_last_step_finer_where_there_is_room(model, detailer):
    """As `finished` does, in the part that changed alone; a part as small as drawn is left."""
    picture, mask = upload(133, 77), box((133, 77), (40, 30, 101, 65))
    before = np.array(picture)
    for edit in (inpaint_region, stroke_picture):
        plain, finer = (
            np.array(edit(model, picture, mask=mask, steps=1, detailer=each))
            for each in (None, detailer)
        )
        assert (plain != finer).any() and (finer[~mask] == before[~mask]).all()
    whole = stroke_picture(model, Image.new("RGB", (64, 64)), 0.5, 1, 3, detailer=detailer)
    drawn = stroke(model, to_tensor(Image.new("RGB", (16, 16))), 0.5, 1, 3)
    assert (np.array(whole) == np.array(to_pil(finished(detailer, drawn, 3)))).all()
    small = upload(16, 16)
    plain, finer = (stroke_picture(model, small, detailer=each) for each in (None, detailer))
    assert (np.array(plain) == np.array(finer)).all()
