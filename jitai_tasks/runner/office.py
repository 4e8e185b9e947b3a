"""The supervisor's office: its row in the store, its heartbeat, its doorbell, and the clerk who does its errands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial

from ..events import teller
from ..store import Database, runners
from .channel import Opened
from .clerk import Clerk, Errand
from .ear import Ear
from .pulse import Pulse
from .registration import prepared, record_of, take_over
from .shared import Shared

#: A fork waits at most this long for the office to put its connections down.
_STILL = 5.0


class Office:
    """Everything of the supervisor that talks to the store; two threads, each with connections of its own."""

    def __init__(self, shared: Shared, opened: Opened, *, heard: Callable[[], object]) -> None:
        """Open the database and make its tables if it may; raises what is in the way. `heard`: a job was committed."""
        plan = shared.plan
        self.opened = opened
        self.database = prepared(Database.open(opened.database))
        self._ear = Ear(self.database, shared, heard)
        self._runner = plan.runner
        record = record_of(plan, self.database, opened, doorbell=self._ear.path)
        with self.database.begin() as connection:
            runners.register(connection, record)
        self._clerk = Clerk(self.database, shared.seats.may_speak)
        self._of_pulse = Database.open(opened.database)
        self._pulse = Pulse(self._of_pulse, shared, record)
        self._hear_listeners()
        self._clerk.ask(lambda database: take_over(database, record))

    def start(self) -> None:
        """Begin to beat and to do errands."""
        self._ear.start()
        self._clerk.start()
        self._pulse.start()

    def ask(self, errand: Errand) -> None:
        """Have this done in the store, however long it takes to answer."""
        self._clerk.ask(errand)

    def now_runs(self, opened: Opened) -> None:
        """Another generation of the app has taken over."""
        self.opened = opened
        self._hear_listeners()
        self._pulse.note(generation=opened.generation)
        self._clerk.ask(self._announce)

    def now_refuses(self, refused: Mapping[str, str]) -> None:
        """These files cannot be loaded; from any thread."""
        self._pulse.note_refused(refused)
        self._clerk.ask(partial(self._note_refused, refused))

    @contextmanager
    def standing_still(self, seconds: float = _STILL) -> Iterator[bool]:
        """Within it, no connection is open and a process may be forked; False if the store did not let go in time."""
        with ExitStack() as stack:
            clerk = stack.enter_context(self._clerk.guard.standing_still(seconds))
            yield stack.enter_context(self._pulse.guard.standing_still(seconds)) and clerk

    def close(self, seconds: float) -> bool:
        """Leave the store: errands done, the row gone. False if the database did not answer in time."""
        self._ear.close()
        self._pulse.stop()  # a beat after the retirement would register this runner anew
        self._clerk.ask(self._retire)
        done = self._clerk.finish(seconds)
        self.database.dispose()
        return done

    def _hear_listeners(self) -> None:
        """Whoever listens to the end of runs hears of those that are ended here."""
        for database in (self.database, self._of_pulse):
            database.tell = teller(self.opened.listeners)

    def _announce(self, database: Database) -> None:
        with database.begin() as connection:
            runners.beat(connection, self._runner, generation=self.opened.generation)

    def _note_refused(self, refused: Mapping[str, str], database: Database) -> None:
        with database.begin() as connection:
            runners.note_refused(connection, self._runner, refused)

    def _retire(self, database: Database) -> None:
        with database.begin() as connection:
            runners.retire(connection, self._runner)
