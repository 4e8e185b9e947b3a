"""The three examples of docs/overriding.md, taken from the page and run."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from jitai_tasks.testing import waiting
from tests.app.build import scheduled, service

PAGE = (Path(__file__).parents[2] / "docs" / "overriding.md").read_text(encoding="utf-8")
FILE = re.compile(r"`([\w/]+\.\w+)`:\n\n```\w+\n(.*?)```", re.DOTALL)


def example(heading: str) -> dict[str, str]:
    """The files of the section under a heading: path → text."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return {"commons/__init__.py": "", **dict(FILE.findall(section))}


AUDITED = example("A scheduled task that is audited")
RETRYING = example("A temporary task that retries")
MOON = example("A new Type, with its own schema and its own kind of trigger")
INNER = {
    "tasks/Greet/e.json": scheduled(),
    "tasks/Greet/inner.py": """
        from sqlalchemy import text

        answers = ["fine", "not fine", "fine again"]


        def customFunc():
            answer = answers.pop(0)
            with app.transaction() as session:
                session.execute(text("CREATE TABLE IF NOT EXISTS effects (answer TEXT)"))
                session.execute(text("INSERT INTO effects VALUES (:answer)"), {"answer": answer})
            if answer == "not fine":
                raise ValueError(answer)
            return answer
    """,
}
CALL = {
    "services/ShopSvc/e.json": service(),
    "services/ShopSvc/__init__.py": """
        from services.NormalType import NormalService


        class ShopSvc(NormalService):
            errors = [ConnectionError("down"), TimeoutError("slow")]

            def call(self):
                if self.errors:
                    raise self.errors.pop(0)
                return "reached"

            def wrong(self):
                raise ValueError("no such order")

            def dead(self):
                raise ConnectionError("down for ever")
    """,
}


def create(func, **options):
    """As an element of the app does it."""
    from tasks.TemporaryType.task import createTemporaryTask

    return createTemporaryTask(func, **options)


def test_the_page_has_the_files_of_three_examples():
    assert {"tasks/NormalType/normaltask.py", "commons/audit.py"} < set(AUDITED)
    assert {"tasks/TemporaryType/temporarytask.py", "tasks/TemporaryType/task.py"} < set(RETRYING)
    assert {"tasks/MoonType/schema.json", "commons/moon.py", "app.json"} < set(MOON)


@pytest.mark.parametrize("files", [{**AUDITED, **INNER}, {**RETRYING, **CALL}, MOON], ids=["audited", "retry", "moon"])
def test_the_examples_have_no_problems(app_from, files):
    assert [str(problem) for problem in app_from(files).problems] == []


def test_each_run_leaves_one_line_whether_its_effects_stay_or_not(app_from, clock, drain, history):
    app = app_from({**AUDITED, **INNER})
    drain()
    clock.advance(days=3)
    drain()
    assert [run.outcome.status for run in history("tasks.Greet")] == ["success", "error", "success"]
    with app.database.read() as connection:
        lines = connection.execute(sa.text("SELECT due, status FROM audit ORDER BY id")).all()
        effects = connection.execute(sa.text("SELECT answer FROM effects")).scalars().all()
    assert [tuple(line) for line in lines] == [
        ("2026-01-05 09:00:00.000000", "success"),
        ("2026-01-06 09:00:00.000000", "error"),
        ("2026-01-07 09:00:00.000000", "success"),
    ]
    assert effects == ["fine", "fine again"]


def test_a_passing_error_is_tried_again_later_and_later(app_from, clock, drain, history):
    app_from({**RETRYING, **CALL})
    create("services.ShopSvc.call")
    drain()
    clock.advance(minutes=5)
    drain()
    runs = history()
    assert [run.outcome.status for run in runs] == ["retried", "retried", "success"]
    seconds = [round((after.job.due - before.outcome.ended) / 1e6) for before, after in itertools.pairwise(runs)]
    assert seconds == [10, 20]


def test_an_error_that_will_not_pass_ends_the_task_at_once(app_from, drain, history):
    app_from({**RETRYING, **CALL})
    create("services.ShopSvc.wrong")
    drain()
    assert [run.outcome.status for run in history()] == ["error"]
    assert waiting() == []


def test_after_five_attempts_it_is_enough_and_the_creator_may_still_ask_for_more(app_from, clock, drain, history):
    app_from({**RETRYING, **CALL})
    create("services.ShopSvc.dead")
    drain()
    clock.advance(hours=1)
    drain()
    assert [run.outcome.status for run in history()] == ["retried"] * 4 + ["error"]
    create("services.ShopSvc.wrong", maxRetries=1, retryDelay=1)
    drain()
    clock.advance(minutes=1)
    drain()
    assert [run.outcome.status for run in history()[-2:]] == ["retried", "error"]


def test_a_trigger_of_its_own_plans_run_after_run(app_from, clock, drain, history):
    app_from(MOON)
    drain()
    (job,) = waiting("tasks.Plant")
    true_moon = datetime(2026, 1, 18, 19, 52, tzinfo=UTC)
    assert abs(datetime.fromtimestamp(job.due / 1e6, UTC) - true_moon) < timedelta(hours=14)
    clock.advance(days=365)
    drain()
    runs = history("tasks.Plant")
    assert [run.outcome.result for run in runs] == ['"planted"'] * 12
    gaps = {after.job.due - before.job.due for before, after in itertools.pairwise(runs)}
    assert gaps == {round(29.530588853 * 86_400) * 1_000_000}


def test_the_schema_of_the_new_type_is_held_against_its_elements(app_from):
    wrong = MOON["tasks/Plant/e.json"].replace('"new"', '"blue"')
    app = app_from({**MOON, "tasks/Plant/e.json": wrong})
    (problem,) = app.problems
    assert "'blue' is not one of 'new', 'full'" in str(problem)
