"""What is stored: tables, migrations, and one function per verb. Everything that is SQL lives here."""

from __future__ import annotations

from . import claims, finishing, history, jobs, migrations, runners, schedules, wakeups
from .database import Database
from .trouble import transient

__all__ = [
    "Database", "claims", "finishing", "history", "jobs", "migrations", "runners", "schedules", "transient", "wakeups",
]  # fmt: skip
