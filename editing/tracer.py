"""Trace a picture: a PNG comes in and an SVG goes out, in a process of its own.

Run by its path with a speckle's size in pixels. A tracer holds the interpreter for as long as it
works, so that a server which ran it itself would answer nobody meanwhile.
"""

import os
import sys

import vtracer


def main() -> None:
    """From standard input to standard output, behind everything else that runs."""
    if hasattr(os, "nice"):
        os.nice(10)
    svg = vtracer.convert_raw_image_to_svg(
        sys.stdin.buffer.read(),
        img_format="png",
        filter_speckle=int(sys.argv[1]),  # a side
        color_precision=8,
        layer_difference=0,  # the colours are few already: keep each
        path_precision=1,
    )
    sys.stdout.buffer.write(svg.encode())


if __name__ == "__main__":
    main()
