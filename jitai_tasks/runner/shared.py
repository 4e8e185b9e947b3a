"""What all processes of a runner have in common; made before the first fork."""

from __future__ import annotations

from dataclasses import dataclass

from .plan import Plan
from .seats import Seats
from .wake import WakePipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The plan, the seats, and the pipe that wakes who rests."""

    plan: Plan
    seats: Seats
    wake: WakePipe
