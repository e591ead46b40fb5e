import dataclasses
import json

import pytest
import torch

from cm_core import ConsistencyModel, Denoiser, load_model
from cm_core.errors import CheckpointError, ConfigError
from train import loop, optimise, snapshot
from train.config import OptimConfig
from train.ema import EMA
from train.objectives import OBJECTIVES
from train.progress import Progress
from train.run import step_generator


def weights(folder):
    return torch.load(folder / "state.pt", weights_only=True)


def same(a, b):
    """Whether two saved states are equal to the last bit."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return torch.equal(a, b) if torch.is_tensor(a) else a == b


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_resumed_run_equals_the_unbroken_one(tmp_path, config_of, objective):
    config = config_of(objective)
    loop.train(config, tmp_path / "whole", device="cpu")
    run = loop.Run(config, None, torch.device("cpu"))
    for _ in range(6):
        run.step()
    run.save(tmp_path / "broken", shards=False)
    torch.manual_seed(12345)  # whatever happened in between must not matter
    loop.train(config, tmp_path / "rest", resume=tmp_path / "broken", device="cpu")
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "rest"))
    assert weights(tmp_path / "rest")["images"] == 80
    read = [(tmp_path / part / "ema-0.9" / "config.json").read_text() for part in ("whole", "rest")]
    assert read[0] == read[1]


def test_what_an_objective_learns_is_a_group_of_its_own_at_the_same_rate(config_of):
    run = loop.Run(config_of("ect-gan"), None, torch.device("cpu"))
    run.step()
    run.step()
    ours, theirs = run.optimiser.param_groups
    assert len(ours["params"]) == len([*run.model.parameters()])
    assert theirs["lr"] == ours["lr"] > 0


def test_micro_batches_add_up_to_the_batch(config_of):
    """The gradient of a batch is the mean of its micro-batches' gradients."""
    config = dataclasses.replace(config_of("edm"), micro_batch=4)
    run = loop.Run(config, None, torch.device("cpu"))
    grads = []
    for at in (0, 4):
        run.model.zero_grad()
        batch = run.draw(at, 4)
        run.objective.loss(run.model, run.model, batch, run.progress)[0].mean().backward()
        grads.append(run.model.net.out_conv.weight.grad.clone())
    assert not torch.allclose(grads[0], grads[1])
    run.step()
    assert torch.allclose(run.model.net.out_conv.weight.grad, (grads[0] + grads[1]) / 2, atol=1e-6)


def test_half_precision_scales_its_loss_and_trains(config_of):
    run = loop.Run(
        dataclasses.replace(config_of("edm"), precision="fp16"), None, torch.device("cpu")
    )
    assert run.grad_scaler.is_enabled()
    steps = [run.step() for _ in range(6)]
    assert run.skipped < 6 and all(loss.isfinite().all() for loss, _, _ in steps)
    assert "scale" in run.state()["scaler"]


def test_states_of_another_kind_are_refused(tmp_path, config_of):
    run = loop.Run(config_of("edm"), None, torch.device("cpu"))
    state = run.state()
    del state["scaler"]
    snapshot.save_state(tmp_path, state)
    with pytest.raises(ConfigError, match="another version"):
        loop.Run(config_of("edm"), tmp_path, torch.device("cpu"))
    state = run.state()
    state["optimiser"]["param_groups"].pop()  # one group, of all weights alike
    snapshot.save_state(tmp_path, state)
    with pytest.raises(ConfigError, match="another version"):
        loop.Run(config_of("edm"), tmp_path, torch.device("cpu"))
    state = run.state()
    state["optimiser"]["param_groups"][0]["params"].pop()  # of a network without that weight
    snapshot.save_state(tmp_path, state)
    with pytest.raises(ConfigError, match="another version"):
        loop.Run(config_of("edm"), tmp_path, torch.device("cpu"))
    snapshot.save_state(tmp_path, run.state())
    with pytest.raises(ConfigError, match="other EMAs"):
        loop.Run(dataclasses.replace(config_of("edm"), ema=(0.5,)), tmp_path, torch.device("cpu"))


