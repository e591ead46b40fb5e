"""What comes back has what went in: profile, EXIF, resolution, text, grey, alpha, bits, quality."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from editing.__main__ import main
from editing.files import open_picture
from editing.image import crop_like, on_white, with_alpha
from editing.output import file_content, save
from tests.editing.test_files import DAMAGED, exif, png

SIZE = (40, 32)
HOLE = np.zeros(SIZE[::-1], bool)
HOLE[8:24, 8:24] = True
NOISE = np.random.default_rng(0).integers(0, 256, (32, 40, 4), dtype=np.uint8)
SMOOTH = Image.fromarray(NOISE[:4, :5, :3]).resize(SIZE, Image.Resampling.BICUBIC)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GRAY = SRGB[:16] + b"GRAY" + SRGB[20:]


@pytest.fixture
def repaint(tmp_path, folder):
    """Repaint the hole of a picture file on the command line: (picture before, picture made)."""
    Image.fromarray(HOLE).save(tmp_path / "mask.png")

    def run(name="in.png", out="out.png", *options):
        files = [tmp_path / "mask.png", "--out", tmp_path / out, "--model", folder, *options]
        line = ["inpaint", tmp_path / name, "--steps", 1, "--mask", *files]
        assert main([str(word) for word in line]) == 0
        return Image.open(tmp_path / name), Image.open(tmp_path / out)

    return run


def outside(before, after):
    """The largest difference outside of the hole."""
    return np.abs(np.array(before)[~HOLE].astype(float) - np.array(after)[~HOLE]).max()


def camera(orientation=1):
    """EXIF of every kind: texts, numbers, the camera's own bytes, a place, a preview."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0132] = orientation, "Maker", "2026:11:30 08:00:00"
    exif[0x8769] = {0x829A: 0.125, 0x927C: b"the maker's own bytes", 0x9286: b"ASCII\0\0\0words"}
    exif[0x8825] = {1: "N", 2: (48.0, 30.0, 15.0)}
    return exif.tobytes()


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "tif", "avif"])
def test_profile_exif_and_resolution_come_back(repaint, tmp_path, kind):
    SMOOTH.save(tmp_path / f"in.{kind}", icc_profile=SRGB, exif=camera(), dpi=(300, 200))
    before, after = repaint(f"in.{kind}", f"out.{kind}")
    assert after.info["icc_profile"] == SRGB
    had, has = before.getexif(), after.getexif()
    for tag in (0x010F, 0x0132):
        assert has[tag] == had[tag]
    assert dict(has.get_ifd(0x8769)) == dict(had.get_ifd(0x8769))
    assert dict(has.get_ifd(0x8825)) == dict(had.get_ifd(0x8825))
    if "dpi" in before.info:
        assert after.info["dpi"] == pytest.approx((300, 200), abs=0.01)


@pytest.mark.parametrize("kind", ["png", "jpg", "tif"])
def test_a_turned_picture_comes_back_upright_and_says_so(repaint, tmp_path, kind):
    SMOOTH.transpose(Image.Transpose.ROTATE_90).save(tmp_path / f"in.{kind}", exif=camera(6))
    _, after = repaint(f"in.{kind}", f"out.{kind}")
    assert after.size == SIZE and after.getexif().get(0x0112, 1) == 1
    assert after.getexif()[0x010F] == "Maker"


def test_a_damaged_exif_block_comes_back_as_it_was_but_for_orientation(tmp_path):
    block = exif(*DAMAGED["a negative rational"])
    SMOOTH.save(tmp_path / "in.jpg", exif=block)
    save(open_picture(tmp_path / "in.jpg"), tmp_path / "out.jpg")
    at = block.index(b"\x01\x12") + 8
    assert Image.open(tmp_path / "out.jpg").info["exif"] == block[:at] + b"\0\1" + block[at + 2 :]


