"""The objectives in the loop: what each owns, waits for and lacks."""

import dataclasses

import pytest
import torch

from cm_core.errors import ConfigError
from cm_core.schedule import karras_sigmas
from tests.train.test_loop import same
from train import loop
from train.config import ECTConfig
from train.objectives import OBJECTIVES
from train.progress import Progress


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_trains_on_pictures(config_of, objective):
    """Finite losses, weights that move, nothing skipped; what it owns is saved with the run."""
    run = loop.Run(config_of(objective), None, torch.device("cpu"))
    before = {k: v.clone() for k, v in run.model.state_dict().items()}
    for _ in range(3):
        loss, t, norm = run.step()
        assert loss.shape == t.shape == (8,) and loss.isfinite().all() and norm > 0
    assert run.skipped == 0 and not same(before, dict(run.model.state_dict()))
    owned = {name.split(".")[0] for name in run.objective.state_dict()}
    assert owned == OWNED.get(objective, set())


OWNED = {
    "pd": {"teacher", "taught"},
    "cd": {"teacher", "target"},
    "ct": {"target"},
    "ccd": {"teacher"},
    "ccd-full": {"teacher"},
    "scm": {"log_weight"},
    "ect-gan": {"discriminator"},
}


def test_targets_follow_by_their_decay(config_of):
    """target <- mu target + (1 - mu) model, to the last bit."""
    run = loop.Run(config_of("cd"), None, torch.device("cpu"))
    name = "net.out_conv.weight"
    before = run.objective.target.state_dict()[name].clone()
    run.step()
    after = run.model.state_dict()[name]
    assert torch.equal(run.objective.target.state_dict()[name], before.lerp(after, 0.5))


def test_distilled_stages_halve_the_levels(config_of):
    """8 levels, two stages: the first ends at 4, whose student teaches the second, to 2."""
    run = loop.Run(config_of("pd"), None, torch.device("cpu"))
    assert list(run.objective.sigmas()) == [4]
    for _ in range(5):
        run.step()
    assert list(run.objective.sigmas()) == [2] and int(run.objective.taught) == 1
    assert same(dict(run.objective.teacher.state_dict()), dict(run.model.state_dict()))
    grid = karras_sigmas(8)
    assert run.objective.sigmas()[2] == (grid[0].item(), grid[4].item())


def test_objectives_say_what_they_lack(config_of):
    with pytest.raises(ConfigError, match="needs a teacher"):
        lacking = dataclasses.replace(config_of("cd"), teacher="")
        loop.Run(lacking, None, torch.device("cpu"))
    with pytest.raises(ConfigError, match="another size"):
        cd = config_of("cd")
        sizes = {"net": dataclasses.replace(cd.net, image_size=8, attention_sizes=(2,))}
        sizes["data"] = dataclasses.replace(cd.data, size=8)
        loop.Run(dataclasses.replace(cd, **sizes), None, torch.device("cpu"))


def test_ect_stages_follow_their_fractions(config_of):
    config = dataclasses.replace(config_of("ect"), ect=ECTConfig((0.15, 0.2, 0.25, 0.4)))
    objective = loop.Run(config, None, torch.device("cpu")).objective
    at = [objective.stage(Progress(n, 1000, 8)) for n in (0, 149, 150, 340, 360, 610, 1000)]
    assert at == [0, 0, 1, 1, 2, 3, 3]
