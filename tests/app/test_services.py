"""Services: the class behind the element, what it knows of itself, and where its code may lie."""

from __future__ import annotations

import pytest

from tests.app.build import service

CODE = """
    from services.NormalType import NormalService


    class Bakery(NormalService):
        def __init__(self):
            self.sign = f"{self.__title__}!"

        def bake(self, kind="rye"):
            return f"{kind} bread from {self.sign}"


    def closing():
        return "20:00"
"""
E_JSON = service("The bakery", functionList=[{"name": "bake", "title": "Bake", "args": [], "returnType": "Stext"}])


@pytest.mark.parametrize(
    "files",
    [
        {"services/Bakery/service.py": CODE, "services/Bakery/__init__.py": "from .service import Bakery"},
        {"services/Bakery/service.py": CODE},
        {"services/Bakery/__init__.py": CODE},
        {
            "services/Bakery/backend/service.py": CODE,
            "services/Bakery/backend/__init__.py": "from .service import Bakery",
        },
    ],
    ids=["service.py", "no __init__.py", "all in __init__.py", "backend"],
)
def test_a_service_is_an_object_of_the_class_named_like_it(app_from, files):
    app = app_from({"services/Bakery/e.json": E_JSON, **files})
    bakery = app.getElement("services.Bakery")
    assert app.services.Bakery.bake("spelt") == "spelt bread from The bakery!"
    assert (bakery.__title__, bakery.__fullName__) == ("The bakery", "services.Bakery")
    assert list(bakery.__functionList__) == ["bake"]


def test_a_single_module_is_a_service_without_e_json(app_from):
    app = app_from({"services/Bakery.py": CODE})
    assert app.getElement("services.Bakery").bake() == "rye bread from Bakery!"


def test_an_element_without_a_class_offers_its_functions(app_from, drain, history):
    from jitai_tasks import jobs

    app = app_from(
        {
            "services/Clock/e.json": service(),
            "services/Clock/__init__.py": "def strike(times):\n    return 'ding' * times",
        }
    )
    jobs.create_temporary(app, "services.Clock.strike", {"times": 3})
    drain()
    assert [run.outcome.result for run in history()] == ['"dingdingding"']
