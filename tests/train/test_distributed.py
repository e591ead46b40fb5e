"""Many processes: the same step as one, one writer; and runs that are killed."""

import dataclasses
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from cm_core.errors import ConfigError
from tests.train.test_loop import same, weights
from train import loop
from train.build import make_model
from train.config import CDConfig, GANConfig
from train.data import loading
from train.distributed import Processes
from train.grid import samples

ROOT = Path(__file__).parents[2]
SHARED = ("edm", "ect", "cd", "ccd-full", "scm", "ect-gan")


@pytest.fixture(scope="module")
def configs(run_config, tmp_path_factory):
    """Runs with dropout, with a target, with forward mode, and with parameters of the objective."""
    folder = tmp_path_factory.mktemp("first")
    loop.train(run_config, folder, device="cpu")
    base = dataclasses.replace(
        run_config,
        images=48,
        micro_batch=2,
        teacher=str(folder / "ema-0.9"),
        cd=CDConfig(8),
        gan=GANConfig(warmup=16),
    )
    return {name: dataclasses.replace(base, objective=name) for name in SHARED}


@pytest.fixture(scope="module")
def shared(configs, tmp_path_factory):
    """What two processes left."""
    out = tmp_path_factory.mktemp("shared")
    (out / "configs").write_bytes(pickle.dumps(configs))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "tests.train.shared_runs"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, out / "configs", out], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return out


def distance(one: dict, other: dict) -> float:
    """The Euclidean distance of two sets of weights."""
    gaps = ((one[name].float() - other[name].float()).square().sum().item() for name in one)
    return sum(gaps) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize("objective", SHARED)
def test_two_processes_make_the_weights_of_one(configs, shared, tmp_path, objective):
    """Six steps of a batch of 8 in parts of 2: two parts each, or four parts one by one."""
    loop.train(configs[objective], tmp_path, device="cpu")
    alone, together = weights(tmp_path), weights(shared / objective)
    assert alone["images"] == together["images"] == 48
    start = make_model(configs[objective], loading.load(configs[objective].data)[0]).state_dict()
    # Adam magnifies the last bits of small gradients, which differ from processor to processor.
    near = 2e-3 * distance(alone["model"], start)
    for part in ("model", "objective"):
        assert alone[part].keys() == together[part].keys()
        assert distance(alone[part], together[part]) < near


@pytest.mark.slow
def test_one_process_writes(shared):
    lines = [json.loads(line) for line in (shared / "edm" / "log.jsonl").read_text().splitlines()]
    assert sum("start" in line for line in lines) == 1
    assert sum("mse@1" in line for line in lines) == 1


@pytest.mark.slow
def test_samples_do_not_depend_on_who_draws_them(configs, shared):
    config = list(configs.values())[-1]
    run = loop.Run(config, None, torch.device("cpu"))
    alone = samples(run.model.eval(), 10, 1, size=3)
    for rank in (0, 1):
        assert torch.equal(torch.load(shared / f"samples-{rank}.pt"), alone)


def test_batches_that_cannot_be_shared_are_refused(run_config):
    run = loop.Run(dataclasses.replace(run_config, micro_batch=8), None, torch.device("cpu"))
    run.processes = Processes(0, 2)
    with pytest.raises(ConfigError, match="in micro-batches of 8 cannot be shared by 2 processes"):
        run.micro_batches()


PRESET = """
name = "tiny"
objective = "ect"
images = 1200
batch = 8
ema = [0.9]
[net]
image_size = 16
channels = 16
channel_mult = [1, 2]
attention_sizes = [4]
patch = 2
norm_channels = 4
dropout = 0.2
[data]
file = "{data}"
size = 16
"""


@pytest.mark.slow
def test_killed_runs_end_as_if_they_never_were(pictures, tmp_path):
    """kill -9 at two moments, saves every fraction of a second: bit for bit the unbroken run."""
    preset = tmp_path / "tiny.toml"
    preset.write_text(PRESET.format(data=pictures))
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def start(out: str, *more: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "train", "run", preset, "--out", tmp_path / out, *more]
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    killed = tmp_path / "killed"
    saving = ("--save-every", "0.003", "--device", "cpu", "--resume", killed)
    for wait in (0.0, 0.5):
        run = start("killed", *saving)
        before = (killed / "state.pt").stat().st_mtime_ns if (killed / "state.pt").exists() else 0
        while run.poll() is None:
            state = killed / "state.pt"
            if state.exists() and state.stat().st_mtime_ns > before:
                break
            time.sleep(0.01)
        time.sleep(wait)
        assert run.poll() is None, run.stderr.read()
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert 0 < weights(killed)["images"] < 1200
    for out, more in (("killed", saving), ("whole", ("--device", "cpu"))):
        run = start(out, *more)
        assert run.wait() == 0, run.stderr.read()
    assert same(weights(killed), weights(tmp_path / "whole"))
