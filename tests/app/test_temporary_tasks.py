"""Temporary tasks: created by code, joined to its transaction, run once. TT-… are the examples of the documentation."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import arrow
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import scoped_session, sessionmaker

from jitai_tasks import App, jobs
from jitai_tasks.errors import BadArguments, FunctionNotFound, InvalidTime, PayloadError, StoreError
from jitai_tasks.models.rows import RowData
from jitai_tasks.testing import tables, waiting
from tests.app.build import log_of, scheduled, service

ORDERS = """
    from jit_utils.time import now
    from tasks.TemporaryType.task import createTemporaryTask


    def create_order(orderId):
        return createTemporaryTask(
            func="services.OrderSvc.checkAndCancel",
            argDict={"orderId": orderId, "reason": "not paid in time"},
            startTime=now().shift(minutes=30).format("YYYY-MM-DD HH:mm:ss"),
        )


    def checkAndCancel(orderId, reason="unknown"):
        print(f"order {orderId}: {reason}")
        return "canceled"


    def fail(orderId):
        raise RuntimeError(f"order {orderId} is locked")


    def chain(orderId):
        createTemporaryTask("services.OrderSvc.checkAndCancel", {"orderId": orderId})
        if orderId < 0:
            raise ValueError("no such order")
"""
#: The two places where the documentation puts the code of a service.
LAYOUTS = {
    "a single module": {"services/OrderSvc.py": ORDERS},
    "an element": {
        "services/OrderSvc/e.json": service(),
        "services/OrderSvc/service.py": ORDERS,
        "services/OrderSvc/__init__.py": "from .service import *",
    },
}
CANCEL = "services.OrderSvc.checkAndCancel"


@pytest.fixture
def orders(app_from):
    """An app with a service of orders and the tables of its tasks."""
    return tables(app_from(LAYOUTS["a single module"]))


@pytest.fixture
def create(orders):
    """`createTemporaryTask`, imported as applications do."""
    from tasks.TemporaryType.task import createTemporaryTask

    return createTemporaryTask


@pytest.mark.parametrize("layout", LAYOUTS)
def test_TT_1_and_TT_2_an_order_is_canceled_half_an_hour_later(app_from, clock, drain, history, layout):
    app = tables(app_from(LAYOUTS[layout]))
    taskId = app.getElement("services.OrderSvc").module.create_order(7)
    clock.advance(minutes=29)
    assert drain() == 0
    clock.advance(minutes=1)
    assert drain() == 1
    (run,) = history()
    assert (run.job.id, run.outcome.result) == (int(taskId, 16), '"canceled"')
    assert log_of(run) == "order 7: not paid in time\n"


def test_TT_3_without_arguments_and_time_it_runs_as_soon_as_possible(create, drain, history):
    create("services.OrderSvc.checkAndCancel", {"orderId": 1})
    drain()
    assert [log_of(run) for run in history()] == ["order 1: unknown\n"]


def test_a_failure_is_an_error_in_the_history_and_is_not_tried_again(create, drain, history):
    create("services.OrderSvc.fail", {"orderId": 1})
    assert drain() == 1
    assert [(run.outcome.status, run.outcome.error) for run in history()] == [("error", "order 1 is locked")]
    assert waiting() == []


def test_a_retry_that_was_asked_for_is_a_job_of_its_own(create, drain, clock, history):
    first = create("services.OrderSvc.fail", {"orderId": 1}, retries=1, retry_delay=60)
    drain()
    clock.advance(minutes=1)
    drain()
    assert [run.outcome.status for run in history()] == ["retried", "error"]
    assert history()[1].job.root_id == int(first, 16)


def test_a_past_time_means_now_however_long_ago(create, drain, history):
    create(CANCEL, {"orderId": 1}, "2020-01-01 00:00:00")
    drain()
    assert [run.outcome.status for run in history()] == ["success"]


BERLIN = {"appId": "test.App", "name": "App", "version": "1.0.0", "timezone": "Europe/Berlin"}


@pytest.mark.parametrize(
    "start",
    [
        "2026-02-01 10:00:00",
        "2026-02-01T10:00:00",
        "2026-02-01T09:00:00Z",
        "2026-02-01 10:00",
        dt.datetime(2026, 2, 1, 10),
        dt.datetime(2026, 2, 1, 9, tzinfo=dt.UTC),
        arrow.get("2026-02-01T09:00:00+00:00"),
        RowData(at="2026-02-01 10:00:00").at,
    ],
)
def test_a_time_can_be_given_in_many_forms_and_a_naive_one_is_the_apps(app_from, start):
    app = tables(app_from({**LAYOUTS["a single module"], "app.json": BERLIN}))
    jobs.create_temporary(app, CANCEL, {"orderId": 1}, start)
    assert [job.due for job in waiting()] == [1_769_936_400_000_000]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (("services.OrderSvc.checkAndCansel", {"orderId": 1}), FunctionNotFound, "did you mean services.OrderSvc"),
        (("services.OrdersSvc.checkAndCancel", {"orderId": 1}), FunctionNotFound, "services.OrdersSvc"),
        (("os.system", {"command": "true"}), FunctionNotFound, "os"),
        (("services.OrderSvc.createTemporaryTask", {"func": "x"}), FunctionNotFound, "createTemporaryTask"),
        ((CANCEL, {"order": 1}), BadArguments, "orderId"),
        ((CANCEL, {}), BadArguments, "orderId"),
        ((CANCEL, {"orderId": {"at": [1, object()]}}), PayloadError, "argDict.orderId.at[1]"),
        ((CANCEL, {"orderId": float("nan")}), PayloadError, "argDict.orderId"),
        ((CANCEL, {"orderId": 1 << 64}), PayloadError, "64 bits"),
        ((CANCEL, {"orderId": "x" * 70_000}), PayloadError, "65536"),
        ((CANCEL, {"orderId": 1}, "2024-02-30 10:00:00"), InvalidTime, "startTime"),
        ((CANCEL, {"orderId": 1}, "tomorrow"), InvalidTime, "startTime"),
        ((CANCEL, {"orderId": 1}, 17), InvalidTime, "startTime"),
    ],
)
def test_bad_input_is_refused_with_the_reason_and_nothing_is_created(create, call, error, words):
    with pytest.raises(error) as refusal:
        create(*call)
    assert words in str(refusal.value)
    assert waiting() == []


def test_an_unknown_option_is_refused_with_the_nearest_one(create):
    with pytest.raises(TypeError, match="did you mean priority"):
        create(CANCEL, {"orderId": 1}, prioritty=3)


def test_dates_decimals_and_fields_arrive_as_they_were_given(orders, create, drain, history):
    order = RowData(id=5)
    given = {"orderId": order.id, "reason": [Decimal("1.10"), dt.date(2026, 1, 5), {"at": dt.time(9)}]}
    create(CANCEL, given)
    drain()
    assert [log_of(run) for run in history()] == [
        "order 5: [Decimal('1.10'), datetime.date(2026, 1, 5), {'at': datetime.time(9, 0)}]\n"
    ]


# ---- transactions


def test_a_task_created_in_a_transaction_exists_once_that_has_committed(orders, create):
    with orders.transaction():
        create(CANCEL, {"orderId": 1})
        assert waiting() == []
    assert len(waiting()) == 1


def test_a_task_created_in_a_transaction_that_is_rolled_back_never_existed(orders, create):
    with pytest.raises(ZeroDivisionError), orders.transaction():
        create(CANCEL, {"orderId": 1})
        1 / 0  # noqa: B018
    assert waiting() == []


def test_a_decorated_function_is_a_transaction(orders, create):
    @orders.transaction()
    def place(orderId):
        create(CANCEL, {"orderId": orderId})
        if orderId == 2:
            raise ValueError("sold out")

    place(1)
    with pytest.raises(ValueError, match="sold out"):
        place(2)
    assert [job.args for job in waiting()] == ['{"orderId":1}']


def test_a_savepoint_that_fails_takes_its_tasks_with_it(orders, create):
    with orders.transaction():
        create(CANCEL, {"orderId": 1})
        with pytest.raises(ZeroDivisionError), orders.transaction():
            create(CANCEL, {"orderId": 2})
            1 / 0  # noqa: B018
    assert [job.args for job in waiting()] == ['{"orderId":1}']


def test_a_task_joins_the_session_it_is_given(orders, create):
    with orders.database.session() as session:
        create(CANCEL, {"orderId": 1}, session=session)
        session.rollback()
        create(CANCEL, {"orderId": 2}, session=session)
        session.commit()
    assert [job.args for job in waiting()] == ['{"orderId":2}']


def test_a_task_joins_a_connection_of_the_applications_own_engine(orders, create):
    engine = sa.create_engine(f"sqlite:///{orders.database.engine.url.database}")
    with engine.connect() as connection:
        create(CANCEL, {"orderId": 1}, session=connection)
        connection.rollback()
        create(CANCEL, {"orderId": 2}, session=connection)
        connection.commit()
    engine.dispose()
    assert [job.args for job in waiting()] == ['{"orderId":2}']


def test_a_session_on_another_database_is_refused(orders, create, tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    with engine.connect() as connection, pytest.raises(StoreError, match=r"other\.db"):
        create(CANCEL, {"orderId": 1}, session=connection)
    engine.dispose()
    assert waiting() == []


def test_tasks_created_by_a_task_exist_if_it_succeeds_and_not_if_it_fails(orders, create, drain, history):
    create("services.OrderSvc.chain", {"orderId": 1})
    create("services.OrderSvc.chain", {"orderId": -1})
    drain()
    done = sorted((run.job.func.rpartition(".")[2], str(run.outcome.status)) for run in history())
    assert done == [("chain", "error"), ("chain", "success"), ("checkAndCancel", "success")]


def test_createTimerTask_joins_the_transaction_too(app_from):
    app = tables(app_from({"tasks/Night/e.json": scheduled(), "tasks/Night/inner.py": "def customFunc(): pass"}))
    with pytest.raises(ZeroDivisionError), app.transaction():
        app.getElement("services.TaskSvc").createTimerTask("tasks.Night", "2026-02-01 10:00:00")
        1 / 0  # noqa: B018
    assert waiting("tasks.Night") == []


# ---- overriding the Type


def test_an_app_may_override_the_type_of_temporary_tasks(app_from, drain, history):
    files = {
        **LAYOUTS["a single module"],
        "tasks/TemporaryType/e.json": {"title": "Ours", "type": "tasks.Meta", "backendBundleEntry": "."},
        "tasks/TemporaryType/__init__.py": "from .loader import Loader",
        "tasks/TemporaryType/loader.py": """
            from official.tasks.TemporaryType import Loader as OfficialLoader, TemporaryTask


            class Announced(TemporaryTask):
                def handle(self, task):
                    print("about to call", task.func, "with", task.argDict.value)
                    return super().handle(task)


            class Loader(OfficialLoader):
                taskClass = Announced
        """,
        "tasks/TemporaryType/task.py": "from official.tasks.TemporaryType.task import createTemporaryTask",
    }
    tables(app_from(files))
    from tasks.TemporaryType.task import createTemporaryTask

    createTemporaryTask(CANCEL, {"orderId": 4})
    drain()
    assert [log_of(run) for run in history()] == [
        "about to call services.OrderSvc.checkAndCancel with {'orderId': 4}\norder 4: unknown\n"
    ]


def test_what_is_said_about_a_task_is_kept_with_it(create):
    create(
        CANCEL, {"orderId": 1}, queue="mail", priority=3, tags=["a", "b"], timeout=9, title="T", creator="ada", delay=60
    )
    (job,) = waiting()
    assert (job.queue, job.priority, job.tags, job.timeout_ms) == ("mail", 3, ("a", "b"), 9000)
    assert (job.title, job.creator, job.due) == ("T", "ada", 1_767_600_060_000_000)


@pytest.mark.parametrize("options", [{"queue": "no spaces"}, {"timeout": 0}, {"priority": "high"}, {"retries": -1}])
def test_what_makes_no_sense_about_a_task_is_refused(create, options):
    with pytest.raises(BadArguments, match=next(iter(options)).replace("retries", "retry")):
        create(CANCEL, {"orderId": 1}, **options)
    assert waiting() == []


@pytest.mark.parametrize("arguments", [[1], "orderId=1", 7])
def test_arguments_that_are_no_dict_are_refused(create, arguments):
    with pytest.raises(BadArguments, match="expected a dict of keyword arguments, got"):
        create(CANCEL, arguments)
    assert waiting() == []


def test_a_scoped_session_stands_for_the_session_of_its_thread(create):
    session = scoped_session(sessionmaker(App.current().database.engine))
    create(CANCEL, {"orderId": 1}, session=session)
    session.rollback()
    create(CANCEL, {"orderId": 2}, session=session)
    session.commit()
    session.remove()
    assert [job.args for job in waiting()] == ['{"orderId":2}']


def test_what_is_no_session_is_refused(create):
    with pytest.raises(StoreError, match="expected a Session or Connection of SQLAlchemy, got str"):
        create(CANCEL, {"orderId": 1}, session="sqlite://")
    assert waiting() == []
