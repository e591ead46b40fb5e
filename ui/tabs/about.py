"""About: the model's card, its training pictures, the API, and the model's limits."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import gradio as gr

from cm_core.checkpoints import registry
from ui.service.engine import Engine

CARD = registry.BUNDLED[registry.DEFAULT] / "README.md"

CREDITS = """
## What it learned from
Landscapes that a program renders: sky by the scattering of light, mountains, dunes and shores as
heights in perspective, rock, snow, forest and grass on them, water that mirrors, trees grown branch
by branch, and a camera's film. No photograph and nobody's art is in it. `python -m train reproduce
landscape64` draws the pictures and trains the model.

The example paintings and renders are part of this program (Apache 2.0).
"""

LIMITS = """
## What it draws, and what not
- It draws landscapes: {scenes}.
- In these lights: {lights}.
- It knows neither people nor animals, neither houses nor cars. A photograph of something else comes
  back as a landscape or as a blur.
- It thinks at {size} × {size} pixels. Inpainting and growing paste their edit into the full
  picture.
- It has no text prompt; scene and light are menus, and Any leaves them to the painting. Materials
  are colours that renders have by daylight.
- Small and thin things are lost first: a palm's trunk, a far peak, a small sun.
- A painting is finished best in one step; a picture from nothing gains by a second. The Steps tab
  shows both. Colour takes the mean of two samples a step: one is livelier, more are calmer and
  softer.
- In every light moves a painting's colours by what renders of the same scenes have in both lights;
  shadows stay where they were painted.
"""

CALLS = """\
from gradio_client import Client, handle_file

page = Client("HERE")
page.predict(handle_file("painting.png"), strength=0.3, steps=1, scene="lake", api_name="/stroke")
page.predict(handle_file("painting.png"), api_name="/lights")  # a picture in every light
page.predict(handle_file("photo.png"), handle_file("mask.png"), api_name="/inpaint")
page.predict(handle_file("photo.png"), right=0.25, api_name="/outpaint")
page.predict(handle_file("grey.png"), hints=handle_file("dabs.png"), api_name="/colorize")
page.predict(handle_file("small.png"), factor=4, api_name="/super_resolve")
page.predict(handle_file("noisy.png"), api_name="/denoise")
page.predict(seed_a=1, seed_b=2, frames=12, api_name="/interpolate")
page.predict(seed_a=1, seed_b=1, light="day", to_light="night", api_name="/interpolate")
page.predict(seed_a=1, seed_b=2, seed_c=3, seed_d=4, api_name="/interpolate")  # a 5 x 5 grid
page.predict(steps=1, seed=7, scene="coast", light="sunset", api_name="/generate")
page.predict(seed=7, api_name="/steps")
page.predict(handle_file("picture.png"), form="svg", api_name="/export")  # or png1, png4, png8
"""
LIBRARY = """\
from cm_core import load_model
from editing import stroke
from editing.files import open_picture
from editing.image import fit, to_pil, to_tensor

model = load_model("landscape64")
painting = to_tensor(fit(open_picture("painting.png"), model.config.image_size))
label = model.label_index(scene="alpine", light="day")
to_pil(stroke(model, painting, strength=0.3, seed=0, label=label)).save("picture.png")
"""
CODE = """<div class="script"><button type="button" class="sm secondary">Copy</button>
<pre><code>{0}</code></pre></div>"""
API = f"""<h2>From a script</h2><p>Every task is an endpoint; pictures are ordinary files.</p>
{CODE.format(escape(CALLS))}<p>The same in Python, without the page:</p>
{CODE.format(escape(LIBRARY))}"""

# In the browser, which knows the page's address, whatever port or proxy it came through.
SCRIPT = """
const here = (location.origin + location.pathname).replace(/\\/$/, "");
for (const code of element.querySelectorAll("code")) {
  code.textContent = code.textContent.replace("HERE", here);
  const copy = code.closest(".script").querySelector("button");
  copy.onclick = async () => {
    await navigator.clipboard.writeText(code.textContent);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1600);
  };
}"""

FOOTER = "<b>OneStroke</b> · learned from rendered landscapes, nobody's art · Apache 2.0"


def card(file: Path = CARD) -> str:
    """The model card without its front matter, a level below the page's own heading."""
    if not file.exists():
        return "## The model\nThis checkpoint came without a card."
    text = re.sub(r"\A---\n.*?\n---\n", "", file.read_text(), flags=re.DOTALL)
    return wide_tables(re.sub(r"^#", "##", text, flags=re.MULTILINE))


def wide_tables(text: str) -> str:
    """Markdown whose tables can be moved sideways, by keyboard too, where they are too wide."""
    wrapped = '<div class="wide" tabindex="0" role="group" aria-label="A table">\n\n{0}\n\n</div>\n'
    return re.sub(
        r"(?:^\|.*\n?)+", lambda m: wrapped.format(m[0].strip()), text, flags=re.MULTILINE
    )


def limits(engine: Engine) -> str:
    """The limits of a landscape model, as text; empty for other models."""
    axes = engine.model.config.labels.axes
    if not {"scene", "light"} <= set(axes):
        return ""
    scenes, lights = (", ".join(axes[axis]) for axis in ("scene", "light"))
    return LIMITS.format(size=engine.size, scenes=scenes, lights=lights)


def build(engine: Engine) -> None:
    """Lay out the tab."""
    with gr.Row(elem_classes="workbench prose-tab"):
        with gr.Column(min_width=300):
            gr.Markdown(limits(engine))
            gr.Markdown(CREDITS)
        with gr.Column(min_width=300):
            gr.HTML(API, js_on_load=SCRIPT, elem_classes="prose")
    with gr.Column(elem_classes="prose-tab"):
        gr.Markdown(card() if engine.name == registry.DEFAULT else f"## The model\n{engine.name}")
