"""Shared memory between the supervisor and its processes: one seat each, saying what it does at this moment.

A seat has one writer, the process in it. The writer's words must cost nothing next to a job that does nothing, so there
is no lock: a record starts and ends with the same counter, and a reader takes it when two reads in a row agree.
The supervisor writes two bytes of its own beside the record: `recall` takes the rest of a batch away, `retire` asks the
process to end when its hands are empty.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from dataclasses import dataclass
from enum import IntEnum

from ..store.records import Job

_RECORD = struct.Struct("=QQQqqqqqqqqQ")
_SIZE = 128
#: After the seats: when one of the processes last wrote about trouble with the database.
_SPOKEN = struct.Struct("=q")
_ONE_SECOND = 1_000_000_000
#: How often a record is read until two readings agree.
_READS = 1_000
_RECALL = 120
_RETIRE = 121


class Phase(IntEnum):
    """What the process of a seat is doing."""

    EMPTY = 0
    STARTING = 1
    IDLE = 2
    CLAIMING = 3
    PERFORMING = 4
    FINISHING = 5
    #: The keeper's rest: it takes no jobs.
    RESTING = 6
    #: What a job has written is committed with its completion.
    COMMITTING = 7


@dataclass(frozen=True, slots=True)
class Glance:
    """One consistent reading of a seat."""

    phase: Phase
    pid: int
    worker: int
    #: The job in hand, or performed last while finishing, and the token of the batch that is held; 0 for none.
    job: int
    token: int
    #: The token of the batch that is claimed meanwhile; 0 for none.
    coming: int
    #: The token of the batch before, which is performed but perhaps not recorded yet; 0 for none.
    behind: int
    #: When the present phase began, in nanoseconds of the steady clock that all processes of a machine share.
    since: int
    timeout_ms: int
    #: Jobs of the batch that are not begun yet.
    ahead: int
    #: Jobs performed, or rounds made, since the process started.
    done: int
    #: Rises with every word; two equal ones mean that nothing happened between.
    count: int

    def seconds(self) -> float:
        """How long the present phase has lasted."""
        return (time.monotonic_ns() - self.since) / 1e9

    def is_over_limit(self) -> bool:
        """Whether the job in hand has run longer than it may."""
        over = self.timeout_ms > 0 and self.seconds() * 1000 > self.timeout_ms
        return over and self.phase in (Phase.PERFORMING, Phase.COMMITTING)

    def begun(self) -> list[int]:
        """The job that was in hand, if a process ends like this: it may be why."""
        at_work = self.phase in (Phase.PERFORMING, Phase.COMMITTING, Phase.FINISHING)
        return [self.job] if at_work and self.job else []


class Seat:
    """The writer's end of one seat."""

    def __init__(self, memory: mmap.mmap | bytearray, index: int) -> None:
        self.index = index
        self._memory = memory
        self._at = index * _SIZE
        self._count = 0
        self._pid = 0
        self._worker = 0
        self._ahead = 0
        #: The job that began last, and when.
        self._job = self._began = 0
        self.done = 0
        #: The token under which the next batch is claimed while this one is performed: told with the next word.
        self.coming = 0
        #: The token of the batch before: its finish may be open, or under way. Told with the next word.
        self.behind = 0

    def take(self, worker: int) -> None:
        """Begin as `worker`, with everything else cleared."""
        self._pid = os.getpid()
        self._worker = worker
        self.say(Phase.STARTING)

    def say(
        self, phase: Phase, *, job: int = 0, token: int = 0, since: int = 0, timeout_ms: int = 0, ahead: int = 0
    ) -> None:
        """Tell the supervisor what this process does from now on."""
        self._count = count = self._count + 1
        _RECORD.pack_into(
            self._memory, self._at,
            count, phase, self._pid, self._worker, job, token, self.coming, self.behind, since or time.monotonic_ns(),
            timeout_ms, ahead << 40 | self.done, count,
        )  # fmt: skip

    def say_performing(self, job: Job, *, ahead: int | None = None) -> None:
        """Tell that this job begins. `ahead`: how many jobs of its batch do not yet; None for as many as last time."""
        self._ahead = self._ahead if ahead is None else ahead
        self._job, self._began = job.id, time.monotonic_ns()
        self._say_of(job, Phase.PERFORMING)

    def say_committing(self, job: Job) -> None:
        """Tell that the job that began last is being committed; its time limit still runs."""
        self._say_of(job, Phase.COMMITTING)

    def say_finishing(self, token: int) -> None:
        """Tell that jobs of this batch are being finished."""
        self.say(Phase.FINISHING, job=self._job, token=token)

    def _say_of(self, job: Job, phase: Phase) -> None:
        token = job.claim_token or 0
        self.say(phase, job=job.id, token=token, since=self._began, timeout_ms=job.timeout_ms, ahead=self._ahead)

    def recalled(self) -> bool:
        """Whether the supervisor has taken back the jobs of the batch that were not begun."""
        return self._memory[self._at + _RECALL] != 0

    def retired(self) -> bool:
        """Whether the supervisor wants this process to end when its hands are empty."""
        return self._memory[self._at + _RETIRE] != 0

    def accept_recall(self) -> None:
        """The rest of the batch is dropped; a new one may be recalled again."""
        self._memory[self._at + _RECALL] = 0


