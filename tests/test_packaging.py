"""A wheel, an sdist and an editable install each carry the elements and the schemas, and no dust of a checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("jitai_tasks", "elements", "schemas", "docs", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE")
DUST = shutil.ignore_patterns("__pycache__", "appData", "*.pyc", "_data")
ASK = """
from jitai_tasks.paths import elements_dir, schemas_dir
print(elements_dir())
print(schemas_dir())
print((elements_dir() / "tasks" / "NormalType" / "e.json").is_file())
print((schemas_dir() / "e.schema.json").is_file())
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, with the kind of dust that work leaves behind."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=DUST)
        else:
            shutil.copy(source, folder / name)
    dust = folder / "elements" / "tasks" / "__pycache__"
    dust.mkdir(parents=True)
    (dust / "old.cpython-311.pyc").write_bytes(b"stale")
    return folder


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(wheel, sdist), built without the network."""
    out = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--sdist",
        "--outdir",
        str(out),
        str(checkout),
    ]
    subprocess.run(command, check=True, capture_output=True, env=clean_environment())
    return next(out.glob("*.whl")), next(out.glob("*.tar.gz"))


def clean_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONWARNINGS")}


def ask(python_path: Path, *, cwd: Path) -> list[str]:
    """What an interpreter that finds the package at `python_path` says about its data."""
    environment = {**clean_environment(), "PYTHONPATH": str(python_path)}
    answer = subprocess.run(
        [sys.executable, "-c", ASK], check=True, capture_output=True, text=True, cwd=cwd, env=environment
    )
    return answer.stdout.splitlines()


def data_in_tree() -> set[str]:
    return set(data_below(ROOT / "elements")) | set(data_below(ROOT / "schemas"))


def data_below(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file() and not {"__pycache__", "appData"} & set(path.parts) and path.suffix != ".pyc":
            yield path.relative_to(ROOT).as_posix()


def test_the_wheel_carries_every_element_and_schema_inside_the_package(built: tuple[Path, Path]) -> None:
    names = set(zipfile.ZipFile(built[0]).namelist())
    assert {f"jitai_tasks/_data/{name}" for name in data_in_tree()} <= names
    assert "jitai_tasks/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_has_no_top_level_names_but_the_package(built: tuple[Path, Path]) -> None:
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(built[0]).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"jitai_tasks"}


def test_the_wheel_carries_no_dust_of_the_checkout(built: tuple[Path, Path]) -> None:
    assert [
        name for name in zipfile.ZipFile(built[0]).namelist() if "__pycache__" in name or name.endswith(".pyc")
    ] == []


def test_an_installed_wheel_finds_its_elements_and_schemas(built: tuple[Path, Path], tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(built[0]).extractall(site)
    elements, schemas, *found = ask(site, cwd=tmp_path)
    assert Path(elements) == site / "jitai_tasks" / "_data" / "elements"
    assert Path(schemas) == site / "jitai_tasks" / "_data" / "schemas"
    assert found == ["True", "True"]


def test_the_sdist_builds_the_same_wheel(built: tuple[Path, Path], tmp_path: Path) -> None:
    wheel, sdist = built
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    source = next(tmp_path.iterdir())
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        str(tmp_path / "out"),
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True, env=clean_environment())
    again = next((tmp_path / "out").glob("*.whl"))
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_an_editable_install_reads_the_data_in_place_and_leaves_no_copy(checkout: Path, tmp_path: Path) -> None:
    code = f"from hatchling.build import build_editable; print(build_editable({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=checkout, env=clean_environment())
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert not any("_data" in name for name in names)
    assert not (checkout / "jitai_tasks" / "_data").exists()
    elements, schemas, *found = ask(checkout, cwd=tmp_path)
    assert (Path(elements), Path(schemas)) == (checkout / "elements", checkout / "schemas")
    assert found == ["True", "True"]


def test_the_command_and_the_plug_in_of_pytest_are_declared(built: tuple[Path, Path]) -> None:
    wheel = zipfile.ZipFile(built[0])
    text = next(wheel.read(name).decode() for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "jitai-tasks = jitai_tasks.cli:main" in text
    assert "jitai_tasks = jitai_tasks.testing" in text
