"""Several times a day on chosen days: the walls of a cron expression."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from jitai_tasks.schedule.civil import DAY, SECOND
from jitai_tasks.schedule.rules import DaysOfMonths


class TimesOfDay:
    """Every combination of these hours, minutes and seconds. Times are seconds after midnight."""

    __slots__ = ("_hour_of", "_hours", "_known", "_minute_of", "_minutes", "_second_of", "_seconds", "a_day", "first")

    def __init__(self, hours: tuple[int, ...], minutes: tuple[int, ...], seconds: tuple[int, ...]) -> None:
        self._hours, self._minutes, self._seconds = hours, minutes, seconds
        self._hour_of, self._minute_of, self._second_of = _nexts(hours, 24), _nexts(minutes, 60), _nexts(seconds, 60)
        self._known: list[int] = []
        self.first = hours[0] * 3600 + minutes[0] * 60 + seconds[0]
        self.a_day = len(hours) * len(minutes) * len(seconds)

    def at_or_after(self, time: int) -> int | None:
        """The first time that is not before `time`; None if the day has no more."""
        hour, rest = divmod(time, 3600)
        minute, second = divmod(rest, 60)
        if self._hour_of[hour] == hour:
            if self._minute_of[minute] == minute:
                found = self._second_of[second]
                if found is not None:
                    return time - second + found
            later = self._minute_of[minute + 1]
            if later is not None:
                return hour * 3600 + later * 60 + self._seconds[0]
        later = self._hour_of[hour + 1]
        return None if later is None else later * 3600 + self._minutes[0] * 60 + self._seconds[0]

    def all_of_them(self) -> list[int]:
        """The times of one day, in microseconds after midnight; up to 1,440 are kept."""
        if self._known:
            return self._known
        minutes = [minute * 60 + second for minute in self._minutes for second in self._seconds]
        times = [(hour * 3600 + rest) * SECOND for hour in self._hours for rest in minutes]
        if len(times) <= 1440:
            self._known = times
        return times

    def count_before(self, time: int) -> int:
        """How many of a day's times are before `time`."""
        hour, rest = divmod(time, 3600)
        minute, second = divmod(rest, 60)
        hours, minutes = bisect_left(self._hours, hour), bisect_left(self._minutes, minute)
        count = hours * len(self._minutes)
        if hours < len(self._hours) and self._hours[hours] == hour:
            count = (count + minutes) * len(self._seconds)
            if minutes < len(self._minutes) and self._minutes[minutes] == minute:
                count += bisect_left(self._seconds, second)
            return count
        return count * len(self._seconds)


class ManyADay:
    """Some days of months, at some times of day."""

    __slots__ = ("_days", "_times")

    def __init__(self, days: DaysOfMonths, times: TimesOfDay) -> None:
        self._days = days
        self._times = times

    def next_wall(self, wall: int) -> int | None:
        day, rest = divmod(wall, DAY)
        found = self._days.next_day(day)
        if found == day:
            time = self._times.at_or_after(-(-rest // SECOND))
            if time is not None:
                return day * DAY + time * SECOND
            found = self._days.next_day(day + 1)
        return None if found is None else found * DAY + self._times.first * SECOND

    def walls(self, start: int, end: int) -> Iterator[int]:
        day = self._days.next_day(start // DAY)
        while day is not None and day * DAY < end:
            midnight = day * DAY
            if start <= midnight and midnight + DAY <= end:
                for time in self._times.all_of_them():
                    yield midnight + time
            else:
                yield from (wall for time in self._times.all_of_them() if start <= (wall := midnight + time) < end)
            day = self._days.next_day(day + 1)

    def count_walls(self, start: int, end: int) -> int:
        return max(self._count_before(end, start) - self._part_of_day(start), 0) if start < end else 0

    def _count_before(self, wall: int, since: int) -> int:
        whole = self._days.count_days(since // DAY, wall // DAY)
        return whole * self._times.a_day + self._part_of_day(wall)

    def _part_of_day(self, wall: int) -> int:
        """The slots of `wall`'s day that are before it."""
        day, rest = divmod(wall, DAY)
        if self._days.next_day(day) != day:
            return 0
        return self._times.count_before(-(-rest // SECOND))


def _nexts(chosen: tuple[int, ...], size: int) -> tuple[int | None, ...]:
    return tuple(next((each for each in chosen if each >= now), None) for now in range(size + 2))
