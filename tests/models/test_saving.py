"""What a save writes: what was assigned, in the form that the column holds, or nothing and a reason."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from jitai_tasks.errors import ModelError
from jitai_tasks.testing import tables, waiting
from tests.datefields.shop import task

PLAN = {
    "models/Plan/e.json": {"title": "Plans", "type": "models.NormalType"},
    "models/Plan/__init__.py": """
        from datatypes.Meta import datatypes
        from models.NormalType import NormalModel

        class Plan(NormalModel):
            id = datatypes.AutoInt(primaryKey=True)
            title = datatypes.Stext()
            start = datatypes.Datetime()
            count = datatypes.Numeric()
            price = datatypes.Money()
            whole = datatypes.AutoInt()
            extra = datatypes.JitDict()
            parts = datatypes.JitList()
            day = datatypes.Date()
    """,
}
ALL = pytest.mark.parametrize("make", ["sqlite", "postgresql", "mysql"], indirect=True)


@pytest.fixture
def plans(app_from):
    return app_from(PLAN).getElement("models.Plan")


def stored(plans, **wanted):
    return plans.get(" & ".join(f"Q({name}={value!r})" for name, value in wanted.items())).toDict()


# ---- only what was assigned


def test_what_another_copy_of_the_row_has_written_stays(plans):
    plans.create(title="a", start="2026-02-01 10:00:00", extra={"n": 1})
    seen, other = plans.get("Q(id=1)"), plans.get("Q(id=1)")
    other.start = "2026-02-02 10:00:00"
    other.extra.value["n"] = 2
    other.save()
    seen.title = "b"
    seen.save()
    now = stored(plans, id=1)
    assert (now["title"], now["start"], now["extra"]) == ("b", datetime(2026, 2, 2, 10), {"n": 2})
    assert seen.start == datetime(2026, 2, 2, 10), "the row holds afterwards what the database holds"


def test_a_moved_date_does_not_move_back_when_an_older_copy_is_saved(app_from):
    app = app_from(PLAN | task("Due", modelPath="models.Plan", timerCfg={"startField": "start"}))
    tables(app)
    plans = app.getElement("models.Plan")
    plans.create(title="a", start="2026-02-01 10:00:00")
    seen, other = plans.get("Q(id=1)"), plans.get("Q(id=1)")
    other.start = "2026-02-02 10:00:00"
    other.save()
    (moved,) = waiting("tasks.Due")
    seen.title = "b"
    seen.save()
    assert [job.due for job in waiting("tasks.Due")] == [moved.due]


def by_attribute(row, value):
    row.title = value


def by_value(row, value):
    row.title.value = value


@pytest.mark.parametrize("assign", [by_attribute, by_value])
def test_a_field_that_is_assigned_what_it_was_is_written_all_the_same(plans, assign):
    plans.create(title="open")
    seen, other = plans.get("Q(id=1)"), plans.get("Q(id=1)")
    other.title = "closed"
    other.save()
    assign(seen, "open")
    seen.save()
    assert stored(plans, id=1)["title"] == "open"


def test_a_field_that_was_replaced_by_another_assigns_nothing_any_more(plans):
    row = plans.create(title="a")
    old = row.title
    row.title = "b"
    old.value = "c"
    row.save()
    assert stored(plans, id=1)["title"] == "b"


def test_what_a_save_hands_back_is_not_assigned(plans):
    row = plans.create(title="a")
    title = row.title
    row.count = 1
    row.save()
    assert title.value == "a"
    plans.updateByFilter("Q(id=1)", {"title": "b"})
    row.count = 2
    row.save()
    assert (title.value, stored(plans, id=1)["title"]) == ("b", "b")


def test_what_is_changed_inside_of_a_value_is_written(plans):
    plans.create(extra={"a": {"b": 1}}, parts=[1])
    row = plans.get("Q(id=1)")
    row.extra.value["a"]["b"] = 2
    row.parts.append(2)
    row.save()
    assert (stored(plans, id=1)["extra"], stored(plans, id=1)["parts"]) == ({"a": {"b": 2}}, [1, 2])
    row.extra.value["a"]["b"] = 3
    row.save()
    assert stored(plans, id=1)["extra"] == {"a": {"b": 3}}, "also the second time"


def test_a_save_that_was_rolled_back_can_be_repeated(plans):
    row = plans.create(title="a")
    with pytest.raises(ZeroDivisionError), plans.model.app.transaction():
        row.title = "b"
        row.count = 4
        row.save()
        _ = 1 / 0
    assert stored(plans, id=1)["title"] == "a"
    row.save()
    assert (stored(plans, id=1)["title"], stored(plans, id=1)["count"]) == ("b", 4)


def test_a_save_that_was_refused_and_is_repeated_writes_back_nothing_of_others(app_from):
    files = {
        "models/Guarded/e.json": {"title": "Guarded", "type": "models.NormalType"},
        "models/Guarded/__init__.py": """
            from datatypes.Meta import datatypes
            from models.NormalType import NormalModel

            class Guarded(NormalModel):
                id = datatypes.AutoInt(primaryKey=True)
                title = datatypes.Stext()
                count = datatypes.Numeric()

                def beforeSave(self):
                    if self.count == 13:
                        raise ValueError("not 13")
        """,
    }
    guarded = app_from(files).getElement("models.Guarded")
    guarded.create(title="a", count=1)
    seen, other = guarded.get("Q(id=1)"), guarded.get("Q(id=1)")
    other.title = "b"
    other.save()
    seen.count = 13
    with pytest.raises(ValueError, match="not 13"):
        seen.save()
    seen.count = 14
    seen.save()
    assert (stored(guarded, id=1)["title"], stored(guarded, id=1)["count"]) == ("b", 14)


def test_after_a_commit_only_what_came_since_is_written(plans):
    row = plans.create(title="a")
    row.title = "b"
    row.save()
    plans.updateByFilter("Q(id=1)", {"title": "c"})
    row.count = 1
    row.save()
    assert stored(plans, id=1)["title"] == "c"


def test_a_row_with_another_key_is_written_whole(plans):
    row = plans.create(title="a", count=1)
    row.id = 7
    row.save()
    assert (stored(plans, id=7)["title"], stored(plans, id=1)["title"]) == ("a", "a")


def test_what_a_row_does_before_it_is_saved_is_written(app_from):
    files = PLAN | {
        "models/Eager/e.json": {"title": "Eager", "type": "models.NormalType"},
        "models/Eager/__init__.py": """
            from datatypes.Meta import datatypes
            from models.NormalType import NormalModel

            class Eager(NormalModel):
                id = datatypes.AutoInt(primaryKey=True)
                title = datatypes.Stext()
                count = datatypes.Numeric()
                day = datatypes.Date()

                def beforeSave(self):
                    self.title = f"{self.title}!"
                    self.count = 9
        """,
    }
    plans = app_from(files).getElement("models.Eager")
    plans.create(title="a")
    row = plans.get("Q(id=1)")
    row.day = "2026-01-01"
    row.save()
    assert (stored(plans, id=1)["title"], stored(plans, id=1)["count"]) == ("a!!", 9)


def test_what_a_row_does_after_it_was_saved_is_written_by_the_next_save(app_from):
    files = PLAN | {
        "models/Late/e.json": {"title": "Late", "type": "models.NormalType"},
        "models/Late/__init__.py": """
            from datatypes.Meta import datatypes
            from models.NormalType import NormalModel

            class Late(NormalModel):
                id = datatypes.AutoInt(primaryKey=True)
                title = datatypes.Stext()

                def afterSave(self, triggerEvent=1):
                    if self.title == "a":
                        self.title = "b"
        """,
    }
    late = app_from(files).getElement("models.Late")
    row = late.create(title="a")
    assert stored(late, id=1)["title"] == "a"
    row.save()
    assert stored(late, id=1)["title"] == "b"


# ---- numbers


@ALL
@pytest.mark.parametrize(
    ("given", "held"), [("1.5", 2), ("2.5", 3), ("-2.5", -3), (2.4, 2), ("0.49", 0), (Decimal("3.50"), 4)]
)
def test_a_number_is_rounded_half_up_before_anybody_sees_it(plans, given, held):
    assert plans.create(count=given).count == held
    assert stored(plans, count=held)["count"] == held
    plans.updateByPK(1, {"count": 0})
    assert plans.updateByFilter("Q(id=1)", {"count": given}) == 1
    assert plans.get(f"Q(count={held})").count == held


@ALL
def test_cents_are_found_as_they_were_rounded(plans):
    assert plans.create(price="0.005").price == Decimal("0.01")
    assert plans.get("Q(price='0.01')").id == 1
    assert plans.get("Q(price='0.005')") is None


def test_the_filter_of_a_date_sees_the_number_that_is_stored(app_from):
    app = app_from(PLAN | task("Due", modelPath="models.Plan", timerCfg={"startField": "start"}, filter="Q(count=2)"))
    tables(app)
    app.getElement("models.Plan").create(start="2026-02-01 10:00:00", count="1.5")
    assert len(waiting("tasks.Due")) == 1


@ALL
def test_eighteen_digits_are_kept_exactly_or_refused(plans, make):
    exact = "123456789012345678" if make != "sqlite" else "123456789012345"
    assert plans.create(count=exact).count == int(exact)
    assert stored(plans, id=1)["count"] == int(exact)
    if make == "sqlite":
        with pytest.raises(ModelError, match=r"price: 1234567890123456\.78 has more digits than SQLite keeps exactly"):
            plans.create(price="1234567890123456.78")
        with pytest.raises(ModelError, match="more digits than SQLite"):
            plans.updateByFilter("", {"price": "9999999999999999.99"})
    else:
        plans.create(price="1234567890123456.78")
        assert stored(plans, id=2)["price"] == Decimal("1234567890123456.78")


@ALL
def test_sums_and_averages_are_the_same_everywhere(plans):
    for price, whole in (("0.10", 1), ("0.20", 2), ("18.45", 4)):
        plans.create(price=price, whole=whole)
    assert plans.aggregate("", "price", "sum") == Decimal("18.75")
    assert plans.aggregate("", "price", "avg") == Decimal("6.25")
    assert str(plans.aggregate("", "whole", "avg")) == "2.3333"
    total = plans.aggregate("", "whole", "sum")
    assert (total, type(total)) == (7, int)
    assert plans.aggregate("Q(id=99)", "price", "avg") is None
    assert plans.groupBy("", "title", [["price", "avg"]]) == [{"title": None, "avg_price": Decimal("6.25")}]


@ALL
@pytest.mark.parametrize(("kind", "field"), [("sum", "title"), ("avg", "start"), ("sum", "day"), ("max", "extra")])
def test_what_makes_no_sense_is_refused_with_what_the_field_holds(plans, kind, field):
    with pytest.raises(ModelError, match=rf"{kind} of {field} makes no sense: it holds"):
        plans.aggregate("", field, kind)


@ALL
def test_json_is_neither_ordered_nor_grouped_nor_told_apart(plans):
    plans.create(extra={"a": 1})
    for ask in (
        lambda: plans.query(orderList=[["extra", 1]]),
        lambda: plans.groupBy("", "extra", [["id", "count"]]),
        lambda: plans.getFieldData("", "extra"),
        lambda: plans.aggregate("", "extra", "countDistinct"),
    ):
        with pytest.raises(ModelError, match=r"models\.Plan: .*extra.* holds (json|JSON)"):
            ask()


@ALL
def test_an_average_of_numbers_without_decimals_of_their_own_is_the_same_everywhere(app_from, make):
    scales = """
        import sqlalchemy as sa
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class Weight(Base):
            __tablename__ = "weights"
            id: Mapped[int] = mapped_column(primary_key=True)
            kilos = mapped_column(sa.Numeric().with_variant(sa.Numeric(20, 10), "mysql", "mariadb"))
    """
    app = app_from(
        {
            "commons/scales.py": scales,
            "models/Weight/e.json": {"title": "W", "type": "models.SQLAlchemyType", "class": "commons.scales:Weight"},
        }
    )
    weights = app.getElement("models.Weight")
    with app.session() as session:
        weights.entity.metadata.create_all(session.connection())
        session.add_all([weights.entity(kilos=Decimal(kilos)) for kilos in ("1", "2", "1.5", "2")])
        session.commit()
    in_memory = weights.query().rowDatas.aggregate("kilos", "avg")
    assert str(weights.aggregate("", "kilos", "avg")) == str(in_memory) == "1.6250000000"


# ---- keys, rows and their forms


def test_a_key_cannot_be_changed_by_updates(plans):
    plans.create(title="a")
    with pytest.raises(ModelError, match="the key id of a row cannot be changed"):
        plans.updateByPK([1], {"id": 50, "title": "b"})
    with pytest.raises(ModelError, match="cannot be changed"):
        plans.updateOrAdd("Q(title='a')", None, {"id": 50}, {})
    assert plans.updateByPK([1], {"id": "1", "title": "b"}) == 1
    assert [row.toDict()["title"] for row in plans.query().rowDatas] == ["b"]


def test_a_model_element_that_was_filled_in_is_a_row(app_from):
    app = app_from(PLAN | task("Due", modelPath="models.Plan", timerCfg={"startField": "start"}))
    tables(app)

    def filled(**values):
        made = app.getElement("models.Plan")
        for name, value in values.items():
            setattr(made, name, value)
        return made

    plans = app.getElement("models.Plan")
    assert plans.create(filled(title="a", start="2026-02-01 10:00:00")).id == 1
    assert [row.title for row in plans.createOrUpdateMany([filled(id=1, title="b"), filled(title="c")])] == ["b", "c"]
    assert plans.getCompareResult("Q(title='c')", filled(title="c"))
    svc = app.getElement("services.TaskSvc")
    assert svc.deleteDateFieldTask({"prevData": filled(id=1)}) == {"removed": 1}
    assert svc.saveDateFieldTask({"postData": filled(id=1)}) == {"saved": 1, "removed": 0}
    assert svc.deleteDateFieldTask(filled(id=1)) == {"removed": 1} or waiting("tasks.Due") == []


@pytest.mark.parametrize("given", [[1], "a", 5])
def test_what_is_no_row_is_refused(plans, given):
    for verb in (plans.create, lambda value: plans.getCompareResult("Q(title='a')", value)):
        with pytest.raises(ModelError, match="a row is given as a row or a dictionary, not as"):
            verb(given)


def test_an_update_of_nothing_is_refused(plans):
    with pytest.raises(ModelError, match="there is nothing to change"):
        plans.updateByFilter("", {})


def test_two_lists_of_names_are_fields_and_order_as_they_are_called(plans):
    for title in ("b", "a"):
        plans.create(title=title)
    found = plans.query("", fieldList=["title"], orderList=["title"]).rowDatas
    assert [row.toDict() for row in found] == [{"id": 2, "title": "a"}, {"id": 1, "title": "b"}]


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_a_row_that_cannot_be_read_is_named(plans):
    for title in "abc":
        plans.create(title=title, start="2026-02-01 10:00:00")
    with plans.model.database.begin() as connection:
        connection.execute(sa.text(f"UPDATE {plans.table.name} SET start = 'never' WHERE id = 2"))
    for ask in (plans.query, lambda: plans.get("Q(title='b')")):
        with pytest.raises(ModelError, match=r"models\.Plan: row 2 cannot be read"):
            ask()
    assert plans.get("Q(title='c')").id == 3
