"""What the figures were measured on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sqlite3
from pathlib import Path

import psutil

from jitai_tasks.clock import SystemClock, moment

_LIBRARIES = ("SQLAlchemy", "psycopg", "PyMySQL")


def described() -> list[str]:
    """Lines about the machine, the versions and the load; those of servers are added by `ground`."""
    memory = psutil.virtual_memory().total / 2**30
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return [
        f"{moment(SystemClock().now()):%Y-%m-%d %H:%M} UTC; {os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB,"
        f" {platform.system()} {platform.release()}; load average at the start {load}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}",
    ]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
