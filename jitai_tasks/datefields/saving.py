"""Saved and deleted rows: their jobs follow in the transaction of the save."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..app import App
from ..errors import ModelError
from ..models import reading
from ..models.aftermath import is_same_database
from ..models.catalog import models
from ..models.change import Change
from ..models.changes import after_commit
from ..models.fields import plain
from ..models.mapping import Model
from ..models.normal import NormalModel
from ..models.rows import JitDict, RowData, row_in
from ..models.tables import restore
from ..models.unreadable import UNREADABLE, reason_of
from .planning import Own, Result, apply, look_at, own_run
from .rules import Rule, Values, rules
from .usual import is_usual

_logger = logging.getLogger(__name__)

#: Rows read again with one statement.
_AT_ONCE = 500


class DateFields:
    """Follows changes of rows: the last thing before the commit is to bring their jobs in step."""

    def __init__(self, app: App) -> None:
        self._app = app

    def needs(self, model: Model) -> set[str]:
        """What the rules look at; all, if a Type of the app decides when rows are due."""
        watching = rules(self._app).of_model(model.name)
        if any(rule.own_time is not None for rule in watching):
            return set(model.fields)
        return {name for rule in watching for name in rule.needed}

    def before(self, session: Session, change: Change) -> None:
        """Nothing: only what is written counts."""

    def after(self, session: Session, change: Change) -> None:
        """Nothing: rows may change again before the commit."""

    def commit(self, session: Session, changes: list[Change], *, sure: bool) -> None:
        """Plan for all rows at once; those of another database when its transaction has committed."""
        for model, rows in _by_model(changes).items():
            watching = rules(self._app).of_model(model.name)
            if sure:
                watching = [rule for rule in watching if _concerns(rule, changes)]
            if not watching:
                continue
            before: Values | None = None
            if sure and _is_known(model, changes, watching):
                known: list[tuple[str, Values | None]] = list(rows.items())
                before = _before(model, changes) if len(rows) == 1 else None
            else:
                connection = session.connection(bind_arguments={"mapper": model.entity})
                restore(connection, cast(sa.Table, model.table), model.unsure)
                known = read_again(connection, model, list(rows))
            self._plan(session, model, watching, known, before)

    def _plan(
        self, session: Session, model: Model, watching: Sequence[Rule], rows: list[tuple[str, Values | None]],
        before: Values | None,
    ) -> None:  # fmt: skip
        own = own_run(session)
        if is_same_database(self._app, session, model):
            plan(self._app, session.connection(bind_arguments={"mapper": model.entity}), watching, rows, own, before)
            return

        def plan_alone() -> None:
            with self._app.database.begin() as connection:
                plan(self._app, connection, watching, rows, own, before)

        after_commit(session, plan_alone)


def plan(
    app: App,
    connection: sa.Connection,
    watching: Sequence[Rule],
    rows: Sequence[tuple[str, Values | None]],
    own: Own | None = None,
    before: Values | None = None,
) -> Result:
    """Bring the jobs of these rows in step with every rule that watches them.

    `before`: what a row that is alone was before its transaction, if it was there and that is known.
    """
    total = Result()
    now = app.database.now()
    for rule in watching:
        if (
            len(rows) == 1
            and (own is None or own.task != rule.task)
            and is_usual(connection, rule, rows[0], before, now)
        ):
            total.saved += 1
        else:
            total.add(apply(connection, rule, rows, look_at(connection, rule.task, now=now, run=own)))
    return total


def save_row(app: App, given: object) -> JitDict:
    """What `TaskSvc.saveDateFieldTask` does: plan for the row of a change; answers `{"saved": n, "removed": m}`."""
    model, post, prev = _told(app, given)
    if post is None:
        return delete_row(app, given)
    subject = _subject(model, post)
    rows: list[tuple[str, Values | None]] = [(subject, _complete(model, post))]
    if prev is not None and _has_key(model, prev) and _subject(model, prev) != subject:
        rows.append((_subject(model, prev), None))
    done = _planned(app, model, rows)
    return JitDict(saved=done.saved, removed=done.removed)


def delete_row(app: App, given: object) -> JitDict:
    """What `TaskSvc.deleteDateFieldTask` does: the row is gone, so are its jobs; answers `{"removed": m}`."""
    model, post, prev = _told(app, given)
    row = prev if prev is not None else post
    if row is None:
        raise ModelError(model.name, "a deleted row is told in prevData")
    done = _planned(app, model, [(_subject(model, row), None)])
    return JitDict(removed=done.removed)


def read_again(
    connection: sa.Connection, model: Model, subjects: Sequence[str], bad: list[tuple[str, str]] | None = None,
    *, lock: bool = False,
) -> list[tuple[str, Values | None]]:  # fmt: skip
    """The rows as the database has them now; None for those that are gone. With `lock` they stay so for a while.

    Rows that hold what Python cannot are left out, logged and added to `bad`.
    """
    found: list[tuple[str, Values | None]] = []
    for start in range(0, len(subjects), _AT_ONCE):
        some = subjects[start : start + _AT_ONCE]
        try:
            found += _read(connection, model, some, lock=lock)
        except UNREADABLE:
            for subject in some:
                found += _read_alone(connection, model, subject, [] if bad is None else bad)
    return found


def _read(
    connection: sa.Connection, model: Model, subjects: Sequence[str], *, lock: bool = False
) -> list[tuple[str, Values | None]]:
    columns = [cast("sa.Column[Any]", field.column).label(name) for name, field in model.fields.items()]
    wanted = sa.select(*columns).where(model.where_keys([model.key(subject) for subject in subjects]))
    rows = connection.execute(wanted.with_for_update() if lock else wanted).mappings()
    known: dict[str, Values] = {model.subject(values): values for values in map(dict, rows)}
    return [(subject, known.get(subject)) for subject in subjects]


def _read_alone(
    connection: sa.Connection, model: Model, subject: str, bad: list[tuple[str, str]]
) -> list[tuple[str, Values | None]]:
    try:
        return _read(connection, model, [subject])
    except UNREADABLE as error:
        reason = reason_of(error)
        _logger.error("row %s of %s cannot be read: %s", subject, model.name, reason)
        bad.append((subject, reason))
        return []


def _planned(app: App, model: Model, rows: list[tuple[str, Values | None]]) -> Result:
    with app.transaction() as session:
        return plan(app, session.connection(), rules(app).of_model(model.name), rows, own_run())


def _by_model(changes: Sequence[Change]) -> dict[Model, dict[str, Values | None]]:
    """The last state of every changed row."""
    found: dict[Model, dict[str, Values | None]] = {}
    for change in changes:
        rows = found.setdefault(change.model, {})
        if change.prev is not None and _has_key(change.model, change.prev):
            rows[change.model.subject(change.prev)] = None
        if change.post is not None:
            rows[change.subject] = change.post
    return found


def _before(model: Model, changes: Sequence[Change]) -> Values | None:
    """What the only changed row of a model was before; None if it is new."""
    return next(change.prev for change in changes if change.model is model)


def _concerns(rule: Rule, changes: Sequence[Change]) -> bool:
    """Whether any change touches what the rule looks at; most saves leave dates alone."""
    return rule.own_time is not None or any(
        change.model is rule.model and not (change.changed.isdisjoint(rule.fields) and _is_edit(change, rule))
        for change in changes
    )


def _is_edit(change: Change, rule: Rule) -> bool:
    """Whether the row was there before, with values that are known."""
    return change.post is not None and change.prev is not None and _is_whole(change.prev, [rule])


def _is_known(model: Model, changes: Sequence[Change], watching: Sequence[Rule]) -> bool:
    """Whether the changes of a model tell all that the rules look at: what an edit leaves alone others may have set."""
    told: dict[str, set[str]] = {}
    for change in changes:
        if change.model is model and change.post is not None:
            names = change.post if change.current else change.changed
            told.setdefault(change.subject, set(model.primary)).update(names)
    return all(names >= rule.needed for names in told.values() for rule in watching)


def _is_whole(values: Values, watching: Sequence[Rule]) -> bool:
    """Whether all is known that the rules look at: a field that the database fills in is not."""
    return all(values.keys() >= rule.needed for rule in watching)


def _has_key(model: Model, values: Mapping[str, object]) -> bool:
    return all(plain(values.get(name)) is not None for name in model.primary)


def _told(app: App, given: object) -> tuple[Model, Values | None, Values | None]:
    """Model, row after and row before, from any form in which JitAi's code tells of a change."""
    told = _as_mapping(given)
    post, prev = told.get("postData"), told.get("prevData")
    model = _model_of(app, told.get("model"), post, prev)
    return model, _values(post), _values(prev)


