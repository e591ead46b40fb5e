"""Networks built without weights: no values, and nothing imported to compute any."""

import subprocess
import sys

from torch import nn

from cm_core.checkpoints.meta import without_weights

LOADED = """
import sys
from cm_core import load_model
from editing.detail import finished
import torch
model, detailer = load_model("landscape64", fast=True), load_model("landscape-detail", fast=True)
finished(detailer, model(torch.zeros(1, 3, 64, 64), 1.0))
print([name for name in ("torch._dynamo", "sympy", "triton") if name in sys.modules])
"""


def test_modules_have_shapes_and_no_values():
    with without_weights():
        layers = [nn.Conv2d(3, 8, 3), nn.Linear(4, 5), nn.Embedding(6, 7), nn.GroupNorm(2, 4)]
    shapes = [(8, 3, 3, 3), (5, 4), (6, 7), (4,)]
    assert [tuple(layer.weight.shape) for layer in layers] == shapes
    assert all(layer.weight.is_meta for layer in layers)
    assert not nn.Linear(4, 5).weight.is_meta


def test_a_model_is_loaded_and_run_without_pytorchs_compiler():
    """Its import takes a second or two, and 0.1 GB for good."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
