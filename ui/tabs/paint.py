"""Paint: the picture follows the brush."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
from PIL import Image

from editing.hours import FRAMES, hours, nearest_light
from editing.lights import known_lights
from ui.components.canvas.canvas import LiveCanvas
from ui.components.controls import STEPS, Controls, Go, costed
from ui.components.frames.frames import Frames
from ui.components.guess.guess import Guess
from ui.components.samples import samples_slider
from ui.components.tab_router import TabRouter
from ui.components.thumbs.choices import Choices
from ui.components.thumbs.image_picker import picture_source
from ui.service.animation import animation
from ui.service.examples import PAINTINGS, example
from ui.service.inputs import required_picture, said, text
from ui.service.progress import EditProgress, last
from ui.service.settings import EditSettings, with_settings
from ui.service.slots import EDITS
from ui.service.tasks import VARIATIONS, Tasks

FIRST = "Beach"  # the first sight: finished whatever the seed
OFFERED = {"scene": 3, "light": 2}  # number of labels that a guess offers
REFINE_STRENGTH = 0.12  # little noise: the picture gets cleaner and its shapes stay

# A panorama comes below all else: who asked for one is taken there once it is to be seen.
SHOWN = """() => {
  const look = (left) => {
    const wide = document.getElementById("paint-panorama");
    if (wide?.checkVisibility()) wide.scrollIntoView({ behavior: "smooth", block: "center" });
    else if (left) setTimeout(look, 100, left - 1);
  };
  look(300);
}"""


def build(tasks: Tasks, controls: Controls, router: TabRouter) -> gr.Slider:
    """Lay out the tab and connect it; returns the strength slider."""
    config = controls.engines.first.model.config
    first = opening(tasks, EditSettings(STEPS["Paint"], **controls.first_choice))
    controls.readout.value = str(first.readout)
    with gr.Row(elem_classes=["workbench", "easel"]):
        with gr.Column(min_width=300):
            photo = picture_source(router, "Paint", PAINTINGS, FIRST)
            canvas = LiveCanvas(
                example(FIRST),
                title="Paint here",
                hint="Paint here, or choose an example",
                elem_id="paint-canvas",
                elem_classes="first",
                send=128,
            )
            with gr.Row(elem_id="paint-guess", elem_classes="under"):
                propose = gr.Button("Guess scene and light", size="sm", elem_id="paint-propose")
                chips = Guess(elem_id="paint-chips")
        with gr.Column(min_width=300):
            with gr.Row(elem_classes=["top", "strength", "first"]):
                strength = gr.Slider(
                    0,
                    1,
                    value=config.strength,
                    step=0.01,
                    label="Strength: follow my strokes → surprise me",
                    elem_id="paint-strength",
                    min_width=180,
                )
                seen = router.result(
                    "With noise",
                    keep=False,
                    value=first.seen,
                    elem_id="paint-seen",
                    elem_classes="seen",
                    scale=0,
                    min_width=72,
                )
            result = router.result(
                "The finished picture",
                "Paint something: it appears here.",
                value=first,
                elem_id="paint-result",
                elem_classes="second",
            )
            with gr.Row(elem_classes="under many"):
                adopt = gr.Button("Use as canvas", elem_id="paint-adopt", min_width=80)
                refine = gr.Button("Refine again", elem_id="paint-refine", min_width=80)
                generate = Go("paint-generate", "From nothing", "secondary")
                vary = Go("paint-vary", "Four variations", "secondary")
                relight = Go("paint-lights", "In every light", "secondary")
                pass_day = Go("paint-day", "A day passing", "secondary")
                widen = Go("paint-wide", "Panorama", "secondary")
                seen_at = gr.Dropdown(
                    [("Relight it", ""), *((name, name) for name in known_lights())],
                    value="",
                    show_label=False,
                    label="Relight the picture",
                    container=False,
                    filterable=False,
                    elem_id="paint-seen-at",
                    min_width=80,
                    visible="light" in config.labels.axes,
                )
            others = Choices("Variations and lights", elem_id="paint-others")
            day = Frames(elem_id="paint-frames")
            film = gr.DownloadButton(
                "The day as animated WebP", visible=False, size="sm", elem_id="paint-film"
            )
            samples = samples_slider(controls, "Paint")

    with gr.Row(visible=False) as horizon:
        wide = router.result("Panorama", elem_id="paint-panorama")

    def painted(drawing: Image.Image | None) -> Image.Image:
        """The drawing; until the canvas sends one, the painting that the page opens with."""
        return example(FIRST) if drawing is None else drawing

    @with_settings
    def follow(drawing: Image.Image | None, settings: EditSettings):
        drawing = painted(drawing)
        drawing_on = drawing.info.get("drawing")
        if drawing_on and not tasks.engines.get(settings.model).follows:
            return gr.skip()
        if drawing_on:  # one evaluation while the pen is down, all of them once it lifts
            settings = replace(settings, steps=1, samples_per_step=1)
        made = replace(last(tasks.stroke(drawing, settings)), done=not drawing_on)
        # Once the pen is up, the painting can be wiped over its picture.
        return made if drawing_on else (drawing, made), made.seen, made.readout

    @with_settings
    def from_nothing(settings: EditSettings) -> Iterator[tuple]:
        controls.warn(settings.steps, settings.model)
        for made in tasks.generate(settings):
            yield costed(made, made.seen)

    @with_settings
    def again(picture: Image.Image | None, settings: EditSettings):
        picture, gently = required_picture(picture), replace(settings, strength=REFINE_STRENGTH)
        made = last(tasks.stroke(picture, gently, relit=False))  # it is in its light already
        return costed(made, made.seen)

    @with_settings
    def variations(drawing: Image.Image | None, settings: EditSettings) -> Iterator[tuple]:
        controls.warn(VARIATIONS * settings.evaluations, settings.model)
        done = []
        for its, made in tasks.vary(painted(drawing), settings):
            its_own = {"seed": its.seed, "strength": its.strength}
            stronger = its.strength > settings.strength
            caption = f"seed {its.seed}" + f", strength {its.strength:g}" * stronger
            done.append((made.picture, caption, its_own))
            yield done, made.readout

    @with_settings
    def in_every_light(drawing: Image.Image | None, settings: EditSettings) -> Iterator[tuple]:
        done = []
        for light, made in tasks.lights(painted(drawing), settings):
            done.append((made.picture, light, {"seed": settings.seed, "light": light}))
            yield done, made.readout

    @with_settings
    def day_passing(drawing: Image.Image | None, settings: EditSettings) -> Iterator[tuple]:
        controls.warn(FRAMES * settings.evaluations, settings.model)
        names = [nearest_light(hour) for hour in hours(FRAMES)]
        for frames, readout in tasks.day(painted(drawing), settings):
            yield (frames, len(frames), [settings.seed], names), gr.skip(), readout
        reel = gr.DownloadButton(value=animation(frames), visible=True)
        yield gr.skip(), reel, readout

    @with_settings
    def panorama(picture: Image.Image | None, settings: EditSettings):
        for made in tasks.panorama(required_picture(picture), settings=settings):
            yield costed(made, gr.Row(visible=True))

    @with_settings
    def as_seen_at(light: str, picture: Image.Image | None, settings: EditSettings):
        if not light:
            return gr.skip()
        there = replace(settings, strength=REFINE_STRENGTH, light=light)
        made = last(tasks.stroke(required_picture(picture), there))
        return costed(made, made.seen, "")  # the menu is ready for the next choice

    @with_settings
    def proposed(drawing: Image.Image | None, settings: EditSettings) -> dict[str, list[str]]:
        likely = tasks.guess(painted(drawing), settings)
        return {axis: names[: OFFERED[axis]] for axis, names in likely.items()}

    def take(shown: list[dict], count: int, event: gr.EventData):
        """Values for (*menus, the count that makes live tabs compute anew, chips)."""
        chosen = shown[said(event, "index", range(len(shown)))]
        axis, name = (text("A name", chosen.get(key)) for key in ("axis", "name"))
        left = [one for one in shown if axis and one.get("axis") not in ("", axis)]
        menus = [name if axis == each else gr.skip() for each in controls.bar.menus]
        return *menus, count + 1 if axis else gr.skip(), in_axes(left)

    photo.change(
        lambda picture: picture, photo, canvas, show_progress="hidden", api_visibility="private"
    )
    settings, with_samples = controls.inputs, [*controls.inputs, samples]
    inputs = [canvas, *with_samples, strength]
    triggers = [canvas.input, strength.input, samples.input]
    controls.live("Paint", triggers, follow, inputs, [result, seen])
    controls.work(generate, from_nothing, settings, [result, seen])
    controls.work(vary, variations, inputs, [others], roll=False)
    controls.work(relight, in_every_light, inputs, [others], roll=False)
    controls.work(pass_day, day_passing, inputs, [day, film], roll=False)
    controls.work(widen, panorama, [result, *settings], [wide, horizon], roll=False)
    widen.run.click(None, js=SHOWN, api_visibility="private")
    controls.run(refine, again, [result, *with_samples], [result, seen])
    # In the browser alone: the canvas takes {background: data URL} as a picture to start from.
    adopt.click(
        None,
        result,
        canvas,
        js="made => ({background: made?.url || null})",
        api_visibility="private",
    )
    menus = controls.bar.menus
    others.connect(result, seed=controls.seed, light=menus["light"], strength=strength)
    glue: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    seen_at.input(
        as_seen_at,
        [seen_at, result, *with_samples],
        [result, seen, seen_at, controls.readout],
        **glue,
        **EDITS,
    )
    propose.click(proposed, [canvas, *settings], chips, **glue)
    changed = controls.models.changed
    chips.select(take, [chips, changed], [*menus.values(), changed, chips], **glue)
    router.results.append(day)
    return strength


def in_axes(shown: list[dict]) -> dict[str, list[str]]:
    """Chips as the browser sends them, by axis."""
    axes: dict[str, list[str]] = {}
    for one in shown:
        axes.setdefault(text("An axis", one.get("axis")), []).append(
            text("A name", one.get("name"))
        )
    return axes


def opening(tasks: Tasks, settings: EditSettings) -> EditProgress:
    """The picture of the painting that the page opens with; not for the history."""
    settings = replace(settings, strength=tasks.engines.first.model.config.strength)
    return replace(last(tasks.stroke(example(FIRST), settings)), done=False)
