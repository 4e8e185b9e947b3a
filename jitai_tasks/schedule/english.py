"""Schedules in plain English."""

from __future__ import annotations

from collections.abc import Iterable

from jitai_tasks.schedule.cron import Cron, CronDays, parse_cron
from jitai_tasks.schedule.phrases import Change, Facts, few_times, is_stretch, step_of
from jitai_tasks.schedule.rule import Kind, Overflow, Rule

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_POLICIES = {
    "cycle": "runs on days off are left out, the next cycle counts",
    "nextWorkday": "a run on a day off moves to the next workday",
    "previousWorkday": "a run on a day off moves to the workday before",
}

_CHANGES = {
    Change.NOTHING: "no run moves",
    Change.OTHER_TIME: "runs show another time on the clock from then on",
    Change.LEFT_OUT: "runs named for the time between are left out",
    Change.TWICE: "runs named for the time between come twice",
    Change.SECOND: "runs named for the time between come the second time",
}


class English:
    """The phrases in English."""

    def sentence(self, facts: Facts) -> str:
        parts = [f"{_rule(facts)} ({facts.zone})"]
        if facts.rule.kind is not Kind.NORMAL:
            parts += [f"from {facts.start_date}"] if facts.start_date else []
            parts += [f"until {facts.end}"] if facts.end else []
        text = ", ".join(parts)
        if facts.policy:
            text += f"; {_POLICIES[facts.policy]} (calendar: {facts.calendar})"
        if facts.jitter:
            text += f"; each run up to {facts.jitter} seconds later, always by the same delay"
        return text + "."

    def gap(self, at: str, before: str, after: str, named: str) -> str:
        return f"The clock goes from {before} to {after}: the run named for {named} comes at {at}."

    def change(self, at: str, before: str, after: str, change: Change) -> str:
        return f"The clock goes from {before} to {after} on {at}: {_CHANGES[change]}."

    def left_out(self, named: str) -> str:
        return f"{named} is on a day off: no run."

    def moved(self, named: str, to: str) -> str:
        return f"{named} is on a day off: the run comes at {to}."

    def unknown(self, calendar: str, year: int) -> str:
        return f"Calendar {calendar} has no data for {year}: its days off in that year are a guess."


def _rule(facts: Facts) -> str:
    rule, time = facts.rule, facts.start_time
    if rule.kind is Kind.NORMAL:
        return f"Once, on {facts.start_date} at {time}"
    if rule.kind is Kind.CRON:
        return _cron(parse_cron(rule.cron))
    every = f"Every {_ordinal_period(rule)}"
    if rule.kind in (Kind.SECOND, Kind.MINUTE, Kind.HOUR):
        return f"{every}, counted from {time}"
    if rule.kind is Kind.DAY:
        return f"{every} at {time}"
    if rule.kind is Kind.WEEK:
        return f"{every} on {_and(_WEEKDAYS[day - 1] for day in rule.weekdays)} at {time}"
    months = f" in {_and(_MONTHS[month - 1] for month in rule.months)}" if rule.months else ""
    return f"{every}{months} on {_days(rule)} at {time}"


def _ordinal_period(rule: Rule) -> str:
    return rule.kind.value if rule.period == 1 else f"{rule.period} {rule.kind}s"


def _days(rule: Rule) -> str:
    if rule.weeks:
        weeks = _and(_week(week) for week in rule.weeks)
        return f"the {weeks} {_and(_WEEKDAYS[day - 1] for day in rule.weekdays)} of the month"
    plain = [str(day) for day in rule.days if day > 0]
    texts = [f"day{'s' if len(plain) > 1 else ''} {_and(plain)}"] if plain else []
    texts += [_from_end(-day) for day in rule.days if day < 0]
    return _and(texts) + _overflow(rule)


def _overflow(rule: Rule) -> str:
    """What shorter months do to days that they do not have."""
    if not any(abs(day) > 28 for day in rule.days):
        return ""
    if rule.overflow is Overflow.SKIP:
        return " (shorter months are left out)"
    texts = ["the last day"] if rule.days[-1] > 28 else []
    texts += ["the first day"] if rule.days[0] < -28 else []
    return f" (in shorter months {' and '.join(texts)})"


def _week(week: int) -> str:
    return _ORDINALS.get(week) or f"{_ORDINALS[-week]} last"


def _from_end(day: int) -> str:
    if day == 1:
        return "the last day"
    return f"the day {'' if day == 2 else f'{day - 1} days '}before the last one"


def _cron(cron: Cron) -> str:
    days = _cron_days(cron.days)
    if len(cron.months) < 12:
        days += f" in {_and(_MONTHS[month - 1] for month in cron.months)}"
    return f"{_cron_times(cron)} {days}"


def _cron_times(cron: Cron) -> str:
    if times := few_times(cron):
        return f"At {_and(times)}"
    parts = [] if cron.seconds == (0,) else [_steps(cron.seconds, 60, "second")]
    parts += [] if len(cron.minutes) == 60 and parts else [_steps(cron.minutes, 60, "minute")]
    text = " of ".join(parts)
    return text[0].upper() + text[1:] + ("" if len(cron.hours) == 24 else f" of {_steps(cron.hours, 24, 'hour')}")


def _steps(numbers: tuple[int, ...], size: int, unit: str) -> str:
    if len(numbers) == size:
        return f"every {unit}"
    if step := step_of(numbers, size):
        return f"every {step} {unit}s"
    if is_stretch(numbers):
        return f"{unit}s {numbers[0]} to {numbers[-1]}"
    return f"{unit}{'s' if len(numbers) > 1 else ''} {_and(map(str, numbers))}"


def _cron_days(days: CronDays) -> str:
    by_day, by_weekday = _cron_month_days(days), _cron_weekdays(days)
    if by_day and by_weekday:
        return f"on {by_day} {'if it is also' if days.both else 'and also on'} {by_weekday}"
    return f"on {by_day or by_weekday}" if by_day or by_weekday else "every day"


def _cron_month_days(days: CronDays) -> str:
    if len(days.days) == 31:
        return ""
    texts = [f"day{'s' if len(days.days) > 1 else ''} {_and(map(str, sorted(days.days)))}"] if days.days else []
    texts += [_from_end(before + 1) for before in sorted(days.before_last)]
    texts += [f"the workday nearest to day {day}" for day in sorted(days.near)]
    texts += ["the last workday of the month"] if days.last_workday else []
    return _and(texts)


def _cron_weekdays(days: CronDays) -> str:
    if len(days.weekdays) == 7:
        return ""
    texts = [_WEEKDAYS[day - 1] for day in sorted(days.weekdays)]
    texts += [f"the {_ORDINALS[week]} {_WEEKDAYS[day - 1]} of the month" for day, week in sorted(days.nth)]
    return _and(texts)


def _and(texts: Iterable[str]) -> str:
    several = list(texts)
    return several[0] if len(several) == 1 else f"{', '.join(several[:-1])} and {several[-1]}"
