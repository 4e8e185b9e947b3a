"""What the text in `func` may name, and whether arguments fit."""

from __future__ import annotations

import pytest

from jitai_tasks.errors import BadArguments, ElementBroken, FunctionNotFound
from jitai_tasks.resolve import accepted_arguments, bind, inner_function, resolve

DAILY = {
    "title": "Daily",
    "type": "tasks.NormalType",
    "enable": 1,
    "funcType": "Inner",
    "timerCfg": {"startTime": "2026-01-01 09:00:00", "repeat": {"repeatType": "day", "period": 1}},
}
SHOP = {
    "services/Base/e.json": {"title": "Base", "type": "services.NormalType"},
    "services/Base/__init__.py": """
        from services.NormalType import NormalService
        class Base(NormalService):
            def inherited(self): return "from base"
    """,
    "services/Orders/e.json": {"title": "Orders", "type": "services.NormalType"},
    "services/Orders/__init__.py": """
        from os import system
        import os, subprocess, functools
        from commons.tools import shared, careless, careful
        from .service import Orders, aside
        Popen = subprocess.Popen
        partial = functools.partial(print)
        lambda_like = staticmethod(print)
        def module_level(a, b=2): return a + b
        @careless
        def decorated(): return "decorated"
        @careful
        def wrapped(): return "wrapped"
    """,
    "services/Orders/service.py": """
        import os
        from services.Base import Base
        from commons.tools import careless
        def aside(): return "aside"
        class Orders(Base):
            shell = os.system
            from shutil import rmtree
            size = 3
            def create(self, orderId, reason="unknown"): return (orderId, reason)
            @staticmethod
            def fixed(): return "static"
            @classmethod
            def of_class(cls): return cls.__name__
            @careless
            def adorned(self): return "adorned"
            @property
            def shown(self): return "property"
            async def later(self): return "later"
            def _hidden(self): pass
            def __dunder__(self): pass
            class Nested:
                def inside(self): pass
    """,
    "services/OrderSvc.py": """
        from json import dumps
        def checkAndCancel(orderId): return orderId
        def _private(): pass
    """,
    "services/MeetingSvc.py": """
        from services.NormalType import NormalService
        class MeetingSvc(NormalService):
            def notify(self, rowData): return (rowData, self.__fullName__)
    """,
    "commons/tools.py": """
        import functools
        def shared(): pass
        def careless(function):
            def inner(*args): return function(*args)
            return inner
        def careful(function):
            @functools.wraps(function)
            def inner(*args): return function(*args)
            return inner
    """,
    "tasks/Daily/e.json": DAILY,
    "tasks/Daily/__init__.py": "from .inner import customFunc\n",
    "tasks/Daily/inner.py": "from json import dumps\ndef customFunc(): return 'custom'\ndef executeTask(n): return n\n",
    "tasks/Bare/e.json": DAILY,
    "tasks/Bare/inner.py": "def main(app, taskInstance, rowData): return 'main'\n",
    "tasks/Empty/e.json": DAILY,
    "tasks/Borrowed/e.json": DAILY,
    "tasks/Borrowed/__init__.py": "from commons.tools import shared as customFunc\n",
}


@pytest.mark.parametrize(
    ("path", "arguments", "answer"),
    [
        ("services.Orders.create", ("o1",), ("o1", "unknown")),
        ("services.Orders.fixed", (), "static"),
        ("services.Orders.of_class", (), "Orders"),
        ("services.Orders.adorned", (), "adorned"),
        ("services.Orders.inherited", (), "from base"),
        ("services.Orders.module_level", (1,), 3),
        ("services.Orders.aside", (), "aside"),
        ("services.Orders.decorated", (), "decorated"),
        ("services.Orders.wrapped", (), "wrapped"),
        ("services.OrderSvc.checkAndCancel", ("o2",), "o2"),
        ("services.MeetingSvc.notify", ("row",), ("row", "services.MeetingSvc")),
        ("tasks.Daily.customFunc", (), "custom"),
    ],
)
def test_a_path_leads_to_a_function(app_from, path, arguments, answer):
    assert resolve(app_from(SHOP), path)(*arguments) == answer


def test_a_name_without_a_dot_is_looked_up_in_the_package_of_the_task(app_from):
    app = app_from(SHOP)
    daily = app.catalog.definitions["tasks.Daily"]
    assert resolve(app, "executeTask", element=daily)(5) == 5
    with pytest.raises(FunctionNotFound, match="defines no function executeTsk; did you mean executeTask"):
        resolve(app, "executeTsk", element=daily)
    with pytest.raises(FunctionNotFound, match="defines no function dumps"):
        resolve(app, "dumps", element=daily)
    with pytest.raises(FunctionNotFound, match="belongs to a task"):
        resolve(app, "executeTask")


