"""How long a trial goes on while something else waits for its turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from jitai_tasks.runner import trial as trials
from jitai_tasks.runner.looking import look_at
from jitai_tasks.runner.stock import Stock
from jitai_tasks.runner.trial import Request, Requests, Trial, Verdict
from jitai_tasks.testing import write_files


class Supervisor:
    """Answers a request as soon as it is urgent."""

    def __init__(self) -> None:
        self.requests = Requests(self.look)
        self.taken: list[Request] = []

    def look(self) -> None:
        if (request := self.requests.next()) is not None:
            self.taken.append(request)
        if self.taken[-1].is_urgent:
            self.taken[-1].answer(Verdict(aside=True))


@pytest.mark.parametrize("yields", [True, False])
def test_what_was_set_aside_gives_way_at_once_and_others_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yields: bool
) -> None:
    stock = Stock()
    generation = stock.take(look_at(write_files(tmp_path, {"app.json": {"appId": "org.A"}})))
    assert generation is not None
    monkeypatch.setattr(trials, "_HURRY", 3600.0 if yields else 0.0)
    supervisor = Supervisor()
    verdict = supervisor.requests.make(Trial(generation=generation, yields=yields), lambda: True)
    assert verdict.aside
    assert supervisor.taken[0].is_urgent
    stock.close()
