"""`JitNow`: a naive datetime in the application's time zone that also has Arrow's methods."""

from __future__ import annotations

import datetime as dt
from typing import Self

import arrow

from jitai_tasks import App
from jitai_tasks.clock import SystemClock, moment
from jitai_tasks.errors import AppError

__all__ = ["JitNow", "zoneName"]

TEXT_FORM = "YYYY-MM-DD HH:mm:ss"


def zoneName() -> str:
    """The time zone of the open application; UTC when none is open."""
    app = _openApp()
    return app.timezone if app else "UTC"


def _openApp() -> App | None:
    try:
        return App.current()
    except AppError:
        return None


class JitNow(dt.datetime):
    """A `datetime` without zone, meant in the application's zone; `shift`, `format`, `floor`… are Arrow's.

    Plain datetime code (`+ timedelta`, `strftime`, comparisons) works as with any naive datetime.
    """

    @classmethod
    def read(cls) -> Self:
        """The time it is now, in the application's zone."""
        app = _openApp()
        at = (app.clock if app else SystemClock()).now()
        return cls.of(arrow.get(moment(at)).to(zoneName()))

    @classmethod
    def of(cls, when: dt.datetime | arrow.Arrow) -> Self:
        """The same moment on the application's clock; a naive datetime is taken as it is."""
        if when.tzinfo is not None:
            when = arrow.get(when).to(zoneName()).naive
        clock = (when.hour, when.minute, when.second, when.microsecond)
        return cls(when.year, when.month, when.day, *clock, fold=when.fold)

    @property
    def arrow(self) -> arrow.Arrow:
        """The aware Arrow object of this moment."""
        return arrow.Arrow.fromdatetime(self, tzinfo=zoneName())

    @property
    def naive(self) -> dt.datetime:
        """A plain naive datetime."""
        return self.arrow.naive

    @property
    def datetime(self) -> dt.datetime:
        """An aware datetime in the application's zone."""
        return self.arrow.datetime

    def shift(self, **steps: float) -> Self:
        """Moved by `minutes=30`, `days=-1`, `months=1`, `weekday=0`, …; a month's last day stays within the month."""
        return self.of(self.arrow.shift(**steps))

    def format(self, fmt: str = TEXT_FORM, locale: str = "en_us") -> str:
        """Text by Arrow's tokens, like "YYYY-MM-DD HH:mm:ss"."""
        return self.arrow.format(fmt, locale)

    def floor(self, frame: str) -> Self:
        """The first moment of the "day", "week", "month", "quarter", "year", … it lies in."""
        return self.span(frame)[0]

    def ceil(self, frame: str) -> Self:
        """The last moment of the frame it lies in."""
        return self.span(frame)[1]

    def span(self, frame: str) -> tuple[Self, Self]:
        """First and last moment of the frame it lies in."""
        first, last = self.arrow.span(frame)  # type: ignore[arg-type]  # Arrow names the bad frame itself
        return self.of(first), self.of(last)
