"""One rule for masks, whoever made them and however they were saved."""

import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from cm_core.errors import ImageError
from editing import inpaint
from editing.region import free_pixels

SIZE = (80, 60)
HOLE = np.zeros(SIZE[::-1], bool)
HOLE[20:44, 24:56] = True
ALPHA = Image.fromarray(HOLE).convert("L")
SOFT = np.array(ALPHA.filter(ImageFilter.GaussianBlur(2.2)), np.float64) / 255
RAMP = np.tile(np.linspace(0, 1, 80), (60, 1))
NOISE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def painted(hole, ground, mode="RGB"):
    """One colour in the hole, another around it."""
    picture = Image.new(mode, SIZE, ground)
    picture.paste(hole, mask=ALPHA)
    return picture


def dotted(picture, value, at=(0, 0)):
    """The same with another pixel somewhere."""
    picture.putpixel(at, value)
    return picture


def with_alpha(picture, alpha):
    picture = picture.copy()
    picture.putalpha(alpha)
    return picture


def smoothed(picture):
    """Drawn four times as large and reduced, as antialiased edges are."""
    large = picture.resize((320, 240), Image.Resampling.NEAREST).rotate(0.4)
    return large.resize(SIZE, Image.Resampling.BOX)


def through(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return Image.open(file)


PHOTO = Image.fromarray(NOISE).filter(ImageFilter.GaussianBlur(1))
ERASED = ALPHA.point(lambda v: 255 - v)
PALETTE = Image.fromarray(HOLE.astype(np.uint8), "P")
PALETTE.putpalette([0, 0, 0, 128, 0, 0])  # class 1 of many label editors

EXACT = {
    "grey": ALPHA,
    "one bit": ALPHA.convert("1"),
    "RGB": ALPHA.convert("RGB"),
    "RGBA": ALPHA.convert("RGBA"),
    "grey with alpha": ALPHA.convert("LA"),
    "a pixel of alpha 254": dotted(ALPHA.convert("RGBA"), (0, 0, 0, 254)),
    "a pixel of alpha 0": dotted(ALPHA.convert("RGBA"), (0, 0, 0, 0)),
    "a light pixel of alpha 0": dotted(ALPHA.convert("RGBA"), (255, 255, 255, 0)),
    "a photo erased": with_alpha(PHOTO, ERASED),
    "a grey photo erased": with_alpha(PHOTO.convert("L"), ERASED),
    "a photo erased to clear white": Image.composite(
        Image.new("RGBA", SIZE, (255, 255, 255, 0)), PHOTO.convert("RGBA"), ALPHA
    ),
    "a white layer erased": with_alpha(Image.new("RGB", SIZE, "white"), ERASED),
    "a black layer erased": painted((0, 0, 0, 0), (0, 0, 0, 255), "RGBA"),
    "red strokes on nothing": painted((255, 0, 0, 255), (0, 0, 0, 0), "RGBA"),
    "black strokes on nothing": painted((0, 0, 0, 255), (0, 0, 0, 0), "RGBA"),
    "white strokes on nothing": painted((255, 255, 255, 255), (0, 0, 0, 0), "RGBA"),
    "a thin brush": painted((255, 0, 0, 90), (0, 0, 0, 0), "RGBA"),
    "white on black, some of it clear": with_alpha(
        ALPHA.convert("RGB"), Image.new("L", SIZE, 255).rotate(9, fillcolor=0)
    ),
    "0 and 1 in a file": Image.fromarray(HOLE.astype(np.uint8)),
    "0 and 1 in colour": Image.fromarray(HOLE.astype(np.uint8)[..., None].repeat(3, 2)),
    "0 and 1 of 16 bits": Image.fromarray(HOLE.astype(np.uint16)),
    "0 and 65535": Image.fromarray(HOLE.astype(np.uint16) * 65535),
    "0 and 2": HOLE.astype(np.uint8) * 2,
    "red on black": painted((255, 0, 0), 0),
    "dark red on black": painted((90, 0, 0), 0),
    "blue on black": painted((0, 0, 255), 0),
    "white on grey": painted(255, 128, "L"),
    "a palette": PALETTE,
    "bool": HOLE,
    "int64": HOLE.astype(int),
    "float": HOLE.astype(np.float32),
    "float 255": HOLE * 255.0,
    "lists": HOLE.tolist(),
    "a channel last": HOLE[..., None].astype(np.uint8) * 255,
    "an RGB array": np.array(painted((255, 0, 0), 0)),
    "tensor": torch.from_numpy(HOLE)[None, None].float(),
    "tensor of bytes": torch.from_numpy(HOLE)[None].byte() * 255,
}
CLOSE = {  # but for pixels at the very edge
    "JPEG": through(ALPHA, "JPEG", quality=30),
    "RGB JPEG": through(ALPHA.convert("RGB"), "JPEG", quality=50),
    "red JPEG": through(painted((255, 0, 0), 0), "JPEG", quality=75),
    "green lossy WebP": through(painted((0, 200, 0), 0), "WEBP", quality=60),
    "smooth": smoothed(ALPHA),
    "smooth red": smoothed(painted((200, 30, 30), 0)),
    "smooth dark red": smoothed(painted((90, 0, 0), 0)),
    "smooth strokes on nothing": smoothed(painted((255, 0, 0, 255), (0, 0, 0, 0), "RGBA")),
}
SOFTS = {
    "uint8": lambda v: (v * 255).round().astype(np.uint8),
    "picture": lambda v: Image.fromarray((v * 255).round().astype(np.uint8)),
    "RGBA picture": lambda v: Image.fromarray((v * 255).round().astype(np.uint8)).convert("RGBA"),
    "int32": lambda v: (v * 255).round().astype(np.int32),
    "uint16": lambda v: (v * 65535).round().astype(np.uint16),
    "float 0-255": lambda v: (v * 255).astype(np.float32),
    "float 0-1": lambda v: v.astype(np.float32),
    "float picture": lambda v: Image.fromarray(v.astype(np.float32)),
    "tensor": torch.from_numpy,
    "resampled": lambda v: (v * 1.06 - 0.03).astype(np.float32),
}


@pytest.mark.parametrize("name", EXACT)
def test_masks_as_people_make_them(name):
    assert (free_pixels(EXACT[name], SIZE) == HOLE).all()


@pytest.mark.parametrize("name", CLOSE)
def test_ringing_and_smooth_edges_change_the_edge_alone(name):
    off = free_pixels(CLOSE[name], SIZE) != HOLE
    edge = Image.fromarray(HOLE).convert("L").filter(ImageFilter.FIND_EDGES)
    near = np.array(edge.filter(ImageFilter.MaxFilter(3))) > 0
    assert not off[~near].any() and off.sum() <= 30


@pytest.mark.parametrize("kind", SOFTS)
@pytest.mark.parametrize("name", ["blurred", "ramp"])
def test_soft_masks_are_cut_at_their_half(name, kind):
    soft = {"blurred": SOFT, "ramp": RAMP}[name]
    assert (free_pixels(SOFTS[kind](soft), SIZE) == (soft > 0.5)).all()


def test_all_of_a_picture_may_be_marked():
    for everything in (np.ones(HOLE.shape, bool), np.ones(HOLE.shape), Image.new("L", SIZE, 255)):
        assert free_pixels(everything, SIZE).all()


@pytest.mark.parametrize(
    ("mask", "named"),
    [
        (Image.new("L", SIZE, 128), "128 everywhere"),
        (np.full(HOLE.shape, 1, np.uint8), "1 everywhere"),
        (Image.fromarray((100 + 50 * RAMP).astype(np.uint8)), "from 100 to 150"),
        (np.arange(4800).reshape(60, 80) % 3, "0, 1 and 2"),
        (np.where(HOLE, 1.0, -1.0), "-1 and 1"),
        (np.where(HOLE, np.nan, 0), "nan"),
        (PHOTO, "colours"),
        (PHOTO.convert("RGBA"), "colours"),
        (painted((255, 0, 0), (0, 0, 255)), "(0, 0, 255) and (255, 0, 0)"),
        (painted((255, 0, 0), (255, 255, 255)), "(255, 0, 0) and (255, 255, 255)"),
        (dotted(Image.new("RGB", SIZE, "red"), (255, 255, 255)), "(255, 0, 0)"),
        (Image.new("L", SIZE), "empty"),
        (Image.new("RGBA", SIZE), "empty"),
        (np.zeros(HOLE.shape), "empty"),
        (np.zeros((3, 2, 2, 2)), "(3, 2, 2, 2)"),
        (np.zeros((0, 4)), "(0, 4)"),
        (np.full(HOLE.shape, "x"), "numbers"),
        (None, "numbers"),
    ],
)
def test_what_says_nothing_is_refused_by_its_values(mask, named):
    with pytest.raises(ImageError) as caught:
        free_pixels(mask, SIZE)
    said = str(caught.value)
    assert named in said and said.endswith(".") and "\n" not in said


@pytest.mark.parametrize("kind", ["uint8", "int32", "float 0-255", "float 0-1"])
def test_tensor_masks_of_the_models_size_go_by_the_same_rule(model, kind):
    soft = SOFT[10:58, 10:58][::3, ::3]
    given = torch.as_tensor(SOFTS[kind](soft).astype(np.float32))[None, None]
    picture = torch.rand(1, 3, 16, 16) * 2 - 1
    wanted = inpaint(model, picture, torch.from_numpy(soft > 0.5)[None, None].float(), 2)
    assert torch.equal(inpaint(model, picture, given, 2), wanted)


def test_a_mask_of_a_batch_is_read_as_alone(model):
    """Each by its own values: here 0 to 1 beside 0 to 255."""
    picture = torch.rand(1, 3, 16, 16).expand(2, -1, -1, -1)
    hole = torch.zeros(1, 1, 16, 16)
    hole[..., 4:9, 3:12] = 1
    made = inpaint(model, picture, torch.cat([hole, hole * 255]), 1, [3, 3])
    assert torch.equal(made[0], made[1])
    with pytest.raises(ImageError, match="empty"):
        inpaint(model, picture, torch.cat([hole, hole * 0]), 1)
