"""The recipes of docs/testing.md, run as a user's test file in a folder of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from jitai_tasks.cli.main import exit_code

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")


def test_the_five_recipes_run_as_they_stand_on_the_page(tmp_path: Path) -> None:
    recipes = re.findall(r"^## \d\. .*?```python\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(recipes) == 5
    (tmp_path / "test_recipes.py").write_text("\n\n".join(recipes), encoding="utf-8")
    assert exit_code(["init", str(tmp_path / "shop")]) == 0
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "test_recipes.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "7 passed" in done.stdout


def test_every_fixture_is_on_the_page() -> None:
    import jitai_tasks.testing as kit

    fixtures = {name.removesuffix("_fixture") for name in vars(kit) if name.endswith("_fixture")} - {"one_app"}
    assert {name for name in fixtures if f"`{name}" not in PAGE} == set()
