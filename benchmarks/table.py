"""The one table: what was measured, ours beside the bare database and the peers, and the goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table."""

    #: Like "P1".
    goal_id: str
    measure: str
    ours: str
    bare: str = "–"
    peers: dict[str, str] = field(default_factory=dict)
    goal: str = ""
    #: What the goal is about, in the words of the goal, and whether it is reached; None where there is none.
    found: str = ""
    reached: bool | None = None


def rate(value: float) -> str:
    """Jobs per second."""
    return f"{value:,.0f}/s"


def spread(milliseconds: Sequence[float]) -> str:
    """Median and 99th percentile."""
    return f"{median(milliseconds):.1f} / {p99(milliseconds):.1f} ms"


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return sorted(values)[len(values) // 2]


def p99(values: Sequence[float]) -> float:
    """The 99th percentile: of few values the largest."""
    return sorted(values)[min(int(len(values) * 0.99), len(values) - 1)]


def markdown(lines: Sequence[Line]) -> str:
    """The table as Markdown; `|` stands nowhere else."""
    head = ("#", "measure", "ours", "bare", "peers", "goal", "found", "")
    rows = [head, tuple("---" for _ in head), *map(_cells, lines)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)) + " |" for row in rows
    )


def summary(lines: Sequence[Line]) -> list[str]:
    """Which goals are reached: a goal with several lines if all of them are, the others with what was found."""
    judged: dict[str, list[Line]] = {}
    for line in lines:
        if line.reached is not None:
            judged.setdefault(line.goal_id, []).append(line)
    reached = [name for name, found in judged.items() if all(line.reached for line in found)]
    missed = [line for found in judged.values() for line in found if not line.reached]
    told = [f"reached ({len(reached)} of {len(judged)}): {', '.join(reached) or 'none'}"]
    return told + [f"missed: {line.goal_id} {line.measure}: {line.found}; goal {line.goal}" for line in missed]


def plain(lines: Sequence[Line]) -> list[dict[str, object]]:
    """The table for `--json`."""
    return [asdict(line) for line in lines]


def _cells(line: Line) -> tuple[str, ...]:
    peers = ", ".join(f"{name} {said}" for name, said in line.peers.items()) or "–"
    mark = {None: "", True: "reached", False: "not reached"}[line.reached]
    return (line.goal_id, line.measure, line.ours, line.bare, peers, line.goal, line.found, mark)
