"""Why a job has not run, by its id; names that are nothing; asking changes nothing."""

from __future__ import annotations

import pytest

from jitai_tasks import jobs, outlook
from jitai_tasks.errors import ElementNotFound
from jitai_tasks.ids import shown
from jitai_tasks.outlook import Cause
from tests.time.build import one_task


def test_an_id_that_no_job_has_may_be_of_a_transaction_that_was_rolled_back(app_from):
    app = app_from({"services/Told.py": "def tell(): return 1"})
    with pytest.raises(ZeroDivisionError), app.transaction():
        created = jobs.create_temporary(app, "services.Told.tell")
        _ = 1 / 0
    answer = outlook.why(app, shown(created))
    assert answer.causes == [Cause.UNKNOWN]
    assert "is not committed, or was rolled back" in answer.reasons[0].text


def test_a_temporary_job_by_its_id(app_from, clock, drain):
    app = app_from({"services/Told.py": "def tell(): return 1"})
    created = jobs.create_temporary(app, "services.Told.tell", start="2026-01-05 09:00:00")
    assert outlook.why(app, shown(created)).causes == [Cause.NOT_DUE]
    clock.advance(hours=1)
    assert outlook.why(app, shown(created)).causes == [Cause.NO_RUNNER]
    drain()
    assert outlook.why(app, shown(created)).causes == [Cause.SUCCEEDED]


def test_a_name_that_is_nothing_is_told_with_the_nearest(app_from):
    with pytest.raises(ElementNotFound, match=r"did you mean tasks\.Clean"):
        outlook.why(app_from(one_task()), "tasks.Claen")


def test_nothing_is_made_by_asking(app_from):
    app = app_from(one_task())
    outlook.why(app, "Clean")
    outlook.health(app)
    assert not (app.root / "appData").exists()
