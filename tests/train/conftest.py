import dataclasses
from types import SimpleNamespace

import pytest

from cm_core.unet import UNetConfig
from tests.train import squares
from train import loop, reproduce
from train.config import (
    CDConfig,
    CTConfig,
    DataConfig,
    ECTConfig,
    OptimConfig,
    PDConfig,
    RunConfig,
)
from train.landscapes import store
from train.objectives import OBJECTIVES

TOY = """
name = "toy"
batch = 8
ema_halflife = 0.1
[data]
file = "{data}"
size = 16
[net]
image_size = 16
patch = 2
channels = 16
channel_mult = [1, 2]
attention_sizes = [4]
norm_channels = 4
[optim]
name = "muon"
warmup = 2
decay = 0.5
[[stage]]
name = "teacher"
objective = "edm"
images = {images}
optim = {{ lr = 1e-3 }}
[[stage]]
name = "model"
objective = "ect"
images = {images}
teacher = "teacher"
optim = {{ lr = 5e-4 }}
ect = {{ fractions = [0.5, 0.5] }}
[budget.gpu]
batch = 16
optim = {{ warmup = 1 }}
[budget.gpu.stage.model]
images = 32
"""


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A picture set of coloured squares: 40 to train on, 8 held out."""
    folder = tmp_path_factory.mktemp("data") / "squares"
    store.build(folder, 16, 40, 1, held_out=8, renderer=squares.renderer())
    return folder


@pytest.fixture(scope="session")
def run_config(pictures):
    """A tiny run on it, ten steps long."""
    return RunConfig(
        name="tiny",
        objective="edm",
        images=80,
        batch=8,
        ema=(0.9,),
        ema_halflife=0.1,
        net=UNetConfig(
            image_size=16, channels=16, channel_mult=(1, 2), attention_sizes=(4,), patch=2,
            norm_channels=4, dropout=0.2,
        ),
        data=DataConfig(str(pictures), size=16),
        optim=OptimConfig(lr=1e-3, warmup=2),
        ect=ECTConfig(fractions=(0.5, 0.5)),
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
def config_of(run_config, ect_config, teacher):
    """A tiny run of any objective."""

    def config(objective: str):
        base = run_config if objective in ("edm", "pd") else ect_config
        return dataclasses.replace(
            base,
            objective=objective,
            teacher=str(teacher) if OBJECTIVES[objective].needs_teacher else "",
            cd=CDConfig(levels=8, mu=0.5),
            ct=CTConfig(s1=8),
            pd=PDConfig(levels=8, stages=2),
        )

    return config


@pytest.fixture
def toy(tmp_path, pictures):
    """A recipe of two short stages on coloured squares, of any length."""

    def write(images: int = 80, data=pictures, **replaced: str) -> str:
        text = TOY.format(data=data, images=images)
        for old, new in replaced.items():
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "toy.toml").write_text(text)
        return str(tmp_path / "toy.toml")

    return write


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by a second a training step, and stands otherwise."""
    seconds, step = [0], loop.Run.step

    def timed(run):
        seconds[0] += 1
        return step(run)

    monkeypatch.setattr(loop.Run, "step", timed)
    for module in (loop, reproduce):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
