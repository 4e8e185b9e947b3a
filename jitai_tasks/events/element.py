"""Event elements: functions that are called when something happens.

Synchronous ones run at once and break the caller when they fail. Asynchronous ones are jobs, created in the transaction
of what they follow: they run exactly if it commits, by themselves, with their own place in the history.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from .. import newjobs
from ..definition import Definition
from ..errors import EventError, FilterError, FunctionNotFound
from ..ids import shown
from ..models.catalog import models
from ..models.change import Change, different
from ..models.datatypes.texts import Stext
from ..models.fields import plain
from ..models.mapping import Model
from ..models.normal import NormalModel
from ..models.rows import JitDict, RowData, plain_member
from ..store.records import NewJob
from ..tasks import BaseTask
from ..transactions import submit

_logger = logging.getLogger(__name__)


class Event(BaseTask):
    """An event element. As a task it performs its own asynchronous calls."""

    @property
    def name(self) -> str:
        """The last segment of the full name."""
        return self.element.name

    @property
    def sender(self) -> str:
        """What it listens to."""
        return str(self.config.get("sender", ""))

    @property
    def funcType(self) -> str:
        """ "Global" (the default) or "Inner"."""
        return str(self.config.get("funcType", "Global"))

    @property
    def func(self) -> str:
        """Path of the service function; "" for an inner one."""
        return str(self.config.get("func", ""))

    @property
    def asyncType(self) -> bool:
        """Whether it runs as a job."""
        return bool(self.config.get("asyncType", False))

    @property
    def enable(self) -> bool:
        """Whether it is called at all."""
        return is_on(self.element.definition)

    @property
    def objMode(self) -> bool:
        """Whether all parameters are handed over as one object."""
        return bool(self.config.get("objMode", False))

    @property
    def callTime(self) -> str:
        """ "before" or "after" what it listens to."""
        return "before" if str(self.config.get("operate", "")).endswith("Before") else "after"

    def getSender(self) -> str:
        """What it listens to, as events are published."""
        operate = self.config.get("operate")
        return f"{self.sender}_{operate}" if operate else self.sender

    def isValid(self, *args: Any, **kwargs: Any) -> bool:
        """Whether this event asks for a call."""
        return self.enable

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function now, or create the job that does; answers the function's value, or the job's id."""
        if not self.isValid(*args, **kwargs):
            return None
        if self.asyncType:
            return self.createTask(self.buildTaskParams(*args, **kwargs))
        return self.run_now(args, kwargs)

    def run_now(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call the function; if it is `async def`, answer what it comes to. EventError inside a running event loop."""
        value = self.run(args, kwargs)
        return value if not inspect.iscoroutine(value) else completed(value, self.fullName)

    def run(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call the function."""
        func = self.getFunc()
        if self.objMode:
            return func(JitDict(args=list(args), **kwargs))
        return func(*args, **kwargs)

    def getFunc(self, task: Any = None) -> Callable[..., Any]:
        """The function to call. FunctionNotFound names the event as well."""
        func = self.customFunc if self.funcType == "Inner" else self._global()
        if func is None:
            raise FunctionNotFound(self.fullName, "the event names no func and its package has no customFunc")
        return func

    def _global(self) -> Callable[..., Any]:
        try:
            return self._resolved(self.func)
        except FunctionNotFound as error:
            raise FunctionNotFound(self.func, f"{error.reason}; {self.fullName} calls it") from error

    def handleNode(self, node: Any, *args: Any, **kwargs: Any) -> tuple[Any, Sequence[Any], Mapping[str, Any]]:
        """What a step of a process passes on, unchanged."""
        return node, args, kwargs

    def buildTaskParams(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The parameters of a call as they are stored with its job."""
        return {"args": [plain(arg) for arg in args], "kwargs": {key: plain(value) for key, value in kwargs.items()}}

    def recoverTaskParams(self, params: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The other way round."""
        kwargs = dict(params.get("kwargs") or {})
        return [_again(arg) for arg in params.get("args") or ()], {key: _again(value) for key, value in kwargs.items()}

    def createTask(self, taskParams: Mapping[str, Any], nodeId: str = "", requestId: str = "") -> str:
        """Create the job of one call, in the transaction around; answers its id."""
        del nodeId, requestId
        job = self.job(taskParams)
        submit(self.app, [job])
        return shown(job.id)

    def job(self, params: Mapping[str, Any]) -> NewJob:
        """The job of one call."""
        return newjobs.new_manual(self.app, self.fullName, params)

    def handle(self, task: Any) -> Any:
        """Perform an asynchronous call."""
        args, kwargs = self.recoverTaskParams(plain_member(task, "argDict") or {})
        return self.run(args, kwargs)

    def afterReturn(self, task: Any) -> None:
        """Nothing follows a call."""


class ModelEvent(Event):
    """An event about rows. Its function gets `eventOutData`: `model`, `optType`, `prevData`, `postData`."""

    @property
    def model(self) -> Model:
        """The model it listens to."""
        return models(self.app).get(self.sender)

    @property
    def filter(self) -> str:
        """Only rows that pass."""
        return str(self.config.get("filter", ""))

    @property
    def fields(self) -> frozenset[str]:
        """Only changes of these fields; all, if there are none."""
        return frozenset(self.config.get("fields") or ())

    def isValid(self, *args: Any, **kwargs: Any) -> bool:
        """Whether this event asks for a call; with event data, whether its filter and its fields do, too."""
        if not (self.enable and args and isinstance(args[0], Mapping)):
            return self.enable
        prev, post = (_bare(args[0].get(name)) or {} for name in ("prevData", "postData"))
        return self._concerns(different(prev, post), post or prev)

    def isFilterValid(self, row: Any) -> bool:
        """Whether a row passes the filter."""
        return bool(self.model.rows.getCompareResult(self.filter, row))

    def isFieldValid(self, changed: Any) -> bool:
        """Whether one of the watched fields is among the changed ones."""
        return not self.fields or bool(self.fields & set(changed))

    def wants(self, change: Change) -> bool:
        """Whether a change asks for a call."""
        row = change.post if change.post is not None else change.prev
        return self._concerns(change.changed, row or {})

    def _concerns(self, changed: frozenset[str], row: Mapping[str, object]) -> bool:
        """A filter that does not compile breaks the change as a failing function does; of an asynchronous event it is
        logged, and nobody is called."""
        try:
            return self.isFieldValid(changed) and self.isFilterValid(row)
        except FilterError as error:
            if not self.asyncType:
                raise FilterError(f"{self.fullName}: {error.reason}", text=error.text) from error
            _logger.error("%s is not called: %s", self.fullName, error)
            return False

    def buildEmptyDict(self) -> JitDict:
        """The data of no change at all."""
        empty = self.model.row({})
        return JitDict(model=Stext(value=self.sender), optType="", prevData=empty, postData=empty)

    def data(self, change: Change) -> JitDict:
        """What the function gets."""
        model = change.model
        return JitDict(
            model=Stext(value=model.name),
            optType=str(self.config.get("operate")),
            prevData=model.row(change.prev or {}),
            postData=model.row(change.post or {}),
        )

    def buildTaskParams(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The rows as plain data."""
        return {name: _bare(value) for name, value in dict(args[0]).items()}

    def recoverTaskParams(self, params: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The data with rows again."""
        data = JitDict(params)
        for name in ("prevData", "postData"):
            data[name] = self.model.row(dict(params.get(name) or {}))
        data["model"] = Stext(value=params.get("model"))
        return [data], {}


def is_on(definition: Definition) -> bool:
    """Whether an event is called; unless it says otherwise, it is."""
    return bool(definition.config.get("enable", 1))


def completed(coroutine: Coroutine[Any, Any, Any], name: str) -> Any:
    """What a coroutine comes to, run to its end here and now. EventError if an event loop runs here already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    coroutine.close()
    raise EventError(
        name, "its function is async, and cannot be run to its end inside a running event loop; say asyncType 1, or def"
    )


def _again(value: Any) -> Any:
    """A dictionary has its members as attributes, as it had for those who are called at once."""
    return JitDict(value) if isinstance(value, dict) else value


def _bare(value: Any) -> Any:
    if isinstance(value, NormalModel):
        return {name: value.model().held(name, member) for name, member in value.toDict().items()}
    return value.toDict() if isinstance(value, RowData) else plain(value)
