from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from jitai_tasks.errors import ElementBroken, FilterError, ModelError
from jitai_tasks.models import tables
from jitai_tasks.models.kinds import FieldInfo, Kind, outgrows

ORDER = {
    "models/OrderModel/e.json": {"title": "Orders", "type": "models.NormalType", "db": "databases.Default"},
    "models/OrderModel/__init__.py": "from .model import OrderModel\n",
    "models/OrderModel/model.py": """
        from datatypes.Meta import datatypes
        from models.NormalType import NormalModel

        class OrderModel(NormalModel):
            id = datatypes.AutoInt(name="id", title="ID", primaryKey=True, readOnly=1)
            customer = datatypes.Stext(name="customer", title="Customer", maxLen=20)
            status = datatypes.Dropdown(name="status", title="Status", default="new")
            total = datatypes.Money(name="total", title="Total")
            due = datatypes.Date(name="due", title="Due")
            placed = datatypes.Datetime(name="placed", title="Placed")
            paid = datatypes.Checkbox(name="paid", title="Paid")
            extra = datatypes.JitDict(name="extra", title="Extra")
            createdAt = datatypes.Datetime(name="createdAt", title="Created", createDefault=True)
            updatedAt = datatypes.Datetime(name="updatedAt", title="Updated", updateDefault=True)

            class Meta:
                name = "OrderModel"
                dbTable = "shop_order"
                unionIndexList = [{"name": "who", "title": "Who", "fieldNameList": ["customer", "status"]}]
    """,
}


def raising(error):
    def raise_it(*_args):
        raise error

    return raise_it


@pytest.fixture
def orders(app_from):
    app = app_from(ORDER)
    return app.getElement("models.OrderModel")


def test_a_row_is_created_found_changed_and_deleted(orders):
    row = orders.create({"customer": "Ann", "total": "12.50", "due": "2026-03-01"})
    assert (row.id.value, row.status.value, row.total.value) == (1, "new", Decimal("12.50"))
    found = orders.get("Q(customer='Ann')")
    assert (found.due.value, found.customer, found["status"]) == (date(2026, 3, 1), "Ann", "new")
    found.status = "paid"
    found.save()
    assert orders.get("Q(Q('status','=','paid'))").id == 1
    assert found.delete() is True
    assert orders.get("") is None
    assert found.delete() is False


def test_fields_are_values_and_hold_values(orders):
    row = orders.create(customer="Ann", placed="2026-01-05 09:30:00", paid=True, extra={"gift": {"to": "Bob"}})
    assert f"{row.customer} {row.paid}" == "Ann 1"
    assert row.placed.value == datetime(2026, 1, 5, 9, 30)
    assert row.placed.getDisplayValue() == "2026-01-05 09:30:00"
    assert orders.get().extra.gift == {"to": "Bob"}
    row.customer.value = "Eve"
    row.save()
    assert orders.get().customer == "Eve"


def test_dates_set_themselves_when_a_row_is_created_and_saved(orders, clock):
    row = orders.create(customer="Ann")
    assert row.createdAt == row.updatedAt == datetime(2026, 1, 5, 8, 0)
    clock.advance(hours=2)
    row.save()
    assert (row.createdAt, row.updatedAt) == (datetime(2026, 1, 5, 8, 0), datetime(2026, 1, 5, 10, 0))


def test_the_element_itself_serves_as_a_row_and_updates_only_what_was_assigned(app_from):
    app = app_from(ORDER)
    app.getElement("models.OrderModel").create(customer="Ann", total=5)
    first, second = app.getElement("models.OrderModel"), app.getElement("models.OrderModel")
    first.id = 1
    second.id = 99
    first.status = "shipped"
    first.save()
    row = app.models.OrderModel.get("Q(id=1)")
    assert (row.customer.value, row.status.value, row.total.value) == ("Ann", "shipped", Decimal(5))
    assert app.models.OrderModel.query()["totalCount"] == 1


