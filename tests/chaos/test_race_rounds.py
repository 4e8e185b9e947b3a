"""forcedEnd, cancel, an edit of the date and a deletion of the row, each racing with the claim and with the finish."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from jitai_tasks.store import Database, migrations
from jitai_tasks.store.tables import metadata
from tests.chaos.conftest import url_of
from tests.chaos.racing import Pair, Round

ROUNDS = int(os.environ.get("JITAI_RACE_ROUNDS", "1000"))
#: Who won → where the job must be. A forced end takes a running job as well as a waiting one, so it may win after a
#: claim; all others win alone.
WHERE = {
    "claim": "running",
    "finish": "success",
    "forced_end": "terminated",
    "cancel": "canceled",
    "edit": "moved",
    "edit_alone": "moved",
    "delete": "gone",
}
VERBS = ("forced_end", "cancel", "edit", "edit_alone", "delete")
#: One gives the other a start of up to this many questions to the database: the two do not take equally long.
LATEST = 16

pytestmark = pytest.mark.chaos


@pytest.fixture
def database(make: str, tmp_path: Path) -> Iterator[Database]:
    url = url_of(make, tmp_path) + ("?synchronous=OFF" if make == "sqlite" else "")
    opened = Database.open(url)
    migrations.upgrade(opened)
    yield opened
    opened.dispose()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("against", ["claim", "finish"])
def test_of_two_that_race_for_a_job_exactly_one_wins(database: Database, against: str) -> None:
    """The rounds are shared among the five verbs; `make chaos` may ask for more by JITAI_RACE_ROUNDS."""
    won: Counter[str] = Counter()
    with Pair().running() as pair:
        for number in range(ROUNDS):
            won[one_round(database, pair, number, against)] += 1
            if number % 100 == 99:
                empty(database)
    print(f"{against} on {database.dialect}: {dict(won)}")
    assert won[against] > 0
    assert sum(won.values()) == ROUNDS


def one_round(database: Database, pair: Pair, number: int, against: str) -> str:
    """Who won."""
    verb = VERBS[number % len(VERBS)]
    this = Round.of(database, str(number), claimed=against == "finish")
    start = number // len(VERBS) % (2 * LATEST) - LATEST
    mine, other = pair.race(this.late(getattr(this, verb), start), this.late(getattr(this, against), -start))
    fate = this.fate()
    if mine and other:
        assert (verb, against) == ("forced_end", "claim"), f"both won: {verb} and {against}"
    assert mine or other, f"nobody won: {verb} and {against}"
    winner = verb if mine else against
    assert fate == WHERE[winner], f"{winner} won, but the job is {fate}"
    left_alone(this, fate)
    return winner


def left_alone(this: Round, fate: str) -> None:
    """End what still waits or runs, so that the next round has the store for itself."""
    if fate in ("running", "moved"):
        assert this.forced_end()


def empty(database: Database) -> None:
    with database.begin() as connection:
        for name in ("jitai_jobs", "jitai_runs", "jitai_occurrences"):
            connection.execute(metadata.tables[name].delete())
