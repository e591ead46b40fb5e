"""Build the emoji set: open artwork from five pinned npm packages, drawn on white."""

import hashlib
import io
import json
import re
import subprocess
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from PIL import Image

from cm_core.errors import DataError
from train.subjects import FAMILIES, FAMILY_OF, SUBJECT_OF, SUBJECTS, UNDIVIDED

# style -> (npm package, pinned version, licence); artists are credited in the model card.
SOURCES = {
    "Noto": ("@iconify-json/noto", "1.2.9", "Apache-2.0"),
    "Noto v1": ("@iconify-json/noto-v1", "1.2.5", "Apache-2.0"),
    "Twemoji": ("@iconify-json/twemoji", "1.2.5", "CC-BY-4.0"),
    "Fluent": ("@iconify-json/fluent-emoji", "1.2.7", "MIT"),
    "Fluent Flat": ("@iconify-json/fluent-emoji-flat", "1.2.6", "MIT"),
}
STYLES = tuple(SOURCES)
GROUPS = (*SUBJECTS, *FAMILIES, *UNDIVIDED)  # what a label may say

TONE = re.compile(r"-skin-tone|-tone[1-5]\b")
# Fluent writes bare "-dark", which elsewhere is part of a name ("police-car-light").
BARE_TONE = re.compile(r"-(medium-)?(light|dark)\b|-medium\b")
TEXT_LIKE = re.compile(
    r"-oclock$|-thirty$|-button\b|^letter-|^keycap|^digit-|^input-|-arrow\b|"
    r"^(clockwise|counterclockwise|mantelpiece)-.*arrows|-sign$|calendar|-mark$"
)
PLAIN_SHAPES = re.compile(r"-(circle|square|diamond)$|^(sparkle|splatter|eight-pointed-star)$")
HELD_OUT_SHARE = 0.1


@dataclass(frozen=True)
class Drawing:
    """One SVG body with its labels; `concept` is its name, shared by all styles."""

    concept: str
    style: str
    group: str
    body: str
    width: int
    height: int

    def svg(self, size: int) -> str:
        """The whole SVG at size x size; a viewBox that is not square is centred."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{size}" height="{size}" viewBox="0 0 {self.width} {self.height}">'
            f"{self.body}</svg>"
        )


def is_held_out(concept: str) -> bool:
    """Whether a concept is kept for evaluation: a fixed 10 % by hash, in every style alike."""
    digest = hashlib.sha256(concept.encode()).digest()
    return int.from_bytes(digest[:4], "big") < HELD_OUT_SHARE * 2**32


def wanted(concept: str, group: str) -> bool:
    """Whether the set keeps a picture: no skin-tone copies, no text-like symbols, no flags.

    `group` is its package's, one of Unicode's ten; "" where none is known.
    """
    if group in ("", "Flags", "Component") or TONE.search(concept) or TEXT_LIKE.search(concept):
        return False
    if group == "People & Body":
        return not BARE_TONE.search(concept)
    return group != "Symbols" or bool(PLAIN_SHAPES.search(concept))


def fetch(package: str, version: str, folder: Path) -> Path:
    """Path of a package's tarball in `folder`, fetched by `npm pack` when it is not there yet."""
    tarball = folder / f"{package.lstrip('@').replace('/', '-')}-{version}.tgz"
    if not tarball.exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(
                ["npm", "pack", "--silent", f"{package}@{version}"],
                cwd=folder,
                check=True,
                capture_output=True,
                text=True,
            )
        except FileNotFoundError:
            raise DataError(
                "npm was not found: install Node.js to fetch the emoji artwork."
            ) from None
        except subprocess.CalledProcessError as error:
            reason = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise DataError(f"npm could not fetch {package}@{version}: {reason}") from None
    return tarball


def read_json(tarball: Path, member: str) -> dict:
    """One JSON member of an npm tarball."""
    with tarfile.open(tarball) as tar:
        return json.load(tar.extractfile(f"package/{member}"))


