"""Date-field tasks run on SQLite and on MariaDB; what is asked of PostgreSQL too says so itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests import emptied, servers


@pytest.fixture(params=["sqlite", "mysql"])
def make(request: pytest.FixtureRequest) -> str:
    """The kind of database; parametrize it indirectly to choose fewer."""
    return str(request.param)


@pytest.fixture
def app_from(app_from: Callable[..., Any], make: str) -> Callable[..., Any]:
    """The usual `app_from`; on the wanted database unless the test names another."""
    if make == "sqlite":
        return app_from
    url = emptied.mariadb() if make == "mysql" else servers.postgres().fresh_database()
    return lambda files=None, **options: app_from(files, **{"database": url, **options})