@pytest.mark.parametrize(
    "path",
    [
        "os.system",
        "builtins.eval",
        "services.Orders.os.system",
        "services.Orders.system",
        "services.Orders.Popen",
        "services.Orders.partial",
        "services.Orders.lambda_like",
        "services.Orders.shared",
        "services.Orders.shell",
        "services.Orders.rmtree",
        "services.Orders.size",
        "services.Orders.shown",
        "services.Orders.Nested",
        "services.Orders.Nested.inside",
        "services.Orders.Orders",
        "services.Orders.service.aside",
        "services.Orders._hidden",
        "services.Orders.__dunder__",
        "services.Orders.__class__",
        "services.Orders.__init__",
        "services.Orders.requestHandle",
        "services.Orders.ofElement",
        "services.Orders",
        "services.OrderSvc.dumps",
        "services.OrderSvc._private",
        "services.OrderSvc.app",
        "services.OrderSvc.log",
        "services.NormalType.NormalService",
        "services.Meta.Loader",
        "tasks.TemporaryType.createTemporaryTask",
        "official.services.Meta.Loader",
        "commons.tools.shared",
        "jit_utils.time.now",
        "services..create",
        "services.Orders.create\0",
        "services/Orders/create",
        "../services.Orders.create",
        "services.Orders.create()",
        "services.Orders.lambda",
        "services." + "x" * 600,
        "",
    ],
)
def test_anything_but_a_public_function_of_an_element_is_refused(app_from, path):
    app = app_from(SHOP)
    with pytest.raises(FunctionNotFound):
        resolve(app, path)


def test_what_is_no_text_is_refused(app_from):
    with pytest.raises(FunctionNotFound):
        resolve(app_from(SHOP), 3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("services.Orders.creat", r"did you mean services\.Orders\.create\?"),
        ("services.Order.create", r"there is no element services\.Order; .*did you mean services\.Orders\.create\?"),
        ("services.OrderSvc.checkAndCancl", r"did you mean services\.OrderSvc\.checkAndCancel\?"),
    ],
)
def test_a_wrong_name_gets_a_guess(app_from, path, said):
    with pytest.raises(FunctionNotFound, match=said):
        resolve(app_from(SHOP), path)


@pytest.mark.parametrize("name", ["requestHandle", "getFile", "__init__"])
def test_a_guess_is_never_a_name_that_is_refused_itself(app_from, name):
    with pytest.raises(FunctionNotFound) as caught:
        resolve(app_from(SHOP), f"services.Orders.{name}")
    assert f"did you mean services.Orders.{name}" not in str(caught.value)


def test_a_broken_element_is_named_as_the_reason(app_from):
    app = app_from({**SHOP, "services/Orders/e.json": "{"})
    with pytest.raises(FunctionNotFound, match=r"the element services\.Orders is broken: services/Orders/e\.json:1"):
        resolve(app, "services.Orders.create")
    app = app_from({**SHOP, "services/Orders/service.py": "def (:\n"})
    with pytest.raises(ElementBroken, match=r"services/Orders/service\.py:1"):
        resolve(app, "services.Orders.create")


def test_an_override_offers_what_it_inherits_from_what_it_overrides(tmp_path):
    from jitai_tasks import open_app
    from jitai_tasks.testing import APP_JSON, write_files

    write_files(tmp_path / "Base", {"app.json": {**APP_JSON, "appId": "org.Base"}, **SHOP})
    near = {
        "app.json": {**APP_JSON, "appId": "org.Near", "extends": [{"appId": "org.Base", "version": "1.0.0"}]},
        "services/Orders/e.json": {"title": "Near", "type": "services.NormalType"},
        "services/Orders/__init__.py": """
            from org.Base.services.Orders import Orders as Far
            class Orders(Far):
                def extra(self): return "extra"
        """,
    }
    with open_app(write_files(tmp_path / "Near", near)) as app:
        assert resolve(app, "services.Orders.extra")() == "extra"
        assert resolve(app, "services.Orders.create")("o") == ("o", "unknown")


def test_the_inner_function_is_found_by_its_names_in_order(app_from):
    app = app_from(SHOP)
    assert inner_function(app.getElement("tasks.Daily"))() == "custom"
    assert inner_function(app.getElement("tasks.Bare"))(app, None, None) == "main"
    assert inner_function(app.getElement("tasks.Empty")) is None
    assert inner_function(app.getElement("tasks.Borrowed")) is None


def test_arguments_are_held_against_the_parameters_before_the_call(app_from):
    create = resolve(app_from(SHOP), "services.Orders.create")
    bind(create, {"orderId": 1}, path="p")
    bind(create, {"reason": "x"}, path="p", row={"id": 1})
    with pytest.raises(
        BadArguments, match=r"p: missing a required argument: 'orderId'; its parameters are \(orderId, reas"
    ):
        bind(create, {}, path="p")
    with pytest.raises(BadArguments, match="unexpected keyword argument 'colour'"):
        bind(create, {"orderId": 1, "colour": 2}, path="p")


def test_the_arguments_a_function_accepts_are_picked_out():
    given = {"a": 1, "b": 2, "c": 3}
    assert accepted_arguments(lambda: None, given) == {}
    assert accepted_arguments(lambda a, *, c=0: None, given) == {"a": 1, "c": 3}
    assert accepted_arguments(lambda **kwargs: None, given) == given
    assert accepted_arguments(lambda a, /: None, given) == {}
