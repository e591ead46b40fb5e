"""The parts of the page that need no browser."""

import json

import pytest
from PIL import Image

from cm_core.errors import ImageError
from ui import about
from ui.chart import MISSING, quality_chart
from ui.pictures import open_picture, strip


def test_a_readout_counts_and_measures(tasks):
    _, points, readout = tasks.path(steps=3, seed=1)
    assert readout.evaluations == 3 == len(points)
    assert str(readout).startswith("3 evaluations · ")
    assert [p.sigma for p in points] == sorted((p.sigma for p in points), reverse=True)


def test_the_teacher_walks_from_the_same_noise(tasks):
    _, points, readout = tasks.teacher_path(levels=5, seed=1)
    _, jump, _ = tasks.path(steps=1, seed=1)
    assert readout.evaluations == 9 and len(points) == 5
    assert points[0].given.tobytes() == jump[0].given.tobytes()
    assert (
        points[0].answer.tobytes() == jump[0].answer.tobytes()
    )  # f at the first point of the walk


def test_a_picture_that_is_not_square_keeps_its_shape(tasks):
    picture, _ = tasks.colorize(Image.new("RGB", (400, 200), "gray"), steps=1)
    assert picture.size == (32, 16)


def test_no_picture_is_a_sentence(tasks):
    with pytest.raises(ImageError, match="choose an example or open one"):
        tasks.shrink(None, 4)


def test_an_upload_is_turned_upright(tmp_path):
    picture, exif = Image.new("RGB", (30, 20)), Image.Exif()
    exif[274] = 6  # lies on its side
    picture.save(tmp_path / "phone.jpg", exif=exif)
    assert open_picture(tmp_path / "phone.jpg").size == (20, 30)


def test_captions_are_escaped():
    assert "<script>" not in strip([(Image.new("RGB", (2, 2)), '"><script>')])


def test_the_chart_places_its_points_or_says_why_not(tmp_path):
    file = tmp_path / "quality.json"
    assert quality_chart(file) == MISSING
    rows = [
        {"model": "consistency", "evaluations": 1, "value": 0.2},
        {"model": "consistency", "evaluations": 2, "value": 0.1},
        {"model": "teacher", "evaluations": 35, "value": 0.05},
    ]
    file.write_text(json.dumps({"metric": "KID-own", "rows": rows}))
    chart = quality_chart(file)
    assert chart.count("<circle") == 3 and "KID-own" in chart
    assert 'cx="56.0" cy="24.0"' in chart  # one evaluation at the left, the worst value on top


def test_the_card_is_shown_without_its_front_matter(tmp_path):
    file = tmp_path / "README.md"
    file.write_text("---\nlicense: apache-2.0\n---\n# Card\ntext\n")
    assert about.card(file) == "# Card\ntext\n"
    assert "without a card" in about.card(tmp_path / "missing.md")
