"""A crew: one template and the processes forked from it. All of them run the same generation of the app."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass

from ..ids import new_id
from . import gaps, processes, template
from .channel import Channel, ChannelClosed, Died, Fork, Forked, Message
from .hand import Hand
from .seats import Glance
from .shared import Shared
from .template import Template
from .trial import Trial

_logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Member:
    """One process of a crew."""

    role: str
    seat: int
    worker: int
    #: 0 until the template has reported it.
    pid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """A member that has ended, and the last words in its seat."""

    member: Member
    status: int
    last: Glance


class Seating:
    """Which seats are taken: several crews may live at a time."""

    def __init__(self, count: int) -> None:
        self._free = list(range(count))

    @property
    def free(self) -> int:
        """How many seats are."""
        return len(self._free)

    def take(self) -> int:
        """The first free seat."""
        self._free.sort()
        return self._free.pop(0)

    def leave(self, seat: int) -> None:
        """The process that sat here has ended."""
        self._free.append(seat)


class Crew:
    """The supervisor's side of a template."""

    def __init__(self, shared: Shared, seating: Seating, trial: Trial, *, forget: Callable[[], None]) -> None:
        """Fork a template. `forget` closes, in the child, what belongs to the supervisor alone."""
        self.members: dict[int, Member] = {}
        self.is_open = True
        self.trial = trial
        self.hand = Hand()
        self._shared = shared
        self._seating = seating
        self._channel, theirs = Channel.pair()
        parent = os.getpid()
        lifeline, self._life = os.pipe()
        gc.freeze()  # memory that the collector and malloc do not touch stays shared with the child
        gaps.reopen()
        gaps.fill()
        self.pid = processes.fork()
        if self.pid == 0:
            self._channel.close()
            os.close(self._life)
            forget()
            processes.run_child(lambda: template.serve(Template(shared, theirs, trial, self.hand), parent, lifeline))
        theirs.close()
        os.close(lifeline)

    @property
    def load_within(self) -> float:
        """Seconds that its template may take to load something."""
        return self._shared.plan.load_within

    def close(self) -> None:
        """Give the descriptors back; in a child, those of a crew that is not its own."""
        if self.is_open:
            self.is_open = False
            self._channel.close()
            os.close(self._life)

    def fileno(self) -> int:
        return self._channel.fileno()

    def hire(self, role: str) -> None:
        """Have a process forked for this role, in a free seat."""
        seat = self._seating.take()
        self._shared.seats.clear(seat)
        member = Member(role=role, seat=seat, worker=new_id())
        self.members[seat] = member
        self._send(Fork(role=role, seat=seat, worker=member.worker))

    def hear(self) -> list[Message]:
        """What the template says; raises ChannelClosed when it has died."""
        return self._channel.receive()

    def note(self, message: Message) -> Death | None:
        """Keep the list of members; a death is returned."""
        if isinstance(message, Forked) and message.seat in self.members:
            self.members[message.seat].pid = message.pid
        if isinstance(message, Died):
            return self._bury(message)
        return None

    def workers(self) -> list[Member]:
        """The members that perform jobs."""
        return [member for member in self.members.values() if member.role == "worker"]

    def signal(self, number: int, role: str | None = None) -> None:
        """Send a signal to all members, or to those of a role."""
        for member in self.members.values():
            if member.pid and role in (None, member.role):
                processes.send(member.pid, number)

    def ending(self) -> int:
        """How the template has ended, when its channel is closed: its exit status, negative for a signal."""
        processes.wait_gone([self.pid], seconds=1.0, reap_them=False)
        return processes.status_of(self.pid)

    def kill(self, role: str) -> bool:
        """Kill the members of a role; True if there are any, whose death will be reported."""
        pids = [self._pids(member) for member in self.members.values() if member.role == role]
        for pid in {pid for some in pids for pid in some}:
            processes.kill_group(pid)
        return bool(pids)

    def dismiss(self) -> None:
        """Ask every member to end when its hands are empty."""
        for seat in self.members:
            self._shared.seats.retire(seat)
        self.signal(15)

    def destroy(self) -> list[Death]:
        """Kill whatever is left of it, wait until it is gone, and answer the members that were lost."""
        pids = [self.pid, *(pid for member in self.members.values() for pid in self._pids(member))]
        for pid in pids:
            processes.kill_group(pid)
        if not processes.wait_gone(pids, seconds=5.0):
            _logger.error("some processes of this runner cannot be killed: %s", pids)
        self.close()
        deaths = [Death(member=m, status=-9, last=self._shared.seats.glance(m.seat)) for m in self.members.values()]
        for seat in self.members:
            self._seating.leave(seat)
        self.members.clear()
        return deaths

    def _pids(self, member: Member) -> set[int]:
        glance = self._shared.seats.glance(member.seat)
        return {member.pid, glance.pid if glance.worker == member.worker else 0} - {0}

    def _bury(self, message: Died) -> Death | None:
        member = self.members.get(message.seat)
        if member is None or member.worker != message.worker:
            return None
        last = self._shared.seats.glance(message.seat)
        del self.members[message.seat]
        self._seating.leave(message.seat)
        return Death(member=member, status=message.status, last=last)

    def _send(self, message: Message) -> None:
        try:
            self._channel.send(message)
        except ChannelClosed:
            return  # the template's death is noticed where its channel is read
