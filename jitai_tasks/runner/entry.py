"""The runner as one call: `run` blocks until it is asked to stop, `drain` until nothing is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ..ids import new_id
from ..settings import named_database, settings_for
from .plan import Plan
from .processes import cores
from .status import Snapshot
from .supervisor import supervise

Report = Callable[[Snapshot], object]


def run(
    app_path: str | Path,
    *,
    workers: int | None = None,
    threads: bool = False,
    database: str | None = None,
    drain: bool = False,
    settings: Mapping[str, object] | None = None,
    report: Report | None = None,
    reload: bool = False,
) -> int:
    """Run the tasks of an app until SIGTERM or SIGINT, or (`drain`) until nothing is due; answers the exit status.

    The first signal waits up to 25 s for what runs, then hands it back; the second does so at once. `report` gets a
    `Snapshot` about four times a second. `reload` watches the app's files; SIGHUP asks for one look at them, unless it
    comes with the end of the terminal, which counts as a first signal. Raises AppError, DatabaseUnreachable,
    SchemaOutdated or SchemaTooNew when it cannot start. Main thread only.
    """
    plan = plan_for(app_path, workers=workers, database=database, drain=drain, settings=settings, reload=reload)
    if threads:
        from .threaded import run_in_threads  # noqa: PLC0415  # start-up cost: the app's side is not loaded otherwise

        return run_in_threads(plan, report=report)
    return supervise(plan, report=report)


def plan_for(
    app_path: str | Path,
    *,
    workers: int | None = None,
    database: str | None = None,
    drain: bool = False,
    settings: Mapping[str, object] | None = None,
    reload: bool = False,
) -> Plan:
    """The plan of a runner: what was asked, completed by the app's settings."""
    root = Path(app_path).resolve()
    asked = {"database": database, "workers": workers}
    given = {name: value for name, value in asked.items() if value is not None}
    chosen = settings_for(root, {**(settings or {}), **given})
    return Plan(
        app_path=str(root),
        runner=new_id(),
        workers=chosen.workers or cores(),
        queues=chosen.queues,
        database=named_database(chosen),
        settings=dict(settings or {}),
        drain=drain,
        reload=reload,
        grace=chosen.drain_seconds,
    )
