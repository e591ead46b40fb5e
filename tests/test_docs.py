"""Every snippet and every command of the README and the docs runs."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

import editing.__main__ as editing_command
import train.__main__ as train_command
from cm_core.checkpoints import registry

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
CHEAP = ("list", "sample")  # of what trains; the others take hours, and are parsed


def blocks(kind):
    """Parameters of every block of a kind: the page's name and place, and what stands in it."""
    for page in PAGES:
        for at, (found, about, text) in enumerate(BLOCK.findall(page.read_text())):
            if found == kind:
                yield pytest.param(about.strip(), text, id=f"{page.stem}-{at}")


def commands():
    """Every command line of the shell blocks, as words, without its comment."""
    seen = set()
    for block in blocks("sh"):
        for line in block.values[1].splitlines():
            words = shlex.split(line, comments=True)
            if words and tuple(words) not in seen:
                seen.add(tuple(words))
                yield pytest.param(words, id=" ".join(words))


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the files that the docs name."""
    render = Image.open(ROOT / "assets/examples/renders/coast.webp").convert("RGB")
    Image.open(ROOT / "assets/examples/paintings/beach.png").save(tmp_path / "painting.png")
    mask = Image.new("L", (96, 64))
    ImageDraw.Draw(mask).ellipse((30, 20, 50, 40), fill=255)
    (tmp_path / "photos").mkdir()
    for name in ("photo.png", "noisy.png", "photos/one.png", "photos/two.png"):
        render.resize(mask.size).save(tmp_path / name)
    mask.save(tmp_path / "mask.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(("about", "code"), blocks("python"))
def test_a_snippet_runs(about, code, desk, monkeypatch):
    if about == "download":  # of a model that is named there; none is fetched for a test
        wanted = []
        tiny = registry.load_model("landscape64")
        tiny.label_index = lambda **chosen: wanted.append(chosen)
        monkeypatch.setattr("cm_core.load_model", lambda name: wanted.append(name) or tiny)
        exec(compile(code, "docs", "exec"), {})
        assert wanted[0] in registry.PUBLIC and len(wanted) == 2
        return
    before = set(desk.rglob("*"))
    exec(compile(code, "docs", "exec"), {"__name__": "docs"})
    for made in set(desk.rglob("*")) - before:
        Image.open(made).verify()


@pytest.mark.slow
@pytest.mark.parametrize("words", commands())
def test_a_command_runs(words, desk):
    match words:
        case ["python", "-m", "editing", *arguments]:
            assert editing_command.main(arguments) == 0
            assert Path(arguments[arguments.index("--out") + 1]).exists()
        case ["python", "-m", "train", *arguments]:
            args = train_command.parser().parse_args(arguments)
            if arguments[0] in CHEAP:
                args.function(args)
        case ["python", "-m", module, *_]:
            assert (ROOT / (module.replace(".", "/") + ".py")).is_file()
        case ["make", target]:
            assert f"\n{target}:" in (ROOT / "Makefile").read_text()
        case ["pip", "install", *arguments]:
            files = [name for name in arguments if name.endswith(".txt")]
            assert all((ROOT / name).is_file() for name in files)
        case ["python", "app.py"] | ["git", "clone", *_] | ["cd", _] | ["torchrun", *_]:
            pass
        case ["docker" | "onestroke", *_]:
            pass
        case _:
            raise AssertionError(f"Nothing runs {shlex.join(words)}.")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_points_to_is_there(page):
    missing = [
        link
        for link in LINK.findall(page.read_text())
        if not link.startswith("http") and not (page.parent / link).exists()
    ]
    assert missing == []


def test_the_docs_say_no_name_of_a_file_that_is_gone():
    named = re.compile(r"`((?:cm_core|editing|train|ui|tests|docs|benchmarks)/[\w/.-]*)`")
    missing = {
        name
        for page in PAGES
        for name in named.findall(page.read_text())
        if not (ROOT / name).exists()
    }
    assert missing == set()


@pytest.mark.slow
def test_the_notebook_makes_its_figures(monkeypatch):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    monkeypatch.chdir(ROOT)
    cells = json.loads((ROOT / "docs/classroom.ipynb").read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert sum(bool(line.strip()) for text in code for line in text.splitlines()) < 60
    known, figures = {}, 0
    for text in code:
        exec(compile(text, "classroom", "exec"), known)
        figures += len(plt.get_fignums())
        plt.close("all")
    assert figures == 7


@pytest.mark.slow
def test_what_it_withstands_is_not_overstated():
    command = [sys.executable, "-m", "tests.withstands"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    row = re.compile(r"^\| ([^|]+) \| ([^|]+) \| (\d+) \|$", re.MULTILINE)
    shown = row.findall((ROOT / "docs/withstands.md").read_text())
    for said, counted in zip(shown, row.findall(made), strict=True):
        assert said[:2] == counted[:2]
        assert 0 < int(said[2]) <= int(counted[2]), said
