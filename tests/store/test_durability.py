"""What `doctor` asks the database about its promises."""

from __future__ import annotations

from jitai_tasks.store import Database, durability

EXPECTED = {
    "sqlite": {"journal_mode": "wal", "synchronous": "1"},
    "postgresql": {"full_page_writes", "fsync", "synchronous_commit"},
    "mysql": {"innodb_doublewrite", "innodb_flush_log_at_trx_commit"},
}


def test_the_settings_that_decide_about_commits_are_known(database: Database) -> None:
    with database.read() as connection:
        found = durability.settings(connection)
    expected = EXPECTED[database.dialect]
    assert found == expected if isinstance(expected, dict) else found.keys() == expected


def test_our_tables_have_transactions(database: Database) -> None:
    with database.read() as connection:
        assert durability.tables_without_transactions(connection) == {}
