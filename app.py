"""Start the page: `python app.py`, `onestroke` once installed, or as a Hugging Face Space.

ONESTROKE_MODEL names the model or its folder; ONESTROKE_DOWNLOADS says whether visitors may have
public models downloaded, yes or no (on a Space no, elsewhere yes, unless it says otherwise);
GRADIO_SERVER_NAME and GRADIO_SERVER_PORT say where the page is served.
"""

import contextlib
import os
import sys

with contextlib.suppress(ImportError):
    # On a Space with a shared GPU it must come before torch; elsewhere it is not there.
    import spaces  # noqa: F401  # pyright: ignore[reportMissingImports]

from cm_core.checkpoints.registry import DEFAULT
from cm_core.errors import OneStrokeError, SettingError
from ui.page import launch
from ui.service.engine import Engine


def downloads() -> bool:
    """Whether visitors may have public models downloaded. Raises SettingError."""
    told = os.environ.get("ONESTROKE_DOWNLOADS") or ("no" if "SPACE_ID" in os.environ else "yes")
    if told not in ("yes", "no"):
        raise SettingError(f"ONESTROKE_DOWNLOADS is yes or no, not '{told}'.")
    return told == "yes"


def main() -> int:
    """Serve the page until it is stopped; 2 where the model cannot be loaded."""
    try:
        launch(Engine(os.environ.get("ONESTROKE_MODEL", DEFAULT)), downloads())
    except OneStrokeError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
