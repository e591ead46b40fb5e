"""Where a tab's picture comes from: an example, an upload, or another tab."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import gradio as gr
from PIL import ImageOps

from ui.components.kept import Source
from ui.components.tab_router import TabRouter
from ui.service.examples import example
from ui.service.inputs import said
from ui.service.pictures import MAX_UPLOAD_BYTES, TOO_LARGE, data_url, open_picture, warn_of_bits

HERE = Path(__file__).parent
LIMIT = f"const MAX_UPLOAD_BYTES = {MAX_UPLOAD_BYTES}, TOO_LARGE = {json.dumps(TOO_LARGE)};\n"
JS = LIMIT + "".join((HERE / name).read_text() for name in ("thumbs.js", "intake.js"))
THUMBNAIL = 84
KNOWS = "The model knows landscapes: faces, rooms and writing come out wrong."
THUMBS = """<div class="thumbs" role="group" aria-label="Examples">
{{#each value}}<button type="button" data-index="{{@index}}" title="Example: {{this.name}}">
<img src="{{{this.url}}}" alt="{{this.name}}"></button>{{/each}}</div>"""


def thumbnail(name: str) -> str:
    """An example as a small data URL."""
    return data_url(ImageOps.fit(example(name), (THUMBNAIL, THUMBNAIL)), lossless=False)


def opened(file: str) -> Path:
    """The path of a file that can be opened; warns of bits of colour that are not kept."""
    warn_of_bits(open_picture(file))  # a bad file is refused here, and the old picture stays
    return Path(file)


def picture_source(router: TabRouter, tab: str, names: Sequence[str], first: str) -> Source:
    """Examples and an upload button; a picture chosen, dropped or pasted is kept in full size."""
    source = Source(first, tab)
    router.sources[tab] = source
    with gr.Row(elem_classes="source"):
        thumbs = gr.HTML(
            [{"name": name, "url": thumbnail(name)} for name in names],
            html_template=THUMBS,
            js_on_load=JS,
            apply_default_css=False,
            min_width=300,
        )
        upload = gr.UploadButton(
            "Open a picture", file_types=["image"], size="md", scale=0, min_width=132
        )

    if tab != "Paint":
        gr.HTML(f'<p class="note">{KNOWS}</p>')

    def choose(event: gr.EventData) -> str:
        return names[said(event, "index", range(len(names)))]

    def dropped(event: gr.EventData) -> Path:
        return opened(said(event, "path"))

    glue = {"outputs": source, "api_visibility": "private", "show_progress": "hidden"}
    thumbs.select(choose, **glue)
    upload.upload(opened, upload, **glue)
    thumbs.upload(dropped, **glue)
    return source