@pytest.mark.parametrize("kind", [".png", ".jpg", ".webp", ".tif", ".avif"])
@pytest.mark.parametrize("name", DAMAGED)
def test_no_damaged_block_keeps_a_picture_from_being_saved(name, kind):
    made = open_picture(io.BytesIO(jpeg(SMOOTH, exif=exif(*DAMAGED[name]))))
    made.info["dpi"] = (1e300, 1e300) if name == "a text" else (72, 72)
    assert Image.open(io.BytesIO(file_content(made, kind))).size == SIZE[::-1]


def test_the_preview_of_the_old_picture_does_not_come_back(tmp_path):
    """It shows what was removed."""
    preview = b"\xff\xd8 the old picture \xff\xd9"
    first = struct.pack(">HHHII", 1, 0x010F, 2, 4, int.from_bytes(b"Abc\0", "big"))
    second = struct.pack(">HHHIIHHII", 2, 0x0201, 4, 1, 56, 0x0202, 4, 1, len(preview))
    block = b"Exif\0\0MM\0*\0\0\0\x08" + first + struct.pack(">I", 26) + second + bytes(4) + preview
    assert block[6 + 56 :] == preview
    SMOOTH.save(tmp_path / "in.jpg", exif=block)
    save(open_picture(tmp_path / "in.jpg"), tmp_path / "out.jpg")
    assert b"the old picture" not in (tmp_path / "out.jpg").read_bytes()
    assert Image.open(tmp_path / "out.jpg").getexif()[0x010F] == "Abc"


def test_the_text_and_gamma_of_a_png_come_back(repaint, tmp_path):
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "A lake")
    text.add_itxt("Author", "Ōe", "ja", "著者")
    text.add(b"gAMA", struct.pack(">I", 100_000))
    SMOOTH.save(tmp_path / "in.png", pnginfo=text)
    before, after = repaint()
    assert after.text == before.text and len(after.text) == 2
    assert after.text["Author"].tkey == "著者" and after.info["gamma"] == 1


def test_the_comment_of_a_jpeg_comes_back(repaint, tmp_path):
    SMOOTH.save(tmp_path / "in.jpg", comment=b"by the lake")
    assert repaint("in.jpg", "out.jpg")[1].info["comment"] == b"by the lake"


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_mode_comes_back(repaint, tmp_path, mode):
    channels = len(Image.new(mode, (1, 1)).getbands())
    pixels = NOISE[..., 0] if channels == 1 else NOISE[..., :channels]
    Image.fromarray(pixels, mode).save(tmp_path / "in.png")
    before, after = repaint()
    assert after.mode == mode and outside(before, after) == 0
    assert (np.array(before)[HOLE] != np.array(after)[HOLE]).any()


def test_a_grey_picture_with_alpha_is_grey_on_white_as_well(tmp_path):
    made = Image.open(io.BytesIO(file_content(Image.new("LA", SIZE, (0, 128)), ".jpg")))
    assert made.mode == "L" and abs(made.getpixel((0, 0)) - 127) <= 1


def test_a_grey_photo_saved_in_colour_stays_grey(repaint, tmp_path):
    Image.fromarray(NOISE[..., 0]).convert("RGB").save(tmp_path / "in.png")
    before, after = repaint()
    made = np.array(after)
    assert after.mode == "RGB" and (made == made[..., :1]).all() and outside(before, after) == 0


def test_few_shades_say_nothing_of_colour(repaint, tmp_path):
    checks = np.indices(SIZE[::-1]).sum(0) // 4 % 2 * 90 + 60
    Image.fromarray(checks.astype(np.uint8)).convert("RGB").save(tmp_path / "in.png")
    made = np.array(repaint()[1])
    assert (made != made[..., :1]).any()


def test_a_grey_profile_is_not_put_on_colours(tmp_path):
    made = SMOOTH.copy()
    made.info["icc_profile"] = GRAY
    assert "icc_profile" not in Image.open(io.BytesIO(file_content(made, ".png"))).info
    grey = made.convert("L")
    assert Image.open(io.BytesIO(file_content(grey, ".png"))).info["icc_profile"] == GRAY


