"""Start the page: `python app.py`, or as a Hugging Face Space.

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

if __name__ == "__main__":
    try:
        launch(Engine(os.environ.get("ONESTROKE_MODEL", DEFAULT)))
    except OneStrokeError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
