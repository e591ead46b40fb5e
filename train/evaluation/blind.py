"""What somebody judges who does not know which is which: pairs, and pictures without their names.

A judge says of each pair whether he would rather keep the left or the right picture, and of each
single picture its scene and its light. The answers are in a file of their own.
"""

import json
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from cm_core.detail_net import FACTOR
from cm_core.detailer import Detailer
from cm_core.model import ConsistencyModel
from editing import generate, stroke
from editing.detail import finished
from editing.image import to_pil
from train.evaluation.scenes import Renderer, held_out, landscapes

GAP = 16  # pixels between the pictures of a pair


def blind(
    model: ConsistencyModel,
    detailer: Detailer,
    out: Path,
    count: int,
    renderer: Renderer | None = None,
) -> None:
    """Write `count` pairs and as many single pictures into a folder, and what they are to key.json.

    A pair is a crude painting of a held-out scene of the reported half, and its picture at the
    defaults, no label told. A single picture is drawn from nothing in one evaluation, its label by
    chance. All of them are enlarged by the detailer. The same count gives the same files.
    """
    renderer = renderer or landscapes()
    scenes = held_out(count, FACTOR * model.config.image_size, renderer)
    chance, key = random.Random(count), {"pictures": {}, "names": {}}
    out.mkdir(parents=True, exist_ok=True)
    for seed, painting in enumerate(scenes.painted().split(1)):
        small = F.avg_pool2d(painting, FACTOR)
        made = stroke(model, small, model.config.strength, seed=seed, paper=True)
        side, name = chance.choice(["left", "right"]), f"pair-{seed:03}.png"
        key["pictures"][name] = side
        larger = finished(detailer, made, seed)
        beside(*((larger, painting) if side == "left" else (painting, larger))).save(out / name)
    for seed in range(count):
        scene, light = chance.choice(renderer.scenes), chance.choice(renderer.lights)
        label = model.config.labels.index(scene=scene, light=light)
        made, name = generate(model, seed, 1, label=label), f"single-{seed:03}.png"
        key["names"][name] = [scene, light]
        to_pil(finished(detailer, made, seed)).save(out / name)
    (out / "key.json").write_text(json.dumps(key, indent=1))


def beside(left: Tensor, right: Tensor) -> Image.Image:
    """Two pictures (1, 3, H, W) in [-1, 1], a white gap between them."""
    left, right = left.cpu(), right.cpu()
    return to_pil(torch.cat([left, left.new_ones(*left.shape[:3], GAP), right], dim=3))
