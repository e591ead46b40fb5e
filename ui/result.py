"""A result picture: sent inline, enlarged by the browser, downloadable as it is."""

from __future__ import annotations

from html import escape
from string import Template
from typing import Any

import gradio as gr
from PIL import Image

from ui.pictures import data_url

TEMPLATE = Template("""
<figure class="result">
  {{#if value}}
    <a href="{{{value}}}" download="onestroke.png" title="Download as PNG">
      <img src="{{{value}}}" alt="$title"></a>
  {{else}}<div class="empty">$empty</div>{{/if}}
  <figcaption>$title</figcaption>
</figure>""")


class Result(gr.HTML):
    """A picture as a data URL: no file to write, no second request, so it can follow the brush."""

    def __init__(self, title: str, empty: str, **kwargs: Any):
        # The texts are written into the template: Gradio forgets a component's props when an
        # update reaches it before its tab was first opened.
        template = TEMPLATE.substitute(title=escape(title), empty=escape(empty))
        super().__init__(html_template=template, apply_default_css=False, js_on_load=None, **kwargs)

    def postprocess(self, value: Image.Image | None) -> str | None:
        return None if value is None else data_url(value)
