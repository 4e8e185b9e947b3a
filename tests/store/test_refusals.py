"""A database that cannot serve is refused at the start: exit code 3, what is in the way, what to do, no password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from jitai_tasks.cli.main import exit_code
from jitai_tasks.store import Database, migrations, proving
from jitai_tasks.testing import write_files
from tests import servers
from tests.store.pooler import Pooler

APP = {"app.json": {"appId": "test.Shop", "name": "Shop", "version": "1.0.0", "timezone": "UTC"}}


@pytest.fixture
def server() -> Iterator[servers.Server]:
    found = servers.start_postgres()
    yield found
    found.close()


class Terminal:
    """Runs `jobs` and `run` on a database."""

    def __init__(self, app: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._app = str(app)
        self._capsys = capsys

    def refused(self, url: str) -> str:
        """What both commands say on stderr; they end with exit code 3."""
        said = []
        for words in (["jobs", self._app], ["run", self._app, "--drain", "--workers", "1"]):
            assert exit_code([*words, "--database", url]) == 3, words
            said.append(self._capsys.readouterr().err)
        assert all("Traceback" not in each and "hunter2" not in each for each in said)
        assert said[0].strip().splitlines()[-1] == said[1].strip().splitlines()[-1]
        return said[0]


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(write_files(tmp_path / "shop", APP), capsys)


def over_tcp(server: servers.Server, user: str) -> str:
    return f"postgresql://{user}:hunter2@127.0.0.1:{server.port}/postgres"


def rules(server: servers.Server, *lines: str) -> None:
    assert server.folder is not None
    path = server.folder / "data" / "pg_hba.conf"
    path.write_text("\n".join([*lines, path.read_text()]))
    server.run("SELECT pg_reload_conf()")


def test_a_malformed_url(terminal: Terminal) -> None:
    assert "use sqlite:///path/to/file.db" in terminal.refused("postgresql://shop:hunter2@host:port/shop")


def test_nobody_at_the_address(terminal: Terminal) -> None:
    url = f"postgresql://shop:hunter2@127.0.0.1:{servers._free_port()}/shop"
    assert "start the server, or check host and port" in terminal.refused(url)


def test_a_server_that_refuses_the_host_or_the_password(terminal: Terminal, server: servers.Server) -> None:
    for name in ("banned", "secretive"):
        server.run(f"CREATE ROLE {name} LOGIN PASSWORD 'another'")
    rules(server, "host all banned 127.0.0.1/32 reject", "host all secretive 127.0.0.1/32 scram-sha-256")
    assert "allow it in pg_hba.conf" in terminal.refused(over_tcp(server, "banned"))
    assert "check user and password" in terminal.refused(over_tcp(server, "secretive"))


def test_a_user_without_rights(terminal: Terminal, server: servers.Server) -> None:
    server.run("CREATE ROLE visitor LOGIN")
    assert "this user may not create tables" in terminal.refused(over_tcp(server, "visitor"))
    database = Database.open(server.url("postgres"))
    migrations.upgrade(database)
    database.dispose()
    server.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO visitor")
    assert "give this user the right" in terminal.refused(over_tcp(server, "visitor"))


def test_a_read_only_replica(terminal: Terminal, server: servers.Server) -> None:
    assert server.folder is not None
    server.stop()
    (server.folder / "data" / "standby.signal").touch()
    server.start()
    assert "this is a read-only replica; use the primary's address" in terminal.refused(over_tcp(server, "jitai"))


@pytest.mark.parametrize("connections", [1, 3])
@pytest.mark.parametrize("rotating", [False, True], ids=["the last one used first", "in rotation"])
def test_a_pooler_in_transaction_mode(
    terminal: Terminal, server: servers.Server, rotating: bool, connections: int
) -> None:
    assert server.port is not None
    with Pooler(server.port, by_transaction=True, rotating=rotating).running() as pooler:
        url = f"postgresql://jitai:hunter2@127.0.0.1:{pooler.port}/postgres"
        warm_up(url, connections)
        said = terminal.refused(url)
    assert "a pooler in transaction mode is in between" in said
    assert "use its session mode, or the server's own address" in said


def warm_up(url: str, count: int) -> None:
    """Let the pooler have so many connections to choose from."""
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with ExitStack() as open_ones:
        each = [open_ones.enter_context(engine.connect()) for _ in range(count)]
        assert len({one.scalar(sa.text("SELECT pg_backend_pid()")) for one in each}) == count
    engine.dispose()


def test_a_pooler_in_session_mode_is_welcome(server: servers.Server) -> None:
    assert server.port is not None
    with Pooler(server.port, by_transaction=False).running() as pooler:
        database = Database.open(f"postgresql://jitai@127.0.0.1:{pooler.port}/postgres")
        migrations.upgrade(database)
        with database.read() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM jitai_jobs")) == 0
        database.dispose()


@pytest.mark.parametrize("make", ["postgresql", "mysql"], indirect=True)
def test_a_server_of_an_unsupported_version(url: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OLDEST_POSTGRESQL", "OLDEST_MARIADB", "OLDEST_MYSQL"):
        monkeypatch.setattr(proving, name, (99, 1))
    assert "or newer; upgrade the server" in terminal.refused(url)


def test_an_unsupported_sqlite(tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "OLDEST_SQLITE", (99, 0))
    assert "use a newer Python" in terminal.refused(f"sqlite:///{tmp_path}/jobs.db")
