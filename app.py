"""Start the page: `python app.py`, `onestroke` once installed, or as a Hugging Face Space.

ONESTROKE_MODEL names the model or its folder; GRADIO_SERVER_NAME and GRADIO_SERVER_PORT say where
the page is served.
"""

import contextlib
import os
import sys

with contextlib.suppress(ImportError):
    import spaces  # noqa: F401  on a Space with a shared GPU it must come before torch

from cm_core.errors import OneStrokeError
from cm_core.zoo import DEFAULT
from ui.engine import Engine
from ui.page import launch


def main() -> int:
    """Serve the page until it is stopped; 2 where the model cannot be loaded."""
    try:
        launch(Engine(os.environ.get("ONESTROKE_MODEL", DEFAULT)))
    except OneStrokeError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
