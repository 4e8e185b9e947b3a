"""What a schedule does, in plain sentences: its rule, and what clock changes and days off do to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice

from jitai_tasks.schedule.building import UNITS
from jitai_tasks.schedule.chinese import Chinese
from jitai_tasks.schedule.civil import FIRST_INSTANT, LAST_INSTANT, SECOND, day_of
from jitai_tasks.schedule.english import English
from jitai_tasks.schedule.local import Gap, Overlap
from jitai_tasks.schedule.phrases import Change, Facts, Phrases, clock_text, date_text, moment_text, seconds_text
from jitai_tasks.schedule.resting import MovedToWorkday
from jitai_tasks.schedule.rule import Kind
from jitai_tasks.schedule.schedule import Schedule
from jitai_tasks.schedule.series import OnTheWall

_LANGUAGES: dict[str, Phrases] = {"en": English(), "zh": Chinese()}


class EffectKind(StrEnum):
    """What touches a schedule."""

    CLOCK = "clock"
    HOLIDAY = "holiday"
    UNKNOWN_YEAR = "unknownYear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One thing that a clock change or a day off does to a schedule."""

    kind: EffectKind
    #: When it happens, an instant.
    at: int
    text: str


def explain(schedule: Schedule, lang: str = "en") -> str:
    """The rule in one sentence. `lang` is `en` or `zh` (with or without a region); others get English."""
    return _phrases(lang).sentence(_facts(schedule))


def effects(schedule: Schedule, after: int, until: int, *, lang: str = "en", most: int = 5) -> list[Effect]:
    """What clock changes and days off do to the slots in (after, until]: the first `most` of each kind, in order."""
    phrases = _phrases(lang)
    found = [
        *islice(_clock_effects(schedule, phrases, after, until), most),
        *islice(_holiday_effects(schedule, phrases, after, until), most),
        *_unknown_years(schedule, phrases, after, until)[:most],
    ]
    return sorted(found, key=lambda effect: effect.at)


def _phrases(lang: str) -> Phrases:
    return _LANGUAGES.get(lang.lower().replace("_", "-").partition("-")[0], _LANGUAGES["en"])


def _facts(schedule: Schedule) -> Facts:
    elapsed = schedule.rule.kind in UNITS or schedule.rule.kind is Kind.NORMAL
    wall = schedule.zone.wall(schedule.start) if elapsed else schedule.anchor
    started = schedule.start > FIRST_INSTANT
    resting = schedule.resting
    return Facts(
        rule=schedule.rule,
        zone=schedule.zone.name,
        start_date=date_text(schedule.zone.wall(schedule.start)) if started else "",
        start_time=clock_text(wall),
        end=moment_text(schedule.zone.wall(schedule.end)) if schedule.end < LAST_INSTANT else "",
        policy=resting.policy.value if resting else "",
        calendar=str(resting.calendar) if resting else "",
        jitter=seconds_text(schedule.jitter),
    )


def _clock_effects(schedule: Schedule, phrases: Phrases, after: int, until: int) -> Iterator[Effect]:
    step = schedule.rule.period * UNITS.get(schedule.rule.kind, 0)
    for at, before, offset in schedule.zone.transitions(max(after, schedule.start - 1), min(until, schedule.end)):
        old, new = clock_text(at + before), clock_text(at + offset)
        texts = [
            phrases.gap(moment_text(slot + schedule.zone.offset(slot)), old, new, moment_text(move.wall))
            for slot in (at - SECOND, at)
            if schedule.nominal.next_instant(slot - 1) == slot and (move := schedule.nominal.move(slot)) is not None
        ]
        shifts = step > 0 and (offset - before) % step != 0
        change = _change(schedule, at, before, offset, elapsed=shifts)
        for text in texts or [phrases.change(date_text(at + before), old, new, change)]:
            yield Effect(kind=EffectKind.CLOCK, at=at, text=text)


def _change(schedule: Schedule, at: int, before: int, offset: int, *, elapsed: bool) -> Change:
    """What a clock change that moves no slot does to the slots named for the time that is left out, or comes twice."""
    nominal = schedule.nominal
    if not isinstance(nominal, OnTheWall):
        return Change.OTHER_TIME if elapsed else Change.NOTHING
    if nominal.rule.count_walls(at + min(before, offset), at + max(before, offset)) == 0:
        return Change.NOTHING
    if offset > before:
        return Change.LEFT_OUT if nominal.local.policy.gap is Gap.SKIP else Change.NOTHING
    return {Overlap.BOTH: Change.TWICE, Overlap.SECOND: Change.SECOND}.get(nominal.local.policy.overlap, Change.NOTHING)


def _holiday_effects(schedule: Schedule, phrases: Phrases, after: int, until: int) -> Iterator[Effect]:
    """One effect for each day off: of its first slot."""
    settled = schedule.settled
    for slot in schedule.first_rested(after, until):
        if isinstance(settled, MovedToWorkday):
            to = schedule.zone.wall(settled.moved_to(slot))
            text = phrases.moved(moment_text(settled.named(slot)), moment_text(to))
        else:
            text = phrases.left_out(moment_text(schedule.zone.wall(slot)))
        yield Effect(kind=EffectKind.HOLIDAY, at=slot, text=text)


def _unknown_years(schedule: Schedule, phrases: Phrases, after: int, until: int) -> list[Effect]:
    if schedule.resting is None:
        return []
    return [
        Effect(
            kind=EffectKind.UNKNOWN_YEAR,
            at=max(schedule.local.start_of_day(day_of(date(year, 1, 1))), after),
            text=phrases.unknown(str(schedule.resting.calendar), year),
        )
        for year in schedule.unknown_years(after, until)
    ]