@pytest.mark.parametrize("kind", ["png", "tif"])
def test_sixteen_bits_come_back_outside_the_mask(repaint, tmp_path, kind):
    deep = np.random.default_rng(1).integers(0, 65536, SIZE[::-1], dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / f"in.{kind}")
    _, after = repaint(f"in.{kind}", f"out.{kind}")
    made = np.array(after)
    assert made.dtype == np.uint16 and (made[~HOLE] == deep[~HOLE]).all()
    assert (made[HOLE] != deep[HOLE]).mean() > 0.9
    assert np.abs(made[HOLE].astype(float) - deep[HOLE]).mean() > 257  # of the same range


def test_floats_come_back_outside_the_mask(repaint, tmp_path):
    deep = np.random.default_rng(1).random(SIZE[::-1], dtype=np.float32)
    Image.fromarray(deep).save(tmp_path / "in.tif")
    made = np.array(repaint("in.tif", "out.tif")[1])
    assert made.dtype == np.float32 and (made[~HOLE] == deep[~HOLE]).all()
    assert (made[HOLE] != deep[HOLE]).mean() > 0.9 and made.min() >= 0 and made.max() <= 1


def test_a_larger_canvas_keeps_the_bits_too(tmp_path, folder):
    deep = np.random.default_rng(1).integers(0, 65536, SIZE[::-1], dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / "in.png")
    line = ["outpaint", tmp_path / "in.png", "--left", 8, "--top", 4, "--steps", 1]
    assert main([str(w) for w in (*line, "--out", tmp_path / "o.png", "--model", folder)]) == 0
    assert (np.array(Image.open(tmp_path / "o.png"))[4:, 8:] == deep).all()


@pytest.mark.parametrize(("mode", "out"), [("I;16", "out.jpg"), ("RGB", "out.png")])
def test_bits_that_are_lost_are_said(repaint, tmp_path, capsys, mode, out):
    rows = b"".join(
        b"\0" + row.tobytes()
        for row in np.random.default_rng(2)
        .integers(0, 65536, (32, 40, 3 if mode == "RGB" else 1))
        .astype(">u2")
    )
    (tmp_path / "in.png").write_bytes(png(*SIZE, 16, 2 if mode == "RGB" else 0, rows))
    repaint("in.png", out)
    said = capsys.readouterr().err
    assert "16 bits" in said and "8" in said and said.count("\n") == 1


def test_an_enlarged_icon_keeps_its_transparency(tmp_path, folder):
    icon = Image.new("RGBA", (8, 8))
    icon.paste((200, 30, 30, 255), (2, 2, 6, 6))
    icon.save(tmp_path / "in.png")
    line = ["super_resolve", tmp_path / "in.png", "--out", tmp_path / "out.png", "--model", folder]
    assert main([str(word) for word in line]) == 0
    made = Image.open(tmp_path / "out.png")
    assert made.size == (16, 16) and made.mode == "RGBA"
    assert made.getpixel((0, 0))[3] == 0 and made.getpixel((8, 8))[3] == 255


@pytest.mark.parametrize("task", [["denoise", "--sigma", "0.3"], ["super_resolve"]])
def test_a_grey_picture_comes_back_grey_from_every_task_that_keeps_colours(tmp_path, folder, task):
    Image.fromarray(NOISE[:8, :8, 0]).save(tmp_path / "in.png")
    line = [task[0], tmp_path / "in.png", *task[1:], "--out", tmp_path / "out.png"]
    assert main([str(word) for word in (*line, "--model", folder)]) == 0
    assert Image.open(tmp_path / "out.png").mode == "L"


def test_what_is_seen_through_an_edge_is_not_the_paper(tmp_path):
    """An edit is made on white; its transparent copy on white is the edit again."""
    icon = Image.new("RGBA", (4, 4), (200, 30, 30, 128))
    icon.putpixel((0, 0), (0, 0, 0, 0))
    made = with_alpha(on_white(icon), icon)
    off = np.array(made)[1:].astype(int) - np.array(icon)[1:]
    assert np.abs(off).max() <= 2 and made.getpixel((0, 0))[3] == 0