#: Its writer was killed, frozen or put aside in the middle of a word: nothing is known of it.
_BETWEEN_WORDS = Glance(Phase.FINISHING, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


class Seats:
    """All seats of a runner: made before the first fork, shared by everything after it."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._memory = mmap.mmap(-1, count * _SIZE + _SPOKEN.size)

    def seat(self, index: int) -> Seat:
        """The writer's end of seat `index`."""
        return Seat(self._memory, index)

    def glance(self, index: int) -> Glance:
        """What the process of seat `index` does now."""
        previous: tuple[int, ...] = ()
        for _ in range(_READS):
            words = _RECORD.unpack_from(self._memory, index * _SIZE)
            if words == previous and words[0] == words[-1]:
                break
            previous = words
        else:
            return _BETWEEN_WORDS
        count, phase, pid, worker, job, token, coming, behind, since, timeout_ms, counts, _ = words
        return Glance(
            Phase(phase),
            pid,
            worker,
            job,
            token,
            coming,
            behind,
            since,
            timeout_ms,
            counts >> 40,
            counts & 0xFFFFFFFFFF,
            count,
        )

    def glances(self) -> list[Glance]:
        """A reading of every seat."""
        return [self.glance(index) for index in range(self.count)]

    def idle_before(self, index: int) -> int:
        """How many processes in earlier seats are idle: the order in which they look for work."""
        return sum(self.glance(earlier).phase is Phase.IDLE for earlier in range(index))

    def someone_idle(self) -> bool:
        """Whether any process waits for work."""
        return self.idle_before(self.count) > 0

    def may_speak(self) -> bool:
        """Whether the last line about trouble that they all have is a second old; if so, this process has the word."""
        at = self.count * _SIZE
        now = time.monotonic_ns()
        if now - _SPOKEN.unpack_from(self._memory, at)[0] < _ONE_SECOND:
            return False
        _SPOKEN.pack_into(self._memory, at, now)
        return True

    def recall(self, index: int) -> None:
        """Take back the jobs that the worker of this seat has not begun."""
        self._memory[index * _SIZE + _RECALL] = 1

    def is_recalled(self, index: int) -> bool:
        """Whether the worker of this seat has not yet dropped what was taken back."""
        return self._memory[index * _SIZE + _RECALL] != 0

    def retire(self, index: int) -> None:
        """Ask the process of this seat to end when its hands are empty."""
        self._memory[index * _SIZE + _RETIRE] = 1

    def clear(self, index: int) -> None:
        """Empty the seat of a process that has ended."""
        self._memory[index * _SIZE : (index + 1) * _SIZE] = bytes(_SIZE)
