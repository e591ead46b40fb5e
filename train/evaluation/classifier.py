"""A small classifier of scene and light, which measures whether pictures show their labels."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from train.evaluation.scenes import Scenes

HIDDEN, STEPS, BATCH, RATE = 256, 600, 256, 2e-3


@dataclass(frozen=True)
class Classifier:
    """Scene and light of pictures, from their features (N, D). sizes: the numbers of both."""

    mean: Tensor
    std: Tensor
    net: nn.Module
    sizes: tuple[int, int]

    @torch.no_grad()
    def __call__(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The numbers of the most likely scene and light, (N,) each."""
        scene, light = self.net((features - self.mean) / self.std).split(self.sizes, 1)
        return scene.argmax(1), light.argmax(1)

    def accuracy(self, features: Tensor, shown: Scenes) -> dict[str, float]:
        """The fractions of pictures whose scene, light, and both are recognised as `shown`."""
        scene, light = self(features)
        scene, light = scene == shown.scene, light == shown.light
        return {
            "scene named": float(scene.double().mean()),
            "light named": float(light.double().mean()),
            "both named": float((scene & light).double().mean()),
        }


def train_classifier(
    features: Tensor, shown: Scenes, names: tuple[int, int], seed: int = 0
) -> Classifier:
    """A classifier trained on renders; the seed alone decides its random numbers.

    features (N, D) of the renders; shown: their scenes and lights; names: the numbers of both.
    """
    g = torch.Generator().manual_seed(seed)
    mean, std = features.mean(0), features.std(0).clamp(min=1e-3)
    x = (features - mean) / std
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(x.shape[1], HIDDEN), nn.SiLU(), nn.Dropout(0.3),
            nn.Linear(HIDDEN, sum(names)),
        )  # fmt: skip
        optimiser = torch.optim.AdamW(net.parameters(), weight_decay=0.05)
        rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS)
        for _ in range(STEPS):
            pick = torch.randint(len(x), (BATCH,), generator=g)
            scene, light = net(x[pick]).split(names, 1)
            loss = F.cross_entropy(scene, shown.scene[pick], label_smoothing=0.1)
            loss = loss + F.cross_entropy(light, shown.light[pick], label_smoothing=0.1)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            rate.step()
    return Classifier(mean, std, net.eval().requires_grad_(False), names)
