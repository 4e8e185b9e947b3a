"""A Type of the app's own that decides when rows are due."""

from __future__ import annotations

from datetime import UTC, datetime

from jitai_tasks import datefields
from jitai_tasks.testing import tables, waiting
from tests.datefields.shop import meetings, task

TYPE = {
    "tasks/EveType/e.json": {"title": "The day before", "type": "tasks.DateFieldType"},
    "tasks/EveType/__init__.py": "from .loader import Loader\n",
    "tasks/EveType/loader.py": """
        from tasks.DateFieldType import DateFieldTask
        from tasks.DateFieldType import Loader as BaseLoader

        class EveTask(DateFieldTask):
            def triggerTime(self, row):
                if row.title == "never":
                    return None
                usual = super().triggerTime(row)
                return None if usual is None else usual.shift(days=-1)

        class Loader(BaseLoader):
            taskClass = EveTask
    """,
}


def test_an_overridden_trigger_time_decides(app_from, clock, drain, history):
    app = app_from(meetings(task("Eve", type="tasks.EveType"), task("Usual")) | TYPE)
    app.models.Meeting.create(title="a", start="2026-01-08 12:00:00")
    app.models.Meeting.create(title="never", start="2026-01-08 12:00:00")
    due = {job.subject: datetime.fromtimestamp(job.due / 1e6, UTC).replace(tzinfo=None) for job in waiting("tasks.Eve")}
    assert due == {"1": datetime(2026, 1, 7, 12, 0)}
    assert len(waiting("tasks.Usual")) == 2
    drain()
    assert len(waiting("tasks.Eve")) == 1
    clock.advance(days=4)
    drain()
    assert [run.job.subject for run in history("tasks.Eve")] == ["1"]


def test_the_official_type_overridden_by_name(app_from):
    override = {
        "tasks/DateFieldType/e.json": {"title": "Mine", "type": "tasks.Meta"},
        "tasks/DateFieldType/__init__.py": """
            from official.tasks.DateFieldType import DateFieldTask as OfficialDateFieldTask
            from official.tasks.DateFieldType import Loader as BaseLoader

            class DateFieldTask(OfficialDateFieldTask):
                def handle(self, task):
                    return ["mine", super().handle(task)]

            class Loader(BaseLoader):
                taskClass = DateFieldTask
        """,
    }
    app = app_from(meetings(task()) | override)
    app.models.Meeting.create(start="2026-01-08 12:00:00")
    assert [job.subject for job in waiting("tasks.Remind")] == ["1"]


def test_an_overridden_trigger_time_that_fails_for_a_row_is_told_and_not_in_the_way(app_from, caplog):
    broken = TYPE["tasks/EveType/loader.py"].replace("return None\n", "raise KeyError(row.id.value)\n", 1)
    app = app_from(
        meetings(task("Eve", type="tasks.EveType"), task("Usual")) | TYPE | {"tasks/EveType/loader.py": broken}
    )
    tables(app)
    for title in ("a", "never", "b"):
        app.models.Meeting.create(title=title, start="2026-01-08 12:00:00")
    assert sorted(job.subject for job in waiting("tasks.Eve")) == ["1", "3"]
    assert datefields.sweep(app).bad == [("2", "triggerTime raised KeyError: 2")]
    assert len(waiting("tasks.Usual")) == 3
    assert "tasks.Eve: row 2 of models.Meeting: triggerTime raised KeyError: 2" in caplog.text
