"""The tiny app and the real runners of tests/runner, with files that change while they run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from jitai_tasks.store.records import Run
from tests.runner.conftest import Shop, eventually, shop_at

#: A service whose function tells its version.
SAYS = "def version():\n    return {version!r}\n"
TASK: dict[str, object] = {
    "title": "Beat", "type": "tasks.NormalType", "enable": 1, "func": "services.Desk.version",
    "timerCfg": {"startTime": "2026-01-01 00:00:00", "repeat": {"repeatType": "day", "period": 1}},
}  # fmt: skip
FILES: dict[str, object] = {
    "services/Desk/e.json": {"title": "Desk", "type": "services.NormalType"},
    "services/Desk/__init__.py": SAYS.format(version="first"),
    "services/Quiet/e.json": {"title": "Quiet", "type": "services.NormalType"},
    "services/Quiet/__init__.py": SAYS.format(version="first"),
    "tasks/Beat/e.json": TASK,
}


class Bench:
    """The shop with a runner that reloads, and verbs for those who edit."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def write(self, name: str, content: object) -> Path:
        path = self.shop.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def desk(self, version: str, name: str = "Desk") -> None:
        self.write(f"services/{name}/__init__.py", SAYS.format(version=version))

    def call(self, name: str = "Desk") -> Run:
        """A run of the service's function, begun after this moment."""
        from jitai_tasks.ids import new_id
        from jitai_tasks.store import jobs as stored
        from jitai_tasks.store.records import NewJob

        new = NewJob(id=new_id(), task_type="tasks.TemporaryType", func=f"services.{name}.version", due=0)
        with self.shop.app.database.begin() as connection:
            stored.create(connection, [new])
        self.shop.app.database.ring()
        return self.shop.done(new.id)

    def says(self, name: str = "Desk") -> str:
        return json.loads(self.call(name).outcome.result or "null")

    def in_effect(self, version: str, name: str = "Desk", *, seconds: float = 15.0) -> None:
        """Wait until the runner performs this version."""
        eventually(lambda: self.says(name) == version, seconds=seconds, say=self.shop.logs)

    def logged(self, text: str, *, seconds: float = 15.0) -> None:
        eventually(lambda: text in self.shop.logs(), seconds=seconds, say=self.shop.logs)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    yield from shop_at(tmp_path, f"sqlite:///{tmp_path / 'jobs.sqlite3'}", FILES)


#: For tests of what hangs while it is loaded.
IMPATIENT: dict[str, float] = {"load_within": 2.0}


@pytest.fixture
def impatient(shop: Shop) -> Bench:
    """The same as `bench`, and loading may take 2 s."""
    shop.ready(workers=2, reload=True, times=IMPATIENT)
    return Bench(shop)


@pytest.fixture
def bench(shop: Shop) -> Bench:
    """A runner that has performed its first job and watches the files."""
    shop.ready(workers=2, reload=True)
    return Bench(shop)
