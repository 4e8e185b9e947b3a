"""A rehearsal: before the app is opened anew in threads of this process, a process of its own opens it.

Code that hangs, or ends its process, while it is imported could not be survived here. Only that is found out: whatever
else is wrong with the files shows when the app is opened.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..layers import Copy
from . import processes
from .diligence import Diligence
from .hand import SIZE, Hand
from .looking import Stamp
from .outcome import attempt
from .plan import Plan
from .proving import failing_tasks, opened, proved
from .stock import Filed, Generation
from .trial import DIED, HUNG, SLOW, Trial, Verdict, blamed

#: The exit status of a rehearsal that came to its end; code that ends the process would have to know it.
_DONE = 86
_NO_STAMP = Stamp(0, 0, 0, 0)
_PROGRAM = """
import sys
sys.path[:] = {path!r}
from jitai_tasks.runner.rehearsal import perform
perform(script={script}, memory={memory}, parent={parent})
"""


class Rehearsal:
    """A trial that is opened and proved in an interpreter of its own, which may hang or die of it."""

    def __init__(self, plan: Plan, trial: Trial) -> None:
        self.trial = trial
        self._plan = plan
        self._began = time.monotonic()
        with tempfile.TemporaryFile() as script, tempfile.TemporaryFile() as memory:
            script.write(json.dumps(_script(plan, trial)).encode())
            script.seek(0)
            memory.truncate(SIZE)
            #: What the process has in hand.
            self.hand = Hand(memory.fileno())
            self._process = _started(script.fileno(), memory.fileno())
        self._diligence = Diligence(self)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def verdict(self) -> Verdict | None:
        """What came of it, None as long as it goes on. Accepted: the app can be opened here as well."""
        status = self._process.poll()
        if status is not None:
            return Verdict(accepted=True) if status == _DONE else self._blame(DIED, alone=True)
        if not self.hand.changes:
            self._began = time.monotonic()  # what the interpreter takes to start is not the app's
        if time.monotonic() - self._began > self._plan.load_within:
            return self._blame(HUNG.format(seconds=self._plan.load_within), alone=True)
        if len(self.trial.units) > 1 and self.hand.unit is not None and self._diligence.stands_still():
            return self._blame(SLOW, aside=True)
        return None

    def close(self) -> None:
        """End the process, and what it has started, if it is still there."""
        if self._process.poll() is None:
            processes.kill_group(self._process.pid)
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _blame(self, said: str, *, alone: bool = False, aside: bool = False) -> Verdict:
        return blamed(self.trial, self.hand.unit, said, alone=alone, aside=aside)


def perform(*, script: int, memory: int, parent: int) -> None:
    """The whole life of the process."""
    processes.lead_group()
    processes.die_with(parent, sys.stdin.fileno())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    with open(script, encoding="utf-8") as file:
        told = json.load(file)
    hand = Hand(memory)
    hand.open()
    attempt(_load, told, hand)
    os._exit(_DONE)


def _load(told: Mapping[str, Any], hand: Hand) -> None:
    plan, trial = _understood(told)
    app = opened(plan, trial, hand)
    if proved(app, trial) is None:
        failing_tasks(app)


def _started(script: int, memory: int) -> subprocess.Popen[bytes]:
    """Its standard input is a pipe that ends with this process."""
    program = _PROGRAM.format(path=sys.path, script=script, memory=memory, parent=os.getpid())
    return subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, pass_fds=(script, memory))


def _script(plan: Plan, trial: Trial) -> dict[str, object]:
    """What the process has to know of a plan and a trial, as JSON."""
    generation, before = trial.generation, trial.before
    files = {str(path): str(filed.copy) for path, filed in generation.files.items() if trial.unit(path) in trial.units}
    return {
        "app_path": plan.app_path,
        "database": plan.database,
        "settings": plan.settings,
        "copies": [[str(copy.home), str(copy.root)] for copy in generation.copies],
        "files": files,
        "elements": sorted(map(str, generation.elements | (before.elements if before is not None else frozenset()))),
        "changed": [str(path) for path in trial.changed],
        "failing": sorted(trial.failing),
    }


def _understood(told: Mapping[str, Any]) -> tuple[Plan, Trial]:
    generation = Generation(
        number=0,
        folder=Path(),
        copies=tuple(Copy(home=Path(home), root=Path(root)) for home, root in told["copies"]),
        files={Path(path): Filed(Path(copy), "", _NO_STAMP) for path, copy in told["files"].items()},
        elements=frozenset(map(Path, told["elements"])),
        hash="",
    )
    trial = Trial(
        generation=generation, before=generation, changed=tuple(map(Path, told["changed"])),
        failing=frozenset(told["failing"]),
    )  # fmt: skip
    plan = Plan(app_path=told["app_path"], runner=0, database=told["database"], settings=told["settings"])
    return plan, trial
