"""A contact sheet of every edit on held-out pictures, chosen by fixed numbers and not by hand."""

from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from torch import Tensor

import editing
from cm_core.model import ConsistencyModel
from editing.image import to_pil, to_tensor
from editing.operators import PatchMean, enlarge, grey_picture
from train.edits import dabs
from train.judge import data_of, halves

COLUMNS = 12
SHOWN = 96  # pixels a picture
MARGIN, GAP = 190, 14  # for the names, and between tasks
COLOURS = 5  # of a painting
NOISE = 0.5
STRENGTH = 0.35


def edits(model: ConsistencyModel, x0: Tensor, label: Tensor | None) -> list[tuple[str, Tensor]]:
    """Rows of pictures (B, 3, H, W) with their names, what is given before what is made of it."""
    seeds, side = list(range(len(x0))), x0.shape[-1]
    given = {"seed": seeds, "label": label}
    painted = torch.cat([painting(x) for x in x0])
    hole = torch.zeros(1, 1, side, side)
    hole[..., side // 2 :, side // 2 :] = 1
    grey, (hints, _) = grey_picture(x0), dabs(x0)
    dotted = torch.where(hints[:, 3:] > 0, x0, grey)
    small = PatchMean(4).measure(x0)
    smooth = F.interpolate(small, scale_factor=4, mode="bicubic", antialias=False).clamp(-1, 1)
    noisy = editing.add_noise(x0, NOISE, seeds)
    ends = [model.label_index(**model.config.labels.drawn(seed)) for seed in (0, 1)]
    return [
        ("held-out pictures", x0),
        ("", None),
        (f"painting, {COLOURS} colours", painted),
        ("finished, 2 steps", editing.stroke(model, painted, STRENGTH, **given)),
        ("", None),
        ("hole", torch.where(hole > 0, 0.6, x0)),
        ("inpainted, 8 steps", editing.inpaint(model, x0, hole, **given)),
        ("", None),
        ("grey", grey),
        ("colourised, 8 steps", editing.colorize(model, grey, **given)),
        ("16 hints of colour", dotted),
        ("colourised with them", editing.colorize(model, grey, hints=hints, **given)),
        ("", None),
        ("a quarter of the size", enlarge(small, 4)),
        ("bicubic", smooth),
        ("enlarged, 8 steps", editing.super_resolve(model, small, **given)),
        ("", None),
        (f"noise of {NOISE}", noisy.clamp(-1, 1)),
        ("denoised, 1 step", editing.denoise(model, noisy, NOISE, label=label)),
        ("", None),
        ("from seed 0 to 1", editing.interpolate(model, 0, 1, COLUMNS, labels=ends)),
    ]


def painting(x: Tensor) -> Tensor:
    """What somebody might paint of a picture (3, H, W): few flat colours, no detail."""
    rough = to_pil(x[None]).filter(ImageFilter.MedianFilter(7))
    return to_tensor(rough.quantize(COLOURS, dither=Image.Dither.NONE).convert("RGB"))


def sheet(model: ConsistencyModel, file: str, out: Path) -> None:
    """Write the sheet of a model: every edit on the same held-out pictures, evenly picked from the
    half that evaluations report on, each with its label and its own seed. A name that ends in .webp
    makes it small."""
    _, held_out = data_of(model, file)
    _, real = halves(held_out)
    pick = torch.linspace(0, len(real) - 1, COLUMNS).long()
    label = real.label(pick) if model.config.labels.axes else None
    with torch.inference_mode():
        rows = edits(model, real.floats(pick), label)
    height = sum(GAP if made is None else SHOWN for _, made in rows)
    page = Image.new("RGB", (MARGIN + COLUMNS * SHOWN, height), "white")
    draw, font, top = ImageDraw.Draw(page), ImageFont.load_default(16), 0
    for name, made in rows:
        if made is None:
            top += GAP
            continue
        draw.text((8, top + SHOWN // 2), name, "black", font, anchor="lm")
        for column, x in enumerate(made):
            shown = to_pil(x[None]).resize((SHOWN, SHOWN), Image.Resampling.NEAREST)
            page.paste(shown, (MARGIN + column * SHOWN, top))
        top += SHOWN
    page.save(out, quality=92)
