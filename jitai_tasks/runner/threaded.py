"""`run` in threads of this process. A reload ends the threads when their jobs are done, and opens the app anew.

There is one app in a process, so nothing is claimed meanwhile. What can be read off the files is checked before, and
changed code is rehearsed in a process of its own: an import that hangs or ends the process could not be survived here.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from ..app import App, open_app
from ..discovery import discover
from ..errors import AppError
from .outcome import attempt, message
from .plan import Plan
from .proving import failing_tasks, proved, read
from .rehearsal import Rehearsal
from .reloader import Reloader
from .signals import Signals, readable
from .status import Snapshot
from .stock import Generation, Stock
from .terminal import Terminal, unread_if_closed
from .threads import Runner
from .trial import Request, Requests, Trial, Verdict

_TICK = 0.1
_STOP = {signal.SIGTERM, signal.SIGINT}

Report = Callable[[Snapshot], object]


def run_in_threads(plan: Plan, *, report: Report | None) -> int:
    """The threaded form of `run`."""
    with ExitStack() as stack:
        terminal = Terminal()
        signals = Signals()
        stack.callback(signals.close)
        signals.catch([*_STOP, signal.SIGHUP])
        stock = Stock()
        stack.callback(stock.close)
        requests = Requests(signals.poke)
        stack.callback(requests.close)
        reloader = Reloader(Path(plan.app_path), stock, requests.make, watching=plan.reload and not plan.drain)
        threaded = Threaded(plan, signals, stock, reloader.generation, report)
        reloader.start(threaded.failing, threaded.refuse)
        stack.callback(reloader.close)
        return threaded.run(requests, reloader.ask, terminal)


class Threaded:
    """The open app, and the threads that work on it, one generation after the other."""

    def __init__(
        self, plan: Plan, signals: Signals, stock: Stock, generation: Generation, report: Report | None
    ) -> None:
        self._plan = plan
        self._signals = signals
        self._stock = stock
        self._report = report
        self._generation = generation
        self._request: Request | None = None
        self._rehearsal: Rehearsal | None = None
        self._refused: Mapping[str, str] = {}
        self._app = self._opened(generation)
        self.failing = failing_tasks(self._app)
        self._runner = self._started()

    def run(self, requests: Requests, ask: Callable[[], object], terminal: Terminal) -> int:
        """Until a signal comes, or a drain is done."""
        while not self._drain.done:
            readable(self._signals, seconds=_TICK)
            came = set(self._signals.take())
            if terminal.stops(came):
                break
            if signal.SIGHUP in came:
                ask()
            self._reload(requests)
            self._look_round()
        self._end_rehearsal()
        finished = self._runner.stop(self._plan.grace)
        self._app.close()
        return 0 if finished else 1

    def refuse(self, refused: Mapping[str, str]) -> None:
        """These files cannot be loaded: whoever asks the store is to know."""
        self._refused = refused
        self._runner.office.now_refuses(refused)

    def _look_round(self) -> None:
        if self._plan.drain and self._drain.wants_to_ask(self._runner.members):
            self._runner.office.ask(self._drain.ask)
        if self._report is not None:
            with unread_if_closed():
                self._report(self._runner.look(self._app.database, app_id=self._app.appId))

    def _reload(self, requests: Requests) -> None:
        """Look at what is asked for; take it over when nothing runs any more."""
        if self._request is None:
            self._request = requests.next()
            if self._request is not None:
                self._begin(self._request.trial)
        elif self._rehearsal is not None:
            self._hear(self._rehearsal)
        elif self._runner.is_idle:
            self._runner.stop(0)
            self._app.close()
            self._answer(self._exchange(self._request.trial))
            self._runner = self._started()

    def _begin(self, trial: Trial) -> None:
        if (verdict := self._read(trial)) is not None:
            self._answer(verdict)
        elif any(path.suffix == ".py" for path in trial.changed):
            self._rehearsal = Rehearsal(self._plan, trial)
        else:
            self._runner.dismiss()

    def _hear(self, rehearsal: Rehearsal) -> None:
        if (verdict := rehearsal.verdict()) is None:
            return
        self._end_rehearsal()
        if verdict.accepted:
            self._runner.dismiss()
        else:
            self._answer(verdict)

    def _end_rehearsal(self) -> None:
        if self._rehearsal is not None:
            self._rehearsal.close()
            self._rehearsal = None

    def _read(self, trial: Trial) -> Verdict | None:
        """What is wrong with the files can often be seen before anything is stopped."""
        plugged = [layer.root for layer in self._app.catalog.layers[:-1] if layer.home is None]
        try:
            catalog = discover(Path(self._plan.app_path), plugged=plugged, copies=trial.generation.copies)
        except AppError as error:
            return Verdict(refusal=str(error))
        fault = read(catalog, trial)
        return None if fault is None else Verdict(failures=fault.failures, alone=fault.alone)

    def _exchange(self, trial: Trial) -> Verdict:
        """Open the new generation; if it cannot be loaded, the one before again."""
        opened = attempt(self._opened, trial.generation)
        if not isinstance(opened.value, App):
            self._app = self._opened(self._generation)
            assert opened.error is not None
            return Verdict(refusal=message(opened.error))
        fault = proved(opened.value, trial)
        if fault is not None:
            opened.value.close()
            self._app = self._opened(self._generation)
            return Verdict(failures=fault.failures, alone=fault.alone)
        self._stock.drop(self._generation)
        self._app, self._generation = opened.value, trial.generation
        return Verdict(accepted=True, failing=failing_tasks(self._app))

    def _answer(self, verdict: Verdict) -> None:
        assert self._request is not None
        self._request.answer(verdict)
        self._request = None

    def _opened(self, generation: Generation) -> App:
        plan = self._plan
        return open_app(plan.app_path, database=plan.database, settings=plan.settings or None, copies=generation.copies)

    def _started(self) -> Runner:
        runner = Runner(self._app, self._plan, generation=self._generation.hash)
        runner.start()
        runner.office.now_refuses(self._refused)
        self._drain = runner.draining()
        return runner
