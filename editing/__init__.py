"""Zero-shot image editing with a consistency model."""

from editing.detail import enlarge, stream_enlarge
from editing.generate import (
    generate,
    sample_teacher,
    self_consistency,
    stream_generate,
    stream_teacher,
)
from editing.region import inpaint_region, outpaint, stream_inpaint_region, stream_outpaint
from editing.tasks import (
    add_noise,
    colorize,
    denoise,
    inpaint,
    stream_colorize,
    stream_denoise,
    stream_inpaint,
    stream_stroke,
    stream_super_resolve,
    stroke,
    super_resolve,
)
from editing.walks import (
    interpolate,
    interpolate_grid,
    stream_interpolate,
    stream_interpolate_grid,
)

__all__ = [
    "add_noise",
    "colorize",
    "denoise",
    "enlarge",
    "generate",
    "inpaint",
    "inpaint_region",
    "interpolate",
    "interpolate_grid",
    "outpaint",
    "sample_teacher",
    "self_consistency",
    "stream_colorize",
    "stream_denoise",
    "stream_enlarge",
    "stream_generate",
    "stream_inpaint",
    "stream_inpaint_region",
    "stream_interpolate",
    "stream_interpolate_grid",
    "stream_outpaint",
    "stream_stroke",
    "stream_super_resolve",
    "stream_teacher",
    "stroke",
    "super_resolve",
]