def test_queries_have_filters_order_pages_and_fields(orders):
    for number in range(1, 8):
        orders.create(customer=f"c{number}", total=number, status="new" if number % 2 else "paid")
    page = orders.query("Q(total__gt=2)", orderList=[["total", -1]], page=2, size=2)
    assert (page.totalCount, [row.total.value for row in page["rowDatas"]]) == (5, [5, 4])
    some = orders.query(None, ["customer"], [["id", 1]], size=-1)
    assert (some["totalCount"], some.rowDatas[0].keys()) == (7, ["id", "customer"])
    assert orders.query("", [["id", -1]], ["customer"]).rowDatas[0].customer == "c7"
    assert orders.aggregate("Q(status='new')", "total", "sum") == 16
    assert orders.groupBy("", ["status"], [["total", "count"]]) == [
        {"status": "new", "count_total": 4},
        {"status": "paid", "count_total": 3},
    ]
    assert orders.getFieldData("", "status") == ["new", "paid"]
    assert orders.getCompareResult("Q(status='new') & Q(total__lt=3)", orders.get("Q(id=1)")) is True


def test_many_rows_at_once(orders):
    made = orders.createOrUpdateMany([{"customer": "a"}, {"customer": "b"}])
    orders.createOrUpdateMany([{"id": made[0].id, "status": "x"}, {"customer": "c"}])
    assert [(row.customer.value, row.status.value) for row in orders.query().rowDatas] == [
        ("a", "x"),
        ("b", "new"),
        ("c", "new"),
    ]
    assert orders.updateByPK([1, 2, 77], {"status": "y"}) == 2
    assert orders.updateByFilter("Q(status='y')", {"paid": 1}) == 2
    assert orders.updateOrAdd("Q(customer='z')", None, {"paid": 1}, {"customer": "z"}).id == 4
    assert orders.updateOrAdd("Q(customer='z')", [["id", 1]], {"paid": 1}, {}).paid == 1
    assert orders.deleteByPK([1]) == 1
    assert orders.deleteByFilter("Q(paid=1)") == 2
    assert [row.customer.value for row in orders.query().rowDatas] == ["c"]


def test_mistakes_name_the_field_and_change_nothing(orders):
    with pytest.raises(ModelError, match="did you mean status"):
        orders.create(statsu="x")
    with pytest.raises(ModelError, match="due: expected a date"):
        orders.create(due="2024-02-30")
    with pytest.raises(ModelError, match="30 characters are over the limit of 20"):
        orders.create(customer="x" * 30)
    with pytest.raises(
        ModelError, match=r"total: 9999999999999999.995 has too many digits for Numeric\(precision=18, sc"
    ):
        orders.create(total="9999999999999999.995")
    with pytest.raises(FilterError, match="no field 'state'; did you mean status"):
        orders.query("Q(state=1)")
    with pytest.raises(ModelError, match="no field 'id; DROP TABLE shop_order'"):
        orders.query("", orderList=[["id; DROP TABLE shop_order", 1]])
    assert orders.query().totalCount == 0


def test_a_transaction_takes_all_or_nothing(app_from):
    app = app_from(ORDER)
    orders = app.models.OrderModel
    with pytest.raises(RuntimeError), app.transaction():
        orders.create(customer="a")
        assert orders.query().totalCount == 1
        raise RuntimeError
    assert orders.query().totalCount == 0
    with app.transaction() as session:
        orders.create(customer="b")
        with pytest.raises(RuntimeError), app.transaction():
            orders.create(customer="c")
            raise RuntimeError
        session.add(orders.entity(customer="d"))
    assert [row.customer.value for row in orders.query().rowDatas] == ["b", "d"]


def test_tables_grow_with_their_models(app_from):
    app_from(ORDER).models.OrderModel.create(customer="Ann")
    wider = ORDER | {
        "models/OrderModel/model.py": ORDER["models/OrderModel/model.py"].replace(
            "class Meta:", "note = datatypes.Ltext(name='note', dbIndex=False)\n\n            class Meta:"
        )
    }
    orders = app_from(wider).models.OrderModel
    assert orders.get().note.value is None
    assert orders.create(customer="Eve", note="hello").note == "hello"


