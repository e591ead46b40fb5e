"""Points in the plane instead of pictures: two round clusters whose every density is known.

Points are (B, 2, 1, 1), so that the losses and objectives take them as they are.
"""

import torch
from torch import Tensor, nn

from cm_core.exact import TWO, Mixture
from cm_core.model import ModelConfig, Preconditioned
from cm_core.unet import UNetConfig

MIXTURE = Mixture(TWO)


class TrueDenoiser(nn.Module):
    """The mixture's denoiser in the form of a teacher."""

    def forward(self, x: Tensor, sigma: float | Tensor, label=None) -> Tensor:
        return MIXTURE.denoiser(x, sigma)


class Perceptron(nn.Module):
    """A network of (x, time) for points, called as the U-Net is."""

    def __init__(self, width: int = 96):
        super().__init__()
        self.frequencies = torch.tensor([1.0, 2.0, 4.0])
        layers, size = [], 2 + 1 + 2 * len(self.frequencies)
        for _ in range(3):
            layers += [nn.Linear(size, width), nn.SiLU()]
            size = width
        self.layers = nn.Sequential(*layers, nn.Linear(size, 2))

    def forward(self, x: Tensor, time: Tensor, label=None) -> Tensor:
        angles = time[:, None] * self.frequencies.to(time)
        features = [x.flatten(1), time[:, None], angles.sin(), angles.cos()]
        return self.layers(torch.cat(features, 1)).reshape(x.shape)


def toy_model(form: type[Preconditioned], seed: int = 0, **about) -> Preconditioned:
    """A model of the given form around a perceptron."""
    torch.manual_seed(seed)
    unet = UNetConfig(image_size=8, channels=16, channel_mult=(1,), attention_sizes=())
    model = form(ModelConfig("toy", unet, sigma_data=MIXTURE.sigma_data, **about))
    model.net = Perceptron()
    return model
