"""Models and fields that elements name: they exist, and fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..catalog import Catalog
from ..definition import Definition, Kind
from ..errors import FilterError, nearest
from ..problems import Problem
from .code import Code
from .fields import UNKNOWN, Fields, Models
from .sheet import Sheet

OF_ROWS = "tasks.DateFieldType"
OF_MODEL = "events.ModelType"
META = "models.Meta"
DATES = frozenset({"Date", "Datetime"})


class Rows:
    """Checks what e.json files say about models, fields and filters."""

    def __init__(self, catalog: Catalog, code: Code) -> None:
        self._catalog = catalog
        self._models = Models(catalog, code)
        self._datatypes = {name.rpartition(".")[2] for name in catalog.definitions if name.startswith("datatypes.")}

    def check(self, sheet: Sheet) -> Iterator[Problem]:
        """What is wrong with the model and the fields that an element names."""
        if sheet.base == OF_ROWS and sheet.config.get("modelPath"):
            yield from self._of_task(sheet)
        elif sheet.base == OF_MODEL and sheet.config.get("sender"):
            yield from self._of_event(sheet)
        elif sheet.config.get("transitions") and sheet.definition.family == "models":
            yield from self._of_transitions(sheet)

    def _of_task(self, sheet: Sheet) -> Iterator[Problem]:
        model, problem = self._model(sheet, "modelPath")
        if problem is not None:
            yield problem
        fields = self._models.fields(model) if model else None
        if fields is None:
            return
        timer: Any = sheet.config.get("timerCfg") or {}
        for key in ("startField", "endField"):
            if timer.get(key):
                yield from self._date(sheet, f"timerCfg/{key}", str(timer[key]), fields)
        yield from self._filter(sheet, "filter", str(sheet.config.get("filter") or ""), fields)

    def _of_event(self, sheet: Sheet) -> Iterator[Problem]:
        model, problem = self._model(sheet, "sender")
        if problem is not None:
            yield problem
        fields = self._models.fields(model) if model else None
        if fields is None:
            return
        for index, name in enumerate(sheet.config.get("fields") or ()):
            yield from _known(sheet, f"fields/{index}", str(name), fields)
        yield from self._filter(sheet, "filter", str(sheet.config.get("filter") or ""), fields)

    def _of_transitions(self, sheet: Sheet) -> Iterator[Problem]:
        fields = self._models.fields(sheet.definition)
        for index, transition in enumerate(sheet.config["transitions"] if fields else ()):
            pointer = f"transitions/{index}"
            assert fields is not None
            yield from _known(sheet, f"{pointer}/field", str(transition.get("field", "")), fields)
            yield from self._filter(sheet, f"{pointer}/condition", str(transition.get("condition") or ""), fields)

    def _model(self, sheet: Sheet, pointer: str) -> tuple[Definition | None, Problem | None]:
        name = str(sheet.config[pointer])
        found = self._catalog.find(name)
        if found is not None and self._is_model(found):
            return found, None
        if found is None and self._catalog.broken(name):
            return None, None
        models = [each.full_name for each in self._catalog.definitions.values() if self._is_model(each)]
        said = f"{name} is no model" if found else f"there is no model {name}"
        guess = nearest(name, models)
        advice = f"did you mean '{guess}'?" if guess else "name a model that exists, like models.Order"
        return None, sheet.problem("model", pointer, said, advice)

    def _is_model(self, definition: Definition) -> bool:
        return definition.kind is Kind.INSTANCE and META in self._catalog.chain_names(definition)

    def _date(self, sheet: Sheet, pointer: str, name: str, fields: Fields) -> Iterator[Problem]:
        yield from _known(sheet, pointer, name, fields)
        kind = fields.kinds.get(name, UNKNOWN)
        if kind in self._datatypes and kind not in DATES:
            message = f"{name} of {_model_name(sheet)} is a {kind}; a Date or a Datetime field is needed"
            dates = [each for each, of in fields.kinds.items() if of in DATES]
            advice = f"use {' or '.join(dates)}" if dates else "add such a field to the model"
            yield sheet.problem("field", pointer, message, advice)

    def _filter(self, sheet: Sheet, pointer: str, text: str, fields: Fields) -> Iterator[Problem]:
        # Only where there is a filter is its grammar needed.
        from ..models.q.parsing import parse  # noqa: PLC0415

        try:
            tree = parse(text)
        except FilterError as error:
            reason = error.reason.partition(" (<unknown>")[0]
            yield sheet.problem("filter", pointer, reason, "write it like Q(status='active')")
            return
        for name in dict.fromkeys(_mentioned(tree)):
            yield from _known(sheet, pointer, name, fields)


def _known(sheet: Sheet, pointer: str, name: str, fields: Fields) -> Iterator[Problem]:
    if name in fields.kinds or not fields.whole:
        return
    guess = nearest(name, fields.kinds)
    there = f"it has {', '.join(fields.kinds)}" if fields.kinds else "it declares none"
    advice = f"did you mean '{guess}'?" if guess else there
    yield sheet.problem("field", pointer, f"{_model_name(sheet)} has no field {name}", advice)


def _model_name(sheet: Sheet) -> str:
    return str(sheet.config.get("modelPath") or sheet.config.get("sender") or sheet.name)


def _mentioned(node: Any) -> Iterator[str]:
    """The names of fields in the tree of a filter."""
    if node is None:
        return
    for member in getattr(node, "members", None) or ([node.member] if hasattr(node, "member") else []):
        yield from _mentioned(member)
    if hasattr(node, "field"):
        yield node.field
        value = getattr(node.value, "name", None)
        if value is not None:
            yield value
