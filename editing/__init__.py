"""Zero-shot image editing with a consistency model."""

from editing.tasks import (
    colorize,
    denoise,
    inpaint,
    interpolate,
    stream_colorize,
    stream_denoise,
    stream_inpaint,
    stream_interpolate,
    stream_stroke,
    stream_super_resolve,
    stroke,
    super_resolve,
)

__all__ = [
    "colorize",
    "denoise",
    "inpaint",
    "interpolate",
    "stream_colorize",
    "stream_denoise",
    "stream_inpaint",
    "stream_interpolate",
    "stream_stroke",
    "stream_super_resolve",
    "stroke",
    "super_resolve",
]
