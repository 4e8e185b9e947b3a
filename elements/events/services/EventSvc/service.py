"""The service of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.Meta import Q
from services.NormalType import NormalService

from jitai_tasks import App
from jitai_tasks.events import OF_MODEL, events
from jitai_tasks.models.fields import plain
from jitai_tasks.models.records import between, newest, of_status
from jitai_tasks.models.rows import JitDict

__all__ = ["EventSvc"]

#: What a call can be.
STATES = ("waiting", "running", "success", "fail")


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
        """The calls of an asynchronous event, newest first: `{"totalCount", "rowDatas"}`, rows of `EventLogModel`.

        `startTime` and `endTime` limit when they were published; status: success, fail, running, waiting.
        """
        wanted = Q(element=str(plain(fullName))) & between("createdAt", startTime, endTime)
        wanted &= of_status(status, STATES, where="EventSvc.getEventLog")
        return newest(_log(), wanted, "id", page=page, size=pageSize)

    def getEventLogByRequestId(self, requestId: str) -> JitDict:
        """The call with this id."""
        return newest(_log(), Q(requestId=str(plain(requestId))), "id")

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


def _log() -> Any:
    return App.current().getElement("events.models.EventLogModel")
