"""OpenRaster: a file of layers for Krita, GIMP and MyPaint.

https://www.openraster.org/baseline/file-layout-spec.html
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from PIL import Image

from editing.output import encoded

THUMBNAIL = 256  # pixels, its longer side at most
STACK = """<?xml version="1.0" encoding="UTF-8"?>
<image version="0.0.3" w="{width}" h="{height}"><stack>
{layers}
</stack></image>
"""
LAYER = '<layer name={name} src="{src}" x="0" y="0" opacity="1.0" composite-op="svg:src-over"/>'


def openraster(layers: Sequence[tuple[str, Image.Image]]) -> bytes:
    """(name, picture) of each layer, the uppermost first, all of one size, as a file's bytes."""
    size = layers[0][1].size
    merged, files, lines = Image.new("RGBA", size), {}, []
    for i, (name, picture) in reversed(list(enumerate(layers))):
        merged.alpha_composite(picture.convert("RGBA"))
        files[f"data/layer{i}.png"] = picture
        lines.insert(0, LAYER.format(name=quoteattr(name), src=f"data/layer{i}.png"))
    small = merged.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    files |= {"mergedimage.png": merged, "Thumbnails/thumbnail.png": small}
    stack = STACK.format(width=size[0], height=size[1], layers="\n".join(lines))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # PNG is compressed already
        archive.writestr("mimetype", "image/openraster")  # first: it tells the format
        archive.writestr("stack.xml", stack)
        for path, picture in files.items():
            archive.writestr(path, encoded(picture, "PNG"))
    return file.getvalue()
