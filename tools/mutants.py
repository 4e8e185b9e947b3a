"""`make mutants`: breaks the product on purpose, fault by fault, and shows that a named test notices each.

Every fault is a small replacement of source in a copy of the tree; the test that must fail runs there. Exit code 1 if
a test passes on a broken build, or if a fault no longer fits the source. Arguments choose faults by parts of names.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("jitai_tasks", "elements", "schemas", "tests", "pyproject.toml")
LONGEST = 300.0  # seconds for one fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A fault: `before` becomes `after` in one file, and `test` must fail for it."""

    name: str
    file: str
    before: str
    after: str
    test: str


MUTANTS = (
    Mutant(
        name="no token check in finish (SQLite)",
        file="jitai_tasks/store/recording.py",
        before=" CROSS JOIN jitai_jobs j WHERE j.id = o.id AND j.claim_token = ?",
        after=" CROSS JOIN jitai_jobs j WHERE j.id = o.id AND ? IS NOT NULL",
        test="tests/store/test_finishing.py::test_a_stale_token_changes_nothing[sqlite]",
    ),
    Mutant(
        name="no token check in finish (others)",
        file="jitai_tasks/store/recording.py",
        before='_GUARD = "claim_token = ?"',
        after='_GUARD = "CAST(? AS BIGINT) IS NOT NULL"',
        test="tests/store/test_finishing.py::test_a_stale_token_changes_nothing[postgresql]",
    ),
    Mutant(
        name="plain BEGIN instead of IMMEDIATE",
        file="jitai_tasks/store/sqlite.py",
        before='raw.execute("BEGIN IMMEDIATE")',
        after='raw.execute("BEGIN")',
        test="tests/chaos/test_writers.py",
    ),
    Mutant(
        name="eager reaper",
        file="jitai_tasks/runner/pulse.py",
        before="return self._since is not None and now - self._since >= self._lease",
        after="return True",
        test="tests/runner/test_leases.py::test_a_failed_query_starts_the_quiet_period_anew",
    ),
    Mutant(
        name="unique only on the live table (no occurrences)",
        file="jitai_tasks/store/occurrences.py",
        before=(
            "    added = change(connection, INSERT[make(connection)], (job.task, job.subject, job.slot, job.id)) == 1\n"
        ),
        after=(
            "    from .statements import fetch\n"
            "    added = not fetch(connection, 'SELECT id FROM jitai_jobs WHERE task = ? AND subject = ? AND slot = ?',"
            " (job.task, job.subject, job.slot))\n"
        ),
        test="tests/chaos/test_ticks.py::test_eight_processes_racing_on_1000_ticks_make_exactly_1000_jobs[sqlite]",
    ),
    Mutant(
        name="watermark in its own transaction",
        file="jitai_tasks/store/occurrences.py",
        before="        advance(connection, job.task, job.slot)\n    return added",
        after="        advance(connection, job.task, job.slot)\n        connection.commit()\n    return added",
        test="tests/chaos/test_crash_points.py::test_a_crash_at_every_point_leaves_all_or_nothing[postgresql-tick]",
    ),
    Mutant(
        name="no rollback on a lost claim",
        file="jitai_tasks/runner/performing.py",
        before="            self.scope.rollback()\n        self.scope.close()",
        after="            self.scope.commit()\n        self.scope.close()",
        test="tests/chaos/test_zombies.py::test_a_zombie_in_the_middle_of_its_transaction_is_rolled_back[postgresql]",
    ),
    Mutant(
        name="interruption not counted",
        file="jitai_tasks/store/claims.py",
        before="rerun.append(_free(connection, job, job.interruptions + counted))",
        after="rerun.append(_free(connection, job, job.interruptions))",
        test="tests/store/test_claims.py::test_a_job_that_costs_three_workers_ends_in_error[sqlite]",
    ),
    Mutant(
        name="hand-back counted",
        file="jitai_tasks/store/claims.py",
        before="connection.execute(jobs.update().where(mine).values(**_FREED)).rowcount",
        after=(
            "connection.execute(jobs.update().where(mine)"
            ".values(**_FREED, interruptions=jobs.c.interruptions + 1)).rowcount"
        ),
        test="tests/store/test_claims.py::test_jobs_handed_back_wait_again_and_are_not_counted[sqlite]",
    ),
    Mutant(
        name="wake-up lost",
        file="jitai_tasks/store/inserting.py",
        before='_INSERT_AND_NOTIFY = f"{INSERT_JOB} RETURNING {NOTIFY}"',
        after='_INSERT_AND_NOTIFY = f"{INSERT_JOB} RETURNING 1"',
        test="tests/runner/test_trouble.py::test_jobs_run_on_postgresql_and_are_started_by_notify",
    ),
    Mutant(
        name="successor in its own transaction",
        file="jitai_tasks/store/finishing.py",
        before="    if done.successor is not None and occurrences.remember(connection, done.successor):\n",
        after=(
            "    if done.successor is not None:\n        connection.commit()\n"
            "    if done.successor is not None and occurrences.remember(connection, done.successor):\n"
        ),
        test="tests/chaos/test_crash_points.py::test_a_crash_at_every_point_leaves_all_or_nothing[postgresql-finish]",
    ),
    Mutant(
        name="a forced end leaves the job with its holder",
        file="jitai_tasks/store/moves.py",
        before='    change(connection, "DELETE FROM jitai_jobs WHERE id = ?", (job.id,))\n',
        after="",
        test="tests/store/test_claims.py::test_a_supervisor_learns_which_claims_are_still_its_own[sqlite]",
    ),
    Mutant(
        name="SKIP LOCKED left out",
        file="jitai_tasks/store/claiming.py",
        before="LIMIT {limit} FOR UPDATE SKIP LOCKED",
        after="LIMIT {limit} FOR UPDATE NOWAIT",
        test="tests/store/test_claims.py::test_a_claim_passes_over_what_another_claim_is_taking[postgresql]",
    ),
    Mutant(
        name="priority ignored",
        file="jitai_tasks/store/lanes.py",
        before="key=lambda lane: -lane.priority)",
        after="key=lambda lane: lane.priority)",
        test="tests/store/test_claims.py::test_higher_priority_first_then_earlier_due_then_lower_id[sqlite]",
    ),
    Mutant(
        name="claims that nobody holds are not looked for",
        file="jitai_tasks/runner/strays.py",
        before="return time.monotonic() - self._looked >= _LOOK_EVERY",
        after="return False",
        test="tests/chaos/test_strays.py::test_a_claim_that_takes_effect_after_its_workers_funeral_is_handed_back",
    ),
    Mutant(
        name="a claim made ahead is taken for a stray",
        file="jitai_tasks/runner/strays.py",
        before="else (glance.token, glance.behind, glance.coming)",
        after="else (glance.token, glance.behind)",
        test="tests/runner/test_lookahead.py::test_a_claim_made_ahead_is_no_stray_until_it_is_recalled",
    ),
    Mutant(
        name="the batch before is taken for a stray",
        file="jitai_tasks/runner/strays.py",
        before="return (glance.token, glance.behind) if recalled else (glance.token, glance.behind, glance.coming)",
        after="return (glance.token,) if recalled else (glance.token, glance.coming)",
        test="tests/runner/test_lookahead.py::test_a_claim_made_ahead_is_no_stray_until_it_is_recalled",
    ),
    Mutant(
        name="a job behind quick ones is not watched",
        file="jitai_tasks/runner/worker.py",
        before=(
            "            self._make_room(job)\n"
            "            self._seat.say_performing(job, ahead=len(batch) - count - 1)\n"
        ),
        after=(
            "            self._seat.say_performing(job, ahead=len(batch) - count - 1)\n"
            "            self._make_room(job)\n"
        ),
        test="tests/runner/test_ending.py::test_a_time_limit_holds_also_for_a_job_behind_quick_ones",
    ),
    Mutant(
        name="a torn word keeps the supervisor waiting",
        file="jitai_tasks/runner/seats.py",
        before="        for _ in range(_READS):\n",
        after="        while True:\n",
        test="tests/chaos/test_seats.py",
    ),
    Mutant(
        name="a saved row gets a second job",
        file="jitai_tasks/store/onerow.py",
        before='_NONE = f"NOT EXISTS (SELECT 1 FROM jitai_jobs WHERE {_OF_ROW} AND slot IS NOT NULL)"',
        after='_NONE = f"NOT EXISTS (SELECT 1 FROM jitai_jobs WHERE {_OF_ROW} AND slot IS NULL)"',
        test="tests/store/test_onerow.py::test_a_row_where_something_is_unusual_is_left_to_a_closer_look",
    ),
    Mutant(
        name="a job that runs is moved with its row",
        file="jitai_tasks/store/onerow.py",
        before="AND slot = ? AND status = 'waiting'\"",
        after='AND slot = ?"',
        test="tests/store/test_onerow.py::test_a_move_where_something_is_unusual_is_left_to_a_closer_look",
    ),
    Mutant(
        name="a save writes back what it has not touched",
        file="jitai_tasks/models/writing.py",
        before="if name in row._assigned or name not in since or since[name] != value",
        after="if True",
        test="tests/models/test_saving.py::test_what_another_copy_of_the_row_has_written_stays[sqlite]",
    ),
    Mutant(
        name="effects committed before the finish",
        file="jitai_tasks/runner/performing.py",
        before="        accepted = finishing.finish(self.scope.session.connection(), [self.finish])\n",
        after=(
            "        self.scope.commit()\n"
            "        accepted = finishing.finish(self.scope.session.connection(), [self.finish])\n"
        ),
        test="tests/chaos/test_zombies.py::test_a_zombie_in_the_middle_of_its_transaction_is_rolled_back[postgresql]",
    ),
    Mutant(
        name="a transaction that cannot begin stays around",
        file="jitai_tasks/transactions.py",
        before="            held.__exit__(type(error), error, error.__traceback__)\n",
        after="            del error\n",
        test="tests/runner/test_committing.py::"
        "test_a_transaction_that_could_not_begin_leaves_nothing_that_others_would_join",
    ),
    Mutant(
        name="a lost connection never counts",
        file="jitai_tasks/runner/ledger.py",
        before="if performed.lost and (at_once or job.on_interrupt is OnInterrupt.ERROR):",
        after="if performed.lost and job.on_interrupt is OnInterrupt.ERROR:",
        test="tests/runner/test_committing.py::"
        "test_a_job_that_breaks_its_own_connection_is_not_tried_for_ever[postgresql-connection]",
    ),
    Mutant(
        name="a death in the commit never counts",
        file="jitai_tasks/runner/seats.py",
        before="at_work = self.phase in (Phase.PERFORMING, Phase.COMMITTING, Phase.FINISHING)",
        after="at_work = self.phase in (Phase.PERFORMING, Phase.FINISHING)",
        test="tests/runner/test_committing.py::"
        "test_a_job_that_ends_its_worker_while_it_is_committed_costs_three_workers[sqlite-kill]",
    ),
    Mutant(
        name="a forked child goes on as the worker",
        file="jitai_tasks/runner/performing.py",
        before="        if os.getpid() != self._process:\n            children.leave(tried.error)\n",
        after="",
        test="tests/runner/test_children.py::test_a_child_that_comes_back_from_the_function_ends_there[return-0-]",
    ),
    Mutant(
        name="a closed session is not forgotten",
        file="jitai_tasks/models/changes.py",
        before='            "after_transaction_end": self._after_end,\n',
        after="",
        test="tests/datefields/test_sessions.py::"
        "test_nothing_follows_from_what_a_session_has_flushed_and_not_committed[close-sqlite]",
    ),
    Mutant(
        name="dates follow what an object was when it was loaded",
        file="jitai_tasks/datefields/saving.py",
        before="names = change.post if change.current else change.changed",
        after="names = change.post",
        test="tests/datefields/test_sessions.py::"
        "test_an_edit_of_a_row_that_was_loaded_long_ago_goes_by_what_the_row_is[sqlite]",
    ),
    Mutant(
        name="events of a plain session write beside it",
        file="jitai_tasks/models/catalog.py",
        before="nullcontext() if held is None else following(",
        after="nullcontext() if True else following(",
        test="tests/datefields/test_sessions.py::"
        "test_what_an_event_writes_is_part_of_the_transaction_of_a_plain_session[True-UpdateAfter-postgresql]",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one fault."""

    mutant: Mutant
    caught: bool
    seconds: float
    #: Why it was not caught, in a line.
    said: str = ""


def main(arguments: Sequence[str]) -> int:
    """Try every fault that was chosen; print the table; answer the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="only faults whose name contains one of these")
    parser.add_argument("-j", "--jobs", type=int, default=2, help="how many at a time (default 2)")
    given = parser.parse_args(arguments)
    chosen = [one for one in MUTANTS if not given.names or any(name in one.name for name in given.names)]
    with ThreadPoolExecutor(given.jobs) as pool:
        verdicts = list(pool.map(tried, chosen))
    print("\n".join(table(verdicts)))
    return 0 if all(verdict.caught for verdict in verdicts) else 1


def tried(mutant: Mutant) -> Verdict:
    """Break a copy of the tree, and run the test that must notice."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="jitai-mutant-") as folder:
        tree = copied(Path(folder))
        path = tree / mutant.file
        source = path.read_text(encoding="utf-8")
        if source.count(mutant.before) != 1:
            said = f"does not fit: {mutant.file} has its text {source.count(mutant.before)} times"
            return Verdict(mutant=mutant, caught=False, seconds=0.0, said=said)
        path.write_text(source.replace(mutant.before, mutant.after), encoding="utf-8")
        failed, said = fails(tree, mutant.test)
    return Verdict(mutant=mutant, caught=failed, seconds=time.monotonic() - began, said="" if failed else said)


def copied(folder: Path) -> Path:
    """A copy of what tests need."""
    leave_out = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=leave_out)
        else:
            shutil.copy(source, folder / name)
    return folder


def fails(tree: Path, test: str) -> tuple[bool, str]:
    """Whether the test ran in this tree and failed; and its last words."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", test]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ran = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        return True, "ran for ever"
    lines = ran.stdout.strip().splitlines()
    return ran.returncode == 1, lines[-1] if lines else ran.stderr[-200:]


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """One line for each fault, and one for all."""
    width = max((len(verdict.mutant.name) for verdict in verdicts), default=0)
    for verdict in verdicts:
        state = "caught  " if verdict.caught else "SURVIVED"
        yield f"{state}  {verdict.mutant.name:<{width}}  {verdict.seconds:5.1f} s  {verdict.mutant.test}"
        if verdict.said:
            yield f"          {verdict.said}"
    yield f"{sum(verdict.caught for verdict in verdicts)} of {len(verdicts)} faults were caught"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
