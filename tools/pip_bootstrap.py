"""Gets pip into an environment that was made without it, from the nearest place that has one."""

from __future__ import annotations

import configparser
import hashlib
import os
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

GET_PIP = "https://bootstrap.pypa.io/get-pip.py"
DISTRIBUTION_WHEELS = Path("/usr/share/python-wheels")
WHEEL = re.compile(r'href="([^"]*?(pip-(\d+(?:\.\d+)*)-py3-none-any\.whl)[^"]*)"')
ADVICE = "this Python cannot make environments: install python3-venv (Debian, Ubuntu) or uv, then try again"


def install_pip(python: Path) -> None:
    """Install pip into the environment of `python`; ends the program with advice when nothing works."""
    for attempt in (_by_own_pip, _by_folders, _by_configured_index, _by_get_pip):
        if attempt(python):
            return
    sys.exit(ADVICE)


def _by_own_pip(python: Path) -> bool:
    return _quiet([sys.executable, "-m", "pip", "--python", str(python), "install", "pip"])


def _by_folders(python: Path) -> bool:
    """From the wheels that the distribution carries, or from the folders that pip is told to look in."""
    folders = [DISTRIBUTION_WHEELS, *map(Path, _setting("find-links").split())]
    return any(_run_wheel(python, wheel) for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))[-1:])


def _by_configured_index(python: Path) -> bool:
    return any(_by_index(python, index) for index in _indexes())


def _by_index(python: Path, index: str) -> bool:
    page = urllib.parse.urljoin(index.rstrip("/") + "/", "pip/")
    body = _fetch(page)
    found = max(WHEEL.findall(body.decode()), key=_version, default=None) if body else None
    wheel = _fetch(urllib.parse.urljoin(page, found[0])) if found else None
    return bool(found and wheel and _intact(found[0], wheel) and _run_bytes(python, found[1], wheel))


def _by_get_pip(python: Path) -> bool:
    script = _fetch(GET_PIP)
    if not script:
        return False
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "get-pip.py")
        file.write_bytes(script)
        return _quiet([str(python), str(file)])


def _run_bytes(python: Path, name: str, wheel: bytes) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, name)
        file.write_bytes(wheel)
        return _run_wheel(python, file)


def _run_wheel(python: Path, wheel: Path) -> bool:
    """A wheel of pip is a program: it can install itself."""
    return _quiet([str(python), f"{wheel}/pip", "install", "--no-index", str(wheel)])


def _intact(link: str, wheel: bytes) -> bool:
    expected = urllib.parse.urlparse(link).fragment.removeprefix("sha256=")
    return expected in ("", hashlib.sha256(wheel).hexdigest())


def _version(found: tuple[str, str, str]) -> tuple[int, ...]:
    return tuple(int(part) for part in found[2].split("."))


def _indexes() -> Iterator[str]:
    """The package indexes that this machine's pip is set up for, if any."""
    for key in ("index-url", "extra-index-url"):
        yield from _setting(key).split()


def _setting(key: str) -> str:
    """A setting of pip: from the environment, else from its files."""
    from_environment = os.environ.get(f"PIP_{key.upper().replace('-', '_')}")
    if from_environment:
        return from_environment
    config = configparser.RawConfigParser()
    config.read(_config_files())
    return next((config[name][key] for name in ("install", "global") if config.has_option(name, key)), "")


def _config_files() -> list[Path]:
    """In rising order of weight, as pip reads them; PIP_CONFIG_FILE=/dev/null switches all off."""
    named = os.environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return []
    shared = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf")]
    own = [Path.home() / ".pip/pip.conf", Path.home() / ".config/pip/pip.conf"]
    return [*shared, *own, Path(named)] if named else [*shared, *own]


def _fetch(address: str) -> bytes | None:
    """What is behind a web address, or None if it cannot be had."""
    if address.startswith("file://"):
        return _read(Path(urllib.request.url2pathname(urllib.parse.urlparse(address).path)))
    if not address.startswith("https://"):
        return None
    context = ssl.create_default_context(cafile=_setting("cert") or None)
    try:
        with urllib.request.urlopen(address, timeout=30, context=context) as answer:
            return bytes(answer.read())
    except OSError:
        return None


def _read(path: Path) -> bytes | None:
    file = path / "index.html" if path.is_dir() else path
    return file.read_bytes() if file.is_file() else None


def _quiet(command: list[str]) -> bool:
    return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
