"""A contact sheet of crude paintings of held-out scenes, and of the pictures made of them."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from cm_core.model import ConsistencyModel
from editing import stroke
from editing.image import to_pil
from train.evaluation.main_job import noise_level
from train.evaluation.scenes import Renderer, held_out, landscapes
from train.evaluation.teacher import Teacher, sdedit

COUNT = 12
SHOWN = 128  # pixels a picture
HEAD = 36  # pixels for the names
APART = 0.15  # between the default strength and the two other ones


def columns(
    model: ConsistencyModel, teacher: Teacher, paintings: Tensor, renders: Tensor
) -> list[tuple[str, Tensor]]:
    """The sheet's columns from left to right: a name and pictures (N, 3, H, W) of each."""
    middle, seeds = model.config.strength, list(range(len(paintings)))
    strengths = [max(middle - APART, 0.0), middle, min(middle + APART, 1.0)]
    made = [("painting", paintings)]
    for strength in strengths:
        for steps in (1, 2):
            name = f"{steps} evaluation{'s' * (steps > 1)}\nstrength {strength:.2f}"
            made.append((name, stroke(model, paintings, strength, steps, seeds, paper=True)))
    given = paintings.to(teacher.model.device)
    theirs = sdedit(teacher.model, given, noise_level(middle), seeds).clamp(-1, 1)
    return [*made, (f"teacher's SDEdit\nstrength {middle:.2f}", theirs), ("render", renders)]


def sheet(
    model: ConsistencyModel,
    teacher: Teacher,
    out: Path,
    count: int = COUNT,
    renderer: Renderer | None = None,
) -> None:
    """Write a sheet of the first `count` held-out scenes of the reported half, none left out."""
    scenes = held_out(count, model.config.image_size, renderer or landscapes())
    page = columns(model, teacher, scenes.painted(), scenes.floats())
    image = Image.new("RGB", (len(page) * SHOWN, HEAD + count * SHOWN), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(12)
    for x, (name, pictures) in enumerate(page):
        middle = (x * SHOWN + SHOWN // 2, HEAD // 2)
        draw.text(middle, name, "black", font, anchor="mm", align="center")
        for y, picture in enumerate(pictures.cpu()):
            shown = to_pil(picture[None]).resize((SHOWN, SHOWN), Image.Resampling.NEAREST)
            image.paste(shown, (x * SHOWN, HEAD + y * SHOWN))
    out.parent.mkdir(parents=True, exist_ok=True)
    image.save(out)
