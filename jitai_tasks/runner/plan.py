"""What a runner was asked to do: frozen, made once at the start, known to every process of the tree."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The settings of one runner. Times are in seconds."""

    app_path: str
    #: Id of this runner in the store.
    runner: int
    workers: int = 2
    queues: tuple[str, ...] = ("default",)
    #: URL of the database; None leaves it to the app.
    database: str | None = None
    #: Overrides of the app's settings.
    settings: dict[str, object] = field(default_factory=dict)
    #: Stop when nothing is due any more.
    drain: bool = False
    #: Watch the app's files, and reload when they change.
    reload: bool = False
    #: How long the first SIGTERM waits for what runs.
    grace: float = 25.0
    #: How often a sign of life is written, and how long a silent runner is believed to live.
    beat: float = 5.0
    lease: float = 30.0
    #: How often the keeper looks for schedules without a job.
    heal_every: float = 60.0
    #: How long the app, or one part of it, may take to load.
    load_within: float = 10.0
