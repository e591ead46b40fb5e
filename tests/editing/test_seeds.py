"""Whatever whole numbers are handed over as seeds, every task takes them for the same."""

import numpy as np
import pytest
import torch
from PIL import Image

import editing
from cm_core.errors import SettingError
from tests.cm_core.test_model import LABELS, tiny

MODEL = tiny(labels=LABELS)
X, HOLE = torch.zeros(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
PICTURE = Image.effect_noise((20, 12), 90).convert("RGB")
TASKS = {
    "generate": lambda seed: editing.generate(MODEL, seed),
    "the teacher": lambda seed: editing.sample_teacher(MODEL, seed, 2),
    "inpaint": lambda seed: editing.inpaint(MODEL, X, HOLE, 1, seed),
    "colorize": lambda seed: editing.colorize(MODEL, X, 1, seed),
    "stroke": lambda seed: editing.stroke(MODEL, X, seed=seed),
    "super_resolve": lambda seed: editing.super_resolve(MODEL, X[..., :4, :4], 1, seed),
    "inpaint_region": lambda seed: editing.inpaint_region(
        MODEL, PICTURE, np.ones((12, 20)), 1, seed
    ),
    "stroke_picture": lambda seed: editing.stroke_picture(MODEL, PICTURE, seed=seed),
    "colorize_picture": lambda seed: editing.colorize_picture(MODEL, PICTURE, 1, seed),
    "denoise_picture": lambda seed: editing.denoise_picture(
        MODEL, PICTURE, 0.3, add=0.3, seed=seed
    ),
    "outpaint": lambda seed: editing.outpaint(MODEL, PICTURE, 3, steps=1, seed=seed),
    "panorama": lambda seed: editing.panorama(MODEL, PICTURE, 40, 1, seed),
}


def made(task, seed):
    return np.asarray(TASKS[task](seed))


@pytest.mark.parametrize("seed", [np.int64(5), np.uint8(5), torch.tensor(5), [5], np.array([5])])
@pytest.mark.parametrize("task", TASKS)
def test_seeds_of_any_kind_are_the_same(task, seed):
    assert np.array_equal(made(task, seed), made(task, 5))
    assert not np.array_equal(made(task, seed), made(task, 6))


@pytest.mark.parametrize("seed", [None, 2.5, "x", [], [None], 2**64, -(2**63) - 1])
@pytest.mark.parametrize("task", TASKS)
def test_what_is_no_seed_is_refused_in_a_sentence(task, seed):
    with pytest.raises(SettingError, match=r"^[^\n]+\.$"):
        made(task, seed)


@pytest.mark.parametrize("seeds", [5, None, [1, 2, 3], [1, 2, 3, "x"]])
def test_a_grid_has_four_seeds(seeds):
    with pytest.raises(SettingError, match=r"^[^\n]+\.$"):
        editing.interpolate_grid(MODEL, seeds, 2, 2)
    four = np.array([1, 2, 3, 4])
    assert editing.interpolate_grid(MODEL, four, 2, 2).shape == (4, 3, 16, 16)