def test_a_model_can_be_loaded_once_its_database_is_back(app_from, monkeypatch):
    app = app_from(ORDER)
    with monkeypatch.context() as away:
        away.setattr(tables, "_complete", raising(sa.exc.OperationalError("CREATE TABLE", {}, Exception("gone away"))))
        for _ in range(2):
            with pytest.raises(ElementBroken, match="gone away"):
                app.models.OrderModel.create(customer="Ann")
    assert app.models.OrderModel.create(customer="Ann").id == 1


def test_a_model_without_key_makes_no_table(app_from):
    keyless = {path: given for path, given in ORDER.items() if not path.endswith("model.py")}
    keyless["models/OrderModel/model.py"] = ORDER["models/OrderModel/model.py"].replace("primaryKey=True, ", "")
    app = app_from(keyless)
    for _ in range(2):
        with pytest.raises(ElementBroken, match="no field is the primary key; say primaryKey=True at one"):
            app.models.OrderModel.query()
    with app.database.read() as connection:
        assert not sa.inspect(connection).has_table("shop_order")


@pytest.mark.parametrize(
    ("precision", "scale", "number", "fits"),
    [
        (38, 10, "123456789012345678901.5", True), (65, 30, "1", True), (30, 2, "9" * 28 + ".994", True),
        (30, 2, "9" * 28 + ".995", False), (20, 2, "1e30", False), (3, 0, "-1000", False), (3, 0, "-999.4", True),
        (3, 0, "999.5", False), (None, None, "1e40", True),
    ],
)  # fmt: skip
def test_a_number_fits_a_field_to_its_last_digit(precision, scale, number, fits):
    column = sa.Column("n", sa.Numeric(precision, scale))
    field = FieldInfo(name="n", kind=Kind.DECIMAL, column=column, zone=ZoneInfo("UTC"))
    assert outgrows(field, Decimal(number)) is not fits


def test_two_models_on_one_table_are_told_apart(app_from):
    other = {path.replace("OrderModel", "OtherModel"): given for path, given in ORDER.items()}
    other["models/OtherModel/__init__.py"] = "from .model import OrderModel as OtherModel\n"
    app = app_from(ORDER | other)
    app.models.OrderModel.query()
    with pytest.raises(ElementBroken, match=r"its table shop_order is that of models\.OrderModel; say another"):
        app.models.OtherModel.query()


def test_a_table_of_the_same_name_elsewhere_is_another_table(app_from):
    app = app_from(
        ORDER
        | {
            "databases/Archive/e.json": {"title": "Archive", "type": "databases.SqliteType"},
            "databases/Archive/Archive.json": {"dbConfig": {"database": "archive.db"}},
            "commons/archive.py": """
                from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

                class Base(DeclarativeBase):
                    pass

                class Order(Base):
                    __tablename__ = "shop_order"
                    id: Mapped[int] = mapped_column(primary_key=True)
            """,
            "models/OldOrder/e.json": {
                "title": "Old", "type": "models.SQLAlchemyType", "class": "commons.archive:Order",
                "db": "databases.Archive",
            },
        }
    )  # fmt: skip
    assert app.models.OldOrder.entity.__name__ == "Order"
    assert app.models.OrderModel.create(customer="Ann").id == 1


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"status"]', '"state"]', "unionIndexList: there is no field state in"),
        ('["customer", "status"]', "[]", "unionIndexList: there is no field at all in"),
        ('"shop_order"', '"jitai_jobs"', "the table jitai_jobs is one of jitai-tasks; say another `dbTable`"),
    ],
)
@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_a_model_that_cannot_be_says_why(app_from, before, after, said):
    name = "models/OrderModel/model.py"
    app = app_from(ORDER | {name: ORDER[name].replace(before, after)})
    with pytest.raises(ElementBroken, match=said):
        app.getElement("models.OrderModel").load()


