"""Database URLs: what users write, brought to the drivers we use, and shown without passwords."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ..errors import DatabaseUnreachable

_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "mysql+pymysql": "mysql+pymysql",
    "mariadb+pymysql": "mysql+pymysql",
}
_FORMS = "sqlite:///path/to/file.db, postgresql://user:password@host/name or mysql://user:password@host/name"


def parsed(text: str) -> URL:
    """The URL with one of our three drivers; DatabaseUnreachable says what is wrong with it and which forms work."""
    try:
        url = make_url(text)
        if "\0" in str(url.database):
            raise ValueError("a NUL character")
    except (ArgumentError, ValueError):
        raise DatabaseUnreachable(
            f"the database URL is malformed (not shown, it may hold a password); use {_FORMS}"
        ) from None
    driver = _DRIVERS.get(url.drivername.lower())
    if driver is None:
        raise DatabaseUnreachable(f"no driver for {url.drivername!r} databases; use {_FORMS}")
    if driver == "sqlite":
        return _existing_folder(url.set(drivername=driver))
    if text.partition("?")[0].count("@") > 1:
        raise DatabaseUnreachable(
            "the database URL has more than one @ (not shown, part of it may be the password); write those in user and "
            "password as %40, and / as %2F"
        )
    return _named(url.set(drivername=driver))


def load_driver(text: str) -> None:
    """Import what talks to this kind of database; what is wrong or missing is told when the database is opened."""
    with suppress(DatabaseUnreachable, ImportError, sa.exc.SQLAlchemyError):
        sa.create_engine(parsed(text)).dispose()


def shown(url: URL) -> str:
    """The URL for people: no password, also not in the query."""
    secrets = {key: "***" for key in url.query if any(word in key.lower() for word in ("pass", "secret", "token"))}
    return url.update_query_dict(secrets).render_as_string(hide_password=True)


def _named(url: URL) -> URL:
    if not url.database and url.get_backend_name() == "mysql":
        raise DatabaseUnreachable(f"{shown(url)} names no database; use mysql://user:password@host/name")
    return url


def _existing_folder(url: URL) -> URL:
    if (url.database or "").startswith("file:"):
        raise DatabaseUnreachable("name a file by its path: sqlite:///path/to/file.db")
    if not url.database or url.database == ":memory:":
        raise DatabaseUnreachable(
            "an in-memory SQLite database cannot be shared by a runner and its workers; name a file: sqlite:///jobs.db"
        )
    try:
        path = Path(url.database).expanduser().absolute()
    except RuntimeError:
        user = Path(url.database).parts[0]
        raise DatabaseUnreachable(f"there is no home folder for {user}; write the whole path") from None
    try:
        is_folder, there = stat.S_ISDIR(path.stat().st_mode), True
    except FileNotFoundError:
        is_folder, there = False, path.parent.is_dir()
    except OSError as error:
        raise DatabaseUnreachable(f"{path}: {error.strerror}; name another place") from None
    if is_folder:
        raise DatabaseUnreachable(f"{path} is a folder; name a file in it, like sqlite:///{path}/jobs.db")
    if not there:
        raise DatabaseUnreachable(f"the folder {path.parent} does not exist; create it or name another place")
    return url.set(database=str(path))
