"""Fields that hold dictionaries, lists and rows: they are changed in place, and a save writes what was changed."""

from __future__ import annotations

import copy
import json
from functools import partial

import pytest

from jitai_tasks.errors import FilterError, ModelError
from jitai_tasks.models.datatypes import datatypes
from jitai_tasks.models.q import Q
from jitai_tasks.models.rowlist import rows_of

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


SHELF = BOX | {
    "models/Shelf/e.json": {"title": "Shelves", "type": "models.NormalType"},
    "models/Shelf/__init__.py": "from .model import Shelf\n",
    "models/Shelf/model.py": """
        from datatypes.Meta import datatypes
        from models.NormalType import NormalModel

        class Shelf(NormalModel):
            id = datatypes.AutoInt(name="id", primaryKey=True)
            best = datatypes.RowData(name="best", generic="models.Box")
            boxes = datatypes.RowList(name="boxes", generic="models.Box")
            loose = datatypes.RowList(name="loose")
    """,
}


@everywhere
def test_the_rows_of_a_query_are_a_list_that_filters_counts_and_saves(boxes):
    boxes.createOrUpdateMany([{"label": label, "extra": {"n": label}} for label in "abca"])
    rows = boxes.query(orderList=[["id", 1]])["rowDatas"]
    assert isinstance(rows, list)
    assert (rows.length, len(rows), rows.firstRow.label.value, rows[1:].firstRow.id.value) == (4, 4, "a", 2)
    assert [row.id.value for row in rows.filter("Q(label='a')")] == [1, 4]
    assert rows.filter(Q(label="a") & Q(id__gt=1)).firstRow.id == 4
    kinds = {kind: rows.aggregate("id", kind) for kind in ("count", "sum", "avg", "min", "max")}
    assert kinds == {kind: boxes.aggregate("", "id", kind) for kind in kinds}
    assert rows.aggregate("label", "countDistinct") == boxes.aggregate("", "label", "countDistinct") == 3
    rows[2:].update({"label": "z"}, tags=["new"])
    assert boxes.query("Q(label='z')").totalCount == 0
    rows.append({"label": "e"})
    rows.save()
    assert [row.label.value for row in boxes.query().rowDatas] == ["a", "b", "z", "z", "e"]
    assert rows.filter("Q(label='e')").firstRow.id == 5
    assert rows.filter("Q(label__in=['z', 'e'])").delete() == 3
    assert boxes.query().totalCount == 2


def test_an_empty_list_of_rows_has_no_first_and_sums_to_nothing(boxes):
    rows = boxes.query()["rowDatas"]
    assert (bool(rows), rows.length, rows.firstRow, rows.filter("Q(label='x')")) == (False, 0, None, [])
    assert [rows.aggregate("id", kind) for kind in ("count", "sum", "avg", "max")] == [0, None, None, None]
    assert rows.save().delete() == 0
    with pytest.raises(FilterError, match="did you mean label"):
        rows.filter("Q(labl='x')")
    with pytest.raises(ModelError, match="no aggregate 'most'; there are count"):
        rows.aggregate("id", "most")


def test_a_list_of_rows_is_saved_and_deleted_as_a_whole_or_not_at_all(boxes):
    boxes.createOrUpdateMany([{"label": "a"}, {"label": "b"}])
    rows = boxes.query(orderList=[["id", 1]]).rowDatas
    rows.update(label="c")
    rows[1].label = "x" * 300
    with pytest.raises(ModelError, match="300 characters"):
        rows.save()
    assert boxes.getFieldData("", "label") == ["a", "b"]


@pytest.mark.parametrize("kind", ["countDistinct", "min", "max", "sum", "avg"])
def test_a_list_of_rows_refuses_what_makes_no_sense_as_the_model_does(boxes, kind):
    boxes.createOrUpdateMany([{"label": "a", "extra": {"n": 1}}, {"label": "b", "extra": {"n": 2}}])
    rows = boxes.query().rowDatas
    for asked in (rows.aggregate, partial(boxes.aggregate, "")):
        with pytest.raises(ModelError, match=f"{kind} of extra makes no sense: it holds json"):
            asked("extra", kind)
    assert rows.aggregate("extra", "count") == boxes.aggregate("", "extra", "count") == 2
    with pytest.raises(ModelError, match="sum of label makes no sense"):
        rows.aggregate("label", "sum")


@pytest.mark.parametrize("kind", ["countDistinct", "min", "sum"])
def test_a_list_of_rows_of_no_model_refuses_values_that_do_not_add_up(kind):
    rows = rows_of([{"n": {"a": 1}}, {"n": {"b": 1}}], None)
    with pytest.raises(ModelError, match=f"rows of no model: {kind} of n makes no sense for the values that it holds"):
        rows.aggregate("n", kind)