def test_what_a_run_leaves_can_be_opened(tmp_path, run_config, ect_config):
    loop.train(run_config, tmp_path / "teacher", device="cpu")
    teacher = load_model(tmp_path / "teacher" / "ema-halflife-0.1", "cpu")
    assert isinstance(teacher, Denoiser) and teacher.config.labels.count == 12
    init = dataclasses.replace(ect_config, init=str(tmp_path / "teacher" / "ema-halflife-0.1"))
    run = loop.Run(init, None, torch.device("cpu"))
    assert isinstance(run.model, ConsistencyModel)
    assert same(dict(run.model.state_dict()), dict(teacher.state_dict()))
    lines = [json.loads(x) for x in (tmp_path / "teacher" / "log.jsonl").read_text().splitlines()]
    assert lines[0]["precision"] == "fp32"
    assert lines[0]["pictures"] == 40 and 0 < lines[-1]["mse@0.5"] < 1
    assert (tmp_path / "teacher" / "grid.png").stat().st_size > 1000


def test_training_learns(tmp_path, run_config):
    run = loop.Run(dataclasses.replace(run_config, images=1600), None, torch.device("cpu"))
    losses = [float(run.step()[0].mean()) for _ in range(200)]
    assert sum(losses[-20:]) < 0.8 * sum(losses[:20])
    assert run.skipped == 0


def test_a_run_may_be_as_long_as_its_minutes_allow(tmp_path, config_of, clock):
    """The schedule's end, a fifth of the rate, comes with that of the minutes, whatever the preset
    says of images; by the clock and for one process only."""
    config = config_of("edm")
    optim = OptimConfig(lr=1e-3, lr_end=2e-4, warmup=0, decay=0.5)
    run = loop.Run(dataclasses.replace(config, optim=optim), None, torch.device("cpu"))
    run.fit(0.25)
    run.step()  # nothing to go by before the first step
    for done, rate in ((0.25, 1e-3), (0.75, 6e-4), (1.0, 2e-4)):
        run.fit(done)
        assert run.progress.fraction == pytest.approx(done, abs=0.03)
        assert optimise.learning_rate(optim, run.progress) == pytest.approx(rate, rel=0.1)
    short = dataclasses.replace(config, images=config.batch)
    loop.train(short, tmp_path, minutes=0.08, device="cpu", fit=True)
    assert weights(tmp_path)["images"] == 5 * short.images  # of 4.8 seconds
    with pytest.raises(ConfigError, match="needs --minutes"):
        loop.train(short, tmp_path, device="cpu", fit=True)


def test_a_call_ends_with_its_minutes(tmp_path, run_config, clock):
    config = dataclasses.replace(run_config, images=10**9)
    loop.train(config, tmp_path, minutes=0.02, device="cpu")
    assert weights(tmp_path)["images"] == 2 * config.batch  # of 1.2 seconds


def test_shards_carry_the_weights_and_restart_the_optimiser(tmp_path, run_config, monkeypatch):
    monkeypatch.setattr(snapshot, "SHARD_BYTES", 20_000)
    run = loop.Run(run_config, None, torch.device("cpu"))
    for _ in range(3):
        run.step()
    run.save(tmp_path, shards=True)
    (tmp_path / "state.pt").unlink()
    shards = sorted(tmp_path.glob("shard-*.safetensors"))
    assert len(shards) > 2
    back = loop.Run(run_config, tmp_path, torch.device("cpu"))
    assert back.images == 24 and not back.optimiser.state
    for name, value in run.model.state_dict().items():
        assert torch.equal(back.model.state_dict()[name], value.half().float())
    back.step()
    assert back.optimiser.param_groups[0]["lr"] < run_config.optim.lr / 100  # eased in again
    shards[1].unlink()
    with pytest.raises(CheckpointError, match="missing or damaged"):
        loop.Run(run_config, tmp_path, torch.device("cpu"))


