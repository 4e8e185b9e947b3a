"""Fixtures for all tests: the kit that users test their tasks with, and nothing else."""

from __future__ import annotations

import pytest

from jitai_tasks.testing import (
    app_at_fixture,
    app_from_fixture,
    clock_fixture,
    drain_fixture,
    history_fixture,
    one_app_fixture,
    results_fixture,
    waiting_fixture,
)
from tests import servers

__all__ = [
    "app_at_fixture", "app_from_fixture", "clock_fixture", "drain_fixture", "history_fixture", "one_app_fixture",
    "results_fixture", "waiting_fixture",
]  # fmt: skip


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The last lines say which database could not be tested."""
    for line in servers.untested(terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(line, yellow=True)


def pytest_unconfigure() -> None:
    """Database servers that tests started end with the tests."""
    servers.close_started()
