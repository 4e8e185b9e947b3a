"""From a parsed rule to its series of instants, and to a schedule."""

from __future__ import annotations

from dataclasses import dataclass

from jitai_tasks.schedule.civil import DAY, HOUR, LAST_INSTANT, MINUTE, SECOND, datetime_of
from jitai_tasks.schedule.cron import Cron, parse_cron
from jitai_tasks.schedule.local import DstPolicy, Gap, LocalTime, Overlap, Shifted, WallRule
from jitai_tasks.schedule.resting import MovedToWorkday, OnWorkdays
from jitai_tasks.schedule.rule import Kind, Overflow, Rule
from jitai_tasks.schedule.rules import ByDay, ByWeek, DaysOfMonths, EveryDays, Months, OnceADay, Weekdays
from jitai_tasks.schedule.schedule import HolidayPolicy, Resting, Schedule
from jitai_tasks.schedule.series import Between, Elapsed, Later, Once, OnTheWall, Series
from jitai_tasks.schedule.times import ManyADay, TimesOfDay
from jitai_tasks.schedule.workdays import Workdays

#: Rules of elapsed time, and their unit.
UNITS = {Kind.SECOND: SECOND, Kind.MINUTE: MINUTE, Kind.HOUR: HOUR}
#: A cron job with a wildcard follows the clock on the wall as it is.
_AS_IT_IS = DstPolicy(gap=Gap.SKIP, overlap=Overlap.BOTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a schedule begins and ends."""

    #: The first and the last instant that may be a slot; minutes, hours and seconds count from the first.
    start: int
    end: int = LAST_INSTANT
    #: The wall time that days, weeks, months and years count from, whether or not it exists.
    wall: int = 0
    #: What slots are later than the wall times of the rule: the offset from a date field, on the wall and as time
    #: that goes by.
    shift: int = 0
    elapsed: int = 0


def nominal_series(rule: Rule, local: LocalTime, span: Span) -> Series:
    """The instants that a rule names, before days off and jitter; its start and end are not applied."""
    if rule.kind is Kind.NORMAL:
        return Once(span.start)
    if rule.kind in UNITS:
        return Elapsed(span.start, rule.period * UNITS[rule.kind])
    if rule.kind is Kind.CRON:
        cron = parse_cron(rule.cron)
        return OnTheWall(_cron_walls(cron), LocalTime(local.zone, _AS_IT_IS) if cron.wildcard else local)
    walls = wall_rule(rule, span.wall)
    series = OnTheWall(Shifted(walls, span.shift) if span.shift else walls, local)
    return Later(series, span.elapsed) if span.elapsed else series


def due_series(nominal: Series, local: LocalTime, span: Span, resting: Resting | None) -> Series:
    """The instants of a schedule, days off respected."""
    if resting is None:
        return nominal
    workdays = Workdays.of(resting.calendar)
    if resting.policy is HolidayPolicy.CYCLE:
        return OnWorkdays(nominal, local, workdays)
    within = Between(nominal, span.start, span.end)
    return MovedToWorkday(within, local, workdays, resting.policy is HolidayPolicy.NEXT)


def build(rule: Rule, local: LocalTime, span: Span, resting: Resting | None = None) -> Schedule:
    """A schedule from its parts."""
    nominal = nominal_series(rule, local, span)
    series = due_series(nominal, local, span, resting)
    return Schedule(
        rule=rule,
        local=local,
        start=span.start,
        end=span.end,
        anchor=span.wall + span.shift + span.elapsed,
        nominal=nominal,
        series=series,
        resting=resting,
    )


def wall_rule(rule: Rule, anchor: int) -> WallRule:
    """The wall times of a rule of kind day, week, month or year that counts from the wall time `anchor`."""
    if rule.kind is Kind.DAY:
        return EveryDays(anchor, rule.period)
    if rule.kind is Kind.WEEK:
        return Weekdays(anchor, rule.period, rule.weekdays)
    return OnceADay(_days_of_months(rule, anchor), anchor % DAY)


def shortest_distance(rule: Rule) -> int:
    """A lower bound of the distance between two slots, in microseconds; days count as 24 hours."""
    if rule.kind in UNITS:
        return rule.period * UNITS[rule.kind]
    if rule.kind is not Kind.CRON:
        return DAY
    cron = parse_cron(rule.cron)
    for numbers, unit, size in ((cron.seconds, SECOND, 60), (cron.minutes, MINUTE, 60), (cron.hours, HOUR, 24)):
        if len(numbers) > 1:
            return unit * min((b - a) % size for a, b in zip(numbers, (*numbers[1:], numbers[0]), strict=True))
    return DAY


def slots_a_day(rule: Rule) -> int:
    """How many slots a day of the rule may have."""
    if rule.kind is Kind.CRON:
        return parse_cron(rule.cron).a_day
    return -(-DAY // shortest_distance(rule))


def _days_of_months(rule: Rule, anchor: int) -> DaysOfMonths:
    first = datetime_of(anchor)
    months = Months(
        anchor=12 * first.year + first.month - 1,
        period=rule.period,
        by_year=rule.kind is Kind.YEAR,
        chosen=rule.months,
    )
    if rule.weeks:
        return DaysOfMonths(months, ByWeek(weeks=rule.weeks, weekdays=rule.weekdays))
    return DaysOfMonths(months, ByDay(days=rule.days, clamp=rule.overflow is Overflow.CLAMP))


def _cron_walls(cron: Cron) -> WallRule:
    days = DaysOfMonths(Months(anchor=0, by_year=True, chosen=cron.months), cron.days)
    return ManyADay(days, TimesOfDay(cron.hours, cron.minutes, cron.seconds))
