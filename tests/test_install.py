"""`pip install .` gives the library with its model, and the two commands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHIPPED = ("app.py", "assets", "cm_core", "editing", "train", "ui", "README.md", "pyproject.toml")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that a copy of the project was installed to, and no part of the checkout."""
    copy, place = (tmp_path_factory.mktemp(name) for name in ("project", "installed"))
    for name in (*SHIPPED, *(file.name for file in ROOT.glob("requirements*.txt"))):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("*.pyi"))
        else:
            shutil.copy(ROOT / name, copy / name)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    subprocess.run([*pip, str(place), str(copy)], check=True)
    return place


def run(installed, *command):
    environment = os.environ | {"PYTHONPATH": str(installed)}
    return subprocess.run(
        command, cwd=installed, env=environment, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.slow
def test_an_installed_command_draws_with_the_bundled_model(installed, tmp_path):
    command = [sys.executable, str(installed / "bin" / "onestroke-edit"), "generate", "--out"]
    run(installed, *command, str(tmp_path / "picture.png"))
    assert (tmp_path / "picture.png").is_file()


@pytest.mark.slow
def test_the_installed_page_has_all_of_its_files(installed):
    code = (
        "from importlib.metadata import version; import cm_core, app\n"
        "from ui.service.engine import Engine; from ui.page import build_page\n"
        "build_page(Engine(app.DEFAULT))\n"
        "assert version('onestroke') == cm_core.__version__\n"
        "print(cm_core.__file__)"
    )
    assert run(installed, sys.executable, "-c", code).splitlines()[-1].startswith(str(installed))
