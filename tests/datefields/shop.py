"""A small app with meetings, for the tests of date-field tasks."""

from __future__ import annotations

from typing import Any

MODEL = {
    "models/Meeting/e.json": {"title": "Meetings", "type": "models.NormalType", "dataTitle": "title"},
    "models/Meeting/__init__.py": "from .model import Meeting\n",
    "models/Meeting/model.py": """
        from datatypes.Meta import datatypes
        from models.NormalType import NormalModel

        class Meeting(NormalModel):
            id = datatypes.AutoInt(name="id", title="ID", primaryKey=True)
            title = datatypes.Stext(name="title", title="Title")
            start = datatypes.Datetime(name="start", title="Start")
            until = datatypes.Datetime(name="until", title="Until")
            day = datatypes.Date(name="day", title="Day")
            status = datatypes.Stext(name="status", title="Status", default="active")
    """,
}
INNER = """
    def customFunc(rowData):
        log.info("reminder for %s at %s", rowData.title, rowData.start)
        return {"id": rowData.id.value, "title": rowData.title.value}
"""


def task(name: str = "Remind", /, *, inner: str = INNER, **config: Any) -> dict[str, object]:
    """The files of a date-field task; `config` goes over a reminder at the start of the meeting."""
    timer = {"startField": "start", **config.pop("timerCfg", {})}
    element = {
        "title": name, "type": "tasks.DateFieldType", "enable": 1, "funcType": "Inner", "modelPath": "models.Meeting",
        "timerCfg": timer, **config,
    }  # fmt: skip
    return {
        f"tasks/{name}/e.json": {key: value for key, value in element.items() if value is not None},
        f"tasks/{name}/__init__.py": "from .inner import customFunc\n",
        f"tasks/{name}/inner.py": inner,
    }


def meetings(*tasks: dict[str, object], **more: object) -> dict[str, object]:
    """An app with the model and these tasks."""
    files: dict[str, object] = dict(MODEL)
    for each in tasks:
        files |= each
    return files | more
