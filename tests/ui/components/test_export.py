"""What is saved: sizes by a detailer, and layers that other programs open."""

import io
import zipfile
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from editing.output import enlarge_picture
from ui.components.export.export import sized, written, written_in_layers
from ui.components.export.openraster import openraster
from ui.service.examples import example


@pytest.mark.parametrize(
    ("size", "kind", "factors", "expected"),
    [
        ((256, 256), "png256", [], (256, 256)),
        ((256, 256), "png512", [2], (512, 512)),
        ((256, 256), "png1024", [4], (1024, 1024)),
        ((64, 32), "png1024", [4, 4], (1024, 512)),
        ((90, 60), "png512", [4, 2], (512, 341)),
        ((900, 600), "png512", [], (512, 341)),
    ],
)
def test_a_size_is_drawn_by_the_detailer_and_never_cut_from_less(size, kind, factors, expected):
    asked = []

    def enlarge(picture, factor):
        asked.append(factor)
        return enlarge_picture(picture, factor)

    made = Image.open(written(example("Coast").resize(size), kind, enlarge))
    assert (made.size, asked) == (expected, factors)


def test_a_picture_of_that_size_stays_as_it_is():
    assert sized(example("Coast"), 256) is example("Coast")


def test_an_openraster_file_holds_its_layers_and_what_they_look_like_together():
    paper = Image.new("RGB", (300, 200), "white")
    strokes = Image.new("RGBA", (300, 200))
    strokes.paste((200, 0, 0, 255), (0, 0, 150, 200))
    archive = zipfile.ZipFile(io.BytesIO(openraster([("<Strokes>", strokes), ("Paper", paper)])))
    first = archive.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert archive.read("mimetype") == b"image/openraster"
    root = ElementTree.fromstring(archive.read("stack.xml"))
    assert (root.get("w"), root.get("h")) == ("300", "200")
    layers = root.find("stack").findall("layer")
    assert [layer.get("name") for layer in layers] == ["<Strokes>", "Paper"]  # uppermost first

    def opened(name):
        return Image.open(io.BytesIO(archive.read(name)))

    assert opened(layers[0].get("src")).tobytes() == strokes.tobytes()
    assert opened(layers[1].get("src")).tobytes() == paper.tobytes()
    merged = np.asarray(opened("mergedimage.png").convert("RGB"))
    assert (merged[:, :150] == (200, 0, 0)).all() and (merged[:, 150:] == 255).all()
    assert max(opened("Thumbnails/thumbnail.png").size) == 256


def test_a_painting_is_saved_in_its_layers_beneath_its_picture_at_its_own_size():
    sketch, paint = (Image.new("RGBA", (512, 512), colour) for colour in ("#0000", "#f00f"))
    path = written_in_layers(example("Coast"), sketch, paint, example("Beach"), enlarge_picture)
    archive = zipfile.ZipFile(path)
    names = [layer.get("name") for layer in ElementTree.fromstring(archive.read("stack.xml"))[0]]
    assert names == ["Picture", "Sketch", "Paint", "Paper"]
    layers = [Image.open(archive.open(f"data/layer{i}.png")) for i in range(4)]
    assert {layer.size for layer in layers} == {(512, 512)}
    assert [layers[i].tobytes() for i in (1, 2)] == [sketch.tobytes(), paint.tobytes()]
