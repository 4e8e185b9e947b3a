"""Saves: what the hook of date-field tasks adds to one (P14).

Beside a save through a model stands the same save of a model that no task watches; beside a row that a session writes,
a row of a mapped class that the app knows nothing of.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.drain import alternately
from benchmarks.ground import POSTGRESQL, SQLITE, Bench
from benchmarks.table import Line
from jitai_tasks import App, open_app
from jitai_tasks.testing import write_files

ROWS = 300
ROUNDS = 3
GOAL = 1.3
#: Far enough away that nothing is due, whenever this runs.
FIRST = datetime(2099, 1, 1, 12)
WATCHED, BARE = "models.Watched", "models.Bare"
_MODEL = """
    from datatypes.Meta import datatypes
    from models.NormalType import NormalModel


    class {name}(NormalModel):
        id = datatypes.AutoInt(name="id", title="ID", primaryKey=True)
        title = datatypes.Stext(name="title", title="Title")
        start = datatypes.Datetime(name="start", title="Start")
"""
_APP: dict[str, object] = {
    "app.json": {"appId": "bench.Saves", "name": "Saves", "version": "1.0.0", "timezone": "UTC"},
    "services/Work/e.json": {"title": "Work", "type": "services.NormalType"},
    "services/Work/__init__.py": "def remind(rowData):\n    pass\n",
    "tasks/Remind/e.json": {
        "title": "Remind", "type": "tasks.DateFieldType", "enable": 1, "modelPath": WATCHED,
        "func": "services.Work.remind", "funcType": "Global",
        "timerCfg": {
            "startField": "start", "startOffset": {"offsetType": -1, "offset": 15, "offsetUnit": "minute"},
            "repeat": {"repeatType": "normal"},
        },
    },
    **{f"models/{name}/e.json": {"title": name, "type": "models.NormalType"} for name in ("Watched", "Bare")},
    **{f"models/{name}/__init__.py": _MODEL.format(name=name) for name in ("Watched", "Bare")},
}  # fmt: skip


class _Base(DeclarativeBase):
    pass


class _Unknown(_Base):
    """Rows that no element speaks of."""

    __tablename__ = "unknown"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None] = mapped_column(String(255))
    start: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to save rows: `save` gets the app and a model, or the class of its rows if a session saves them.

    It yields once, when the rows are at hand.
    """

    name: str
    save: Callable[[App, Any], Iterator[None]]
    by_session: bool = False
    #: P14 speaks of saves in one transaction.
    has_goal: bool = True


def _create(app: App, model: Any) -> Iterator[None]:
    with app.transaction():
        yield
        for number in range(ROWS):
            model.create(_row(number))


def _edit(app: App, model: Any) -> Iterator[None]:
    with app.transaction():
        rows = model.query(None, None, [["id", 1]], 1, ROWS)["rowDatas"]
        yield
        for row in rows:
            row.start = row.start.value + timedelta(hours=1)
            row.save()


def _add(app: App, entity: Any) -> Iterator[None]:
    with app.session() as session:
        session.add_all([entity(**_row(number)) for number in range(ROWS)])
        yield
        session.commit()


def _move(app: App, entity: Any) -> Iterator[None]:
    with app.session() as session:
        for row in session.query(entity).order_by(entity.id).limit(ROWS):
            row.start += timedelta(hours=1)
        yield
        session.commit()


def _create_alone(_app: App, model: Any) -> Iterator[None]:
    yield
    for number in range(ROWS):
        model.create(_row(number))


def _add_alone(app: App, entity: Any) -> Iterator[None]:
    yield
    for number in range(ROWS):
        with app.session() as session:
            session.add(entity(**_row(number)))
            session.commit()


SHAPES = (
    Shape("Model.create, in one transaction", _create),
    Shape("row.save() of moved dates, in one transaction", _edit),
    Shape("session.add, in one transaction", _add, by_session=True),
    Shape("dates moved by a session, in one transaction", _move, by_session=True),
    Shape("Model.create, each in its own transaction", _create_alone, has_goal=False),
    Shape("session.add, each in its own transaction", _add_alone, by_session=True, has_goal=False),
)


def lines(bench: Bench) -> Iterator[Line]:
    """P14."""
    for kind in (SQLITE, POSTGRESQL):
        with TemporaryDirectory(prefix="jitai-bench-") as folder:
            write_files(Path(folder), _APP)
            with closing(open_app(folder, database=bench.url(kind))) as app:
                _Base.metadata.create_all(app.database.engine)
                yield from (_measured(bench, kind, app, shape) for shape in SHAPES)


def _measured(bench: Bench, kind: str, app: App, shape: Shape) -> Line:
    bench.note(f"saves, {kind}, {shape.name}")
    watched, bare = app.getElement(WATCHED), app.getElement(BARE)
    if shape.by_session:
        watched, bare = watched.entity, _Unknown
    pair = alternately(bench.trials * ROUNDS, lambda: _timed(app, watched, shape), lambda: _timed(app, bare, shape))
    return Line(
        goal_id="P14", measure=f"{shape.name}, {kind}, {ROWS} rows that a task watches", ours=_each(pair.ours),
        bare=_each(pair.bare), goal=f"≤ {GOAL} × the bare save" if shape.has_goal else "",
        found=f"{pair.share:.2f} × the bare save", reached=pair.share <= GOAL if shape.has_goal else None,
    )  # fmt: skip


def _timed(app: App, rows: Any, shape: Shape) -> float:
    """Microseconds for each row."""
    steps = shape.save(app, rows)
    next(steps)
    began = time.perf_counter()
    next(steps, None)
    return (time.perf_counter() - began) / ROWS * 1e6


def _row(number: int) -> dict[str, object]:
    return {"title": f"Row {number}", "start": FIRST + timedelta(minutes=number)}


def _each(microseconds: float) -> str:
    return f"{microseconds:,.0f} µs"
