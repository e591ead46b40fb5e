"""Zero-shot image editing with a consistency model.

Tasks on tensors draw at the model's size; those on pictures (`*_picture`, `inpaint_region`,
`outpaint`) give each back at its own.
"""

from editing.enlarging import enlarge, stream_enlarge, stream_super_resolve, super_resolve
from editing.generate import (
    generate,
    sample_teacher,
    self_consistency,
    stream_generate,
    stream_teacher,
)
from editing.hours import day, stream_day
from editing.noisy import add_noise
from editing.painted import Painted
from editing.pictures import (
    colorize_picture,
    denoise_picture,
    inpaint_region,
    outpaint,
    stream_colorize_picture,
    stream_denoise_picture,
    stream_inpaint_region,
    stream_outpaint,
    stream_stroke_picture,
    stroke_picture,
)
from editing.tasks import (
    colorize,
    denoise,
    inpaint,
    stream_colorize,
    stream_denoise,
    stream_inpaint,
    stream_stroke,
    stroke,
)
from editing.walks import (
    interpolate,
    interpolate_grid,
    stream_interpolate,
    stream_interpolate_grid,
)
from editing.widening import panorama, stream_panorama

__all__ = [
    "Painted",
    "add_noise",
    "colorize",
    "colorize_picture",
    "day",
    "denoise",
    "denoise_picture",
    "enlarge",
    "generate",
    "inpaint",
    "inpaint_region",
    "interpolate",
    "interpolate_grid",
    "outpaint",
    "panorama",
    "sample_teacher",
    "self_consistency",
    "stream_colorize",
    "stream_colorize_picture",
    "stream_day",
    "stream_denoise",
    "stream_denoise_picture",
    "stream_enlarge",
    "stream_generate",
    "stream_inpaint",
    "stream_inpaint_region",
    "stream_interpolate",
    "stream_interpolate_grid",
    "stream_outpaint",
    "stream_panorama",
    "stream_stroke",
    "stream_stroke_picture",
    "stream_super_resolve",
    "stream_teacher",
    "stroke",
    "stroke_picture",
    "super_resolve",
]
