"""`db`: the tables of the database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from ..store import migrations, pruning
from .opening import opened, opened_store
from .options import app_argument, database_option, json_option
from .output import emit_json, tell


@click.group("db", short_help="The database's tables: upgrade, current, sql, prune.")
def db_() -> None:
    """The tables of the database: make them, look at their version, thin out history."""


@db_.command("upgrade")
@app_argument
@database_option
def upgrade(app: Path, database: str | None) -> None:
    """Bring the tables to the version of this program. Safe to run again, and from several machines at once."""
    with opened(app, database) as opened_app:
        store = opened_app.opened_database
        before, after = migrations.current(store), migrations.upgrade(store)
        tell(f"{store.url}: {before or 'empty'} → {after}" if before != after else f"already at {after}")


@db_.command("current")
@app_argument
@database_option
@json_option
def current(app: Path, database: str | None, as_json: bool) -> int:
    """The version of the tables, and the one this program needs. Exit code 5 if they differ."""
    with opened(app, database) as opened_app:
        store = opened_app.opened_database
        found, head, url = migrations.current(store), migrations.head(), store.url
    if as_json:
        emit_json({"database": url, "current": found, "head": head})
    else:
        click.echo(f"{found or 'empty'} (this program needs {head}) {url}")
    return 0 if found == head else 5


@db_.command("sql")
@click.option(
    "--dialect", type=click.Choice(["sqlite", "postgresql", "mysql"]), default="postgresql", show_default=True
)
def sql(dialect: str) -> None:
    """Print the SQL that makes the tables, for those who review or run it by hand."""
    click.echo(migrations.sql(dialect))


@db_.command("prune")
@app_argument
@click.option("--older-than", "days", metavar="DAYS", type=click.IntRange(0), default=30, show_default=True)
@database_option
def prune(app: Path, days: int, database: str | None) -> None:
    """Remove runs that ended more than DAYS days ago, with their logs, in small steps that disturb nobody."""
    with opened_store(app, database) as (opened_app, store):
        before = opened_app.clock.now() - timedelta(days=days) // timedelta(microseconds=1)
        removed = sum(pruning.prune(store, before=before))
    tell(f"removed {removed} runs")
