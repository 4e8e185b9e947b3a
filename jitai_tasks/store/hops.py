"""The lanes on MariaDB and MySQL, which cannot seek inside a recursion, but answer MIN and MAX between constants by
one dive into the index.

So we ask about the lanes we know (when is the first job due?) and about every gap between them (is there another?), all
in one statement; a lane found in a gap is asked about next. With nothing new one statement is enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

import sqlalchemy as sa

from .floors import Lanes
from .statements import fetch

T = TypeVar("T")
Known = dict[str, set[int]]  # priorities by queue

_FROM = "FROM jitai_jobs j WHERE j.claimable = 1"
_MOST_KNOWN = 100  # lanes; beyond that the empty ones are forgotten


class Dive(NamedTuple):
    """One question: a part of the SELECT list, its values, and whom the answer is about."""

    text: str
    values: tuple[object, ...]
    queue: str | None = None
    priority: int | None = None


def first_due(
    connection: sa.Connection, known: Known, queues: Sequence[str] | None, floors: Lanes
) -> dict[tuple[str, int], int]:
    """When the first job of each lane is due. `known` is what earlier calls found; it learns what this one finds."""
    for queue in queues or ():
        known.setdefault(queue, set())
    while True:
        asked = list(_dives(known, queues, floors))
        if not asked:
            return {}
        (answers,) = fetch(
            connection,
            "SELECT " + ", ".join(dive.text for dive in asked),
            [value for dive in asked for value in dive.values],
        )
        if not _learn(known, asked, answers):
            return _found(known, asked, answers)


def _dives(known: Known, queues: Sequence[str] | None, floors: Lanes) -> Iterator[Dive]:
    if queues is None:
        yield from _between_queues(sorted(known))
    for queue in known if queues is None else queues:
        priorities = sorted(known[queue])
        yield from _between_priorities(queue, priorities)
        for priority in priorities:
            yield from _first_of_lane(queue, priority, floors.get((queue, priority)))


def _first_of_lane(queue: str, priority: int, floor: tuple[int, int] | None) -> Iterator[Dive]:
    """Behind a floor: a job due with it, or else the first one due later."""
    lane = f"{_FROM} AND j.queue = ? AND j.priority = ?"
    if floor is None:
        yield Dive(f"(SELECT MIN(j.due) {lane})", (queue, priority), queue, priority)
        return
    with_it = f"(SELECT MIN(j.id) {lane} AND j.due = ? AND j.id > ?)"
    later = f"(SELECT MIN(j.due) {lane} AND j.due > ?)"
    values = (queue, priority, *floor, queue, priority, floor[0], floor[0])
    yield Dive(f"IF({with_it} IS NULL, {later}, ?)", values, queue, priority)


def _between_queues(names: list[str]) -> Iterator[Dive]:
    for above, below in _gaps(names):
        bounds = [(" AND j.queue > ?", above), (" AND j.queue < ?", below)]
        given = [bound for bound in bounds if bound[1] is not None]
        text = f"(SELECT MIN(j.queue) {_FROM}{''.join(sign for sign, _ in given)})"
        yield Dive(text, tuple(value for _, value in given))


def _between_priorities(queue: str, priorities: list[int]) -> Iterator[Dive]:
    for above, below in _gaps(priorities):
        if above is not None and below == above + 1:
            continue
        bounds = [(" AND j.priority > ?", above), (" AND j.priority < ?", below)]
        given = [bound for bound in bounds if bound[1] is not None]
        text = f"(SELECT MAX(j.priority) {_FROM} AND j.queue = ?{''.join(sign for sign, _ in given)})"
        yield Dive(text, (queue, *(value for _, value in given)), queue)


def _gaps(ordered: Sequence[T]) -> Iterator[tuple[T | None, T | None]]:
    return pairwise([None, *ordered, None])


def _learn(known: Known, asked: list[Dive], answers: Sequence[object]) -> bool:
    """Whether a gap held something that was not known."""
    learnt = False
    for dive, answer in zip(asked, answers, strict=True):
        if dive.priority is not None or answer is None:
            continue
        learnt = True
        if dive.queue is None:
            known[str(answer)] = set()
        else:
            known[dive.queue].add(int(str(answer)))
    return learnt


def _found(known: Known, asked: list[Dive], answers: Sequence[object]) -> dict[tuple[str, int], int]:
    crowded = sum(map(len, known.values())) > _MOST_KNOWN
    found: dict[tuple[str, int], int] = {}
    for dive, answer in zip(asked, answers, strict=True):
        if dive.queue is None or dive.priority is None:
            continue
        if answer is not None:
            found[dive.queue, dive.priority] = int(str(answer))
        elif crowded:
            known[dive.queue].discard(dive.priority)
    return found
