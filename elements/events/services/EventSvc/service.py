"""The service of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.NormalType import NormalService

from jitai_tasks import App
from jitai_tasks.events import OF_MODEL, events
from jitai_tasks.models.fields import plain
from jitai_tasks.models.rows import JitDict
from jitai_tasks.models.taskrows import TaskRecords
from jitai_tasks.moments import instant_of

__all__ = ["EventSvc"]

#: Event words for the states of jobs.
STATES = {"success": "success", "fail": "error", "running": "running", "waiting": "waiting"}


class EventSvc(NormalService):
    """`app.getElement("events.services.EventSvc")`."""

    def getEventLog(
        self,
        fullName: str,
        startTime: Any = None,
        endTime: Any = None,
        status: str | None = None,
        page: int = 1,
        pageSize: int = 20,
    ) -> JitDict:
        """The calls of an asynchronous event: `{"totalCount", "rowDatas"}`; status: success, fail, running, waiting."""
        app = App.current()
        state = STATES.get(str(plain(status)), plain(status)) if status else None
        name = str(plain(fullName))
        if state in ("running", "waiting"):
            return TaskRecords(app).query(name, state, page=page, size=pageSize)
        since = None if startTime is None else instant_of(startTime, zone=app.timezone, where="startTime")
        until = None if endTime is None else instant_of(endTime, zone=app.timezone, where="endTime")
        return TaskRecords(app, past=True).between(name, since, until, status=state, page=page, size=pageSize)

    def getEventLogByRequestId(self, requestId: str) -> JitDict:
        """The call with this id."""
        app, wanted = App.current(), str(plain(requestId))
        found = TaskRecords(app, past=True).get(wanted) or TaskRecords(app).get(wanted)
        return JitDict(totalCount=int(found is not None), rowDatas=[] if found is None else [found])

    def getEventLogByNodeId(self, requestId: str, nodeId: str = "") -> JitDict:
        """The call with this id; a call is the only step of its process."""
        return self.getEventLogByRequestId(requestId)

    def sendEvent(
        self, sender: str, kwargs: Mapping[str, Any] | None = None, eventType: str = "events.NormalType"
    ) -> Any:
        """Publish: call all that listen to `sender`; for model events `sender` is "<model>_<operate>"."""
        app, name, given = App.current(), str(plain(sender)), dict(plain(kwargs) or {})
        if plain(eventType) != OF_MODEL:
            return events(app).publish(name, (), given)
        model, _, operate = name.rpartition("_")
        return [event.call(event.recoverTaskParams(given)[0][0]) for event in events(app).of_model(model, operate)]

    def callEvent(self, fullName: str, **kwargs: Any) -> Any:
        """Call one event by its name."""
        return App.current().getElement(str(plain(fullName))).call(**kwargs)
