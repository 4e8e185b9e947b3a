"""The reloader: sees that files have changed, waits until they are stable, and has the new generation tried.

It runs on a thread of its own. What is tried, and how the new generation takes over, is decided by who runs the app.
A unit (an element's folder, or a file outside of elements) that cannot be loaded is taken from the generation in use,
and everything else is taken from the files.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..layers import APP_JSON
from .looking import Look, being_written, look_at
from .stock import Generation, Stock, name_of
from .trial import Trial, Verdict
from .watching import Watch

_logger = logging.getLogger(__name__)

#: Events may get lost: this often everything is looked at.
_RESCAN = 30.0
#: After this time other folders are watched for certain, and what changed meanwhile is looked for.
_UNTIL_WATCHED = 0.2
#: Files that did not change for this long are stable, unless somebody still writes to them.
_STABLE = 0.06
_LONGEST_WRITING = 10.0
_AGAIN = 1.0

#: (the trial, whether something else waits) → what came of it; returns when the generation has taken over, or not
TryOut = Callable[[Trial, Callable[[], bool]], Verdict]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A unit that could not be loaded as it was then."""

    content: str
    said: str
    #: No change of other files can make it right.
    alone: bool
    #: It was only slow.
    aside: bool


class Reloader:
    """Holds the generation in use, and replaces it when the files change."""

    def __init__(self, app_path: Path, stock: Stock, try_out: TryOut, *, watching: bool) -> None:
        """Copies the app as it is now. AppError when there is nothing that can be copied."""
        self._root = app_path
        self._stock = stock
        self._try_out = try_out
        self._rung = threading.Event()
        self._closing = threading.Event()
        self._watch = Watch(self._rung.set) if watching else None
        self._refused: dict[Path, Refusal] = {}
        self._said = ""
        self._pause = _RESCAN
        self._look, self.generation = self._first()
        self.failing: frozenset[str] = frozenset()
        self._tell: Callable[[Mapping[str, str]], object] = lambda _refused: None
        self._told: Mapping[str, str] = {}
        self._thread = threading.Thread(target=self._work, name="reload", daemon=True)

    def leave_out(self, unit: Path, said: str) -> None:
        """Before the start: the generation is to be one without this unit, which cannot be loaded."""
        self._stock.drop(self.generation)
        self._refused[unit] = Refusal("", said, alone=True, aside=False)
        self._look, self.generation = self._first()
        self._remember(self._look, frozenset([unit]), Verdict(failures={unit: said}, alone=True))

    def start(self, failing: frozenset[str], tell: Callable[[Mapping[str, str]], object]) -> None:
        """Begin; the generation is in use, and these tasks of it cannot be loaded. `tell` is told, now and from then
        on, by the name of a unit, what is refused and why."""
        self.failing = failing
        self._tell = tell
        self._tell_refused()
        if self._watch is not None:
            self._watch.move_to(self._look.folders)
            self._watch.start()
            self._rung.set()  # files may have changed since they were copied
        self._thread.start()

    def ask(self) -> None:
        """Look at the files now."""
        self._rung.set()

    def close(self) -> None:
        """Stop looking."""
        self._closing.set()
        self._rung.set()
        if self._watch is not None:
            self._watch.close()
        if self._thread.is_alive():
            self._thread.join(_AGAIN)

    def _first(self) -> tuple[Look, Generation]:
        while True:
            look = look_at(self._root)
            if (generation := self._stock.take(look, kept=frozenset(self._refused))) is not None:
                return look, generation

    def _work(self) -> None:
        while not self._closing.is_set():
            self._rung.wait(self._pause if self._watch is not None else None)
            if not self._closing.is_set():
                self._rung.clear()
                self._reload(self._settled())

    def _settled(self) -> Look:
        """The files, once they have not changed for a moment and nobody writes to them."""
        look, end = look_at(self._root, self._look), time.monotonic() + _LONGEST_WRITING
        while not self._closing.wait(_STABLE):
            before, look = look, look_at(self._root, self._look)
            if look == before and (time.monotonic() > end or not being_written(self._fresh(look))):
                break
        moved = self._watch is not None and self._watch.move_to(look.folders)
        self._pause = _UNTIL_WATCHED if moved else _RESCAN
        return look

    def _fresh(self, look: Look) -> list[Path]:
        return [path for path, stamp in look.files.items() if self._look.files.get(path) != stamp]

    def _reload(self, look: Look) -> None:
        changed, self._look = look != self._look, look
        self._report_layers(look)
        kept = self._still_refused(look)
        taken = self._take(look, kept)
        if (taken or changed) and kept - self._set_apart():
            self._take(look, self._set_apart())  # what has just changed may have been what they were waiting for
        for unit in sorted(self._aside()):
            self._take(look, frozenset(self._refused) - {unit})
        self._tell_refused()

    def _tell_refused(self) -> None:
        homes = [copy.home for copy in self.generation.copies]
        refused = {name_of(unit, homes): each.said for unit, each in sorted(self._refused.items())}
        if refused != self._told:
            self._told = refused
            self._tell(refused)

    def _aside(self) -> frozenset[Path]:
        """The refused units that were only slow."""
        return frozenset(unit for unit, refusal in self._refused.items() if refusal.aside)

    def _set_apart(self) -> frozenset[Path]:
        """The refused units that are not tried together with others."""
        return frozenset(unit for unit, refusal in self._refused.items() if refusal.alone or refusal.aside)

    def _take(self, look: Look, kept: frozenset[Path]) -> bool:
        """Take over what has changed, except the units in `kept` and those that turn out to be broken."""
        while (trial := self._trial(look, kept)) is not None:
            verdict = self._try_out(trial, lambda: self._rung.is_set() and look_at(self._root, look) != look)
            if verdict.accepted:
                self._accept(trial, verdict, kept)
                return True
            self._stock.drop(trial.generation)
            blamed = frozenset(verdict.failures) & trial.units
            if verdict.again or not blamed:
                self._give_up(verdict)
                return False
            kept |= blamed
            self._remember(look, blamed, verdict)
        return False

    def _accept(self, trial: Trial, verdict: Verdict, kept: frozenset[Path]) -> None:
        self.generation, self.failing = trial.generation, verdict.failing
        self._refused = {unit: each for unit, each in self._refused.items() if unit in kept}
        _logger.info("reloaded %d files: generation %s", len(trial.changed), trial.generation.hash)

    def _trial(self, look: Look, kept: frozenset[Path]) -> Trial | None:
        """The files with what is kept of the generation in use; None if nothing differs, or files have moved."""
        if look.trouble:
            kept |= {home / APP_JSON for home in look.homes}
        generation = self._stock.take(look, self.generation, kept=kept)
        if generation is None or look_at(self._root, look) != look:
            self._rung.set()
            changed = []
        else:
            changed = generation.changed_since(self.generation)
        if generation is not None and not changed:
            self._stock.drop(generation)
        if generation is None or not changed:
            return None
        trial = Trial(generation=generation, changed=tuple(changed), failing=self.failing, before=self.generation)
        return replace(trial, yields=trial.units <= self._aside())

    def _still_refused(self, look: Look) -> frozenset[Path]:
        """The refused units that nobody has touched since; the others get a new chance."""
        now = self._stock.content(look, self._refused)
        self._refused = {unit: each for unit, each in self._refused.items() if now[unit] == each.content}
        return frozenset(self._refused)

    def _remember(self, look: Look, blamed: frozenset[Path], verdict: Verdict) -> None:
        content = self._stock.content(look, blamed)
        for unit in sorted(blamed):
            known = self._refused.get(unit)
            self._refused[unit] = Refusal(content[unit], verdict.failures[unit], verdict.alone, verdict.aside)
            if verdict.aside or (known is not None and known.content and known.said == verdict.failures[unit]):
                continue
            good = any(path == unit or unit in path.parents for path in self.generation.files)
            rest = "its last good version stays in use" if good else "it is left out"
            _logger.error("%s; %s", verdict.failures[unit], rest)

    def _give_up(self, verdict: Verdict) -> None:
        if verdict.again:
            self._closing.wait(_STABLE)
            self._rung.set()
        elif verdict.refusal != self._said:
            _logger.error("the changed files cannot be taken: %s; what was loaded stays in use", verdict.refusal)
        self._said = verdict.refusal

    def _report_layers(self, look: Look) -> None:
        if look.trouble and look.trouble != self._said:
            _logger.error("%s; the layers stay as they were", look.trouble)
        self._said = look.trouble