def test_rows_stay_such_a_list_when_they_are_copied_and_are_plain_in_json(boxes):
    boxes.createOrUpdateMany([{"label": "a"}, {"label": "b"}])
    rows = boxes.query(orderList=[["id", 1]]).rowDatas
    assert copy.copy(rows).filter("Q(label='b')") == copy.deepcopy(rows)[1:] == rows[1:]
    assert json.loads(json.dumps(rows, default=lambda row: row.toDict())) == [row.toDict() for row in rows]


@everywhere
def test_a_field_of_rows_works_on_the_model_that_it_names(app_from):
    app = app_from(SHELF)
    Box, Shelf = app.models.Box, app.models.Shelf
    first = Box.create(label="a")
    shelf = Shelf.create(best=first, boxes=[first, {"label": "b"}])
    shelf = Shelf.get()
    assert (shelf.boxes.length, shelf.boxes.firstRow.label.value, len(shelf.boxes.value)) == (2, "a", 2)
    shelf.boxes.append({"label": "c"})
    assert shelf.boxes.filter("Q(label__gt='a')").aggregate("label", "max") == "c"
    assert shelf.boxes.aggregate("id") == 1
    shelf.boxes.update(tags=["shelf"])
    shelf.boxes.save()
    assert [(row.label.value, row.tags.value) for row in Box.query().rowDatas] == [(x, ["shelf"]) for x in "abc"]
    shelf.save()
    stored = Shelf.get().boxes
    assert [(member["id"], member["label"]) for member in stored.value] == [(1, "a"), (2, "b"), (3, "c")]
    assert stored.delete() == 3
    assert Box.query().totalCount == 0


@everywhere
def test_a_field_of_one_row_is_a_copy_that_can_be_read_again_and_saved(app_from):
    app = app_from(SHELF)
    Box, Shelf = app.models.Box, app.models.Shelf
    Shelf.create(best=Box.create(label="a", extra={"n": 1}))
    Box.updateByPK([1], {"label": "b"})
    best = Shelf.get().best
    assert (best.pkData, best.label, best.toDict()["extra"]) == ({"id": 1}, "a", {"n": 1})
    assert best.refresh().label == "b"
    best.update({"label": "c"}, extra={"n": 2})
    best.tags = ["x"]
    assert Box.get().label == "b"
    best.save()
    assert Box.get().toDict() == {"id": 1, "label": "c", "extra": {"n": 2}, "tags": ["x"]} == best.value
    assert (Shelf.get().best.label, best.delete(), best.delete()) == ("a", True, False)
    with pytest.raises(ModelError, match=r"row {'id': 1} is gone"):
        best.refresh()


def test_a_field_that_holds_a_row_itself_works_on_that_row(app_from):
    app = app_from(SHELF)
    box = app.models.Box.create(label="a")
    shelf = app.models.Shelf(best=box, boxes=[box])
    shelf.best.update(label="b")
    shelf.best.tags = ["x"]
    assert (box.label.value, box.tags.value, shelf.best.pkData) == ("b", ["x"], {"id": 1})
    shelf.best.save()
    assert shelf.boxes.firstRow is box
    assert app.models.Box.get().label == "b"
    app.models.Box.updateByPK([1], {"label": "c"})
    assert shelf.best.refresh().label == box.label == "c"
    shelf.save()
    assert app.models.Shelf.get().best.value["label"] == "c"


def test_rows_of_no_model_can_be_counted_and_say_what_they_lack_for_the_rest(app_from):
    app = app_from(SHELF)
    loose = app.models.Shelf(loose=[{"n": 1}, {"n": 3}]).loose
    assert (loose.length, loose.aggregate("n", "sum"), loose.firstRow.n.value) == (2, 4, 1)
    loose.update(n=2)
    assert loose.value == [{"n": 2}, {"n": 2}]
    for verb in ("filter", "save", "delete"):
        with pytest.raises(ModelError, match=f"{verb} needs a model: say which one, generic='models.X'"):
            getattr(loose, verb)()
    with pytest.raises(ModelError, match="needs a model"):
        datatypes.RowData(name="one", value={"id": 1}).refresh()
    with pytest.raises(ModelError, match="best: holds no row"):
        _ = app.models.Shelf().best.pkData
    with pytest.raises(ModelError, match=r"databases.Default: this element is no model"):
        datatypes.RowList(value=[{}], generic="databases.Default").filter()
