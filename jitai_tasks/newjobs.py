"""New jobs: what each kind carries, checked before anything is stored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from pydantic import ValidationError

from . import payload
from .clock import SECOND
from .config import TaskConfig
from .definition import Definition
from .errors import BadArguments, did_you_mean, nearest
from .ids import new_id
from .jsonscan import is_clean
from .moments import instant_of
from .schedule.civil import FIRST_INSTANT, LAST_INSTANT
from .store.records import NewJob, OnInterrupt, TaskState

if TYPE_CHECKING:
    from .app import App

TEMPORARY = "tasks.TemporaryType"


class Options(TypedDict, total=False):
    """What can be said about a job beside its function, arguments and time."""

    #: Full name of the Type that performs it; default: the temporary one.
    task_type: str
    title: str
    queue: str
    #: Higher runs first.
    priority: int
    tags: Sequence[str]
    #: Seconds a run may take.
    timeout: float
    creator: str
    #: How often it is tried again after an exception, and how many seconds later.
    retries: int
    retry_delay: float
    #: Seconds from now, instead of a start time.
    delay: float


class Said(TypedDict, total=False):
    """What can be said about a run outside the schedule."""

    #: Replaces the task's own function; it is looked up when the job runs.
    func: str
    #: For a name without element.
    task_type: str
    creator: str


def new_temporary(
    app: App,
    func: str,
    arguments: Mapping[str, Any] | None = None,
    start: object = None,
    **options: Unpack[Options],
) -> NewJob:
    """The job of one call of `func`, checked: the function exists, the arguments fit it and can be stored.

    Raises FunctionNotFound, BadArguments (also for options without sense), PayloadError or InvalidTime.
    """
    given = _keywords(func, arguments)
    _texts(options)
    task_type = options.get("task_type", TEMPORARY)
    app.performer(task_type).check(func, given)
    return NewJob(
        id=new_id(),
        task_type=task_type,
        func=func,
        title=options.get("title", func.rpartition(".")[2]),
        args=payload.dumps(given, where="argDict"),
        due=_start(app, start, options.get("delay", 0)),
        **_extras(options),
    )


def new_manual(
    app: App, full_name: str, arguments: Mapping[str, Any] | None = None, start: object = None, **said: Unpack[Said]
) -> NewJob:
    """One more run of a task, outside its schedule. A name without element gives a task that stands for itself."""
    _texts(said)
    definition = app.catalog.find(full_name)
    config = config_of(definition) if definition else TaskConfig()
    return NewJob(
        id=new_id(),
        task=full_name,
        task_type=definition.type if definition else said.get("task_type", TEMPORARY),
        func=said.get("func", ""),
        title=definition.title if definition else full_name,
        args=payload.dumps({**config.argDict, **_keywords(full_name, arguments)}, where="argDict"),
        due=_start(app, start, 0),
        manual=True,
        creator=said.get("creator", ""),
        **_policies(config),
    )


def planned_job(definition: Definition, slot: int) -> NewJob:
    """The job of one planned moment of a task."""
    config = config_of(definition)
    return NewJob(
        id=new_id(),
        task=definition.full_name,
        task_type=definition.type,
        func=config.func if config.funcType == "Global" else "",
        title=definition.title,
        args=payload.dumps(config.argDict, where="argDict"),
        due=slot,
        slot=slot,
        **_policies(config),
    )


def usual_delay(job: NewJob) -> float | None:
    """Seconds until a failed attempt is tried again, as the job was created; None after its last retry."""
    return job.retry_delay_ms / 1000 if job.attempt <= job.max_retries else None


def retry(job: NewJob, now: int, delay: float) -> NewJob:
    """The job that tries again `delay` seconds after the instant `now`, linked to the one before it.

    BadArguments for a delay that is none.
    """
    names = (name for name in NewJob.__dataclass_fields__ if name not in ("id", "hold"))
    kept: dict[str, Any] = {name: getattr(job, name) for name in names}
    kept |= {
        "due": _later(now, delay, "retryAfter"),
        "attempt": job.attempt + 1,
        "retry_of": job.id,
        "root_id": job.root_id or job.id,
    }
    return NewJob(id=new_id(), **kept)


def _policies(config: TaskConfig) -> dict[str, Any]:
    return {
        "queue": config.queue,
        "priority": config.priority,
        "tags": config.tags,
        "timeout_ms": round(config.timeout * 1000),
        "max_retries": config.max_retries,
        "retry_delay_ms": round(config.retry_delay * 1000),
        "on_interrupt": OnInterrupt(config.onInterrupt),
    }


def config_of(definition: Definition) -> TaskConfig:
    """The typed form of a task's e.json."""
    return TaskConfig.model_validate(definition.config)


