"""The page: tabs, sidebar, look, and the limits it is served under."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image
from starlette.middleware import Middleware

from editing.image import MAX_PIXELS
from ui.components import label_bar, sidebar
from ui.components.controls import Controls
from ui.components.kept import lay_out
from ui.components.result.result import History
from ui.components.tab_router import TabRouter
from ui.service.engine import Engine, Engines
from ui.service.memory import share_arenas
from ui.service.pictures import MAX_UPLOAD_BYTES
from ui.service.slots import AT_WORK
from ui.service.tasks import Tasks
from ui.tabs import about, colorize, denoise, enlarge, inpaint, interpolate, paint, steps
from ui.web import link
from ui.web.api import endpoints
from ui.web.blocks import Page
from ui.web.disk import keep_swept, own_folder
from ui.web.guard import Guard
from ui.web.preview import Preview
from ui.web.readers import Readers
from ui.web.static_cache import StaticCache

HERE = Path(__file__).parent
STYLES = (
    "web/page.css",
    "components/result/result.css",
    "components/canvas/canvas.css",
    "tabs/paint.css",
    "components/guess/guess.css",
    "tabs/classroom/classroom.css",
)
SCRIPTS = ("web/page.js", "web/tour.js")  # run once the page is there
SYSTEM_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
MONO_FONTS = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
TABS = {
    "Inpaint": inpaint,
    "Colour": colorize,
    "Enlarge": enlarge,
    "Denoise": denoise,
    "Interpolate": interpolate,
    "Steps": steps,
}
THEME = gr.themes.Default(
    primary_hue="violet", neutral_hue="zinc", font=SYSTEM_FONTS, font_mono=MONO_FONTS
).set(
    # Text stands out from what is behind it by 4.5 to 1, at least, by day and by night.
    body_text_color_subdued="*neutral_600",
    body_text_color_subdued_dark="*neutral_400",
    color_accent="*primary_600",
    slider_color="*primary_600",
    checkbox_background_color_selected="*primary_600",
    checkbox_border_color="*neutral_500",
    checkbox_border_color_dark="*neutral_400",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_cancel_background_fill="#b91c1c",
    button_cancel_background_fill_dark="#b91c1c",
    button_cancel_background_fill_hover="#991b1b",
    button_cancel_background_fill_hover_dark="#991b1b",
    button_cancel_text_color="white",
    button_cancel_text_color_dark="white",
)
# What Gradio says to screen readers once an event is over, for which it has no words of its own.
WORDS = gr.I18n(en={"common.complete": "Done"})


def tab(name: str, controls: Controls) -> gr.Tab:
    """A tab with values of its own in the shared controls."""
    with gr.Tab(name, id=name) as opened:
        controls.opens(opened, name)
    return opened


def build_page(engine: Engine, downloads: bool = True) -> gr.Blocks:
    """The whole page on one engine, its queue set up. downloads: as of Engines."""
    engines = Engines(engine, downloads)
    tasks = Tasks(engines)
    with Page(title="OneStroke", analytics_enabled=False, fill_width=True) as page:
        endpoints(tasks)  # first, so that they get their own names
        controls = sidebar.build(engines, label_bar.build(engine))
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            router = TabRouter(tabs)
            with tab("Paint", controls):
                strength = paint.build(tasks, controls, router)
            for name, module in TABS.items():
                with tab(name, controls):
                    module.build(tasks, controls, router)
            with tab("About", controls):
                about.build(engine)
        router.results.append(History(elem_id="history"))
        router.connect(tasks, controls)
        lay_out([*controls.kept, *router.sources.values()])
        gr.HTML(about.FOOTER, elem_id="footer")
        for script in SCRIPTS:
            page.load(None, js=(HERE / script).read_text(), api_visibility="private")
        link.connect(page, engines, controls, router, strength)
    return page.queue(max_size=32, api_open=False, default_concurrency_limit=1)


def launch(engine: Engine, downloads: bool = True, **where: Any) -> tuple[gr.Blocks, str]:
    """Warm the model up and serve the page; `where` goes to Gradio's launch."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    share_arenas()
    keep_swept(own_folder())
    engine.warm_up()
    page = build_page(engine, downloads)
    _, url, _ = page.launch(
        theme=THEME,
        css="".join((HERE / name).read_text() for name in STYLES),
        max_file_size=MAX_UPLOAD_BYTES,
        max_threads=AT_WORK,
        state_session_capacity=64,
        footer_links=["api"],
        i18n=WORDS,
        run_history=False,
        ssr_mode=False,
        app_kwargs={
            "middleware": [Middleware(one) for one in (Guard, StaticCache, Preview, Readers)]
        },
        # By now the server has answered once. Gradio would ask again for the page itself and give
        # up after three seconds of silence, which a busy machine may need for its first page.
        _frontend=False,
        **where,
    )
    return page, url