def tables(content):
    picture = Image.open(io.BytesIO(content))
    return picture.quantization, picture.layer


def jpeg(picture, **options):
    file = io.BytesIO()
    picture.save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.parametrize("quality", [60, 85, 100])
def test_a_jpeg_without_subsampling_comes_back_at_its_own_quality(repaint, tmp_path, quality):
    (tmp_path / "in.jpg").write_bytes(jpeg(SMOOTH, quality=quality, subsampling=0))
    before, after = repaint("in.jpg", "out.jpg")
    assert tables((tmp_path / "in.jpg").read_bytes()) == tables((tmp_path / "out.jpg").read_bytes())
    blocks = np.abs(np.array(before).astype(int) - np.array(after))
    assert max(blocks[24:].max(), blocks[:, 24:].max()) <= 2  # the hole is whole blocks


@pytest.mark.parametrize("name", ["in.png", "in.jpg"])
def test_any_other_picture_becomes_a_jpeg_of_95_without_subsampling(repaint, tmp_path, name):
    SMOOTH.save(tmp_path / name)  # a JPEG of 75, its colours halved
    repaint(name, "out.jpg")
    best = tables(jpeg(SMOOTH, quality=95, subsampling=0))
    assert tables((tmp_path / "out.jpg").read_bytes()) == best


def test_a_fine_jpeg_with_subsampling_is_not_made_coarser(repaint, tmp_path):
    (tmp_path / "in.jpg").write_bytes(jpeg(SMOOTH, quality=98))
    repaint("in.jpg", "out.jpg")
    best = tables(jpeg(SMOOTH, quality=98, subsampling=0))
    assert tables((tmp_path / "out.jpg").read_bytes()) == best


def test_quality_is_as_asked(repaint, tmp_path):
    SMOOTH.save(tmp_path / "in.png")
    repaint("in.png", "out.jpg", "--quality", 40)
    assert tables((tmp_path / "out.jpg").read_bytes())[0] == tables(jpeg(SMOOTH, quality=40))[0]
    whole, less = (file_content(SMOOTH, ".webp", quality=q) for q in (None, 30))
    assert len(less) < len(whole)
    exact = Image.open(io.BytesIO(whole)).convert("RGB")
    assert (np.array(exact) == np.array(SMOOTH)).all()


@pytest.mark.parametrize("quality", ["0", "101"])
def test_a_quality_out_of_range_is_refused_before_the_work(tmp_path, capsys, quality):
    line = ["generate", "--out", tmp_path / "o.jpg", "--model", "nowhere", "--quality", quality]
    assert main([str(word) for word in line]) == 2
    assert "quality lies between 1 and 100" in capsys.readouterr().err


def test_kinds_without_a_profile_get_the_colours_that_it_shows(tmp_path):
    """A profile with red and green exchanged: what is seen is kept, not the numbers."""
    red, green = SRGB.index(b"rXYZ"), SRGB.index(b"gXYZ")
    swapped = bytearray(SRGB)
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    made = Image.new("RGB", (4, 4), (255, 0, 0))
    made.info["icc_profile"] = bytes(swapped)
    shown = Image.open(io.BytesIO(file_content(made, ".bmp"))).getpixel((0, 0))
    assert shown[1] > 245 and shown[0] < 15
    assert Image.open(io.BytesIO(file_content(made, ".png"))).getpixel((0, 0)) == (255, 0, 0)


def test_an_exif_block_too_long_for_jpeg_is_left_out(tmp_path):
    made = SMOOTH.copy()
    made.info["exif"] = b"Exif\0\0MM\0*\0\0\0\x08" + bytes(70_000)
    assert Image.open(io.BytesIO(file_content(made, ".jpg"))).size == SIZE


def test_the_edit_of_a_fitted_picture_has_what_the_file_held():
    picture = SMOOTH.copy()
    picture.info["icc_profile"] = SRGB
    assert crop_like(Image.new("RGB", (16, 16)), picture).info["icc_profile"] == SRGB
