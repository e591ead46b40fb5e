import tracemalloc

import numpy as np
import pytest
import torch
from PIL import Image
from torch.overrides import TorchFunctionMode

from cm_core.errors import ImageError, SettingError
from editing import inpaint, inpaint_region, outpaint, stream_inpaint_region, stream_outpaint
from editing.region import find_region, free_pixels


def upload(width, height, mode="RGB"):
    channels = {"RGB": 3, "RGBA": 4, "L": 1, "LA": 2}[mode]
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)


def box(size, *corners):
    mask = np.zeros(size[::-1], bool)
    for left, top, right, bottom in corners:
        mask[top:bottom, left:right] = True
    return mask


class Flat:
    """A model that always answers one grey."""

    class config:
        image_size = 16

    def __init__(self, value=0.0):
        self.value = value

    def __call__(self, x, sigma, label=None):
        return torch.full_like(x, self.value)


ODD = (133, 77)
MASKS = {
    "middle": box(ODD, (40, 30, 71, 55)),
    "border": box(ODD, (0, 20, 31, 77)),
    "corner": box(ODD, (120, 64, 133, 77)),
    "pixel": box(ODD, (99, 5, 100, 6)),
    "blobs": box(ODD, (2, 2, 9, 9), (60, 60, 75, 77), (130, 0, 133, 4)),
    "all": box(ODD, (0, 0, 133, 77)),
    "line": box(ODD, (0, 40, 133, 41)),
    "noise": np.random.default_rng(3).random(ODD[::-1]) < 0.1,
}


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
@pytest.mark.parametrize("name", MASKS)
def test_every_pixel_outside_the_mask_keeps_its_bits(model, name, mode):
    picture, mask = upload(*ODD, mode), MASKS[name]
    made = inpaint_region(model, picture, mask, steps=1)
    before, after = (np.array(each).reshape(77, 133, -1) for each in (picture, made))
    assert made.mode == mode and (after[~mask] == before[~mask]).all()
    assert (after[mask] != before[mask]).any(-1).mean() > 0.9
    assert "A" not in mode or (after[mask][..., -1] == 255).all()


@pytest.mark.parametrize("size", [(16, 16), (7, 5), (1, 40), (300, 3), (15, 17)])
def test_any_size_works(model, size):
    picture, mask = upload(*size), box(size, (0, 0, 1, 1))
    made = inpaint_region(model, picture, mask, steps=1)
    assert made.size == size
    assert (np.array(made)[~mask] == np.array(picture)[~mask]).all()


def test_a_picture_of_the_models_size_is_edited_as_by_inpaint(model):
    """All of it masked: nothing to join to, so the edit itself."""
    from editing.image import to_pil, to_tensor

    picture = upload(16, 16)
    with torch.no_grad():
        wanted = inpaint(model, to_tensor(picture), torch.ones(1, 1, 16, 16), 2, 5)
    made = inpaint_region(model, picture, np.ones((16, 16), bool), 2, 5)
    assert (np.array(made) == np.array(to_pil(wanted))).all()


def test_region_surrounds_the_mask_and_stays_inside_the_picture():
    picture = upload(500, 333)
    region = find_region(picture, box(picture.size, (480, 10, 500, 90)), 16, context=0.5)
    assert region.box == (340, 0, 500, 160)
    small = find_region(picture, box(picture.size, (250, 100, 251, 101)), 16)
    assert small.box == (234, 84, 266, 116)
    assert find_region(picture, box(picture.size, (0, 0, 500, 333)), 16).box == (0, 0, 500, 333)


def test_the_old_content_under_the_mask_leaves_no_trace(model):
    picture, mask = upload(90, 70), box((90, 70), (20, 20, 50, 45))
    other = np.array(picture)
    other[mask] = 255 - other[mask]
    one, two = (inpaint_region(model, p, mask) for p in (picture, Image.fromarray(other)))
    assert (np.array(one) == np.array(two)).all()


def test_the_seam_is_smooth_and_lies_inside():
    """A grey edit in a lighter picture: it starts as the picture and becomes the edit."""
    picture, mask = (
        Image.new("RGB", (200, 150), (180, 180, 180)),
        box((200, 150), (60, 40, 140, 110)),
    )
    region = find_region(picture, mask, 16)
    grey, light = (torch.full((1, 3, 16, 16), v) for v in (0.0, 180 / 127.5 - 1))
    row = np.array(region.paste(grey, (16, 16)))[75, 60:100, 0].astype(int)
    assert abs(row[0] - 180) <= 12 and abs(row[-1] - 128) <= 1
    assert abs(np.diff(row)).max() <= 12
    assert (abs(np.array(region.paste(light, (16, 16))).astype(int) - 180) <= 1).all()


def test_the_seam_is_settled_once_and_near_the_mask_alone(model, monkeypatch):
    """Of four steps the last is joined; what is left out around the mask changes nothing."""
    from editing import region, seam

    calls, join = [], seam.join
    monkeypatch.setattr(region, "join", lambda *given: calls.append(given) or join(*given))
    picture, mask = upload(400, 300), box((400, 300), (150, 100, 200, 160))
    taken = [p.picture for p in stream_inpaint_region(model, picture, mask, 4)]
    assert len(taken) == 4 and len(calls) == 1
    x0, seen, known, size = calls[0]
    near = join(x0, seen, known, size)
    window = seam.around(known[0, 0] < 1, 0)
    monkeypatch.setattr(seam, "around", lambda *_: (slice(None), slice(None)))
    everywhere = join(x0, seen, known, size)
    assert torch.allclose(near[..., *window], everywhere[..., *window], atol=1e-5)


