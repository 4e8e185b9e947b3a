"""What a look at an app's folders takes for a file."""

from __future__ import annotations

import os
from pathlib import Path

from jitai_tasks.runner.looking import look_at
from jitai_tasks.testing import write_files


def test_what_is_no_file_is_not_looked_at(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {"app.json": {"appId": "org.A"}, "tasks/X/e.json": {"title": "X", "type": "tasks.NormalType"}},
    )
    os.mkfifo(tmp_path / "tasks/X/pipe.py")
    (tmp_path / "tasks/X/gone.py").symlink_to(tmp_path / "nowhere.py")
    assert sorted(path.name for path in look_at(tmp_path).files) == ["app.json", "e.json"]


def test_code_from_outside_the_app_is_not_part_of_it(tmp_path: Path) -> None:
    outside = write_files(tmp_path / "outside", {"inner.py": "", "e.json": {"title": "Z"}, "prices.csv": ""})
    root = write_files(
        tmp_path / "A",
        {"app.json": {"appId": "org.A"}, "tasks/X/e.json": {"title": "X", "type": "tasks.NormalType"}},
    )
    for name in ("inner.py", "prices.csv"):
        (root / "tasks/X" / name).symlink_to(outside / name)
    (root / "tasks/Z").mkdir()
    (root / "tasks/Z/e.json").symlink_to(outside / "e.json")
    look = look_at(root)
    assert sorted(path.name for path in look.files) == ["app.json", "e.json", "prices.csv"]
    assert look.elements == {root / "tasks/X"}