def test_a_damaged_state_is_refused(tmp_path, run_config):
    (tmp_path / "state.pt").write_bytes(b"half a fi")
    with pytest.raises(CheckpointError, match="cannot be read"):
        loop.Run(run_config, tmp_path, torch.device("cpu"))


def test_steps_with_infinite_gradients_are_skipped(run_config, monkeypatch):
    run = loop.Run(run_config, None, torch.device("cpu"))
    before = {k: v.clone() for k, v in run.model.state_dict().items()}
    monkeypatch.setattr(
        optimise.nn.utils, "get_total_norm", lambda grads: torch.tensor(float("nan"))
    )
    run.step()
    assert run.skipped == 1 and run.images == 8
    assert same(before, dict(run.model.state_dict()))


def test_learning_rate_warms_up_stays_and_decays():
    optim = OptimConfig(lr=1.0, lr_end=0.1, warmup=10, decay=0.5)
    rates = [optimise.learning_rate(optim, Progress(n, 1000, 1)) for n in (4, 500, 750, 1000)]
    assert rates == pytest.approx([0.5, 1.0, 0.55, 0.1])
    flat = OptimConfig(lr=1.0, lr_end=1.0, warmup=0)
    assert optimise.learning_rate(flat, Progress(0, 1000, 1)) == 1.0
    resumed = [optimise.learning_rate(flat, Progress(n, 1000, 8), 16) for n in (16, 24, 16 + 2400)]
    assert resumed == pytest.approx([1 / 300, 2 / 300, 1.0])


def test_ema_arithmetic():
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(model.weight, 0.0)
    fixed, growing = EMA(model, decay=0.9), EMA(model, halflife=0.5)
    torch.nn.init.constant_(model.weight, 1.0)
    fixed.update(model, 8, 8)
    fixed.update(model, 16, 8)
    assert fixed.weights["weight"].item() == pytest.approx(1 - 0.9**2)
    growing.update(model, 16, 8)  # half-life 8 images: one batch halves the distance
    assert growing.weights["weight"].item() == pytest.approx(0.5)


def test_teachers_with_other_labels_are_refused(tmp_path, run_config, ect_config):
    loop.train(dataclasses.replace(run_config, images=8), tmp_path, device="cpu")
    data = dataclasses.replace(ect_config.data, label_any=False, label_dropout=0.0)
    changed = dataclasses.replace(ect_config, init=str(tmp_path / "ema-0.9"), data=data)
    with pytest.raises(ConfigError, match="other labels"):
        loop.Run(changed, None, torch.device("cpu"))


def test_what_an_objective_draws_is_not_the_batch_once_more():
    """Seeds whose low 32 bits are the same would do: only those count on a CPU."""
    for images in (0, 64):
        own = torch.randn(4096, generator=step_generator(3, images, torch.device("cpu")))
        drawn = torch.randn(4096)  # as objectives do, by torch's own stream
        again = torch.randn(4096, generator=step_generator(3, images, torch.device("cpu")))
        assert torch.equal(own, again) and torch.equal(drawn, torch.randn(4096))
        # Some of so many may be equal by chance; of one stream, nearly all are.
        assert len(set(own.tolist()) & set(drawn.tolist())) < 20


def test_a_gradient_that_is_not_finite_outside_of_the_model_is_skipped_too(config_of):
    run = loop.Run(config_of("ect-gan"), None, torch.device("cpu"))
    weight = next(iter(run.objective_parameters))
    weight.register_hook(lambda grad: grad * float("nan"))
    before = [p.detach().clone() for p in run.objective_parameters]
    _, _, norm = run.step()
    assert run.skipped == 1 and norm < float("inf")
    assert all(torch.equal(p, q) for p, q in zip(before, run.objective_parameters, strict=True))
