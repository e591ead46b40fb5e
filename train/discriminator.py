"""A discriminator on the features of a network trained on photographs (Sauer et al. 2021).

It takes fixed random mixtures of a frozen backbone's maps and has few trained weights. So it can be
trained on some thousand pictures, which a discriminator of pixels would memorise.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

from cm_core.labels import Labels
from train.evaluation.features import MEAN, STD, efficientnet_lite

SIDE = 96  # what pictures are enlarged to for the backbone
TAPS = (2, 4, 10, 15)  # blocks after which maps are taken: strides 4, 8, 16, 32
CHANNELS = (24, 40, 112, 320)  # of these maps
STDS = (7.5, 6.8, 5.6, 2.2)  # standard deviations of these maps over landscapes
WIDTH = 64  # channels of a mixture


class Backbone(nn.Module):
    """EfficientNet-Lite0, pretrained on ImageNet: pictures in [-1, 1] -> maps at four strides."""

    def __init__(self):
        super().__init__()
        net = efficientnet_lite(0)
        self.stem = fuse_conv_bn_eval(net._conv_stem, net._bn0)
        self.blocks = net._blocks

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W) -> maps of 24, 40, 112 and 320 channels, fine to coarse."""
        x = F.interpolate(x, (SIDE, SIDE), mode="bilinear", align_corners=False)
        x = ((x + 1) / 2 - MEAN) / STD
        x = F.relu6(self.stem(x.contiguous(memory_format=torch.channels_last)))
        maps = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in TAPS:
                maps.append(x)
        return maps


class Mixture(nn.Module):
    """Fixed random projections of the backbone's maps, the coarse ones mixed into the fine.

    Without them a discriminator relies on a few channels (Sauer et al. 2021, section 3.2).
    """

    def __init__(self, seed: int = 0):
        super().__init__()
        g = Generator().manual_seed(seed)

        def fixed(c_in: int, side: int) -> nn.Conv2d:
            conv = nn.Conv2d(c_in, WIDTH, side, padding=side // 2, bias=False)
            nn.init.normal_(conv.weight, std=(c_in * side**2) ** -0.5, generator=g)
            return conv.requires_grad_(False)

        self.across = nn.ModuleList(fixed(c, 1) for c in reversed(CHANNELS))
        self.down = nn.ModuleList(fixed(WIDTH, 3) for _ in CHANNELS)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """The backbone's maps, fine to coarse -> as many maps of WIDTH channels each."""
        mixed, above = [], None
        for x, std, across, down in zip(
            reversed(maps), reversed(STDS), self.across, self.down, strict=True
        ):
            x = across(x / std)
            if above is not None:
                x = (x + F.interpolate(above, x.shape[-2:], mode="nearest")) * 0.5**0.5
            above = down(x)
            mixed.append(above)
        return mixed[::-1]


class Head(nn.Module):
    """Logits of one map, which is first halved in size until it is as coarse as the coarsest map.

    The label is an input by projection: each choice on an axis has an embedding (Miyato and Koyama
    2018). sizes: the number of choices on each axis, "any" with them.
    """

    def __init__(self, halvings: int, sizes: Sequence[int]):
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(halvings):
            layers += [spectral_norm(nn.Conv2d(WIDTH, WIDTH, 4, 2, 1)), nn.LeakyReLU(0.2)]
        layers += [spectral_norm(nn.Conv2d(WIDTH, WIDTH, 3, padding=1)), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers)
        self.out = spectral_norm(nn.Conv2d(WIDTH, 1, 1))
        self.codes = nn.ModuleList(nn.Embedding(n, WIDTH) for n in sizes)
        for code in self.codes:
            nn.init.normal_(code.weight, std=0.5 / WIDTH**0.5)

    def forward(self, x: Tensor, choices: Tensor) -> Tensor:
        """(B, WIDTH, H, W) and choices (B, axes), -1 for any -> logits (B, positions)."""
        h = self.body(x)
        logits = self.out(h)
        for code, choice in zip(self.codes, choices.T, strict=True):
            embedding = code(choice % code.num_embeddings)  # -1 is the last
            logits = logits + (h * embedding[:, :, None, None]).sum(1, keepdim=True)
        return logits.flatten(1)


class Discriminator(nn.Module):
    """Logits of pictures given their labels; only the heads are trained."""

    def __init__(self, labels: Labels):
        super().__init__()
        self.backbone = Backbone()
        self.mixture = Mixture()
        self.labels = labels
        sizes = [len(names) + labels.any for names in labels.axes.values()]
        self.heads = nn.ModuleList(Head(n, sizes) for n in reversed(range(len(TAPS))))

    def maps(self, x: Tensor) -> list[Tensor]:
        """The inputs of the heads for pictures (B, 3, H, W) in [-1, 1]: maps, fine to coarse."""
        return self.mixture(self.backbone(x))

    def forward(self, maps: list[Tensor], label: Tensor) -> Tensor:
        """Logits (B, positions of all maps), above 0 where a picture is taken for a real one.

        maps: as `maps` gives them; label (B,): label indices.
        """
        choices = self.labels.decode(label)
        logits = [head(m, choices) for head, m in zip(self.heads, maps, strict=True)]
        return torch.cat(logits, 1)

    def update_spectral_norms(self) -> None:
        """Do one power iteration of the heads' spectral norms.

        Reading a weight in train mode does it. Elsewhere the discriminator is in eval mode, so that
        there is one iteration a step, whatever the number of micro-batches.
        """
        self.heads.train()
        for layer in self.heads.modules():
            if is_parametrized(layer, "weight"):
                _ = layer.weight
        self.heads.eval()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """A block in which the heads get no gradients."""
        self.heads.requires_grad_(False)
        try:
            yield
        finally:
            self.heads.requires_grad_(True)
