"""Opening a picture from a file of one's own."""

import gradio as gr
import numpy as np
import pytest

from tests.editing.test_files import png
from ui.components.export.export import folder
from ui.components.thumbs.image_picker import opened


@pytest.mark.parametrize("bits", [8, 16])
def test_bits_that_the_page_does_not_keep_are_told(monkeypatch, bits):
    told, rows = [], np.arange(36, dtype=f">u{bits // 8}").reshape(3, 12)
    monkeypatch.setattr(gr, "Warning", told.append)
    file = folder() / "deep.png"
    file.write_bytes(png(4, 3, bits, 2, b"".join(b"\0" + row.tobytes() for row in rows)))
    assert opened(str(file)) == file
    assert told == ["The picture has 16 bits a channel: 8 of them are kept."] * (bits == 16)
