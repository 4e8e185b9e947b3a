"""What makes no sense about a job is told before anything is stored; what a Type says wrongly costs no worker."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jitai_tasks import jobs
from jitai_tasks.errors import BadArguments, InvalidTime, PayloadError
from jitai_tasks.testing import tables, waiting

WORK = """
    from services.NormalType import NormalService


    class Work(NormalService):
        def open(self, **given):
            return sorted(given)

        def fail(self):
            raise RuntimeError("no")
"""
FILES = {
    "services/Work/e.json": {"title": "Work", "type": "services.NormalType"},
    "services/Work/__init__.py": WORK,
}


@pytest.fixture
def app(app_from):
    return tables(app_from(FILES))


@pytest.mark.parametrize("delay", [float("nan"), float("inf"), 1e300, 10**12, -(10**12), 10**13, "5", None, True])
def test_a_delay_that_leads_nowhere_is_refused(app, delay):
    with pytest.raises(BadArguments, match="option delay"):
        jobs.create_temporary(app, "services.Work.open", delay=delay)
    assert waiting() == []


@pytest.mark.parametrize("name", ["title", "creator", "task_type"])
@pytest.mark.parametrize("value", ["a\0b", "\ud800", None, 5])
def test_texts_about_a_job_are_texts_that_every_database_stores(app, name, value):
    with pytest.raises(BadArguments, match=f"option {name}"):
        jobs.create_temporary(app, "services.Work.open", **{name: value})
    assert waiting() == []


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_decimal_that_is_no_number_is_refused_as_such_a_float_is(app, number):
    with pytest.raises(PayloadError, match=r"argDict\.x"):
        jobs.create_temporary(app, "services.Work.open", {"x": Decimal(number)})


def test_a_method_cannot_be_given_its_own_object(app):
    with pytest.raises(BadArguments, match="'self' is the object that the method belongs to"):
        jobs.create_temporary(app, "services.Work.open", {"self": 1})
    jobs.create_temporary(app, "services.Work.open", {"itself": 1})


@pytest.mark.parametrize(
    ("start", "words"),
    [("2026-01-01 00:00:00\0", "expected a text like"), ("9999-12-31 23:59:59", "before 9999-12-30 24:00")],
)
def test_a_time_that_is_none_is_told(app, start, words):
    with pytest.raises(InvalidTime, match=words):
        jobs.create_temporary(app, "services.Work.open", start=start)


@pytest.mark.parametrize("said", ["float('nan')", "10 ** 15", "'soon'", "1 / 0"])
def test_a_type_that_says_nonsense_about_retries_leaves_it_at_what_the_job_says(app_from, drain, history, caplog, said):
    files = FILES | {
        "tasks/TemporaryType/e.json": {"title": "Ours", "type": "tasks.Meta", "backendBundleEntry": "."},
        "tasks/TemporaryType/__init__.py": "from .loader import Loader",
        "tasks/TemporaryType/loader.py": f"""
            from official.tasks.TemporaryType import Loader as OfficialLoader, TemporaryTask


            class Odd(TemporaryTask):
                def retryAfter(self, task, error):
                    return {said}


            class Loader(OfficialLoader):
                taskClass = Odd
        """,
    }
    app = tables(app_from(files))
    jobs.create_temporary(app, "services.Work.fail", retries=1, retry_delay=60)
    drain()
    assert [run.outcome.status for run in history()] == ["retried"]
    assert "retryAfter of services.Work.fail failed" in caplog.text
    assert len(waiting()) == 1
