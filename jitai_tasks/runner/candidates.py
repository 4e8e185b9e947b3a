"""Candidates: crews whose template opens a new generation, beside the crew that works. One passes, or is forgotten."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from ..layers import APP_JSON
from .channel import ChannelClosed, Failed, Message, Opened, Rejected
from .crew import Crew
from .diligence import Diligence
from .staff import Staff
from .trial import DIED, HUNG, SLOW, Request, Requests, Verdict, blamed

_logger = logging.getLogger(__name__)

#: A failure to open that says nothing about the files.
_NOT_THE_FILES = ("DatabaseUnreachable", "SchemaOutdated", "SchemaTooNew")


class Candidates:
    """Makes the trials that the reloader asks for, one at a time. It belongs to the supervisor's thread."""

    def __init__(self, staff: Staff, requests: Requests) -> None:
        self._staff = staff
        self._requests = requests
        self._request: Request | None = None
        self._began = 0.0
        self._diligence: Diligence | None = None

    @property
    def are_wanted(self) -> bool:
        """Whether a trial is under way, or is to begin as soon as it can."""
        return self._request is not None

    def look(self) -> None:
        """Begin what is asked for; end what takes too long, or is wanted no more."""
        if self._request is None:
            self._request = self._requests.next()
        if self._request is None:
            return
        candidate = self._staff.candidate
        if candidate is None:
            self._begin(self._request)
        elif time.monotonic() - self._began > candidate.load_within:
            self._end(self._blame(candidate, HUNG.format(seconds=candidate.load_within), alone=True))
        elif candidate.hand.unit is not None and (self._request.is_urgent or self._holds_up_others(self._request)):
            self._end(self._blame(candidate, SLOW, aside=True))

    def hear(self, candidate: Crew) -> None:
        """Take in what the candidate's template says."""
        try:
            messages = candidate.hear()
        except ChannelClosed:
            self._end(self._blame(candidate, DIED, alone=True))
            return
        for message in messages:
            self._take_in(message)

    def _begin(self, request: Request) -> None:
        if (candidate := self._staff.nominate(request.trial)) is not None:
            self._began = time.monotonic()
            self._diligence = Diligence(candidate)

    def _holds_up_others(self, request: Request) -> bool:
        """Whether what is in hand waits for something, and other files have changed together with it."""
        is_still = self._diligence is not None and self._diligence.stands_still()
        return is_still and len(request.trial.units) > 1

    def _take_in(self, message: Message) -> None:
        if isinstance(message, Rejected):
            failures = {Path(unit): said for unit, said in message.failures.items()}
            self._end(Verdict(failures=failures, alone=message.alone))
        elif isinstance(message, Failed):
            self._end(self._could_not_open(message))
        elif isinstance(message, Opened):
            self._staff.take_over(message)
            self._answer(Verdict(accepted=True, failing=frozenset(message.failing)))

    def _could_not_open(self, failed: Failed) -> Verdict:
        if failed.kind in _NOT_THE_FILES or self._request is None:
            return Verdict(again=True)
        of_apps = [path for path in self._request.trial.changed if path.name == APP_JSON]
        return Verdict(failures=dict.fromkeys(of_apps, failed.message), refusal=failed.message)

    def _blame(self, candidate: Crew, said: str, *, alone: bool = False, aside: bool = False) -> Verdict:
        return blamed(candidate.trial, candidate.hand.unit, said, alone=alone, aside=aside)

    def _end(self, verdict: Verdict) -> None:
        self._staff.dismiss_candidate()
        self._answer(verdict)

    def _answer(self, verdict: Verdict) -> None:
        if self._request is not None:
            self._request.answer(verdict)
        self._request = None
