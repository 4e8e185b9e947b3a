"""Functions that are named in e.json files and in code: whether they exist, and whether the arguments fit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .conftest import Examine, Told, of_rows, scheduled

INNER = "def customFunc():\n    return 1\n"


def test_a_sound_app_has_nothing_to_be_told(found_in: Examine) -> None:
    assert found_in({}) == []


@pytest.mark.parametrize(
    ("func", "message", "advice"),
    [
        ("services.OrderSvc.cancell", "defines no public function cancell", "did you mean 'services.OrderSvc.cancel'?"),
        ("services.OrdreSvc.cancel", "there is no services.OrdreSvc", "did you mean 'services.OrderSvc.cancel'?"),
        ("services.OrderSvc.requestHandle", "defines no public function requestHandle", "it defines: cancel, count"),
        ("services.OrderSvc._cancel", "'_cancel' is private", "write services."),
        ("services.OrderSvc.cancel.x", "leads out of services.OrderSvc", "name one function"),
        ("services.NormalType.x", "which is a type", "name a function of an instance"),
        ("os.system", "there is no os", "write services."),
        ("cancel", "the package of tasks.X defines no function cancel", "write `def cancel"),
    ],
)  # fmt: skip
def test_a_function_that_is_not_there_is_told_at_func(told: Told, func: str, message: str, advice: str) -> None:
    problem = told({"tasks/X/e.json": scheduled(f'"func": §"{func}",')}, "function")
    assert message in problem.message
    assert advice in problem.advice


def test_an_imported_name_is_no_function_of_the_element(told: Told) -> None:
    files = {
        "commons/__init__.py": "",
        "commons/shop.py": "def close():\n    pass\n",
        "services/OrderSvc/__init__.py": "from commons.shop import close\n\nfrom .service import OrderSvc\n",
        "tasks/X/e.json": scheduled('"func": §"services.OrderSvc.close",'),
    }
    assert "defines no public function close" in told(files, "function").message


def test_an_inner_function_that_is_missing_is_told(told: Told) -> None:
    assert "def customFunc" in told({"tasks/X/e.json": scheduled('"funcType": §"Inner",')}, "function").advice


def test_a_task_that_is_off_is_only_warned_of(told: Told) -> None:
    text = scheduled('"funcType": §"Inner",').replace('"enable": 1', '"enable": 0')
    told({"tasks/X/e.json": text}, "function", severity="warning")


@pytest.mark.parametrize("inner", [INNER, "def main():\n    pass\n", "async def customFunc():\n    pass\n"])
def test_an_inner_function_may_stand_in_inner_py_or_in_the_package(found_in: Examine, inner: str) -> None:
    text = scheduled('"funcType": "Inner",')
    assert found_in({"tasks/X/e.json": text, "tasks/X/inner.py": inner}) == []
    assert found_in({"tasks/Y/e.json": text, "tasks/Y/__init__.py": inner}) == []


@pytest.mark.parametrize(
    ("top", "message"),
    [
        ('"func": "services.OrderSvc.cancel", "argDict": §{"reason": "x"},', "needs orderId, which argDict"),
        ('"func": §"services.OrderSvc.cancel",', "needs orderId"),
    ],
)  # fmt: skip
def test_a_parameter_that_nobody_fills_is_told(told: Told, top: str, message: str) -> None:
    assert message in told({"tasks/X/e.json": scheduled(top)}, "arguments").message


def test_a_scheduled_task_hands_its_surroundings_to_main(found_in: Examine) -> None:
    inner = "def main(app, taskInstance, rowData):\n    pass\n"
    assert found_in({"tasks/X/e.json": scheduled('"funcType": "Inner",'), "tasks/X/inner.py": inner}) == []


def test_an_argument_that_is_not_handed_over_is_warned_of_at_its_key(told: Told) -> None:
    top = '"func": "services.OrderSvc.cancel", "argDict": {"orderId": 1, §"order": 2},'
    problem = told({"tasks/X/e.json": scheduled(top)}, "arguments", severity="warning")
    assert "has no parameter 'order'" in problem.message


def test_a_decorated_function_may_take_anything(found_in: Examine) -> None:
    inner = "from functools import cache\n\n\n@cache\ndef customFunc(x):\n    return x\n"
    assert found_in({"tasks/X/e.json": scheduled('"funcType": "Inner",'), "tasks/X/inner.py": inner}) == []


def test_methods_are_found_through_bases_in_other_files(found_in: Examine) -> None:
    files = {
        "services/BaseSvc/e.json": {"type": "services.NormalType", "title": "Base"},
        "services/BaseSvc/__init__.py": (
            "from services.NormalType import NormalService\n\n\nclass BaseSvc(NormalService):\n"
            "    def close(self):\n        pass\n"
        ),
        "services/ShopSvc/e.json": {"type": "services.NormalType", "title": "Shop"},
        "services/ShopSvc/__init__.py": "from services.BaseSvc import BaseSvc as B\n\n\nclass ShopSvc(B):\n    pass\n",
        "tasks/X/e.json": scheduled('"func": "services.ShopSvc.close",'),
    }
    assert found_in(files) == []


def test_what_the_text_cannot_tell_is_not_told(found_in: Examine) -> None:
    files = {
        "services/OrderSvc/__init__.py": "from somewhere.else_ import *\n",
        "tasks/Count/e.json": scheduled('"func": "services.OrderSvc.whatever",'),
    }
    assert [problem for problem in found_in(files) if problem.is_error] == []


def test_single_modules_count_as_services(told: Told, found_in: Examine) -> None:
    files = {
        "services/Plain.py": "def run():\n    return 1\n",
        "tasks/X/e.json": scheduled('"func": "services.Plain.run",'),
    }
    assert found_in(files) == []
    problem = told({**files, "tasks/X/e.json": scheduled('"func": §"services.Plain.walk",')}, "function")
    assert "services.Plain defines no public function walk" in problem.message


def test_the_function_of_a_date_field_task_takes_the_row(told: Told, found_in: Examine) -> None:
    text = of_rows('"modelPath": "models.Meeting", "funcType": §"Inner",')
    problem = told({"tasks/X/e.json": text, "tasks/X/inner.py": "def customFunc(row, more):\n    pass\n"}, "arguments")
    assert "needs more, but only the row is handed over" in problem.message
    for inner in ("def customFunc(rowData):\n    pass\n", "def main(app, taskInstance, rowData):\n    pass\n", INNER):
        assert found_in({"tasks/X/e.json": text.replace("§", ""), "tasks/X/inner.py": inner}) == []


def test_a_type_that_handles_runs_itself_needs_no_function(found_in: Examine) -> None:
    files = {
        "tasks/ReportType/e.json": {"type": "tasks.NormalType", "title": "Report"},
        "tasks/ReportType/__init__.py": "from .loader import Loader\n",
        "tasks/ReportType/loader.py": (
            "from tasks.NormalType import Loader as Base, NormalTask\n\n\nclass Task(NormalTask):\n"
            "    def handle(self, task):\n        return 1\n\n\nclass Loader(Base):\n    taskClass = Task\n"
        ),
        "tasks/X/e.json": scheduled().replace("tasks.NormalType", "tasks.ReportType"),
    }
    assert found_in(files) == []


def test_a_function_list_that_names_too_much_is_warned_of(told: Told) -> None:
    names = '[{"name": "cancel"}, {"name": "count"}, {"name": §"no"}]'
    text = f'{{"type": "services.NormalType", "title": "x", "functionList": {names}}}'
    assert "no public function no" in told({"services/OrderSvc/e.json": text}, "declared", severity="warning").message


def test_calls_in_code_that_name_a_function_as_text_are_looked_at(told: Told) -> None:
    inner = (
        "from tasks.TemporaryType.task import createTemporaryTask\n\n\n"
        'def customFunc():\n    createTemporaryTask(§"services.OrderSvc.cancle", {"orderId": 1})\n'
    )
    files = {"tasks/X/e.json": scheduled('"funcType": "Inner",'), "tasks/X/inner.py": inner}
    assert "cancle" in told(files, "function").message
    wrong = inner.replace("cancle", "cancel").replace('"orderId"', '"id"')
    assert "needs orderId, has no parameter id" in told({**files, "tasks/X/inner.py": wrong}, "arguments").message


def test_python_that_does_not_compile_is_told_at_its_line(told: Told) -> None:
    problem = told({"commons/broken.py": "x = 1\nif x§\n"}, "syntax")
    assert "this is no Python" in problem.message


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("x = 1\n§return x\n", "'return' outside function"),
        ("def f(a, §a):\n    pass\n", "duplicate argument"),
        ("§x = " + "-" * 100_000 + "1\n", "nested too deeply"),
        ("§# -*- coding: none-such -*-\n", "unknown encoding"),
    ],
    ids=["return", "arguments", "depth", "encoding"],
)
def test_what_the_compiler_refuses_is_told(told: Told, code: str, reason: str) -> None:
    assert reason in told({"commons/broken.py": code}, "syntax").message


def test_what_editors_leave_behind_is_no_code_of_the_app(found_in: Examine, tmp_path: Path) -> None:
    (tmp_path / "commons").mkdir()
    (tmp_path / "commons" / ".#lock.py").symlink_to("someone@somewhere.123")
    (tmp_path / "commons" / "nowhere.py").symlink_to("none.py")
    (tmp_path / "commons" / "folder.py").mkdir()
    os.mkfifo(tmp_path / "commons" / "pipe.py")
    assert found_in({}) == []


def test_a_long_chain_of_conditions_is_read(found_in: Examine) -> None:
    branches = "".join(f"elif x == {number}:\n    y = {number}\n" for number in range(900))
    assert found_in({"commons/long.py": f"x = y = 0\nif x:\n    y = 1\n{branches}"}) == []


def test_a_class_may_have_the_name_of_its_base(found_in: Examine) -> None:
    code = "from services.OrderSvc import OrderSvc as Own\n\n\nclass Own(Own):\n    pass\n"
    files = {
        "services/Own/e.json": {"type": "services.NormalType", "title": "Own"},
        "services/Own/__init__.py": code,
        "tasks/X/e.json": scheduled('"func": "services.Own.count",'),
    }
    assert found_in(files) == []


def test_a_func_that_names_an_element_is_told_what_it_may_call(told: Told) -> None:
    problem = told({"tasks/X/e.json": scheduled('"func": §"services.OrderSvc",')}, "function")
    assert "is an element" in problem.message
    assert problem.advice == "write 'services.OrderSvc.cancel' or 'services.OrderSvc.count'"


def test_the_advice_names_every_argument_that_is_missing(told: Told) -> None:
    files = {
        "tasks/X/e.json": scheduled('"funcType": §"Inner",'),
        "tasks/X/inner.py": "def customFunc(a, b):\n    return a, b\n",
    }
    assert 'add "argDict": {"a": …, "b": …}' in told(files, "arguments").advice


def test_an_event_without_a_function_is_not_called_a_task(told: Told) -> None:
    event = '{"type": "events.ModelType", "title": "x", "sender": "models.Meeting", "operate": "AddAfter", '
    assert "the event names no func" in told({"events/E/e.json": event + '"funcType": §"Inner"}'}, "function").message


def test_a_function_that_nobody_names_is_information(told: Told) -> None:
    inner = "def customFunc():\n    return 1\n\n\n§def leftOver():\n    return 2\n"
    files = {"tasks/X/e.json": scheduled('"funcType": "Inner",'), "tasks/X/inner.py": inner}
    assert "names the function leftOver of tasks.X" in told(files, "unused", severity="information").message
