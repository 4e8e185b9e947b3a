"""When: rules, zones, calendars, offsets. Pure functions over instants (microseconds since 1970 UTC)."""

from jitai_tasks.schedule.calendars import DaysOff, default_calendar, parse_calendar, weekends_only
from jitai_tasks.schedule.datefields import DateTimer, parse_date_timer
from jitai_tasks.schedule.explain import Effect, EffectKind, effects, explain
from jitai_tasks.schedule.lasting import Lasted, Lasting, WhileAtWork, may_overlap
from jitai_tasks.schedule.missed import Misfire, MisfirePolicy, Skipped, catch_up
from jitai_tasks.schedule.offsets import Offset, parse_offset, trigger_time
from jitai_tasks.schedule.parsing import parse_timer
from jitai_tasks.schedule.rule import Kind, Rule
from jitai_tasks.schedule.schedule import HolidayPolicy, Schedule, Slot
from jitai_tasks.schedule.series import Moved
from jitai_tasks.schedule.simulate import Load, Run, load, simulate
from jitai_tasks.schedule.workdays import Calendar
from jitai_tasks.schedule.zones import Zone, zone

__all__ = [
    "Calendar",
    "DateTimer",
    "DaysOff",
    "Effect",
    "EffectKind",
    "HolidayPolicy",
    "Kind",
    "Lasted",
    "Lasting",
    "Load",
    "Misfire",
    "MisfirePolicy",
    "Moved",
    "Offset",
    "Rule",
    "Run",
    "Schedule",
    "Skipped",
    "Slot",
    "WhileAtWork",
    "Zone",
    "catch_up",
    "default_calendar",
    "effects",
    "explain",
    "load",
    "may_overlap",
    "parse_calendar",
    "parse_date_timer",
    "parse_offset",
    "parse_timer",
    "simulate",
    "trigger_time",
    "weekends_only",
    "zone",
]