def is_enabled(definition: Definition, state: TaskState) -> bool:
    """Whether a task is to run by itself: switched on, and not paused."""
    return is_on(definition, state) and not state.paused


def is_on(definition: Definition, state: TaskState) -> bool:
    """Whether a task is switched on: by people at run time, else by its file."""
    return config_of(definition).enable if state.enabled is None else state.enabled


def _extras(options: Options) -> dict[str, Any]:
    """The fields that options set; an unknown option is a TypeError with the nearest known one."""
    if not options:
        return _USUAL
    unknown = [name for name in options if name not in Options.__annotations__]
    if unknown:
        guess = did_you_mean(nearest(unknown[0], Options.__annotations__))
        raise TypeError(f"unknown option {unknown[0]!r}{guess}; there are: {', '.join(Options.__annotations__)}")
    return _policies(_checked(options)) | {"creator": options.get("creator", "")}


def _checked(options: Options) -> TaskConfig:
    """Options have the rules of the same keys in e.json."""
    keys = ("queue", "priority", "tags", "timeout")
    given: dict[str, Any] = {key: options[key] for key in keys if key in options}  # type: ignore[literal-required]
    if "retries" in options:
        given["retry"] = {"max": options["retries"], "delay": options.get("retry_delay", 120)}
    try:
        return TaskConfig.model_validate(given) if given else _DEFAULTS
    except ValidationError as error:
        wrong = error.errors()[0]
        name = ".".join(str(part) for part in wrong["loc"])
        raise BadArguments(f"option {name}", f"{wrong['msg']}, got {wrong['input']!r}") from None


def _start(app: App, start: object, delay: object) -> int:
    if start is not None:
        return instant_of(start, zone=app.timezone, where="startTime")
    return _later(app.database.now(), delay, "option delay")


def _later(now: int, delay: object, where: str) -> int:
    """The instant so many seconds after another."""
    if isinstance(delay, bool) or not isinstance(delay, int | float) or not math.isfinite(delay):
        raise BadArguments(where, f"expected a number of seconds, got {delay!r}")
    if abs(delay) * SECOND <= LAST_INSTANT:
        later = now + round(delay * SECOND)
        if FIRST_INSTANT <= later <= LAST_INSTANT:
            return later
    raise BadArguments(where, f"{delay!r} seconds lead out of the years that are known (to 9999)")


def _texts(said: Mapping[str, Any]) -> None:
    """BadArguments for what is no text that every database stores."""
    for name in ("task_type", "title", "creator", "func"):
        value = said.get(name, "")
        if not (isinstance(value, str) and is_clean(value)):
            raise BadArguments(f"option {name}", f"expected text without NUL and lone surrogates, got {value!r}")


_DEFAULTS = TaskConfig()
#: What a job has for which no option was given.
_USUAL = _policies(_DEFAULTS)


def _keywords(path: str, arguments: object) -> dict[str, Any]:
    if arguments is None:
        return {}
    if not isinstance(arguments, Mapping):
        raise BadArguments(path, f"argDict: expected a dict of keyword arguments, got {type(arguments).__name__}")
    return dict(arguments)
