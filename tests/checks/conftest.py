"""How a wrong app is told: a sound one, and the files that differ, with a § right before the place of the problem."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jitai_tasks.checks import examine
from jitai_tasks.problems import Problem
from jitai_tasks.testing import write_files

NOW = int(datetime(2026, 1, 5, 8, tzinfo=UTC).timestamp() * 1_000_000)
DAILY = '"startTime": "2026-01-01 09:00:00", "repeat": {"repeatType": "day"}'
SOUND: dict[str, object] = {
    "app.json": {"appId": "test.App", "timezone": "UTC"},
    "services/OrderSvc/e.json": {
        "type": "services.NormalType",
        "title": "Orders",
        "functionList": [{"name": "cancel", "args": [{"name": "orderId"}]}, {"name": "count"}],
    },
    "services/OrderSvc/__init__.py": "from .service import OrderSvc\n",
    "services/OrderSvc/service.py": """
        from services.NormalType import NormalService


        class OrderSvc(NormalService):
            def cancel(self, orderId, reason="unpaid"):
                return orderId

            def count(self, *, since=None):
                return 0
    """,
    "models/Meeting/e.json": {"type": "models.NormalType", "title": "Meetings"},
    "models/Meeting/__init__.py": "from .model import Meeting\n",
    "models/Meeting/model.py": """
        from models.NormalType import NormalModel


        class Meeting(NormalModel):
            id = datatypes.AutoInt(primaryKey=True)
            title = datatypes.Stext()
            begins = datatypes.Datetime()
    """,
    "tasks/Count/e.json": {
        "type": "tasks.NormalType",
        "title": "Count",
        "enable": 1,
        "func": "services.OrderSvc.count",
        "timerCfg": {"startTime": "2026-01-01 09:00:00", "repeat": {"repeatType": "day"}},
    },
}

Examine = Callable[..., list[Problem]]
Told = Callable[..., Problem]


def scheduled(top: str = "", *, timer: str = DAILY) -> str:
    """The e.json of a scheduled task that is switched on; `top` are further keys, each followed by a comma."""
    head = '{\n  "type": "tasks.NormalType",\n  "title": "A task",\n  "enable": 1,\n'
    return f'{head}  {top}\n  "timerCfg": {{{timer}}}\n}}\n'


def of_rows(top: str, *, timer: str = '"startField": "begins"') -> str:
    """The e.json of a date-field task."""
    return scheduled(top, timer=timer).replace("tasks.NormalType", "tasks.DateFieldType")


@pytest.fixture
def found_in(tmp_path: Path) -> Examine:
    """`found_in({"tasks/X/e.json": "…"})`: what the checks say about the sound app with these files."""

    def check(files: dict[str, object]) -> list[Problem]:
        write_files(tmp_path, {**SOUND, **files})
        return examine(tmp_path, now=NOW).problems

    return check


@pytest.fixture
def told(found_in: Examine) -> Told:
    """`told({"tasks/X/e.json": "… §…"}, rule)`: the one problem, which is placed at the § in the file that has one."""

    def check(files: dict[str, object], rule: str, *, severity: str = "error") -> Problem:
        problems = found_in({name: _unmarked(text) for name, text in files.items()})
        said = "\n".join(f"{problem.severity} {problem.rule} {problem}" for problem in problems)
        assert len(problems) == 1, said or "nothing is said"
        (problem,) = problems
        assert (problem.rule, problem.severity) == (rule, severity), said
        name, text = next((name, text) for name, text in files.items() if isinstance(text, str) and "§" in text)
        assert str(problem).startswith(f"{name}:{_place(text)}: "), f"{said}\nexpected at {_place(text)}"
        assert problem.advice
        return problem

    return check


def _unmarked(content: object) -> object:
    return content.replace("§", "") if isinstance(content, str) else json.loads(json.dumps(content))


def _place(text: str) -> str:
    offset = text.index("§")
    return f"{text.count(chr(10), 0, offset) + 1}:{offset - text.rfind(chr(10), 0, offset)}"
