"""The service that applications steer their tasks with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.Meta import Q
from services.NormalType import NormalService

from jitai_tasks import App, datefields, jobs
from jitai_tasks.ids import parsed, shown
from jitai_tasks.models.fields import plain
from jitai_tasks.models.records import between, newest, of_status
from jitai_tasks.models.rows import JitDict
from jitai_tasks.moments import local_text
from jitai_tasks.store.records import Status

__all__ = ["TaskSvc"]

NOT_FOUND = "notFound"
#: How a run can have ended.
STATES = tuple(state.value for state in Status if state not in (Status.WAITING, Status.RUNNING))


class TaskSvc(NormalService):
    """Lists tasks, creates runs of them, ends them, switches them on and off, and shows what happened."""

    def getTaskTmplList(self, queryStr: str = "") -> list[JitDict]:
        """The tasks whose title or full name contains `queryStr`, in any case; all, for an empty text.

        Each with `title`, `taskType`, `repeatType` and `fullName`; disabled and inherited tasks are among them.
        """
        wanted = str(plain(queryStr) or "").casefold()
        found = [_template(definition) for definition in App.current().tasks()]
        return [each for each in found if wanted in each.title.casefold() or wanted in each.fullName.casefold()]

    def createTimerTask(
        self,
        fullName: str,
        startTime: Any = None,
        funcName: str = "",
        taskType: str = "",
        argDict: Mapping[str, Any] | None = None,
        session: Any = None,
    ) -> JitDict:
        """One run of the task `fullName` at `startTime`, beside its schedule; a moment that has passed means: now.

        No element needs to have that name. `funcName` is a path like "services.X.fn" or a function of the task's own
        package; it is looked up when the run is due. Joins the transaction around, or that of `session`.
        """
        app = App.current()
        created = jobs.create_manual(
            app,
            str(plain(fullName)),
            plain(argDict) or {},
            plain(startTime) or None,
            session=session,
            func=str(plain(funcName) or ""),
            task_type=_typeName(plain(taskType)),
        )
        return JitDict(
            taskId=shown(created.id),
            fullName=created.task,
            taskType=taskType or created.task_type,
            funcName=created.func,
            startTime=local_text(created.due, app.timezone),
            status="waiting",
        )

    def forcedEnd(self, taskId: str) -> JitDict:
        """End a task, waiting or running, and plan what follows it. `{"status": "notFound"}` for an unknown id."""
        app = App.current()
        number = parsed(str(plain(taskId)))
        ended = number is not None and jobs.end(app, number)
        return JitDict(taskId=taskId, status="terminated" if ended else NOT_FOUND)

    def runTask(self, fullName: str, argDict: Mapping[str, Any] | None = None) -> JitDict:
        """Run a task once, now, beside its schedule. ElementNotFound if there is no such task."""
        created = jobs.run_now(App.current(), str(plain(fullName)), plain(argDict) or {})
        return JitDict(taskId=shown(created), fullName=fullName, status="waiting")

    def enableTask(self, fullName: str) -> JitDict:
        """Switch a task on, whatever its file says; it is planned from now on."""
        jobs.set_enabled(App.current(), str(plain(fullName)), True)
        return JitDict(fullName=fullName, enable=1)

    def disableTask(self, fullName: str) -> JitDict:
        """Switch a task off, whatever its file says. A run at work ends; no other begins."""
        jobs.set_enabled(App.current(), str(plain(fullName)), False)
        return JitDict(fullName=fullName, enable=0)

    def rescheduleTask(self, fullName: str, timerCfg: Mapping[str, Any]) -> JitDict:
        """Give a scheduled task another rule, whatever its file says, until `revertTask`; it is planned anew.

        InvalidTime names what is wrong with the rule.
        """
        jobs.reschedule(App.current(), str(plain(fullName)), plain(timerCfg))
        return JitDict(fullName=fullName, timerCfg=plain(timerCfg))

    def revertTask(self, fullName: str) -> JitDict:
        """Give a task back to its file: what was switched on or off, paused or rescheduled. `reverted` is 0 if nothing
        was."""
        return JitDict(fullName=fullName, reverted=int(jobs.revert(App.current(), str(plain(fullName)))))

    def saveDateFieldTask(self, rowObj: Any) -> JitDict:
        """Bring the jobs of a saved row in step with it: `{"saved": n, "removed": m}`.

        `rowObj` is `{"postData": row, "prevData": row or None}` with rows or dictionaries (these with `"model"`), or
        the data of a model event. Models do this by themselves, in the transaction of the save.
        """
        return datefields.save_row(App.current(), rowObj)

    def deleteDateFieldTask(self, rowObj: Any) -> JitDict:
        """Take the jobs of a deleted row away: `{"removed": m}`. The row is told in `prevData`."""
        return datefields.delete_row(App.current(), rowObj)

    def getTaskLog(
        self,
        fullName: str,
        startTime: Any = None,
        endTime: Any = None,
        status: str | None = None,
        page: int = 1,
        pageSize: int = 20,
    ) -> JitDict:
        """The runs of a task that ended between two times, newest first: `{"totalCount", "rowDatas"}`."""
        wanted = Q(element=str(plain(fullName))) & between("realEndTime", startTime, endTime)
        wanted &= of_status(status, STATES, where="TaskSvc.getTaskLog")
        history = App.current().getElement("tasks.models.TaskHistoryModel")
        return newest(history, wanted, "realEndTime", page=page, size=pageSize)


def _template(definition: Any) -> JitDict:
    timer = definition.config.get("timerCfg") or {}
    return JitDict(
        title=definition.title,
        taskType=definition.type,
        repeatType=(timer.get("repeat") or {}).get("repeatType", "normal"),
        fullName=definition.full_name,
    )


def _typeName(name: Any) -> str:
    """The full name of a task Type: "NormalType" is short for "tasks.NormalType"."""
    return name if not name or "." in name else f"tasks.{name}"
