"""Services, models, events, calendars, and app.json with one mistake each."""

from __future__ import annotations

import pytest


def element(kind: str, rest: str) -> str:
    return f'{{\n  "type": "{kind}",\n  "title": "x",\n  {rest}\n}}'


def error(pointer: str, message: str, advice: str) -> tuple[str, str, str, str]:
    return "error", pointer, message, advice


ELEMENTS = {
    "no type": (
        '§{"title": "x"}',
        error("", "the key 'type' is missing: Full name of the Type", 'add "type": "tasks.'),
    ),
    "type with a space": (
        '{"type": §"tasks .NormalType", "title": "x"}',
        error("type", "expected the full name of a Type", '"tasks.NormalType"'),
    ),
    "type is a number": ('{"type": §1, "title": "x"}', error("type", "expected a text, found 1", 'write "1"')),
    "empty title": (
        '{"type": "services.NormalType", "title": §""}',
        error("title", "expected at least 1 character, found 0", "write it like"),
    ),
    "wrong access": (
        element("services.NormalType", '"accessModifier": §"publik"'),
        error("accessModifier", "'publik' is not one of 'public', 'protected', 'private'", "did you mean 'public'?"),
    ),
    "function without name": (
        element("services.NormalType", '"functionList": [§{"title": "Cancel"}]'),
        error("functionList/0", "the key 'name' is missing: Name of the function", 'add "name": "cancel"'),
    ),
    "functions as object": (
        element("services.NormalType", '"functionList": §{"name": "cancel"}'),
        error("functionList", "expected a list […], found", "write it like ["),
    ),
    "slip in a function": (
        element("services.NormalType", '"functionList": [{"name": "a", §"retrunType": "Stext"}]'),
        ("warning", "functionList/0/retrunType", "unknown key 'retrunType'", "did you mean 'returnType'?"),
    ),
    "model without class": (
        '§{"type": "models.SQLAlchemyType", "title": "x"}',
        error("", "the key 'class' is missing: Module and class", 'add "class": "shop.db:Order"'),
    ),
    "class with a dot": (
        element("models.SQLAlchemyType", '"class": §"shop.db.Order"'),
        error("class", "expected module:Class, like shop.db:Order", "shop.db:Order"),
    ),
    "transition without target": (
        element("models.NormalType", '"transitions": [§{"field": "status"}]'),
        error("transitions/0", "the key 'to' is missing", 'add "to"'),
    ),
    "event without sender": (
        '§{"type": "events.NormalType", "title": "x", "func": "services.A.b"}',
        error("", "the key 'sender' is missing", 'add "sender": "services.'),
    ),
    "event without function": (
        '§{"type": "events.NormalType", "title": "x", "sender": "services.A.b"}',
        error("", "the key 'func' is missing: an event with funcType Global", 'add "func"'),
    ),
    "wrong operation": (
        element("events.ModelType", '"sender": "models.A", "func": "services.A.b", "operate": §"UpdatAfter"'),
        error("operate", "'UpdatAfter' is not one of 'AddBefore'", "did you mean 'UpdateAfter'?"),
    ),
    "subdivision of nothing": (
        '§{"type": "calendars.NormalType", "title": "x", "subdivision": "BY"}',
        error("", "the key 'country' is missing", 'add "country": "CN"'),
    ),
    "impossible day off": (
        element("calendars.NormalType", '"add": ["12-24", §"2026-04-31"]'),
        error("add/1", "expected a date that exists, found '2026-04-31': 2026-04 has 30 days", "correct the date"),
    ),
}

APPS = {
    "no appId": ('§{"name": "Shop"}', error("", "the key 'appId' is missing", 'add "appId": "acme.Shop"')),
    "appId without organisation": (
        '{"appId": §"Shop"}',
        error("appId", "expected organisation and name with a dot between", '"acme.Shop"'),
    ),
    "extends as text": (
        '{"appId": "a.B", "extends": §"a.Base"}',
        error("extends", "expected a list […], found 'a.Base'", "write it like"),
    ),
    "parent as text": (
        '{"appId": "a.B", "extends": [§"a.Base"]}',
        error("extends/0", "expected an object {…}, found 'a.Base'", "write it like"),
    ),
    "unknown zone": (
        '{"appId": "a.B", "timezone": §"Asia/Shangai"}',
        error("timezone", "found 'Asia/Shangai'", "did you mean Asia/Shanghai?"),
    ),
    "slip in a key": (
        '{"appId": "a.B", §"extend": []}',
        ("warning", "extend", "unknown key 'extend'", "did you mean 'extends'?"),
    ),
    "wrong version": ('{"appId": "a.B", "version": §"one"}', error("version", "expected numbers with dots", "1.0.0")),
}


@pytest.mark.parametrize("name", ELEMENTS)
def test_broken_element_is_reported_at_its_place(name, expect):
    marked, expected = ELEMENTS[name]
    expect(marked, expected)


@pytest.mark.parametrize("name", APPS)
def test_broken_app_is_reported_at_its_place(name, expect_app):
    marked, expected = APPS[name]
    expect_app(marked, expected)
