"""Pictures for a blind test: pairs of a painting and its finished picture, and single pictures.

A judge says which picture of a pair is the better one, and names the scene and the light of a
single picture. The true answers are in a file of their own.
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
    """Write `count` pairs and as many single pictures into a folder, and the answers to key.json.

    A pair is a crude painting of a held-out scene of the reported half, and the picture that the
    model makes of it at its defaults, without a label. A single picture is drawn from nothing in
    one evaluation, with a random label. The detailer enlarges all pictures that the model makes.
    The same count gives the same files.
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
        pair = (larger, painting) if side == "left" else (painting, larger)
        side_by_side(*pair).save(out / name)
    for seed in range(count):
        scene, light = chance.choice(renderer.scenes), chance.choice(renderer.lights)
        label = model.config.labels.index(scene=scene, light=light)
        made, name = generate(model, seed, 1, label=label), f"single-{seed:03}.png"
        key["names"][name] = [scene, light]
        to_pil(finished(detailer, made, seed)).save(out / name)
    (out / "key.json").write_text(json.dumps(key, indent=1))


def side_by_side(left: Tensor, right: Tensor) -> Image.Image:
    """Two pictures (1, 3, H, W) in [-1, 1] in one, with a white gap between them."""
    left, right = left.cpu(), right.cpu()
    return to_pil(torch.cat([left, left.new_ones(*left.shape[:3], GAP), right], dim=3))
