"""The errors of jitai-tasks: one base, few children, facts as fields, and a sentence that says the way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class JitaiTasksError(Exception):
    """Base of every error that jitai-tasks raises on purpose."""


class AppError(JitaiTasksError):
    """The application folder cannot be opened: no app.json, a cycle in `extends`, a second app, a foreign import."""


class ElementNotFound(JitaiTasksError, LookupError):
    """No element has this full name in any layer. Fields: `full_name`, `suggestion` (or None)."""

    def __init__(self, full_name: str, known: Iterable[str] = ()) -> None:
        self.full_name = full_name
        self.suggestion = nearest(full_name, known)
        super().__init__(f"no element {full_name}{did_you_mean(self.suggestion)}")


class ElementBroken(JitaiTasksError):
    """The element exists, but its files cannot be loaded. Fields: `full_name`, `reason`."""

    def __init__(self, full_name: str, reason: str) -> None:
        self.full_name = full_name
        self.reason = reason
        super().__init__(f"element {full_name} cannot be loaded: {reason}")


class FunctionNotFound(JitaiTasksError, LookupError):
    """A `func` path names nothing that a task may call. Fields: `path`, `reason`, `suggestion` (or None)."""

    def __init__(self, path: str, reason: str, known: Iterable[str] = ()) -> None:
        self.path = path
        self.reason = reason
        self.suggestion = nearest(path, known)
        super().__init__(f"func {path!r}: {reason}{did_you_mean(self.suggestion)}")


class NoFunction(FunctionNotFound):
    """A task that shall run names no function and brings none; its jobs are held until it does. Field: `task`."""

    def __init__(self, task: str) -> None:
        self.task = task
        super().__init__("", "the task names no func and its package has no customFunc")
        self.args = (f"{task}: {self.reason}; set func in its e.json, or write customFunc",)


class BadArguments(JitaiTasksError, TypeError):
    """The arguments do not fit the function's parameters. Fields: `path`, `reason`."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class PayloadError(JitaiTasksError, ValueError):
    """A value cannot be stored as JSON, or is over its limit. Fields: `where` (like `argDict.order.at`), `reason`."""

    def __init__(self, where: str, reason: str) -> None:
        self.where = where
        self.reason = reason
        super().__init__(f"{where}: {reason}")


class InvalidTime(JitaiTasksError, ValueError):
    """A date, a rule, an offset or a zone that makes no sense. Fields: `pointer` (like `repeat/period`), `reason`."""

    def __init__(self, pointer: str, reason: str) -> None:
        self.pointer = pointer
        self.reason = reason
        super().__init__(f"{pointer}: {reason}" if pointer else reason)


class FilterError(JitaiTasksError, ValueError):
    """A filter that is none: not a Q expression, an unknown field or operator, a value that does not fit the field.

    Fields: `reason`, `text` (what was written, "" if it was no text).
    """

    def __init__(self, reason: str, *, text: str = "") -> None:
        self.reason = reason
        self.text = text
        super().__init__(f"filter {text[:200]!r}: {reason}" if text else f"filter: {reason}")


class ModelError(JitaiTasksError):
    """A model, a field or a row cannot do what was asked. Fields: `model`, `reason`."""

    def __init__(self, model: str, reason: str) -> None:
        self.model = model
        self.reason = reason
        super().__init__(f"{model}: {reason}")


class TransitionRefused(ModelError):
    """A row is not ready for a transition that was asked for. Fields: `model`, `transition`, `reason`."""

    def __init__(self, model: str, transition: str, reason: str) -> None:
        super().__init__(model, f"transition {transition!r} is not possible: {reason}")
        self.transition = transition
        self.reason = reason


class EventError(JitaiTasksError):
    """An event cannot be called the way it is. Fields: `event`, `reason`."""

    def __init__(self, event: str, reason: str) -> None:
        self.event = event
        self.reason = reason
        super().__init__(f"{event}: {reason}")


class StoreError(JitaiTasksError):
    """The database cannot do what was asked."""


class DatabaseUnreachable(StoreError):
    """No usable database behind the URL: wrong address, refused, no rights, read-only, unsupported version."""


class SchemaOutdated(StoreError):
    """The database's tables are older than this program: `jitai-tasks db upgrade APP`."""


class SchemaTooNew(StoreError):
    """The database's tables are newer than this program: install the newer jitai-tasks."""


class NotBegun(StoreError):
    """The database broke off before the function of a run began: nothing has happened, and the run is done again."""


class JobNotFound(StoreError, LookupError):
    """No job or run has this id. Field: `job_id`."""

    def __init__(self, job_id: object) -> None:
        self.job_id = job_id
        super().__init__(f"no job or run {job_id}; see `jitai-tasks jobs` and `jitai-tasks history`")


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.7) -> str | None:
    """The known word most like `word`, if one is close enough (1 is equal) to be a slip of the keyboard."""
    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return matches[0] if matches else None


def did_you_mean(suggestion: str | None) -> str:
    """The half-sentence that offers a suggestion, or nothing."""
    return f"; did you mean {suggestion}?" if suggestion else ""