def blurred(length, sigma):
    """By sums, as the Gaussian is defined."""
    radius = int(3 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    row = np.zeros(length)
    row[3] = 1.0
    return np.convolve(row, weights / weights.sum())[radius : radius + length]


@pytest.mark.parametrize("sigma", [0.5, 2.0, 8.0])
def test_a_blur_is_a_gaussian_zero_beyond_the_edges(sigma):
    from editing.seam import blur

    x = torch.zeros(1, 1, 5, 40)
    x[..., 2, 3] = 1
    made = blur(x, sigma)[0, 0]
    across, down = blurred(40, sigma), blurred(6, sigma)[1:6]
    assert np.allclose(made.numpy(), np.outer(down, across), atol=1e-6)


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (12, 40_000), (700, 500)])
def test_memory_goes_by_the_area_of_a_picture(model, size):
    """Not by the square of its longer side, whatever is masked; nor do evaluations."""
    evaluated = []

    class Counting(Flat):
        def __call__(self, x, sigma, label=None):
            evaluated.append(x.numel())
            return super().__call__(x, sigma, label)

    picture, mask = upload(*size), np.ones(size[::-1], bool)
    mask[0, 0] = False
    tracemalloc.start()
    with MostElements() as most:
        made = inpaint_region(Counting(), picture, mask, steps=1)
        assert outpaint(Counting(), picture, bottom=3, right=2, steps=1).size[0] == size[0] + 2
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    area = size[0] * size[1]
    assert made.size == size
    assert peak < 60 * area + 2**20
    assert most.elements <= max(4 * area, 1024**2)
    assert len(evaluated) <= 2 * 2 * 11 and set(evaluated) == {3 * 16 * 16}


class MostElements(TorchFunctionMode):
    """How many elements the largest tensor has that anything returns meanwhile."""

    elements = 0

    def __torch_function__(self, function, types, given=(), named=None):
        made = function(*given, **(named or {}))
        if isinstance(made, torch.Tensor):
            self.elements = max(self.elements, made.numel())
        return made


def test_masks_come_as_pictures_arrays_and_at_other_scales():
    mask = box((40, 30), (10, 5, 20, 12))
    drawn = Image.fromarray(mask.astype(np.uint8) * 255)
    overlay = Image.new("RGBA", drawn.size)
    overlay.putalpha(drawn)
    for given in (mask, mask.astype(np.float32), mask.astype(np.uint8), drawn, overlay):
        assert (free_pixels(given, (40, 30)) == mask).all()
    assert (free_pixels(torch.from_numpy(mask)[None, None], (40, 30)) == mask).all()
    dot = box((1000, 750), (501, 400, 502, 401))
    assert free_pixels(dot, (40, 30)).sum() == 1
    for scale in (1.1, 1.5, 2, 7.3):  # none of its pixels is lost when it is enlarged
        for x in range(10):
            assert free_pixels(
                box((10, 10), (x, 9 - x, x + 1, 10 - x)), (round(10 * scale),) * 2
            ).any()


def test_streams_and_results_agree(model):
    picture, mask = upload(50, 41), box((50, 41), (10, 10, 30, 30))
    seen = []
    made = inpaint_region(model, picture, mask, 3, 7, on_step=seen.append, context=0.2)
    taken = list(stream_inpaint_region(model, picture, mask, 3, 7, context=0.2))
    assert [s.sigma for s in seen] == [p.step.sigma for p in taken] and len(taken) == 3
    assert (np.array(taken[-1].picture) == np.array(made)).all()
    assert (np.array(taken[0].picture)[~mask] == np.array(picture)[~mask]).all()
    assert (
        np.array(inpaint_region(model, picture, mask, 3, 8, context=0.2)) != np.array(made)
    ).any()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("margins", [(7, 0, 0, 0), (0, 3, 20, 0), (9, 8, 7, 6)])
def test_outpaint_keeps_the_old_picture(model, mode, margins):
    picture, (left, top, right, bottom) = upload(45, 31, mode), margins
    made = outpaint(model, picture, *margins, steps=1)
    assert made.size == (45 + left + right, 31 + top + bottom) and made.mode == mode
    before = np.array(picture)
    assert (np.array(made)[top : top + 31, left : left + 45] == before).all()
    *_, streamed = stream_outpaint(model, picture, *margins, steps=1)
    assert (np.array(streamed.picture) == np.array(made)).all()


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ImageError, lambda m, p: inpaint_region(m, p, np.zeros((30, 40), bool))),
        (ImageError, lambda m, p: inpaint_region(m, p, np.ones((30, 30), bool))),
        (ImageError, lambda m, p: inpaint_region(m, p, np.ones(30))),
        (SettingError, lambda m, p: inpaint_region(m, p, np.ones((30, 40)), context=-1)),
        (SettingError, lambda m, p: inpaint_region(m, p, np.ones((30, 40)), steps=0)),
        (SettingError, lambda m, p: inpaint_region(lambda x, s: x, p, np.ones((30, 40)))),
        (SettingError, lambda m, p: outpaint(m, p)),
        (SettingError, lambda m, p: outpaint(m, p, left=-3, right=9)),
        (SettingError, lambda m, p: outpaint(m, p, top=10**7)),
    ],
)
def test_bad_input_gets_one_sentence(model, error, call):
    with pytest.raises(error) as caught:
        call(model, upload(40, 30))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
