"""From the timer configuration of a date-field task to the schedule of one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jitai_tasks.schedule.building import Span, build
from jitai_tasks.schedule.civil import LAST_INSTANT, datetime_of, wall_of
from jitai_tasks.schedule.fields import Fields
from jitai_tasks.schedule.local import LocalTime
from jitai_tasks.schedule.offsets import Offset, parse_offset, shifted, trigger_time
from jitai_tasks.schedule.parsing import check_possible, read_dst, read_end, read_resting, with_jitter
from jitai_tasks.schedule.reading import read_rule
from jitai_tasks.schedule.rule import Kind, Rule
from jitai_tasks.schedule.schedule import HolidayPolicy, Resting, Schedule
from jitai_tasks.schedule.workdays import Calendar
from jitai_tasks.schedule.zones import zone as zone_of

_SOME_START = datetime(2000, 1, 1)  # noqa: DTZ001 - wall time has no zone


@dataclass(frozen=True, slots=True, kw_only=True)
class DateTimer:
    """When a date-field task runs, as a function of the values of a row. Made by `parse_date_timer`."""

    #: Field of the row that the first moment is taken from.
    start_field: str
    start_offset: Offset
    #: Field that the end is taken from; "" for a fixed end.
    end_field: str
    end_offset: Offset
    #: The fixed end, an instant.
    end: int
    local: LocalTime
    resting: Resting | None
    repeat: Fields
    jitter: float
    key: str

    def trigger(self, value: object) -> int:
        """When the row with this value of its start field is first due, days off aside. Raises InvalidTime."""
        return trigger_time(value, self.start_offset, self.local, pointer=self.start_field)

    def schedule(self, value: object, end_value: object = None, *, subject: str = "") -> Schedule | None:
        """The slots of a row; None if it has none: no value, or an end before the first one.

        `end_value` is the value of `end_field` (not asked for if there is none); `subject` is the row's key, which
        jitter is derived from. Raises InvalidTime if a value is no date."""
        if value is None:
            return None
        first, end = self.trigger(value), self._end(end_value)
        if end < first:
            return None
        wall = self.local.zone.wall(trigger_time(value, Offset(), self.local, pointer=self.start_field))
        shift = shifted(wall, self.start_offset) - wall
        span = Span(start=first, end=end, wall=wall, shift=shift, elapsed=self.start_offset.elapsed)
        schedule = build(self._rule(wall), self.local, span, self.resting)
        return with_jitter(schedule, self.jitter, f"{self.key}\0{subject}")

    def _rule(self, wall: int) -> Rule:
        return read_rule(self.repeat, datetime_of(wall))

    def _end(self, value: object) -> int:
        if not self.end_field:
            return self.end
        if value is None:
            return LAST_INSTANT
        return trigger_time(value, self.end_offset, self.local, pointer=self.end_field)


def parse_date_timer(
    timer: Mapping[str, object],
    *,
    zone: str,
    calendar: Calendar | None = None,
    key: str = "",
    jitter: float = 0,
    pointer: str = "timerCfg",
) -> DateTimer:
    """The `timerCfg` of a date-field task; arguments and errors as of `parse_timer`."""
    fields = Fields(timer, pointer)
    local = LocalTime(zone_of(fields.text("timezone") or zone), read_dst(fields))
    if not fields.text("startField"):
        raise fields.wrong("startField", "is missing; the name of a date field of the model")
    repeat = fields.fields("repeat") if fields.has("repeat") else Fields({"repeatType": "normal"}, fields.at("repeat"))
    rule = read_rule(repeat, _SOME_START)
    made = DateTimer(
        start_field=fields.text("startField"),
        start_offset=_offset(fields, "startOffset"),
        end_field=_end_field(fields),
        end_offset=_offset(fields, "endOffset"),
        end=read_end(fields, local),
        local=local,
        resting=read_resting(fields, rule, calendar, usual=HolidayPolicy.NEXT),
        repeat=repeat,
        jitter=jitter,
        key=key,
    )
    _check(made, rule, fields)
    return made


def _offset(fields: Fields, key: str) -> Offset:
    return parse_offset(fields.fields(key).values if fields.has(key) else None, fields.at(key))


def _end_field(fields: Fields) -> str:
    """With endTimeType 1, or with an endOffset or endField and no endTimeType: the field; startField by default."""
    by_field = fields.has("endOffset") or fields.has("endField")
    if fields.integer("endTimeType", 0, 1, default=int(by_field)) == 0:
        return ""
    return fields.text("endField") or fields.text("startField")


def _check(timer: DateTimer, rule: Rule, fields: Fields) -> None:
    """Find the mistakes that do not depend on a row: jitter, cron, impossible rules."""
    span = Span(start=wall_of(_SOME_START), wall=wall_of(_SOME_START))
    schedule = with_jitter(build(rule, timer.local, span), timer.jitter, timer.key)
    if rule.kind is Kind.CRON:
        check_possible(schedule, fields)
