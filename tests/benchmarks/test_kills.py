import torch

from benchmarks import kills
from train import snapshot


def test_kills_lose_nothing_that_was_saved_before():
    made = kills.kill_saves(4)
    assert made.kills == 4 and made.lost == ()


def test_a_loss_would_be_seen(tmp_path):
    """Of a state written in place, of shards overwritten one by one, of a save that is gone."""
    run, out = kills.tiny_run(tmp_path / "pictures"), tmp_path / "run"
    with torch.no_grad():
        kills.numbered(run, 7)
    run.save(out, shards=True)
    assert kills.lost(out, 7) == [] == kills.lost(out, 6)
    assert any("tells 7 after 9" in told for told in kills.lost(out, 9))
    with torch.no_grad():
        run.model.net.out_conv.bias.fill_(8)
    snapshot.save_shards(out, {"model": run.model.state_dict()}, 7)
    assert "weights of two saves" in kills.lost(out, 7)[0]
    run.save(out, shards=True)
    (out / "state.pt").write_bytes((out / "state.pt").read_bytes()[:-100])
    assert "cannot be read" in kills.lost(out, 7)[0]
