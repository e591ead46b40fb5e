"""Changes to pictures: told where they are told, and without loss where they are to be."""

import torch
import torch.nn.functional as F

from train.augment import augment, shifted


def test_augmentation_tells_what_it_did():
    x = torch.rand(64, 3, 16, 16) * 2 - 1
    changed, told = augment(x, 0.5, torch.Generator().manual_seed(0))
    assert changed.shape == x.shape and told.shape == (64, 7) and changed.abs().max() <= 1
    untouched = (told == 0).all(1)
    assert 0 < untouched.sum() < 64
    assert torch.allclose(changed[untouched], x[untouched], atol=1e-6)
    assert all((changed[i] - x[i]).abs().max() > 1e-6 for i in (~untouched).nonzero()[:, 0])
    nothing, silent = augment(x, 0.0, torch.Generator().manual_seed(0))
    assert (silent == 0).all() and torch.allclose(nothing, x, atol=1e-6)


def test_pictures_are_shifted_by_whole_pixels_on_white():
    """Each comes out as a crop of itself on white, no pixel changed; all shifts within reach occur,
    and gradients come back to the pixels that stayed."""
    torch.manual_seed(0)
    x = torch.rand(1, 3, 16, 16).expand(200, -1, -1, -1).clone().requires_grad_(True)
    moved = shifted(x, 1 / 8)
    padded = F.pad(x[:1].detach(), [2] * 4, value=1.0)
    crops = {(i, j): padded[0, :, i : i + 16, j : j + 16] for i in range(5) for j in range(5)}
    found = [[at for at, crop in crops.items() if torch.equal(m, crop)] for m in moved]
    assert all(len(at) == 1 for at in found)
    assert {at[0] for at in found} == set(crops)
    moved.sum().backward()
    assert (x.grad[:, :, 2:14, 2:14] == 1).all()
