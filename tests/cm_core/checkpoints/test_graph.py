"""A network run by its graph computes what the network computes."""

import pytest
import torch

from cm_core import ConsistencyModel, load_model
from cm_core.checkpoints.checkpoint import load_checkpoint, read_config, save_checkpoint
from cm_core.checkpoints.graph import GRAPH, GraphNet, run_by_graph
from cm_core.checkpoints.registry import BUNDLED
from cm_core.errors import CheckpointError
from tests.cm_core.test_model import LABELS, tiny
from train.export_graph import export_graph


def apart(one, other, batch: int, seed: int = 0) -> float:
    """How far two models' answers lie apart, at noise levels from small to large."""
    size, count = one.config.image_size, one.config.labels.count
    dice = torch.Generator().manual_seed(seed)
    t = torch.logspace(-2, 1.9, batch)
    x = t[:, None, None, None] * torch.randn(batch, 3, size, size, generator=dice)
    label = torch.randint(0, count, (batch,), generator=dice) if count else None
    with torch.inference_mode():
        return float((one(x, t, label) - other(x, t, label)).abs().max())


def test_the_bundled_detailer_runs_by_its_graph_at_any_size():
    plain, fast = load_model("landscape-detail", "cpu"), load_model("landscape-detail", fast=True)
    assert isinstance(fast.net, GraphNet) and not isinstance(plain.net, GraphNet)
    for batch, height, width in ((1, 16, 16), (2, 9, 23)):
        small = torch.rand(batch, 3, height, width) * 2 - 1
        for how in ({"seed": [3] * batch}, {"faithful": True}, {"augmentation": (0.1, 0.5)}):
            with torch.inference_mode():
                assert (plain.enlarge(small, **how) - fast.enlarge(small, **how)).abs().max() < 2e-4


@pytest.mark.parametrize("name", BUNDLED)
def test_the_bundled_models_run_by_their_graphs(name):
    plain, fast = load_model(name, "cpu"), load_model(name, "cpu", fast=True)
    assert isinstance(fast.net, GraphNet) and not isinstance(plain.net, GraphNet)
    assert list(fast.state_dict()) == list(plain.state_dict())
    for batch in (1, 2, 7):
        assert apart(plain, fast, batch) < 2e-4


def test_a_graph_holds_no_weights(tmp_path):
    _, config = read_config(BUNDLED["landscape64"])
    torch.manual_seed(0)
    other = ConsistencyModel(config)
    for weight in other.parameters():
        torch.nn.init.normal_(weight, std=0.05)
    save_checkpoint(other, tmp_path, dtype=torch.float32)
    (tmp_path / GRAPH).write_bytes((BUNDLED["landscape64"] / GRAPH).read_bytes())
    plain = load_checkpoint(tmp_path)
    assert apart(plain, load_model("landscape64", "cpu"), 2) > 0.1
    assert apart(plain, run_by_graph(plain, tmp_path), 2) < 2e-4


def test_what_a_graph_cannot_do_is_left_to_torch():
    model = load_model("landscape64", "cpu", fast=True)
    x = torch.randn(1, 3, *[model.config.image_size] * 2, requires_grad=True)
    model(x, 1.0, 3).sum().backward()
    assert x.grad.abs().sum() > 0
    plain, x = load_model("landscape64", "cpu"), x.detach().expand(3, -1, -1, -1)
    between = plain.between([3, 40], torch.tensor([[1, 0], [0.5, 0.5], [0, 1]]))
    with torch.inference_mode():
        made = model(x, 80.0, between)
        assert torch.equal(made, plain(x, 80.0, between))
        assert (made[::2] - model(x[:2], 80.0, [3, 40])).abs().max() < 2e-4


def test_without_a_graph_a_model_is_as_it_is(tmp_path):
    save_checkpoint(tiny(), tmp_path)
    assert not isinstance(load_model(tmp_path, "cpu", fast=True).net, GraphNet)


def test_a_graph_of_another_network_is_refused(tmp_path):
    save_checkpoint(tiny(), tmp_path)
    (tmp_path / GRAPH).write_bytes((BUNDLED["landscape64"] / GRAPH).read_bytes())
    with pytest.raises(CheckpointError, match="does not fit its checkpoint"):
        load_model(tmp_path, "cpu", fast=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"labels": LABELS, "scale_shift": True},
        {"labels": LABELS, "image_size": 32, "outer_level": 8},
    ],
)
def test_a_written_graph_computes_what_its_network_does(tmp_path, changes):
    save_checkpoint(tiny(**changes), tmp_path, dtype=torch.float32)
    export_graph(tmp_path)
    plain = load_checkpoint(tmp_path)
    fast = run_by_graph(plain, tmp_path)
    for batch in (1, 2, 5):
        assert apart(plain, fast, batch) < 1e-4
    x = torch.randn(1, 3, *[plain.config.image_size] * 2, requires_grad=True)
    assert torch.equal(fast(x, 1.0), plain(x, 1.0))  # what the graph cannot do
