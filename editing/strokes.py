"""The colours of a painting in the picture that is made of it."""

import torch
import torch.nn.functional as F
from torch import Tensor

from editing.operators import Mask

REACH = 10  # a picture's side over the reach of a place's colour, both ways
ALIKE = 0.25  # root mean square difference of two colours that may still be of one thing
UNSEEN = 0.04  # root mean square difference of two colours that are the same to the eye
COLOURED = 0.5  # difference of a colour's channels from which on it is not a tint of grey
NONE = 0.003  # weight of a window's pixels below which nothing in it is told


class Strokes(Mask):
    """What a painting says of a picture: everything outside of a mask, inside of it the colours,
    which are no measurement: they are kept as far as they suit what is drawn.

    The network tells what is painted by its label, and paints it as the label's pictures are. With
    `keep`, 0 to 1, every part gets back so much of the colour that the strokes have there.
    """

    def __init__(self, mask: Tensor, keep: float):
        super().__init__(mask)
        self.keep = keep

    def measure(self, x: Tensor) -> Tensor:
        """The painting itself, (B, 3, H, W)."""
        return x

    def merge(self, measured: Tensor, x: Tensor) -> Tensor:
        if self.keep:
            x = (x + self.keep * colour_shift(measured, x)).clamp(-1, 1)
        return super().merge(measured, x)


def colour_shift(painting: Tensor, x: Tensor) -> Tensor:
    """What pictures x lack of a painting's colours, as far as it is the same all around a place:
    details and shades in x stay. (B, 3, H, W).

    Coloured pixels count, by how much they lack and by how alike the two are: where a part has
    grown beyond its strokes, the painting shows what lies behind it, and the part's own colour
    reaches on. Paper, ink and pencil say nothing of colours: a sketch is coloured.
    """
    radius = max(1, x.shape[-1] // REACH)
    lacking = painting - x
    much = lacking.square().mean(1, keepdim=True)
    alike = (-much / (2 * ALIKE**2)).exp()
    coloured = (painting.amax(1, keepdim=True) - painting.amin(1, keepdim=True)) / COLOURED
    weight = alike * much.sqrt() * coloured.clamp(max=1)
    shift = around(weight * lacking, radius) / (around(weight, radius) + NONE)
    # Where the two are alike no further than to the painting: its blank paper stays blank.
    within = torch.minimum(torch.maximum(shift, lacking.clamp(max=0)), lacking.clamp(min=0))
    # What nobody sees is the painting's: grounds, its paper too, come without a haze.
    return torch.lerp(torch.lerp(shift, within, alike), lacking, (-much / (2 * UNSEEN**2)).exp())


def around(x: Tensor, radius: int) -> Tensor:
    """Means of windows 2 radius + 1 wide around every pixel."""
    x = F.pad(x, (radius,) * 4, mode="replicate")
    return F.avg_pool2d(F.avg_pool2d(x, (2 * radius + 1, 1), 1), (1, 2 * radius + 1), 1)
