"""The features that samples are compared in: those of a small classifier of the picture set.

The classifier learns every label axis of the training pictures (style and group, say); what it
pools before its last layer are the "own" features of KID-own and FD-own. They stand in for
Inception's where its weights are out of reach, and are never called by its names.
"""

import hashlib
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Generator, Tensor, nn
from tqdm import tqdm

from cm_core.checkpoint import write_atomically
from cm_core.errors import DataError
from train.augment import augment
from train.data import Pictures

VERSION = 1  # of the code below: a new one retrains what is cached
FOLDER = Path("runs")
WIDTHS = (32, 64, 96)  # channels at each size; the last are the features
STEPS, BATCH, RATE = 800, 64, 4e-3


class Classifier(nn.Module):
    """A convolutional network with a head a label axis: pictures (B, 3, H, W) in [-1, 1].

    Its features, the means of the last maps, are shifted and scaled to mean 0 and variance 1 over
    the training pictures, so that distances in the features of two classifiers are of one unit.
    """

    def __init__(self, size: int, classes: tuple[int, ...]):
        super().__init__()
        self.patch = max(1, size // 32)
        layers: list[nn.Module] = []
        width = 3 * self.patch**2
        for index, out in enumerate(WIDTHS):
            for before, stride in ((width, 1 + (index > 0)), (out, 1)):
                layers.append(nn.Conv2d(before, out, 3, stride, padding=1, bias=False))
                layers += [nn.BatchNorm2d(out), nn.SiLU()]
            if index == 0:
                layers.append(nn.MaxPool2d(2))
            width = out
        self.body = nn.Sequential(*layers)
        self.heads = nn.ModuleList([nn.Linear(width, n) for n in classes])
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("std", torch.ones(width))

    def pooled(self, x: Tensor) -> Tensor:
        """Means of the last maps, (B, width)."""
        return self.body(F.pixel_unshuffle(x, self.patch)).mean((2, 3))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Logits, (B, names) a label axis."""
        pooled = F.dropout(self.pooled(x), 0.2, self.training)
        return [head(pooled) for head in self.heads]

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """Standardised features (B, width) in float64, 256 pictures at a time."""
        pooled = torch.cat([self.pooled(part) for part in x.split(256)])
        return ((pooled - self.mean) / self.std).double()


def fit(train: Pictures, seed: int = 0) -> Classifier:
    """Train a classifier on the CPU, the same from a seed: every other picture mirrored, small
    colour and affine changes, label smoothing, so that it does not learn its pictures by heart."""
    if not train.labels.axes:
        raise DataError("The own features need labelled pictures: this set has no label axes.")
    g = Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Classifier(
            train.images.shape[-1], tuple(len(n) for n in train.labels.axes.values())
        ).train()
        optimiser = torch.optim.AdamW(net.parameters(), weight_decay=0.05)
        rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS)
        for _ in tqdm(range(STEPS), "classifier for the own features", unit="step"):
            index = torch.randint(len(train), (BATCH,), generator=g)
            x, _ = augment(train.floats(index), 0.5, g)
            mirrored = torch.rand(BATCH, generator=g) < 0.5
            x = torch.where(mirrored[:, None, None, None], x.flip(-1), x)
            loss = sum(
                F.cross_entropy(told, wanted, ignore_index=-1, label_smoothing=0.1)
                for told, wanted in zip(net(x), train.choices[index].T, strict=True)
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            rate.step()
    net = net.eval().requires_grad_(False)
    raw = net.features(train.floats())
    net.mean.copy_(raw.mean(0))
    net.std.copy_(raw.std(0).clamp(min=1e-6))
    return net


def classifier(train: Pictures, folder: Path | None = None) -> Classifier:
    """The classifier of a training set: from the cache in `folder` (runs/), or trained and kept.

    The file is named after everything it depends on (pictures, labels, network, recipe), so one
    that was made of anything else is never taken for it; a damaged one is made anew.
    """
    recipe = repr((VERSION, WIDTHS, STEPS, BATCH, RATE, tuple(train.labels.axes.items())))
    key = hashlib.sha256(recipe.encode())
    for part in (train.images, train.choices):
        key.update(repr(tuple(part.shape)).encode() + part.cpu().contiguous().numpy().tobytes())
    path = (folder or FOLDER) / f"features-{key.hexdigest()[:16]}.safetensors"
    if path.exists():
        net = Classifier(train.images.shape[-1], tuple(len(n) for n in train.labels.axes.values()))
        try:
            net.load_state_dict(load_file(path))
        except (SafetensorError, RuntimeError, OSError):
            print(f"{path} is damaged: training the classifier anew.")
        else:
            return net.eval().requires_grad_(False)
    net = fit(train)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, save({k: v.contiguous() for k, v in net.state_dict().items()}))
    return net


@torch.no_grad()
def called(net: Classifier, x: Tensor) -> Tensor:
    """The likeliest choices (N, axes) for pictures (N, 3, H, W), 256 at a time."""
    return torch.cat(
        [torch.stack([axis.argmax(1) for axis in net(part)], 1) for part in x.split(256)]
    )


def accuracy(net: Classifier, pictures: Pictures) -> dict[str, tuple[float, float]]:
    """By label axis: the share of pictures named right, and that of the most frequent name."""
    found = {}
    right = pictures.agree(called(net, pictures.floats()), pictures.choices)
    for axis, true, wanted in zip(pictures.labels.axes, right.T, pictures.choices.T, strict=True):
        true, wanted = true[wanted >= 0], wanted[wanted >= 0]
        found[axis] = (float(true.float().mean()), float(wanted.bincount().max() / len(wanted)))
    return found
