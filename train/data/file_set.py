"""The files of a picture set in a folder or a .zip, and the labels in its dataset.json."""

import io
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from cm_core.errors import DataError
from train.data.reading import SUFFIXES

LABELS = "dataset.json"  # of Karras et al.'s data sets: {"labels": [[path, class number], ...]}


@dataclass(frozen=True)
class FolderFiles:
    """The files of a folder and of the folders in it."""

    root: Path

    def paths(self) -> list[str]:
        """Their paths from `root`, with forward slashes."""
        found = []
        for folder, below, files in os.walk(self.root, followlinks=True):
            below[:] = [name for name in below if not name.startswith(".")]
            inside = Path(folder).relative_to(self.root)
            found += [(inside / name).as_posix() for name in files]
        return found

    def file(self, path: str) -> Path:
        """One file, as `reading.read` takes it."""
        return self.root / path


@dataclass(frozen=True)
class ZipFiles:
    """The files of a .zip, which stays open and is never unpacked."""

    root: Path
    archive: zipfile.ZipFile

    def paths(self) -> list[str]:
        """Their paths in the archive."""
        return [part.filename for part in self.archive.infolist() if not part.is_dir()]

    def file(self, path: str) -> BinaryIO:
        """One file, as `reading.read` takes it. Raises DataError for a damaged one."""
        try:
            return io.BytesIO(self.archive.read(path))
        except Exception:  # zlib, the archive or the disk may fail
            raise DataError(f"{self.root / path} cannot be unpacked: make the .zip anew.") from None


Files = FolderFiles | ZipFiles


def open_files(root: Path) -> Files:
    """The files of a folder or a .zip. Raises DataError."""
    if root.is_dir():
        return FolderFiles(root)
    if root.suffix.lower() != ".zip" or not root.is_file():
        raise DataError(f"{root} is not a folder and not a .zip: give one with pictures in it.")
    try:
        return ZipFiles(root, zipfile.ZipFile(root))
    except (OSError, zipfile.BadZipFile, NotImplementedError):
        raise DataError(f"{root} is damaged or cut short: make the .zip anew.") from None


def pictures(files: Files) -> list[str]:
    """The paths of all pictures, sorted, without hidden files and folders."""
    parts = ((path, PurePosixPath(path).parts) for path in files.paths())
    return sorted(
        path
        for path, names in parts
        if path.lower().endswith(SUFFIXES) and not any(name.startswith(".") for name in names)
    )


def read_labels(files: Files, paths: Sequence[str]) -> list[int] | None:
    """The class number of each picture, as `LABELS` gives it.

    None where there is no such file, [] where it says that the set has no labels. Raises DataError.
    """
    if LABELS not in files.paths():
        return None
    where, file = files.root / LABELS, files.file(LABELS)
    try:
        text = file.read_bytes() if isinstance(file, Path) else file.read()
        labels = json.loads(text)["labels"]
        if labels is None:
            return []
        numbers = {path: class_number(label) for path, label in labels}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise DataError(
            f"{where} cannot be read: it has to hold labels, a list of [path, class number]."
        ) from None
    for path in paths:
        if path not in numbers:
            raise DataError(f"{where} says no label of {path}: add it, or take the picture away.")
    return [numbers[path] for path in paths]


def class_number(label: object) -> int:
    """The class number of a label, which is a number from 0 or a one-hot list.

    Raises ValueError.
    """
    if isinstance(label, list):
        if sorted(label) != [0] * (len(label) - 1) + [1]:
            raise ValueError("a label that is no class")
        return label.index(1)
    if not isinstance(label, int) or isinstance(label, bool) or not 0 <= label < 10**6:
        raise ValueError("a label that is no class")
    return label
