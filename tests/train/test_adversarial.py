"""ECT with a discriminator: what it sees, what it pushes, and when."""

import dataclasses

import pytest
import torch

from cm_core import losses
from train import loop
from train.config import GANConfig


@pytest.fixture
def adversarial(config_of):
    """A tiny run whose network draws something, with a discriminator of some weight."""

    def run(objective: str = "ect-gan", **gan):
        config = dataclasses.replace(config_of(objective), gan=GANConfig(**{"warmup": 0} | gan))
        made = loop.Run(config, None, torch.device("cpu"))
        torch.manual_seed(0)
        torch.nn.init.normal_(made.model.eval().net.out_conv.weight, std=0.01)
        return made

    return run


def gradients(run) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Of the network's last convolution, and of what the discriminator learns."""
    torch.manual_seed(0)
    loss, _ = run.objective.loss(run.model, run.model, run.draw(0, 8), run.progress)
    loss.mean().backward()
    code = run.objective.discriminator.heads[0].codes[0].weight
    return run.model.net.out_conv.weight.grad.clone(), code.grad.clone()


def test_a_discriminator_pushes_by_its_weight(adversarial):
    """What moves the model grows with it evenly; what the discriminator learns does not."""
    (still, first), (once, second), (twice, third) = (
        gradients(adversarial(weight=weight)) for weight in (0.0, 1.0, 2.0)
    )
    assert (once - still).abs().max() > 1e-6
    assert torch.allclose(twice - still, 2 * (once - still), rtol=1e-3, atol=1e-6)
    assert torch.equal(first, second) and torch.equal(second, third)


def test_until_the_discriminator_has_learned_the_model_learns_from_pairs_alone(adversarial):
    early, learned = gradients(adversarial(warmup=8))
    plain = adversarial("ect")
    torch.manual_seed(0)
    loss, _ = plain.objective.loss(plain.model, plain.model, plain.draw(0, 8), plain.progress)
    loss.mean().backward()
    assert torch.allclose(early, plain.model.net.out_conv.weight.grad, rtol=1e-4, atol=1e-7)
    assert learned.abs().max() > 0


def test_estimates_at_low_noise_are_not_discriminated(adversarial):
    """Where no level reaches sigma_min, the loss of real pictures alone is added to that of ECT."""
    run = adversarial(sigma_min=100.0)
    batch = run.draw(0, 8)
    loss, t = run.objective.loss(run.model, run.model, batch, run.progress)
    same, r = run.objective.pair(batch, run.progress)
    wanted = losses.ect(
        run.model, batch.x0, batch.noise, t, r, run.objective.sigma_data,
        run.config.ect.c, label=batch.label, weight=run.objective.weight,
    )  # fmt: skip
    assert torch.equal(t, same)
    passed = run.objective.discriminator(run.objective.real_maps(batch), batch.label)
    assert torch.allclose(loss - wanted, losses.real_hinge(passed).mean().expand(8), atol=1e-4)
    assert run.objective.logits == (0.0, 0.0)


def test_pictures_pushed_pass_more_easily(adversarial):
    """The push is of length one on average, and against it the logits rise."""
    run = adversarial()
    batch, objective = run.draw(0, 8), run.objective
    drawn = (0.5 * batch.noise).clamp(-0.9, 0.9)
    _, push = objective.discriminate(drawn, batch.label, model_learns=True)
    assert push.flatten(1).norm(dim=1).mean() == pytest.approx(1, abs=1e-5)

    @torch.no_grad()
    def logits(x):
        net = objective.discriminator
        return float(net(net.maps(x), batch.label).mean())

    assert logits(drawn - 0.5 * push) > logits(drawn) > logits(drawn + 0.5 * push)
