"""What a model declares to be unique is kept so by the database, in tables that are there already too."""

from __future__ import annotations

import logging

import pytest
import sqlalchemy as sa

everywhere = pytest.mark.parametrize("make", ["sqlite", "postgresql", "mysql"], indirect=True)
UNIQUE = "code = datatypes.Stext(name='code', unique=1)"
PAIR = 'unionUniqueList = [{"name": "pair", "title": "Pair", "fieldNameList": ["code", "shop"]}]'


def item(code: str = "code = datatypes.Stext(name='code')", meta: str = "name = 'Item'") -> dict[str, str]:
    """The files of a model; `code` declares its field, `meta` stands in its class Meta."""
    return {
        "models/Item/e.json": '{"title": "Items", "type": "models.NormalType"}',
        "models/Item/__init__.py": "from .model import Item\n",
        "models/Item/model.py": f"""
            from datatypes.Meta import datatypes
            from models.NormalType import NormalModel

            class Item(NormalModel):
                id = datatypes.AutoInt(name="id", primaryKey=True)
                {code}
                shop = datatypes.Stext(name="shop")

                class Meta:
                    {meta}
        """,
    }


def refuses_a_second(model, **values) -> bool:
    try:
        model.create(**values)
    except sa.exc.IntegrityError:
        return True
    return False


def indexes(app) -> list[str]:
    """The unique indexes of the model's table, however they came to be."""
    with app.database.read() as connection:
        inspector = sa.inspect(connection)
        named = [*inspector.get_indexes("Item"), *inspector.get_unique_constraints("Item")]
    return sorted({str(found["name"]) for found in named if found.get("unique", True)})


@everywhere
@pytest.mark.parametrize(
    "code", [UNIQUE, UNIQUE.replace("Stext", "Ltext"), UNIQUE.replace("unique", "maxLen=2000, unique")]
)
def test_a_new_table_keeps_its_unique_fields_unique(app_from, code):
    app = app_from(item(code))
    app.models.Item.create(code="a")
    assert refuses_a_second(app.models.Item, code="a")
    app.models.Item.create(code=None)
    app.models.Item.create(code=None)
    assert indexes(app) == ["uq_Item_code"]


@everywhere
@pytest.mark.parametrize("code", [UNIQUE, UNIQUE.replace("Stext", "Ltext")])
def test_a_field_of_a_table_that_exists_becomes_unique(app_from, code, caplog):
    app_from(item(code.replace(", unique=1", ""))).models.Item.create(code="a")
    app = app_from(item(code))
    assert refuses_a_second(app.models.Item, code="a")
    assert app.models.Item.create(code="b").id == app.models.Item.get("Q(code='b')").id
    assert indexes(app) == ["uq_Item_code"]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@everywhere
def test_a_group_of_fields_becomes_unique_and_so_does_a_field_that_is_new_itself(app_from):
    app_from(item()).models.Item.create(code="a", shop="x")
    wider = f"{UNIQUE.replace('code', 'serial')}\n                {item.__defaults__[0]}"
    app = app_from(item(wider, PAIR))
    app.models.Item.create(code="a", shop="y", serial="1")
    assert refuses_a_second(app.models.Item, code="a", shop="x")
    assert refuses_a_second(app.models.Item, code="c", shop="x", serial="1")


@everywhere
def test_rows_that_repeat_are_reported_once_and_the_model_works_all_the_same(app_from, caplog):
    items = app_from(item()).models.Item
    items.createOrUpdateMany([{"code": "a"}, {"code": "a"}])
    app = app_from(item(UNIQUE, PAIR))
    items = app.models.Item
    items.create(code="a", shop="x")
    assert items.query("Q(code='a')").totalCount == 3
    problems = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert problems == [
        "models.Item: the database does not keep code unique: rows repeat; the first start after that is mended makes"
        " it so"
    ]
    assert refuses_a_second(items, code="a", shop="x"), "the pair is unique whatever became of the other"
    items.deleteByFilter("Q(id__gt=1)")
    assert refuses_a_second(app_from(item(UNIQUE, PAIR)).models.Item, code="a")


@everywhere
def test_a_unique_constraint_that_the_table_has_already_is_enough(app_from, caplog):
    app = app_from(item(UNIQUE, PAIR))
    old = sa.Table(
        "Item",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.String(255)),
        sa.Column("shop", sa.String(255)),
        sa.UniqueConstraint("code", name="uq_Item_code"),
        sa.UniqueConstraint("shop", "code", name="of_another_name"),
    )
    with app.database.begin() as connection:
        old.create(connection)
    app.models.Item.create(code="a")
    assert refuses_a_second(app.models.Item, code="a")
    assert indexes(app) == ["of_another_name", "uq_Item_code"]
    assert not [record for record in caplog.records if "INDEX" in record.getMessage()]


