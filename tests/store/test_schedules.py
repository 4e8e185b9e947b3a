from __future__ import annotations

from jitai_tasks.store import Database, jobs, schedules
from jitai_tasks.store.records import TaskState
from tests.store.made import call, new


def state(database: Database, task: str) -> TaskState:
    with database.read() as connection:
        return schedules.get(connection, task)


def test_an_unknown_task_has_the_default_state(database: Database) -> None:
    assert state(database, "tasks.A") == TaskState(task="tasks.A")


def test_an_override_changes_what_is_given_and_nothing_else(database: Database) -> None:
    call(database, schedules.save_override, "tasks.A", enabled=False, rule='{"repeat":1}')
    call(database, schedules.save_override, "tasks.A", paused=True, definition_hash="abc")
    wanted = TaskState(task="tasks.A", enabled=False, paused=True, rule='{"repeat":1}', definition_hash="abc")
    assert state(database, "tasks.A") == wanted
    call(database, schedules.save_override, "tasks.A", enabled=None, rule=None)
    assert state(database, "tasks.A") == TaskState(task="tasks.A", paused=True, definition_hash="abc")


def test_saving_what_is_stored_already_changes_nothing(database: Database) -> None:
    for _ in range(2):
        call(database, schedules.save_override, "tasks.A", enabled=True)
    assert state(database, "tasks.A").enabled is True


def test_an_override_keeps_the_watermark(database: Database) -> None:
    call(database, jobs.create_occurrence, new(task="tasks.A", slot=7))
    call(database, schedules.save_override, "tasks.A", enabled=True)
    with database.read() as connection:
        assert schedules.all(connection) == {"tasks.A": TaskState(task="tasks.A", watermark=7, enabled=True)}
