"""Which pictures a command edits, and which file each result goes to."""

from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from cm_core.errors import ImageError
from editing.files import FORMATS
from editing.output import check_path, kind_of

OTHERS = (".heic", ".heif", ".hif")  # read with a package that names its endings only once loaded
KEPT = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "AVIF")  # kinds that hold a result as it is


def inputs_and_outputs(
    given: str | None, out: Path, except_for: Iterable[str | None] = ()
) -> list[tuple[str | None, Path]]:
    """(picture file, file to write) pairs of a command; None where the task takes no picture.

    The results of a folder go into another folder, which is made, under their pictures' names. A
    result gets .png added where its kind is not written, or would lose colours. except_for: files
    that are no pictures to edit, a mask or hints. Raises ImageError.
    """
    if given is None or not Path(given).is_dir():
        return [(given, check_path(out))]
    folder = Path(given)
    others = [Path(name).absolute() for name in except_for if name]
    pictures = [path for path in pictures_in(folder) if path.absolute() not in others]
    if not pictures:
        raise ImageError(f"There are no pictures in {folder}.")
    make_folder(out, folder)
    return [(str(path), out / result_name(path)) for path in pictures]


def pictures_in(folder: Path) -> list[Path]:
    """The files of a folder whose endings are those of pictures, by name."""
    Image.init()
    endings = {ending for ending, kind in Image.registered_extensions().items() if kind in FORMATS}
    files = [path for path in folder.iterdir() if path.suffix.lower() in endings.union(OTHERS)]
    return sorted(path for path in files if path.is_file() and not path.name.startswith("."))


def result_name(picture: Path) -> str:
    """The name of the result of a picture file."""
    return picture.name if kind_of(picture) in KEPT else f"{picture.name}.png"


def make_folder(out: Path, folder: Path) -> None:
    """Make the folder for results, unless it is there; never that of the pictures themselves."""
    if out.resolve() == folder.resolve():
        raise ImageError(f"{out} holds the pictures themselves: choose another folder.")
    if out.exists() and not out.is_dir():
        raise ImageError(f"{folder} is a folder, so its results need a folder too, not {out}.")
    try:
        out.mkdir(exist_ok=True)
    except OSError as error:
        raise ImageError(f"The folder {out} cannot be made: {error.strerror}.") from None