def drawings(folder: Path) -> Iterator[Drawing]:
    """Every wanted drawing of the five packages, in a fixed order, with its subject as group."""
    tarballs = {s: fetch(package, version, folder) for s, (package, version, _) in SOURCES.items()}
    group_of: dict[str, str] = {}
    # Fluent's package has no groups: names are looked up across all packages, Noto's first.
    for tarball in tarballs.values():
        for group, names in read_json(tarball, "metadata.json").get("categories", {}).items():
            for name in names:
                group_of.setdefault(name, group)
    for style, tarball in tarballs.items():
        icons = read_json(tarball, "icons.json")
        for name, icon in sorted(icons["icons"].items()):
            group = group_of.get(name, "")
            if not wanted(name, group):
                continue
            if group not in UNDIVIDED:
                group = SUBJECT_OF.get(name)
            if group is None:
                raise DataError(f"'{name}' has no subject: give it one in train/subjects.txt.")
            width = icon.get("width", icons["width"])
            height = icon.get("height", icons["height"])
            yield Drawing(name, style, group, icon["body"], width, height)


def render(drawing: Drawing, size: int) -> np.ndarray:
    """Draw on white: (size, size, 3) uint8."""
    import resvg_py

    png = resvg_py.svg_to_bytes(svg_string=drawing.svg(size), background="white")
    return np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGB"))


def build(size: int, out: Path, cache: Path, workers: int = 2) -> None:
    """Render the whole set into one packed file and write a contact sheet beside it."""
    items = list(drawings(cache))
    print(f"{len(items)} drawings to render at {size}x{size}", flush=True)
    with Pool(workers) as pool:
        pictures = []
        for picture in pool.imap(partial(render, size=size), items, chunksize=16):
            pictures.append(picture)
            if len(pictures) % 1000 == 0:
                print(f"  {len(pictures)}/{len(items)}", flush=True)
    arrays = {
        "images": np.stack(pictures),
        "style": np.array([STYLES.index(item.style) for item in items], np.uint8),
        "group": np.array([GROUPS.index(item.group) for item in items], np.uint16),
        "held_out": np.array([is_held_out(item.concept) for item in items]),
        "concept": np.array([item.concept for item in items]),
        "styles": np.array(STYLES),
        "groups": np.array(GROUPS),
        "families": np.array([GROUPS.index(FAMILY_OF.get(g, g)) for g in GROUPS], np.uint16),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_suffix(".partial")
    with open(unfinished, "wb") as file:
        np.savez_compressed(file, **arrays)
    unfinished.replace(out)
    contact_sheet(arrays["images"], out.with_name(f"{out.stem}-contact.png"))
    report(arrays, out)


def contact_sheet(images: np.ndarray, path: Path, columns: int = 24, rows: int = 16) -> None:
    """Write a sheet of pictures drawn evenly from the whole set, for the eye."""
    size = images.shape[1]
    pick = np.linspace(0, len(images) - 1, columns * rows).round().astype(int)
    sheet = images[pick].reshape(rows, columns, size, size, 3).swapaxes(1, 2)
    Image.fromarray(sheet.reshape(rows * size, columns * size, 3)).save(path)


def report(arrays: dict[str, np.ndarray], out: Path) -> None:
    """Print what the file holds: counts a label, held-out concepts, sigma_data."""
    held = arrays["held_out"]
    concepts = set(arrays["concept"])
    held_concepts = sorted(set(arrays["concept"][held]))
    print(f"{out}: {len(held)} pictures, {out.stat().st_size / 1e6:.1f} MB")
    print(f"sigma_data {arrays['images'][~held].std() / 127.5:.4f}")
    for axis, names in (("style", STYLES), ("group", GROUPS)):
        counts = Counter(arrays[axis].tolist())
        print(f"{axis}: " + ", ".join(f"{n} {counts[i]}" for i, n in enumerate(names)))
    print(f"{len(concepts)} concepts, {len(held_concepts)} held out ({held.sum()} pictures):")
    print("  " + ", ".join(held_concepts))
