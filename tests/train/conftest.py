import dataclasses

import numpy as np
import pytest

from cm_core.unet import UNetConfig
from train.config import DataConfig, ECTConfig, OptimConfig, RunConfig


@pytest.fixture(scope="session")
def packed(tmp_path_factory):
    """A picture set of coloured squares: 40 to train on, 8 held out; three groups, two styles."""
    rng = np.random.default_rng(0)
    count = 48
    images = np.full((count, 16, 16, 3), 255, np.uint8)
    for image in images:
        top, left = rng.integers(0, 8, 2)
        image[top : top + 8, left : left + 8] = rng.integers(0, 255, 3)
    path = tmp_path_factory.mktemp("data") / "squares.npz"
    np.savez_compressed(
        path,
        images=images,
        style=np.arange(count, dtype=np.uint8) % 2,
        group=np.arange(count, dtype=np.uint8) % 3,
        held_out=np.arange(count) >= 40,
        concept=np.array([f"square-{i}" for i in range(count)]),
        styles=np.array(["Flat", "Shaded"]),
        groups=np.array(["Red", "Green", "Blue"]),
    )
    return path


@pytest.fixture(scope="session")
def run_config(packed):
    """A tiny run on it, ten steps long."""
    return RunConfig(
        name="tiny",
        objective="edm",
        images=80,
        batch=8,
        ema=(0.9,),
        ema_share=0.1,
        net=UNetConfig(
            image_size=16, channels=16, channel_mult=(1, 2), attention_sizes=(4,), patch=2,
            norm_channels=4, dropout=0.2,
        ),
        data=DataConfig(str(packed), size=16, augment=0.5),
        optim=OptimConfig(lr=1e-3, warmup=2),
        ect=ECTConfig(shares=(0.5, 0.5)),
    )  # fmt: skip


@pytest.fixture(scope="session")
def ect_config(run_config):
    return dataclasses.replace(
        run_config, objective="ect", optim=OptimConfig("radam", 1e-3, 1e-4, warmup=2, decay=0.5)
    )
