import dataclasses

import numpy as np
import pytest

from cm_core.unet import UNetConfig
from train import loop
from train.config import (
    CDConfig,
    CTConfig,
    DataConfig,
    DMDConfig,
    ECTConfig,
    OptimConfig,
    PDConfig,
    RunConfig,
)
from train.objectives import OBJECTIVES


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


@pytest.fixture(scope="session")
def teacher(tmp_path_factory, run_config):
    """A diffusion model that has seen a little."""
    out = tmp_path_factory.mktemp("teacher")
    loop.train(run_config, out, device="cpu")
    return out / "ema-0.9"


@pytest.fixture(scope="session")
def consistent(tmp_path_factory, ect_config):
    """A consistency model that has seen a little."""
    out = tmp_path_factory.mktemp("consistent")
    loop.train(ect_config, out, device="cpu")
    return out / "ema-0.9"


@pytest.fixture
def config_of(run_config, ect_config, teacher, consistent):
    """A tiny run of any objective."""

    def config(objective: str):
        base = run_config if objective in ("edm", "pd") else ect_config
        source = consistent if objective == "guide" else teacher
        return dataclasses.replace(
            base,
            objective=objective,
            teacher=str(source) if OBJECTIVES[objective].needs_teacher else "",
            cd=CDConfig(levels=8, mu=0.5),
            ct=CTConfig(s1=8),
            dmd=DMDConfig(own=0.5),
            pd=PDConfig(levels=8, stages=2),
        )

    return config
