"""The files of new elements, one function per kind: path below the element's folder → text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Files = dict[str, str]
#: A JSON object of fewer characters stays on one line.
_SHORT = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the new element is called, and where it will lie."""

    #: The last segment of its name, and the name of its class.
    name: str
    full_name: str
    title: str
    #: Path of the schema as its e.json writes it; "" if the app has none.
    schema: str


def scheduled_task(place: Place, *, start: str, repeat: str, period: int) -> Files:
    """A task that runs a function of its own at the times of a rule."""
    timer = {"startTime": start, "repeat": {"repeatType": repeat, "period": period}}
    config = {"type": "tasks.NormalType", "title": place.title, "enable": 1, "funcType": "Inner", "timerCfg": timer}
    body = f'    log.info("{place.full_name} runs")\n    return "done"\n'
    return {"e.json": e_json(place, config), "inner.py": _inner(place, "", body)}


def row_task(place: Place, *, model: str, field: str) -> Files:
    """A task that runs for each row of a model when the date in a field comes."""
    config = {
        "type": "tasks.DateFieldType",
        "title": place.title,
        "enable": 1,
        "modelPath": model,
        "funcType": "Inner",
        "timerCfg": {"startField": field, "startOffset": {"offsetType": 0, "offset": 0, "offsetUnit": "minute"}},
    }
    body = f'    log.info("{place.full_name}: %s of %s", rowData.{field}, rowData)\n    return "done"\n'
    return {"e.json": e_json(place, config), "inner.py": _inner(place, "rowData", body)}


def service(place: Place, *, function: str) -> Files:
    """A class with one function that tasks, events and other services can call."""
    config = {
        "type": "services.NormalType",
        "title": place.title,
        "backendBundleEntry": ".",
        "functionList": [{"name": function, "title": function, "args": [], "returnType": "Stext"}],
    }
    return {
        "e.json": e_json(place, config),
        "__init__.py": f"from .service import {place.name}\n\n__all__ = [{json.dumps(place.name)}]\n",
        "service.py": f'''\
{_heading(place)}

from services.NormalType import NormalService


class {place.name}(NormalService):
    def {function}(self):
        log.info("{place.full_name}.{function}")
        return "done"
''',
    }


def model(place: Place, *, fields: Mapping[str, str]) -> Files:
    """A table, described by a class; `fields` are name → datatype."""
    title = next(iter(fields), "id")
    lines = "".join(f'    {name} = datatypes.{kind}(name="{name}")\n' for name, kind in fields.items())
    config = {"type": "models.NormalType", "title": place.title, "backendBundleEntry": ".", "dataTitle": title}
    return {
        "e.json": e_json(place, config),
        "__init__.py": f"from .model import {place.name}\n\n__all__ = [{json.dumps(place.name)}]\n",
        "model.py": f"""\
{_heading(place)}

from datatypes.Meta import datatypes
from models.NormalType import NormalModel


class {place.name}(NormalModel):
    id = datatypes.AutoInt(name="id", primaryKey=True)
{lines}""",
    }


def model_event(place: Place, *, sender: str, operate: str) -> Files:
    """A function that is called when rows of a model change."""
    config = {
        "type": "events.ModelType",
        "title": place.title,
        "enable": 1,
        "sender": sender,
        "operate": operate,
        "asyncType": int(operate.endswith("After")),
        "funcType": "Inner",
    }
    body = f'    log.info("{place.full_name}: %s of %s", eventOutData.optType, eventOutData.model)\n'
    return {"e.json": e_json(place, config), "inner.py": _inner(place, "eventOutData", body)}


def event(place: Place, *, sender: str) -> Files:
    """A function that is called when a service publishes."""
    config = {
        "type": "events.NormalType",
        "title": place.title,
        "enable": 1,
        "sender": sender,
        "asyncType": 1,
        "funcType": "Inner",
    }
    body = f'    log.info("{place.full_name}: %s %s", args, kwargs)\n'
    return {"e.json": e_json(place, config), "inner.py": _inner(place, "*args, **kwargs", body)}


def calendar(place: Place, *, country: str, subdivision: str, weekend: Sequence[int]) -> Files:
    """Which days are days off."""
    config: dict[str, object] = {"type": "calendars.NormalType", "title": place.title}
    given = {"country": country, "subdivision": subdivision, "weekend": list(weekend)}
    config |= {key: value for key, value in given.items() if value}
    return {"e.json": e_json(place, {**config, "add": [], "remove": []})}


def task_type(place: Place, *, base: str, base_class: str) -> Files:
    """A Type of the app's own: a Loader that names a class, and a schema for what its elements may say."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": place.title,
        "type": "object",
        "properties": {
            "greeting": {
                "title": "Greeting",
                "description": "What is logged before each run; an example of a key of this Type's own.",
                "type": "string",
                "examples": ["Good morning"],
            }
        },
    }
    class_name = place.name.removesuffix("Type") + "Task"
    module = class_name.lower()
    return {
        "e.json": e_json(place, {"type": base, "title": place.title, "backendBundleEntry": "."}),
        "schema.json": _text(schema),
        "__init__.py": f"from .loader import Loader\nfrom .{module} import {class_name}\n\n"
        f'__all__ = ["Loader", "{class_name}"]\n',
        "loader.py": f"from {base} import Loader as BaseLoader\n\nfrom .{module} import {class_name}\n\n\n"
        f"class Loader(BaseLoader):\n    taskClass = {class_name}\n",
        f"{module}.py": f"""\
{_heading(place)}

from {base} import {base_class}


class {class_name}({base_class}):
    def handle(self, task):
        log.info("%s", self.config.get("greeting", "Hello"))
        return super().handle(task)
""",
    }


def e_json(place: Place, config: Mapping[str, object]) -> str:
    """The text of an e.json, its schema first."""
    return _text({**({"$schema": place.schema} if place.schema else {}), **config})


def _inner(place: Place, parameters: str, body: str) -> str:
    return f"{_heading(place)}\n\nfrom jit.commons.utils.logger import log\n\n\ndef customFunc({parameters}):\n{body}"


def _heading(place: Place) -> str:
    title = place.title.replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{title}"""' if not title.endswith('"') else f'"""{title} """'


def _text(value: object) -> str:
    return _written(value, "") + "\n"


def _written(value: object, indent: str) -> str:
    """As people write it: what fits into a line and holds no objects stays on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict) or (indent and len(flat) < _SHORT and not _holds_objects(value)):
        return flat
    inner = indent + "  "
    lines = [f"{inner}{json.dumps(key, ensure_ascii=False)}: {_written(item, inner)}" for key, item in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _holds_objects(value: Mapping[str, object]) -> bool:
    return any(isinstance(item, dict) for item in value.values())
