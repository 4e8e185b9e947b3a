"""How fast the next run is computed (P12), for every kind of rule, near its anchor and far from it.

python benchmarks/schedule.py"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from jitai_tasks.schedule import Schedule, load, parse_timer, weekends_only

ROUNDS = 3
QUESTIONS = 20_000
#: 2026-01-01 UTC, and a step between two questions that meets no rule's rhythm.
NOW, STEP = 1_767_225_600_000_000, 7_919_000_000
GOALS = {"year": 50_000, "month": 50_000}
RULES: dict[str, dict[str, object]] = {
    "second": {"repeatType": "second", "period": 30},
    "minute": {"repeatType": "minute", "period": 5},
    "hour": {"repeatType": "hour", "period": 2},
    "day": {"repeatType": "day", "period": 1},
    "week": {"repeatType": "week", "period": 1, "weekday": [1, 3, 5]},
    "month": {"repeatType": "month", "period": 1, "day": [1, 15, -1]},
    "month, last Friday": {"repeatType": "month", "period": 1, "week": -1, "weekday": [5]},
    "year": {"repeatType": "year", "period": 1, "month": [6], "day": [30]},
    "cron, once a day": {"repeatType": "cron", "cron": "30 2 * * 1-5"},
    "cron, every 5 minutes": {"repeatType": "cron", "cron": "*/5 * * * *"},
}
#: Rules measured with their slots moved off Saturday and Sunday, too.
MOVED = ("minute", "hour", "day", "week", "month", "year")
OFF: dict[str, object] = {"skipHoliday": 1, "holidayPolicy": "nextWorkday"}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table."""

    rule: str
    zone: str
    #: Questions per second, with the start one year back and 50 years back.
    near: float
    far: float

    @property
    def goal(self) -> int:
        """What P12 asks for."""
        return GOALS.get(self.rule.split(",")[0], 300_000) if not self.rule.startswith("cron") else 0


def per_second(schedule: Schedule) -> float:
    """Answers per second of `next_instant`, the best of some rounds."""
    ask = schedule.next_instant
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for n in range(QUESTIONS):
            ask(NOW + n * STEP)
        best = min(best, time.perf_counter() - begin)
    return QUESTIONS / best


def figures() -> list[Figure]:
    """All lines."""
    plain = [figure(name, {"repeat": rule}, zone) for name, rule in RULES.items() for zone in ("UTC", "Europe/Berlin")]
    moved = [figure(f"{name}, moved", {"repeat": RULES[name], **OFF}, "Europe/Berlin") for name in MOVED]
    return plain + moved


def figure(name: str, timer: dict[str, object], zone: str) -> Figure:
    """One line."""
    near, far = (
        parse_timer({**timer, "startTime": f"{year}-01-31 09:00:00"}, zone=zone, calendar=weekends_only())
        for year in (2025, 1975)
    )
    return Figure(rule=name, zone=zone, near=per_second(near), far=per_second(far))


def simulated_year() -> tuple[int, float]:
    """How many runs 1,000 mixed tasks have in a year, and the seconds it takes to count them by minute."""
    begin = time.perf_counter()
    rules = [rule for name, rule in RULES.items() if name != "second"]
    schedules = {
        f"tasks.T{n}": parse_timer(
            {"startTime": f"2025-01-{n % 28 + 1:02} {n % 24:02}:{n % 60:02}:00", "repeat": rules[n % len(rules)]},
            zone=("UTC", "Europe/Berlin", "Asia/Shanghai", "America/New_York")[n % 4],
        )
        for n in range(1000)
    }
    result = load(schedules, NOW, NOW + 365 * 86_400_000_000)
    return result.total, time.perf_counter() - begin


def main() -> None:
    """Print the table."""
    print(f"{'rule':<24}{'zone':<16}{'1 year old':>12}{'50 years old':>14}{'goal':>10}   answers per second")
    for figure in figures():
        goal = f"{figure.goal:,}" if figure.goal else "–"
        print(f"{figure.rule:<24}{figure.zone:<16}{figure.near:>12,.0f}{figure.far:>14,.0f}{goal:>10}")
    runs, seconds = simulated_year()
    print(f"a year of 1,000 tasks: {runs:,} runs in {seconds:.1f} s (goal: 10 s)")


if __name__ == "__main__":
    main()
