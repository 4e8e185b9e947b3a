"""The staff of a runner: a crew, its deaths and replacements. The store hears what becomes of the jobs of the dead."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from functools import partial

from ..store.records import Released
from . import verdicts
from .channel import ChannelClosed, Failed, Message, Opened
from .crew import Crew, Death, Member, Seating
from .office import Office
from .seats import Phase
from .shared import Shared
from .stock import Generation
from .trial import Trial
from .watchman import Watchman, share_out

_logger = logging.getLogger(__name__)

#: A process that dies before it has done anything is replaced after this pause; so is a template that cannot open.
_BREATH = 1.0
#: A candidate is forked when the office's connections are put down; the supervisor waits this long for that.
_STILL = 0.1


class Staff:
    """Hires, watches, buries and replaces. Beside the crew that works there may be old ones that finish what they hold,
    and a candidate whose template is still to open a new generation."""

    def __init__(
        self, shared: Shared, office: Office, crew: Crew, *, seating: Seating, forget: Callable[[], None],
        gone: Callable[[Generation], object],
    ) -> None:  # fmt: skip
        """`forget` closes, in a child, what belongs to the supervisor alone; `gone`: no process runs on it any more."""
        self._shared = shared
        self._office = office
        self._crew = crew
        self._old: list[Crew] = []
        self.candidate: Crew | None = None
        self._seating = seating
        self._forget = forget
        self._gone = gone
        self._watchman = Watchman(shared.seats, shared.plan.runner)
        #: (from when on, role): who is to be hired; the role "template" stands for a whole crew.
        self._vacant: list[tuple[float, str]] = []
        self._leaving = False

    @property
    def crews(self) -> list[Crew]:
        """All that have members: the crew that works first."""
        return [self._crew, *self._old]

    @property
    def members(self) -> list[Member]:
        """Every process but the templates."""
        return [member for crew in self.crews for member in crew.members.values()]

    @property
    def workers(self) -> list[Member]:
        """Those who perform jobs."""
        return [member for crew in self.crews for member in crew.workers()]

    @property
    def is_gone(self) -> bool:
        """True when nobody is left."""
        return not self.members

    def hire_all(self) -> None:
        """A keeper, and the workers of the plan."""
        self._hire_keeper()
        self._hire_workers()

    def hear(self, crew: Crew) -> None:
        """Take in what a template reports."""
        try:
            messages = crew.hear()
        except ChannelClosed:
            self._lose_template(crew)
            return
        for message in messages:
            self._take_in(crew, message)

    def nominate(self, trial: Trial) -> Crew | None:
        """Have a template opened beside the crew that works; None if this is not the moment."""
        if self._leaving or self._seating.free < self._shared.plan.workers + 1:
            return None
        with self._office.standing_still(_STILL) as still:
            if still:
                self.candidate = self._forked(trial)
        return self.candidate

    def dismiss_candidate(self) -> None:
        """Forget the candidate."""
        if self.candidate is not None:
            self.candidate.destroy()
        self.candidate = None

    def take_over(self, opened: Opened) -> None:
        """The candidate's processes work from now on; the others finish what they hold.

        The old keeper is killed, for it must not plan by the old files once the new one has planned: the new one is
        hired when it is gone. Whatever round it was in the middle of, the next one finds it half done and goes on.
        """
        assert self.candidate is not None
        old, self._crew, self.candidate = self._crew, self.candidate, None
        self._old.append(old)
        self._vacant.clear()
        old.dismiss()
        self._hire_workers()
        if not old.kill("keeper"):
            self._hire_keeper()
        self._office.now_runs(opened)
        self._end_idle_crews()

    def look_round(self, *, bell: bool) -> bool:
        """Watch over the workers and fill what is vacant; True if the store was asked which claims are alive."""
        for hoarder in self._watchman.look(self.workers):
            self._office.ask(partial(share_out, hoarder=hoarder))
        self._fill_vacancies()
        workers = self.workers
        if not self._watchman.wants_to_ask(workers, bell=bell):
            return False
        self._watchman.asking()
        self._office.ask(lambda database: self._watchman.ask(database, workers))
        return True

    def dismiss(self) -> None:
        """Ask all to end when their hands are empty; nobody is replaced from now on."""
        self._leaving = True
        self._vacant.clear()
        self.dismiss_candidate()
        for crew in self.crews:
            crew.dismiss()

    def destroy(self) -> None:
        """Kill who is left, and hand back what they held, uncounted."""
        self._leaving = True
        self.dismiss_candidate()
        for crew in self.crews:
            for death in crew.destroy():
                self._settle(death, counted=False)

    def _hire_keeper(self) -> None:
        """One keeper, in the crew that works; none if it has one, or will have a whole staff."""
        there = any(member.role == "keeper" for member in self._crew.members.values())
        if not there and not self._leaving and self._crew.is_open:
            self._crew.hire("keeper")

    def _hire_workers(self) -> None:
        for _ in range(self._shared.plan.workers):
            self._crew.hire("worker")

    def _take_in(self, crew: Crew, message: Message) -> None:
        if isinstance(message, Opened):
            self.hire_all()
        elif isinstance(message, Failed):
            _logger.error("the app cannot be opened any more: %s", message.message)
        elif (death := crew.note(message)) is not None:
            self._settle(death, counted=not self._leaving)
            if crew is self._crew:
                self._replace(death)
            else:
                self._bury_old(crew, death)

    def _bury_old(self, crew: Crew, death: Death) -> None:
        if death.member.role == "keeper":
            self._hire_keeper()
        self._end_idle_crews()

    def _end_idle_crews(self) -> None:
        """Old crews whose last member has gone."""
        for crew in [crew for crew in self._old if not crew.members]:
            self._end_crew(crew)

    def _end_crew(self, crew: Crew) -> None:
        self._old.remove(crew)
        crew.destroy()
        if crew.trial.generation is not self._crew.trial.generation:
            self._gone(crew.trial.generation)

    def _settle(self, death: Death, *, counted: bool) -> None:
        if death.member.role != "worker":
            return
        verdict = self._watchman.verdicts.pop(death.member.worker, None)
        self._office.ask(
            lambda database: verdicts.settle(database, death, verdict, counted=counted, then=self._settled)
        )

    def _settled(self, released: Released) -> None:
        """Somebody shall take what runs again, and the keeper look after a schedule whose job has ended."""
        self._shared.wake.ring()
        self._crew.signal(signal.SIGUSR1, "keeper")

    def _replace(self, death: Death) -> None:
        if self._leaving:
            return
        idle = death.status != 0 and death.last.phase in (Phase.EMPTY, Phase.STARTING)
        self._vacate(death.member.role, after=_BREATH if idle or death.member.role == "keeper" else 0.0)
        self._fill_vacancies()

    def _lose_template(self, crew: Crew) -> None:
        """A template has died, and its children with it: bury them all, and start anew if they were at work."""
        had_keeper = any(member.role == "keeper" for member in crew.members.values())
        deaths = crew.destroy()
        for death in deaths:
            self._settle(death, counted=not self._leaving)
        if crew is not self._crew:
            self._lose_old(crew, had_keeper=had_keeper)
            return
        self._vacant.clear()
        if not self._leaving:
            _logger.error("the template process has died; another one is started")
            self._vacate("template", after=0.0 if deaths else _BREATH)

    def _lose_old(self, crew: Crew, *, had_keeper: bool) -> None:
        self._old.remove(crew)
        self._gone(crew.trial.generation)
        if had_keeper:
            self._hire_keeper()

    def _vacate(self, role: str, *, after: float) -> None:
        self._vacant.append((time.monotonic() + after, role))

    def _fill_vacancies(self) -> None:
        now = time.monotonic()
        due = [vacancy for vacancy in self._vacant if vacancy[0] <= now]
        for vacancy in due:
            self._vacant.remove(vacancy)
            if vacancy[1] == "template":
                self._new_crew()
            elif vacancy[1] == "keeper":
                self._hire_keeper()
            else:
                self._crew.hire(vacancy[1])

    def _new_crew(self) -> None:
        with self._office.standing_still():
            self._crew = self._forked(Trial(generation=self._crew.trial.generation))

    def _forked(self, trial: Trial) -> Crew:
        others = [crew for crew in (*self.crews, self.candidate) if crew is not None and crew.is_open]

        def forget() -> None:
            self._forget()
            for crew in others:
                crew.close()

        return Crew(self._shared, self._seating, trial, forget=forget)
