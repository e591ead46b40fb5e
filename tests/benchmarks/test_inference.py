"""What is timed side by side is the same work."""

import pytest
import torch

from benchmarks import inference, measure

TINY = {**inference.SMALL, "block_out_channels": (32, 64, 64), "attention_head_dim": 32}


@pytest.mark.parametrize("steps", [1, 2])
def test_both_draw_the_same_picture(steps, tmp_path):
    pipe, model = inference.both(TINY, tmp_path)
    noise = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        drawn = inference.ways(pipe, {"eager": model}, noise, steps)
        assert (drawn["diffusers"]() - drawn["eager"]()).abs().max() < 1e-4


def test_medians_of_turns():
    order = []
    times = measure.side_by_side({name: lambda n=name: order.append(n) for name in "ab"}, rounds=3)
    assert order == list("ab") * 4 and set(times) == {"a", "b"}


def test_a_matrix_products_cost_is_what_torch_counts():
    run, cost = measure.matrix_product(64)
    assert measure.gflop(run) == pytest.approx(cost) == pytest.approx(2 * 64**3 / 1e9)


def test_a_table_and_its_file(tmp_path, capsys):
    file = tmp_path / "new" / "speed.json"
    measure.tell("Speed", [{"way": "a", "ms": 1.23456, "of": None}], 1, str(file.parent))
    assert "| a | 1.23 | – |" in capsys.readouterr().out
    assert '"threads": 1' in file.read_text() and '"ms": 1.23456' in file.read_text()
