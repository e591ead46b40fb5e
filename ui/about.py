"""About: the model's card, whose art it learned from, the API, and what it cannot do."""

from __future__ import annotations

import re
from pathlib import Path

import gradio as gr

from ui.engine import Engine

CARD = Path(__file__).parent.parent / "assets" / "emoji64" / "README.md"

CREDITS = """
### Whose art it learned from
The model was trained on openly licensed emoji. What it draws is new, and owes its look to them.

| Set | By | Licence |
|---|---|---|
| Noto Emoji and Noto Emoji v1 | Google | Apache 2.0 |
| Twemoji | Twitter and contributors | CC BY 4.0 |
| Fluent Emoji and Fluent Emoji Flat | Microsoft | MIT |

The example drawings are part of this program (Apache 2.0).
"""

LIMITS = """
### What it cannot do
- It knows emoji: faces, animals, food, travel, objects. A photograph comes back as an emoji-like
  picture or a blur.
- It thinks at {size} × {size} pixels. Inpainting and growing paste their edit into the full
  picture; everything else it returns at its own size, enlarged by the browser.
- It has no text prompt; style and subject are menus.
- Few steps mean soft detail. The Steps tab shows what more of them buy. Repairs take the mean
  of two guesses a step: one is livelier, more are calmer and softer.
"""

API = """
### From a script
Every task is an endpoint; pictures are ordinary files.

```python
from gradio_client import Client, handle_file

page = Client("http://127.0.0.1:7860")
page.predict(handle_file("sketch.png"), strength=0.5, steps=2, seed=7, api_name="/paint")
page.predict(handle_file("cat.png"), handle_file("mask.png"), api_name="/inpaint")
page.predict(handle_file("cat.png"), right=0.25, api_name="/outpaint")
page.predict(handle_file("grey.png"), hints=handle_file("dabs.png"), api_name="/colorize")
page.predict(handle_file("small.png"), factor=4, api_name="/super_resolve")
page.predict(handle_file("noisy.png"), api_name="/denoise")
page.predict(seed_a=1, seed_b=2, frames=12, api_name="/interpolate")
page.predict(seed_a=1, seed_b=2, group="Mushrooms", to="Trees", api_name="/interpolate")
page.predict(seed_a=1, seed_b=2, seed_c=3, seed_d=4, api_name="/interpolate")  # a 5 x 5 grid
page.predict(steps=1, seed=7, style="Noto", group="Any", api_name="/generate")
page.predict(seed=7, api_name="/steps")
page.predict(handle_file("picture.png"), form="svg", api_name="/export")  # or png1, png4, png8
```

The same in Python, without the page:

```python
from cm_core import load_model
from editing import inpaint_region
from editing.image import mask_file, open_picture

model = load_model("emoji64")
photo, mask = open_picture("photo.png"), mask_file(open_picture("mask.png"))
picture = inpaint_region(model, photo, mask, seed=0)  # at the photo's own size
```
"""

FOOTER = (
    "<b>OneStroke</b> · trained on Noto Emoji (Google, Apache 2.0), Twemoji (CC BY 4.0) and "
    "Fluent Emoji (Microsoft, MIT)"
)


def card(file: Path = CARD) -> str:
    """The model card without its front matter."""
    if not file.exists():
        return "### The model\nThis checkpoint came without a card."
    return re.sub(r"\A---\n.*?\n---\n", "", file.read_text(), flags=re.DOTALL)


def build(engine: Engine) -> None:
    """Lay out the tab."""
    with gr.Row(elem_classes="workbench prose-tab"):
        with gr.Column(min_width=300):
            gr.Markdown(card() if engine.name == "emoji64" else f"### The model\n{engine.name}")
            gr.Markdown(LIMITS.format(size=engine.size))
        with gr.Column(min_width=300):
            gr.Markdown(CREDITS)
            gr.Markdown(API)