def _as_mapping(given: object) -> Mapping[str, object]:
    inner = row_in(plain(given))
    if isinstance(inner, NormalModel):
        return {"postData": inner, "prevData": inner.before()}
    if isinstance(inner, RowData):
        inner = inner.toDict()
    if isinstance(inner, Mapping):
        return cast("Mapping[str, object]", inner)
    held = getattr(inner, "value", None)
    if isinstance(held, Mapping):
        return cast("Mapping[str, object]", held)
    raise ModelError("date field", f"a change is {{'postData': …, 'prevData': …}}, not a {type(given).__name__}")


def _model_of(app: App, named: object, *rows: object) -> Model:
    name = plain(named)
    if isinstance(name, str) and name:
        return models(app).get(name)
    for row in rows:
        found = row_in(plain(row))
        if isinstance(found, NormalModel):
            return found.model()
    raise ModelError("date field", "the change names no model: give 'model', or a row object as postData or prevData")


def _values(row: object) -> Values | None:
    found = row_in(plain(row))
    if found is None:
        return None
    values = found.toDict() if isinstance(found, RowData) else found
    if not isinstance(values, Mapping):
        raise ModelError("date field", f"postData and prevData are rows or dictionaries, not a {type(row).__name__}")
    return {str(name): plain(value) for name, value in values.items()} or None


def _subject(model: Model, values: Values) -> str:
    """The key of a row as its jobs have it, however the caller spells it: "5", 5 and 5.0 are one row."""
    key = {name: model.held(name, values.get(name)) for name in model.primary}
    if None in key.values():
        raise ModelError(model.name, f"a row is told with its key: {', '.join(model.primary)}")
    return model.subject(key)


def _complete(model: Model, values: Values) -> Values | None:
    """The row as its transaction sees it: what a caller hands over may be partial, or older than the save."""
    return reading.by_key(model, values)
