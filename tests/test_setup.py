"""`make` sets itself up: with the standard library alone, also where Python comes without pip."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEV = ROOT / "tools" / "dev.py"
ONLY_THE_INDEX = (
    "import sys; sys.path.insert(0, {tools!r}); import pathlib, pip_bootstrap as boot\n"
    "boot._by_own_pip = lambda python: False\n"
    "boot.DISTRIBUTION_WHEELS = pathlib.Path('/nowhere')\n"
    "boot._fetch_web = boot._fetch\n"
    "boot._fetch = lambda address: boot._fetch_web(address) if address.startswith('file:') else None\n"
    "boot.install_pip(pathlib.Path({python!r}))\n"
)


def dev(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(DEV), *words], capture_output=True, text=True, check=False)


def test_every_target_of_make_is_a_command_of_the_tool() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)) - {"help"}
    assert set(re.findall(r"^  make ([a-z]+)", dev("help").stdout, re.MULTILINE)) == targets


def test_an_unknown_command_is_wrong_usage() -> None:
    assert dev("tset").returncode == 2


def test_the_tools_import_nothing_but_the_standard_library() -> None:
    code = "import sys; sys.path.insert(0, 'tools'); import dev, pip_bootstrap"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, cwd=ROOT)


@pytest.fixture
def bare_python(tmp_path: Path) -> Path:
    """An environment without pip, as Debian makes it when python3-venv is missing."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    return tmp_path / "venv" / "bin" / "python"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A package index in a folder, with one pip."""
    places = [Path(venv.__file__).parent.parent / "ensurepip" / "_bundled", Path("/usr/share/python-wheels")]
    wheel = next((found for place in places for found in place.glob("pip-*.whl")), None)
    if wheel is None:
        pytest.skip("this Python carries no wheel of pip to make an index from")
    folder = tmp_path / "simple" / "pip"
    folder.mkdir(parents=True)
    shutil.copy(wheel, folder)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "index.html").write_text(f'<a href="{wheel.name}#sha256={digest}">{wheel.name}</a>')
    return folder.parent


def bootstrap(python: Path, index: Path) -> subprocess.CompletedProcess[str]:
    code = ONLY_THE_INDEX.format(tools=str(ROOT / "tools"), python=str(python))
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    environment = {**kept, "PIP_INDEX_URL": index.as_uri(), "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)


def test_pip_comes_from_the_index_that_pip_is_set_up_for(bare_python: Path, index: Path) -> None:
    done = bootstrap(bare_python, index)
    assert done.returncode == 0, done.stderr
    subprocess.run([bare_python, "-m", "pip", "--version"], check=True, capture_output=True)


def test_a_pip_that_was_tampered_with_is_refused(bare_python: Path, index: Path) -> None:
    page = index / "pip" / "index.html"
    page.write_text(re.sub(r"sha256=\w+", "sha256=" + "0" * 64, page.read_text()))
    done = bootstrap(bare_python, index)
    assert done.returncode == 1
    assert "python3-venv" in done.stderr
