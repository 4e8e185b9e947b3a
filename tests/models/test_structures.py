"""Fields that hold dictionaries, lists and rows: they are changed in place, and a save writes what was changed."""

from __future__ import annotations

import pytest

everywhere = pytest.mark.parametrize("make", ["sqlite", "postgresql", "mysql"], indirect=True)
BOX = {
    "models/Box/e.json": {"title": "Boxes", "type": "models.NormalType"},
    "models/Box/__init__.py": "from .model import Box\n",
    "models/Box/model.py": """
        from datatypes.Meta import datatypes
        from models.NormalType import NormalModel

        class Box(NormalModel):
            id = datatypes.AutoInt(name="id", primaryKey=True)
            label = datatypes.Stext(name="label")
            extra = datatypes.JitDict(name="extra", title="Extra")
            tags = datatypes.JitList(name="tags")
    """,
}


@pytest.fixture
def boxes(app_from):
    return app_from(BOX).models.Box


@everywhere
def test_members_and_items_are_set_in_place_and_saved(boxes):
    row = boxes.create(extra={"a": 1, "b": {"c": 1}}, tags=["x", "y"])
    row.extra["a"] = 5
    row.extra.d = row.extra.a + 1
    row.extra.b["c"] = 2
    row.tags[1] = "z"
    row.tags.append("w")
    row.save()
    found = boxes.get()
    assert found.extra.value == {"a": 5, "b": {"c": 2}, "d": 6}
    assert found.tags.value == ["x", "z", "w"]
    del found.extra["b"], found.tags[0:2]
    found.save()
    assert (boxes.get().extra.value, boxes.get().tags.value) == ({"a": 5, "d": 6}, ["w"])


def test_what_was_before_a_change_in_place_is_still_known(boxes):
    row = boxes.create(extra={"a": 1}, tags=["x"])
    row.extra.a = 2
    row.tags[0] = "y"
    assert (row.before()["extra"], row.before()["tags"]) == ({"a": 1}, ["x"])


def test_a_field_that_was_empty_is_filled_in_place(boxes):
    row = boxes(label="x")
    row.extra["a"] = 1
    row.extra.b = row.label
    row.tags.append(row.label)
    row.save()
    assert (boxes.get().extra.value, boxes.get().tags.value) == ({"a": 1, "b": "x"}, ["x"])


def test_looking_at_a_field_that_was_not_assigned_assigns_nothing(boxes):
    boxes.create(extra={"a": 1}, tags=["x"])
    row = boxes(id=1, label="y")
    assert not row.extra.value
    row.save()
    assert boxes.get().extra.value == {"a": 1}


def test_the_element_that_serves_as_a_row_is_changed_in_place_too(app_from):
    app = app_from(BOX)
    draft = app.models.Box
    draft.extra.a = 1
    draft.tags.append("x")
    draft.label.value = "n"
    assert app.models.Box.extra.value is None
    draft.save()
    assert app.models.Box.get().toDict() == {"id": 1, "label": "n", "extra": {"a": 1}, "tags": ["x"]}


def test_a_member_that_is_called_as_something_of_the_field_is_reached_as_an_item(boxes):
    row = boxes(extra={})
    with pytest.raises(AttributeError, match=r"title is what the field extra has itself; for a member say field\['t"):
        row.extra.title = "x"
    row.extra["title"] = "x"
    assert (row.extra["title"], row.extra.title, row.extra.value) == ("x", "Extra", {"title": "x"})