@pytest.mark.parametrize(
    "ask",
    [
        lambda orders: orders.query(page="x", size=2),
        lambda orders: orders.query(page=1, size="2"),
        lambda orders: orders.createOrUpdateMany(None),
        lambda orders: orders.createOrUpdateMany({"customer": "Ann"}),
        lambda orders: orders.groupBy("", "status", "total"),
        lambda orders: orders.groupBy("", "status", [["total", "sum", "x"]]),
        lambda orders: orders.create(extra=["a"]),
        lambda orders: orders.create(extra="a"),
        lambda orders: orders.updateByFilter("", {"extra": [1]}),
    ],
)
@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_what_makes_no_sense_names_the_model_and_changes_nothing(orders, ask):
    with pytest.raises(ModelError, match=r"^models\.OrderModel: "):
        ask(orders)
    assert orders.query().totalCount == 0


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_a_value_that_cannot_be_read_is_told_with_its_field(orders):
    orders.create(customer="Ann", due="2026-03-01")
    with orders.model.app.database.begin() as connection:
        connection.execute(sa.text("UPDATE shop_order SET due = 'garbage'"))
    for ask in (
        lambda: orders.aggregate("", "due", "max"),
        lambda: orders.getFieldData("", "due"),
        lambda: orders.groupBy("", "due", [["id", "count"]]),
    ):
        with pytest.raises(ModelError, match=r"models\.OrderModel: due.*: a value cannot be read"):
            ask()


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_fields_calculate_as_their_values_do(orders):
    row = orders.create(customer="Ann", total="12.50", due="2026-03-01", placed="2026-03-01 10:00")
    assert (row.total + 1, 1 + row.total, row.total * 2, 25 - row.total, row.total - row.total) == (
        Decimal("13.50"), Decimal("13.50"), Decimal("25.00"), Decimal("12.50"), 0,
    )  # fmt: skip
    assert (row.total / 2, 25 / row.total, row.total // 5, row.total % 5) == (Decimal("6.25"), 2, 2, Decimal("2.50"))
    assert (-row.total, abs(-row.total), round(row.total), round(row.total, 1)) == (
        Decimal("-12.50"), Decimal("12.50"), 12, Decimal("12.5"),
    )  # fmt: skip
    assert (row.customer + "a", "Jo" + row.customer) == ("Anna", "JoAnn")
    assert row.placed - timedelta(hours=1) == datetime(2026, 3, 1, 9)
    with pytest.raises(TypeError):
        row.total + "x"


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_an_app_that_closes_gives_back_the_connections_to_other_databases_too(app_from):
    app = app_from(
        {
            "databases/Archive/e.json": {"title": "Archive", "type": "databases.SqliteType"},
            "databases/Archive/Archive.json": {"dbConfig": {"database": "archive.db"}},
        }
    )
    engine = app.getElement("databases.Archive").engine
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    pool = engine.pool
    assert pool.checkedin() == 1
    app.close()
    assert pool.checkedin() == 0


def test_lifecycle_methods_see_what_was_before(app_from):
    model = (
        ORDER["models/OrderModel/model.py"]
        + """
            def beforeSave(self, triggerEvent=1):
                self.customer = str(self.customer).title()

            def afterSave(self, triggerEvent=1):
                log.info("saved %s from %s", self.status, self._original_data.get("status"))

            def beforeDelete(self):
                if self.status == "paid":
                    raise ValueError("paid orders stay")

            def afterDelete(self, triggerEvent=1):
                log.info("deleted %s", self._original_data["customer"])
    """
    )
    orders = app_from(ORDER | {"models/OrderModel/model.py": model}).models.OrderModel
    row = orders.create(customer="ann")
    assert row.customer == "Ann"
    row.status = "paid"
    row.save()
    with pytest.raises(ValueError, match="paid orders stay"):
        row.delete()
    assert orders.query().totalCount == 1
    assert row.delete(triggerEvent=0) is True


@pytest.mark.parametrize("make", ["sqlite", "postgresql", "mysql"], indirect=True)
def test_a_total_is_a_group_without_fields(orders):
    for total in (1, 2):
        orders.create(customer="Ann", total=total)
    assert orders.groupBy("", [], [["id", "count"], ["total", "sum"]]) == [{"count_id": 2, "sum_total": Decimal(3)}]
    with pytest.raises(ModelError, match="groupBy needs fields"):
        orders.groupBy()


@pytest.mark.parametrize("make", ["sqlite", "postgresql", "mysql"], indirect=True)
def test_a_change_by_filter_takes_the_values_that_a_save_takes(orders, make):
    orders.create(customer="Ann")
    with pytest.raises(ModelError, match="customer: 21 characters are over the limit of 20"):
        orders.updateByFilter("", {"customer": "x" * 21})
    with pytest.raises(ModelError, match="total: 100000000000000000000 has too many digits"):
        orders.updateByFilter("", {"total": 10**20})
    if make != "sqlite":
        with pytest.raises(ModelError, match=r"(?i)out of range|overflow"):
            orders.updateByFilter("", {"paid": 70_000})
    assert orders.get().customer == "Ann"


def test_databases_and_their_transactions(app_from):
    app = app_from(
        ORDER
        | {
            "databases/Archive/e.json": {"title": "Archive", "type": "databases.SqliteType"},
            "databases/Archive/Archive.json": {"dbConfig": {"database": "data/{{name}}.db"}},
            "app.json": {"appId": "test.App", "name": "App", "version": "1.0.0", "variables": {"name": "old"}},
            "models/OldModel/e.json": {"title": "Old", "type": "models.NormalType", "db": "databases.Archive"},
            "models/OldModel/__init__.py": "from .model import OldModel\n",
            "models/OldModel/model.py": """
                from datatypes.Meta import datatypes
                from models.NormalType import NormalModel

                class OldModel(NormalModel):
                    id = datatypes.AutoInt(primaryKey=True)
                    name = datatypes.Stext()
            """,
            "services/S/__init__.py": "from .service import S\n",
            "services/S/e.json": {"title": "S", "type": "services.NormalType"},
            "services/S/service.py": """
                from databases.Meta import RequiresNewTransaction, transaction
                from services.NormalType import NormalService

                class S(NormalService):
                    @transaction
                    def both(self, fail):
                        app.models.OrderModel.create(customer="in")
                        if fail:
                            raise RuntimeError

                    @RequiresNewTransaction
                    def alone(self):
                        app.models.OrderModel.create(customer="alone")
            """,
        }
    )
    from databases.Meta import RequiresNewTransaction

    app.models.OldModel.create(name="x")
    assert app.models.OldModel.get().name == "x"
    with app.transaction():
        app.models.OldModel.create(name="y")
        app.models.OldModel.updateByFilter("Q(name='x')", {"name": "z"})
        assert app.models.OldModel.getFieldData("", "name") == ["y", "z"], "a transaction sees what it has written"
    assert (app.root / "data/old.db").exists()
    assert app.getElement("databases.Default").engine is app.database.engine
    app.services.S.both(False)
    with pytest.raises(RuntimeError):
        app.services.S.both(True)
    app.services.S.alone()
    with RequiresNewTransaction():
        assert app.models.OrderModel.query().totalCount == 2
    assert [row.customer.value for row in app.models.OrderModel.query().rowDatas] == ["in", "alone"]
    app.getElement("databases.Default").commit()


def test_datatypes_are_elements_too(app_from):
    app = app_from({})
    assert app.getElement("datatypes.Stext")(name="a", value="b").value == "b"
    assert app.getElement("datatypes.Datetime")().getValue() == "2026-01-05 08:00:00"
