"""The typed form of what the schemas have validated: `TaskConfig` for a task's e.json, `AppConfig` for an app.json.

The schemas are the rule book; a test proves that both agree. Fields carry the names of the keys in the files.
"""

# ruff: noqa: N815 - the keys are JitAi's
from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Json = dict[str, object]


def _flag(value: object) -> object:
    """0 and 1 are JitAi's false and true."""
    return bool(value) if type(value) is int and value in (0, 1) else value


def _whole(value: object) -> object:
    """In JSON 3.0 is a whole number too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Queue = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,63}$")]
Tag = Annotated[str, Field(min_length=1, max_length=64)]
Zone = Annotated[str, Field(min_length=1, max_length=64)]
FullName = Annotated[str, Field(pattern=r"^[^\s./\\]+(\.[^\s./\\]+)*$")]
ElementName = Annotated[str, Field(pattern=r"^[^\s./\\]+(\.[^\s./\\]+)+$")]
Version = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+){0,3}([-+.][0-9A-Za-z.+-]+)?$")]
AppId = Annotated[ElementName, Field(max_length=128)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Retry(_Frozen):
    """What happens after an exception."""

    #: How many times the task is tried again after the first attempt.
    max: Whole = Field(ge=0, le=1000)
    #: Seconds before the next attempt.
    delay: float = Field(120, ge=0, le=31_536_000)


class Expectation(_Frozen):
    """A deadline: an alarm is raised when no run has succeeded by then, or one takes too long."""

    #: Local time of day, HH:mm.
    by: str | None = Field(None, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
    #: Seconds.
    maxDuration: float | None = Field(None, ge=0.001, le=31_536_000)

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if self.by is None and self.maxDuration is None:
            raise ValueError("expect needs by or maxDuration")
        return self


class TaskConfig(_Frozen):
    """What a task's e.json says, after normalising and validation; absent keys have their defaults."""

    enable: Flag = False
    funcType: Literal["Inner", "Global"] = "Inner"
    func: FullName = Field("", max_length=500)
    argDict: Json = Field(default_factory=dict)
    #: The rule as it stands in the file; `schedule` parses it.
    timerCfg: Json = Field(default_factory=dict)
    #: Model of a date-field task.
    modelPath: ElementName = ""
    #: Q expression of a date-field task.
    filter: str = Field("", max_length=4096)
    #: Seconds.
    timeout: float = Field(43200, ge=0.001, le=31_536_000)
    queue: Queue = "default"
    priority: Whole = Field(0, ge=-1_000_000, le=1_000_000)
    tags: tuple[Tag, ...] = Field((), max_length=20, strict=False)
    retry: Retry = Retry(max=0)
    onInterrupt: Literal["rerun", "error"] = "rerun"
    misfire: Literal["skip", "runOnce", "runAll"] = "skip"
    #: Seconds.
    misfireGrace: float = Field(300, ge=0, le=31_536_000)
    misfireMax: Whole = Field(100, ge=1, le=10_000)
    overlap: Literal["skip", "queue", "allow", "cancelPrevious"] = "skip"
    #: Seconds.
    jitter: float = Field(0, ge=0, le=86_400)
    timezone: Zone | None = None
    expect: Expectation | None = None

    @model_validator(mode="after")
    def _global_needs_func(self) -> Self:
        if self.funcType == "Global" and not self.func:
            raise ValueError("funcType Global needs func")
        return self

    @property
    def max_retries(self) -> int:
        """How many times the task is tried again after the first attempt."""
        return self.retry.max

    @property
    def retry_delay(self) -> float:
        """Seconds before the next attempt."""
        return self.retry.delay


class ExtendsItem(_Frozen):
    """An app that this one inherits from."""

    appId: AppId
    #: None: any version.
    version: Version | None = None
    #: Folder, from the folder of the app.json; None: it is looked for.
    path: str | None = Field(None, min_length=1)


class AppConfig(_Frozen):
    """What an app.json says; absent keys have their defaults."""

    #: Free here: layers that are no apps are described by one of these, too.
    appId: str
    name: str = Field("", min_length=1)
    title: str = Field("", min_length=1)
    description: str = ""
    version: Version = "1.0.0"
    orgId: str = ""
    extends: tuple[ExtendsItem, ...] = Field((), strict=False)
    #: IANA name; None: UTC, and a hint.
    timezone: Zone | None = None
    #: URL of the database; None: DATABASE_URL, else SQLite inside the app.
    database: str | None = Field(None, min_length=1)
    #: Full name of the calendar element that knows the days off.
    calendar: FullName | None = None
    settings: Json = Field(default_factory=dict)
    variables: Json | list[Json] = Field(default_factory=dict)
    requirements: tuple[str, ...] = Field((), strict=False)
