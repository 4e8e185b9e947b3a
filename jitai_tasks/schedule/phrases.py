"""What the sentences about a schedule are made of, whatever the language."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from jitai_tasks.schedule.civil import DAY, SECOND, datetime_of
from jitai_tasks.schedule.cron import Cron
from jitai_tasks.schedule.rule import Rule

#: So many times of a day are named one by one.
_FEW = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a sentence about a schedule says. Times are texts already."""

    rule: Rule
    zone: str
    #: Date and time that the rule counts from, like `2024-01-01` and `09:00`; "" for cron without a start.
    start_date: str
    start_time: str
    #: Date and time of the end; "" for none.
    end: str
    #: The holiday policy's value; "" if holidays make no difference.
    policy: str
    calendar: str
    #: Seconds; "" for none.
    jitter: str


class Change(Enum):
    """What else a clock change does to slots."""

    NOTHING = auto()
    #: From then on they show another time on the clock.
    OTHER_TIME = auto()
    #: Those named for the time that is left out do not come.
    LEFT_OUT = auto()
    #: Those named for the time that comes twice come twice, or the second time.
    TWICE = auto()
    SECOND = auto()


class Phrases(Protocol):
    """One language."""

    def sentence(self, facts: Facts) -> str:
        """The whole rule in one sentence."""

    def gap(self, at: str, before: str, after: str, named: str) -> str:
        """The slot named for a time that a clock change leaves out."""

    def change(self, at: str, before: str, after: str, change: Change) -> str:
        """A clock change that moves no slot."""

    def left_out(self, named: str) -> str:
        """A slot on a day off that does not run."""

    def moved(self, named: str, to: str) -> str:
        """A slot on a day off that runs at another time."""

    def unknown(self, calendar: str, year: int) -> str:
        """A year without data."""


def clock_text(wall: int) -> str:
    """`09:00`, with seconds only if there are any."""
    text = datetime_of(wall % DAY).strftime("%H:%M:%S")
    return text.removesuffix(":00")


def date_text(wall: int) -> str:
    """`2024-01-01`."""
    return datetime_of(wall).date().isoformat()


def moment_text(wall: int) -> str:
    """`2024-01-01 09:00`."""
    return f"{date_text(wall)} {clock_text(wall)}"


def seconds_text(width: int) -> str:
    """`30` or `0.5`."""
    return f"{width / SECOND:g}" if width else ""


def few_times(cron: Cron) -> list[str]:
    """The times of day of a cron rule, like `09:00`, if they are few enough to be named one by one; else none."""
    if cron.a_day > _FEW or len(cron.seconds) > 1:
        return []
    second = f":{cron.seconds[0]:02}" if cron.seconds[0] else ""
    return [f"{hour:02}:{minute:02}{second}" for hour in cron.hours for minute in cron.minutes]


def step_of(numbers: tuple[int, ...], size: int) -> int:
    """3 for 0, 3, 6 and so on below `size`; 0 for numbers that are not all multiples of one, or simply all."""
    step = numbers[1] - numbers[0] if len(numbers) > 1 else 0
    return step if step > 1 and numbers == tuple(range(0, size, step)) else 0


def is_stretch(numbers: tuple[int, ...]) -> bool:
    """Whether these are two or more numbers without a hole."""
    return len(numbers) > 1 and numbers == tuple(range(numbers[0], numbers[-1] + 1))
