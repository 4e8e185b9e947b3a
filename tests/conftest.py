"""Fixtures for all tests: the kit that users test their tasks with, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterator

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


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    """The command line sets levels of loggers for its process, which here is the process of many tests."""
    loggers = [logging.getLogger(name) for name in ("jitai_tasks", "jitai_tasks.runner.performing")]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The last lines say which database could not be tested."""
    for line in servers.untested(terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(line, yellow=True)


def pytest_unconfigure() -> None:
    """Database servers that tests started end with the tests."""
    servers.close_started()
