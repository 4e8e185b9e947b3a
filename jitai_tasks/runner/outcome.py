"""What came of user code, as a value. `attempt` is the one place where the framework catches everything."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import cache
from types import TracebackType
from typing import NamedTuple

from .. import payload
from ..errors import PayloadError
from ..paths import elements_dir
from ..store.records import Job, Outcome, Status
from ..tasks import Refusal

_LIMIT = 16 * 1024
_PACKAGE = __file__.rsplit("/", 2)[0] + "/"


class Attempt(NamedTuple):
    """What a call of user code returned or raised."""

    value: object = None
    error: BaseException | None = None


def attempt(call: Callable[..., object], *arguments: object) -> Attempt:
    """Call user code; whatever it raises, `SystemExit` and `KeyboardInterrupt` included, is an answer."""
    try:
        return Attempt(call(*arguments))
    except BaseException as error:  # noqa: BLE001 - the one place around user code
        return Attempt(None, error)


def outcome_of(tried: Attempt, started: int, ended: int) -> Outcome:
    """The outcome of a call: success with its value, a refusal with its reason, or an error with its traceback."""
    if tried.error is not None:
        return failed(tried.error, started=started, ended=ended)
    if isinstance(tried.value, Refusal):
        return Outcome(status=tried.value.status, reason=tried.value.reason, ended=ended)
    if tried.value is None:
        return Outcome(status=Status.SUCCESS, started=started, ended=ended)
    return _succeeded(tried.value, started, ended)


def in_time(job: Job, outcome: Outcome) -> Outcome:
    """The outcome, if the function kept to its time limit; "expired" if it came back late and nobody had killed it."""
    if outcome.started is None or not 0 < job.timeout_ms * 1000 < outcome.ended - outcome.started:
        return outcome
    reason = f"over its time limit of {job.timeout_ms / 1000:g} s"
    return Outcome(status=Status.EXPIRED, reason=reason, started=outcome.started, ended=outcome.ended)


def failed(error: BaseException, *, started: int | None, ended: int, log: str = "") -> Outcome:
    """The outcome of a call that raised."""
    return Outcome(
        status=Status.ERROR, error_type=type_name(error)[:255], error=message(error),
        traceback=trimmed_traceback(error), started=started, ended=ended, log=log,
    )  # fmt: skip


def _succeeded(value: object, started: int, ended: int) -> Outcome:
    """A value that cannot be stored does not undo what the function has done; the log says why it is missing."""
    stored = attempt(lambda: payload.dumps(value, where="result"))
    if isinstance(stored.error, PayloadError):
        note = f"[the result is not stored: {stored.error}]\n"
        return Outcome(status=Status.SUCCESS, started=started, ended=ended, log=note)
    if stored.error is not None:
        return failed(stored.error, started=started, ended=ended)
    return Outcome(status=Status.SUCCESS, result=str(stored.value), started=started, ended=ended)


def type_name(error: BaseException) -> str:
    """The class of an error as people write it: without the module if it is built in."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def message(error: BaseException) -> str:
    """The words of an error, at most 16 KiB; an error that cannot speak is named."""
    words = attempt(str, error)
    return clean(str(words.value) if words.error is None else "(its message cannot be read)")


def trimmed_traceback(error: BaseException) -> str:
    """The traceback from the first frame that is the user's on, at most 16 KiB, its end kept."""
    text = attempt(_formatted, error)
    return clean(str(text.value)) if text.error is None else clean(type_name(error))


def clean(text: str) -> str:
    """The text in a form every database stores: no NUL, no lone surrogates, at most 16 KiB with head and tail."""
    stored = text.replace("\0", "\\0").encode("utf-8", "backslashreplace")
    if len(stored) <= _LIMIT:
        return stored.decode()
    head, tail = stored[: _LIMIT // 4], stored[-(_LIMIT * 3 // 4 - 64) :]
    return f"{head.decode('utf-8', 'ignore')}\n… cut …\n{tail.decode('utf-8', 'ignore')}"


def _formatted(error: BaseException) -> str:
    report = traceback.TracebackException(type(error), error, _first_foreign(error.__traceback__), compact=True)
    return "".join(report.format())


def _first_foreign(frames: TracebackType | None) -> TracebackType | None:
    frame = frames
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith(_own_folders()):
        frame = frame.tb_next
    return frame or frames


@cache
def _own_folders() -> tuple[str, ...]:
    return (_PACKAGE, f"{elements_dir()}/", "<frozen importlib")