@pytest.mark.parametrize("make", ["sqlite", "postgresql"], indirect=True)
def test_an_index_that_keeps_some_rows_unique_is_not_enough(app_from):
    app_from(item()).models.Item.create(code="a", shop="closed")
    app = app_from(item(UNIQUE))
    with app.database.begin() as connection:
        connection.execute(sa.text("""CREATE UNIQUE INDEX open_ones ON "Item" (code) WHERE shop <> 'closed'"""))
    assert refuses_a_second(app.models.Item, code="a", shop="closed")
    assert indexes(app) == ["open_ones", "uq_Item_code"]


@everywhere
def test_a_group_that_gets_other_fields_says_what_is_to_be_dropped(app_from, caplog):
    app_from(item(meta=PAIR)).models.Item.create(code="a", shop="x")
    items = app_from(item(meta=PAIR.replace('"code", ', '"id", '))).models.Item
    assert items.create(code="b", shop="x").code == "b"
    assert "does not keep id, shop unique: index uq_Item_pair is one of other fields; drop it" in caplog.text


@pytest.mark.parametrize("make", ["postgresql"], indirect=True)
def test_texts_that_are_too_long_for_an_index_are_reported(app_from, caplog):
    long = "".join(chr(0x4E00 + number) for number in range(6000))
    app_from(item(UNIQUE.replace("Stext", "Ltext").replace(", unique=1", ""))).models.Item.create(code=long)
    items = app_from(item(UNIQUE.replace("Stext", "Ltext"))).models.Item
    assert items.get().code == long
    assert "models.Item: the database does not keep code unique: index row " in caplog.text


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_within_a_transaction_on_sqlite_too_rows_that_repeat_are_in_nobodys_way(app_from, caplog):
    app_from(item()).models.Item.createOrUpdateMany([{"code": "a"}, {"code": "a"}])
    app = app_from(item(UNIQUE))
    with app.transaction() as session:
        session.execute(sa.text("UPDATE \"Item\" SET shop = 'x'"))
        app.models.Item.create(code="a", shop="x")
    assert app.models.Item.query("Q(shop='x')").totalCount == 3
    assert "rows repeat" in caplog.text


def test_names_that_could_be_one_are_two(app_from):
    """Of two tables, and of two fields that are alike in their first sixty characters."""
    long = "a" * 60

    def files(name: str, *fields: str) -> dict[str, str]:
        declared = "".join(f"{chr(10)}    {each} = datatypes.Stext(name='{each}', unique=1)" for each in fields)
        code = (
            "from datatypes.Meta import datatypes\nfrom models.NormalType import NormalModel\n\n\n"
            f"class {name}(NormalModel):\n    id = datatypes.AutoInt(name='id', primaryKey=True){declared}\n"
        )
        e_json = '{"title": "T", "type": "models.NormalType"}'
        return {f"models/{name}/e.json": e_json, f"models/{name}/__init__.py": code}

    app = app_from(
        files("order_a", "item_code") | files("order_a_item", "code") | files("Long", f"{long}x", f"{long}y")
    )
    app.models.order_a.create(item_code="1")
    app.models.order_a_item.create(code="1")
    assert refuses_a_second(app.models.order_a_item, code="1")
    app.models.Long.create(**{f"{long}x": "1", f"{long}y": "1"})
    assert refuses_a_second(app.models.Long, **{f"{long}x": "1", f"{long}y": "2"})
    assert refuses_a_second(app.models.Long, **{f"{long}x": "2", f"{long}y": "1"})


@pytest.mark.parametrize("make", ["postgresql", "mysql"], indirect=True)
def test_a_transaction_that_writes_to_the_table_waits_for_no_index_of_its_own(app_from, caplog):
    app_from(item()).models.Item.create(code="a")
    app = app_from(item(UNIQUE))
    with app.transaction() as session:
        session.execute(
            sa.text(
                "INSERT INTO " + ("`Item`" if "mysql" in str(session.bind.url) else '"Item"') + " (code) VALUES ('b')"
            )
        )
        assert app.models.Item.query("Q(code='a')").totalCount == 1
    assert "does not keep code unique" in caplog.text
