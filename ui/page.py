"""The page: tabs, sidebar, look, and the limits it is served under."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import torch
from PIL import Image

from ui import about, colourise, denoise, enlarge, inpaint, interpolate, paint, sidebar, steps
from ui.api import endpoints
from ui.canvas import CSS as CANVAS_CSS
from ui.engine import Engine
from ui.pictures import MAX_PIXELS
from ui.tasks import Tasks

THREADS = 2
DAY = 24 * 60 * 60
SYSTEM_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
MONO_FONTS = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
TABS = {
    "Paint": paint,
    "Inpaint": inpaint,
    "Colourise": colourise,
    "Enlarge": enlarge,
    "Denoise": denoise,
    "Interpolate": interpolate,
    "Steps": steps,
}
THEME = gr.themes.Default(
    primary_hue="violet", neutral_hue="zinc", font=SYSTEM_FONTS, font_mono=MONO_FONTS
).set(body_text_color_subdued="*neutral_500", body_text_color_subdued_dark="*neutral_400")
HEADER = (
    "<h1>OneStroke</h1><p>Paint, repair, colour and enlarge small pictures with a consistency "
    "model: one network evaluation a picture, live on a CPU.</p>"
)


def build_page(engine: Engine) -> gr.Blocks:
    """The whole page on one engine, its queue set up."""
    tasks = Tasks(engine)
    # Files that requests left behind are swept hourly, once they are a day old.
    with gr.Blocks(
        title="OneStroke", analytics_enabled=False, delete_cache=(60 * 60, DAY), fill_width=True
    ) as page:
        endpoints(tasks)  # first, so that they get their own names
        controls = sidebar.build(engine)
        gr.HTML(HEADER, elem_id="header")
        with gr.Tabs(elem_id="tabs"):
            for name, module in TABS.items():
                with gr.Tab(name) as tab:
                    module.build(tasks, controls)
                tab.select(
                    lambda name=name: name,
                    outputs=controls.tab,
                    show_progress="hidden",
                    api_visibility="private",
                )
            with gr.Tab("About"):
                about.build(engine)
        gr.HTML(about.FOOTER, elem_id="footer")
        page.load(None, js=sidebar.CLOSE_ON_PHONE, api_visibility="private")
    return page.queue(max_size=32, api_open=False, default_concurrency_limit=1)


def launch(engine: Engine, **where: Any) -> tuple[gr.Blocks, str]:
    """Warm the model up and serve the page; `where` goes to Gradio's launch."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    torch.set_num_threads(THREADS)
    engine.warm_up()
    page = build_page(engine)
    _, url, _ = page.launch(
        theme=THEME,
        css=(Path(__file__).parent / "page.css").read_text() + CANVAS_CSS,
        max_file_size="20mb",
        state_session_capacity=64,
        footer_links=["api"],
        run_history=False,
        ssr_mode=False,
        **where,
    )
    return page, url
