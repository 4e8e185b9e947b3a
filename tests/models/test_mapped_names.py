"""Mapped classes whose columns are called as what rows can do: both work."""

from __future__ import annotations

import logging

import pytest

pytestmark = pytest.mark.parametrize("make", ["sqlite", "postgresql"], indirect=True)
CAR = {
    "commons/garage.py": """
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class Car(Base):
            __tablename__ = "cars"
            id: Mapped[int] = mapped_column(primary_key=True)
            maker: Mapped[str]
            model: Mapped[str]
            value: Mapped[int | None]
            get: Mapped[str | None]
            query: Mapped[str | None]
            save: Mapped[str | None]
            keys: Mapped[str | None]
            update: Mapped[str | None]
            pkData: Mapped[str | None]
            toDict: Mapped[str | None]
            table: Mapped[str | None]
            drive: Mapped[str | None]
    """,
    "models/Car/e.json": {"title": "Cars", "type": "models.SQLAlchemyType", "class": "commons.garage:Car"},
    "models/Car/__init__.py": "from .model import Car\n",
    "models/Car/model.py": """
        from models.NormalType import NormalModel

        class Car(NormalModel):
            def drive(self):
                return f"{self.maker} {self['model']} drives"

            def afterSave(self, triggerEvent=1):
                log.info("saved %s", self["model"])
    """,
}
NAMES = ["model", "value", "get", "query", "save", "keys", "update", "pkData", "toDict"]
VALUES = {"id": 1, "maker": "Fiat", "value": 9, "table": "t", "drive": "front"} | {
    name: name.upper() for name in NAMES if name != "value"
}


@pytest.fixture
def app(app_from):
    app = app_from(CAR)
    Car = app.models.Car
    Car.table.create(Car.rows.model().database.engine)
    return app


def test_the_methods_work_and_the_columns_are_items(app):
    Car = app.models.Car
    row = Car.create(VALUES)
    assert row.toDict() == VALUES
    found = Car.get("Q(model='MODEL')")
    assert Car.query("Q(value__gt=8) & Q(get='GET')", orderList=[["save", 1]]).totalCount == 1
    assert {name: found[name].value for name in NAMES} == {name: VALUES[name] for name in NAMES}
    assert (f"{found['model']}", found.pkData, dict(found.value)) == ("MODEL", {"id": 1}, VALUES)
    assert found.drive() == "Fiat MODEL drives"
    assert (found["drive"], found.table) == ("front", "t")
    found["model"] = "Panda"
    found.value = 10
    found.save()
    assert Car.updateByPK([1], {"get": "x"}) == 1
    assert Car.get("Q(model='Panda') & Q(value=10) & Q(get='x')").refresh()["model"] == "Panda"
    assert Car.getCompareResult("Q(model='Panda')", found)


def test_the_element_that_serves_as_a_row_has_them_as_items_too(app):
    draft = app.getElement("models.Car")
    draft["maker"], draft["model"], draft["get"], draft["table"] = "Fiat", "Uno", "g", "t"
    assert (draft["model"], draft["get"], draft["table"], draft.maker) == ("Uno", "g", "t", "Fiat")
    draft.save()
    assert app.models.Car.get()["model"] == "Uno"
    assert draft.drive() == "Fiat Uno drives"


def test_the_log_names_them_once_when_the_model_is_loaded(app_from, caplog):
    app = app_from(CAR)
    for _ in range(2):
        _ = app.models.Car.rows
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [
        "models.Car: rows have something of their own called model, value, get, query, save, keys, update, pkData,"
        " toDict, drive; these fields are reached as items: row['model']"
    ]
