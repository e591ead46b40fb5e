"""Consistency tuning with a discriminator."""

import torch
from torch import Tensor

from cm_core import losses
from cm_core.distance import pseudo_huber
from train.discriminator import Discriminator
from train.objectives.base import Batch
from train.objectives.discrete import EasyConsistencyTuning
from train.progress import Progress


class AdversarialTuning(EasyConsistencyTuning):
    """ECT with a discriminator of the model's estimates (as in CTM: Kim et al. 2024, section 4).

    The discriminator sees estimates and real pictures through features of a network trained on
    photographs, and its gradient makes estimates less soft and grainy. ECT's loss keeps each
    estimate near its own picture.
    """

    wrapped = False  # the model and the discriminator have one loss
    passes = 8  # the backbone, forward twice and once backward, counts for about four

    def __init__(self, config, model, teacher=None):
        super().__init__(config, model, teacher)
        self.discriminator = Discriminator(model.config.labels).eval()
        self.logits = (0.0, 0.0)  # means of the last real and generated pictures, for the log
        self.std_ratio = 0.0  # standard deviation of the last generated pictures, real ones' = 1

    def loss(self, model, unwrapped, batch: Batch, progress: Progress):
        t, r = self.pair(batch, progress)
        x0, target = losses.ect_estimates(model, batch.x0, batch.noise, t, r, **batch.inputs)
        weight = self.weight(t, self.sigma_data)
        loss = weight * pseudo_huber(x0, target, c=self.config.ect.c)
        chosen = t >= self.config.gan.sigma_min  # below it estimates are almost the real pictures
        real = self.discriminator(self.real_maps(batch), batch.label)
        loss = loss + losses.real_hinge(real).mean()
        if not chosen.any():
            return loss, t
        generated, label = x0[chosen].detach(), batch.label[chosen]
        fake, gradient = self.discriminate(
            generated, label, progress.images >= self.config.gan.warmup
        )
        self.logits = (float(real.detach().mean()), float(fake.detach().mean()))
        self.std_ratio = float(generated.std() / batch.x0[chosen].std())
        loss = loss + losses.fake_hinge(fake).mean()
        # The discriminator's gradient has the weight of the noise level, as ECT's has.
        gradient = self.config.gan.weight * weight[chosen, None, None, None] * gradient
        push = (gradient * x0[chosen]).sum((1, 2, 3))
        return loss.index_add(0, chosen.nonzero()[:, 0], push), t

    @torch.no_grad()
    def real_maps(self, batch: Batch) -> list[Tensor]:
        """The discriminator's maps of the real pictures."""
        return self.discriminator.maps(batch.x0)

    def discriminate(
        self, generated: Tensor, label: Tensor, model_learns: bool
    ) -> tuple[Tensor, Tensor]:
        """(logits of generated pictures (n, 3, H, W), gradient of the generator's loss by them).

        The gradient's length is 1 on average; it is 0 while the model does not learn from it.
        """
        discriminator, x = self.discriminator, generated.clone().requires_grad_()
        maps = discriminator.maps(x.clamp(-1, 1))
        fake = discriminator([m.detach() for m in maps], label)
        if not model_learns:
            return fake, torch.zeros_like(x)
        with discriminator.frozen():
            loss = losses.generator_hinge(discriminator(maps, label)).sum()
        (gradient,) = torch.autograd.grad(loss, x)
        return fake, gradient / gradient.flatten(1).norm(dim=1).mean().clamp(min=1e-12)

    def after_step(self, model, progress: Progress) -> None:
        super().after_step(model, progress)
        self.discriminator.update_spectral_norms()

    def status(self, progress: Progress) -> str:
        (real, fake), ratio = self.logits, self.std_ratio
        return f"{super().status(progress)} logits {real:.2f} {fake:.2f} std ratio {ratio:.2f}"
