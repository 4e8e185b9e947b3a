"""The peers, each in an environment of its own outside the project; their scripts run there and print JSON."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

#: What is installed for each peer, and the databases it is measured on.
REQUIREMENTS = {
    "pgqueuer": ("pgqueuer[asyncpg]", "uvloop", "psycopg[binary]"),
    "procrastinate": ("procrastinate", "psycopg[binary]"),
    "huey": ("huey",),
    "dbos": ("dbos", "psycopg[binary]"),
    "firefly": ("django-firefly-tasks", "psycopg[binary]"),
}
DATABASES = {
    "pgqueuer": ("postgresql",),
    "procrastinate": ("postgresql",),
    "huey": ("sqlite",),
    "dbos": ("postgresql", "sqlite"),
    "firefly": ("postgresql", "sqlite"),
}
_LONGEST = 900


class NotMeasured(Exception):
    """Why there are no figures of a peer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFigures:
    """What a peer's script printed; rates in jobs per second, times in milliseconds."""

    version: str
    setting: str
    enqueue: float
    drain1: float
    drain2: float
    idle: tuple[float, ...]
    timed: tuple[float, ...]
    bulk: float | None = None
    #: Drain beside future jobs.
    future: float | None = None


def measure(name: str, url: str, wanted: dict[str, int]) -> PeerFigures:
    """Run the course of one peer; NotMeasured says why it could not be."""
    script = Path(__file__).parent / f"{name}.py"
    command = [str(_python(name)), "-P", "-W", "ignore", str(script), "measure", url, json.dumps(wanted)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST)
    except subprocess.TimeoutExpired:
        raise NotMeasured(f"not done after {_LONGEST} s") from None
    if done.returncode:
        raise NotMeasured(f"failed: {_last_line(done.stderr)}")
    found = json.loads(done.stdout.splitlines()[-1])
    return PeerFigures(**{**found, "idle": tuple(found["idle"]), "timed": tuple(found["timed"])})


def _python(name: str) -> Path:
    """The interpreter of the peer's environment, which is made when it is not there yet."""
    wanted = [sys.version, *REQUIREMENTS[name]]
    home = _cache() / f"{name}-{hashlib.sha256(repr(wanted).encode()).hexdigest()[:10]}"
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        _must([sys.executable, "-m", "venv", "--without-pip", str(home)])
        _must([*_installer(python), *REQUIREMENTS[name]])
        (home / "complete").touch()
    return python


def _installer(python: Path) -> list[str]:
    has_pip = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False)
    if has_pip.returncode and (uv := shutil.which("uv")):
        return [uv, "pip", "install", "--quiet", "--python", str(python)]
    return [sys.executable, "-m", "pip", "--quiet", "--python", str(python), "install"]


def _must(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(f"not installed: {_last_line(done.stderr)}")


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no reason given"


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "jitai-tasks" / "peers"
