"""Plain pictures, whose colour is their number."""

import zipfile

import torch
from PIL import Image

from train.config import DataConfig


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def plain(path, colour, size=(24, 24)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def folder_config(root, **settings):
    return DataConfig(source="folder", file=str(root), size=8, **settings)


def numbers(pictures):
    """The red of plain pictures in memory."""
    return pictures.images[:, 0, 0, 0].tolist()


def packed(root):
    """The same set in a .zip."""
    path = root.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*.*")):
            archive.write(file, file.relative_to(root).as_posix())
    return path
