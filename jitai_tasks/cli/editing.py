"""`editor`: the settings by which editors and type checkers understand an app."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from ..authoring.editor import FOLDER, ONCE, STUBS, editor_files
from ..catalog import Catalog
from ..discovery import discover
from .options import app_argument
from .output import tell


@click.command("editor", short_help="Write the settings for editors and type checkers again.")
@app_argument
def editor_(app: Path) -> None:
    """Renew what editors and type checkers know about APP: schemas, stubs, settings.

    `init` does it once; do it again after an upgrade of jitai-tasks and when the app has got a Type or a schema.json
    of its own. Files that people edit (.vscode/settings.json, pyproject.toml, .gitignore) are only written if missing.

    \b
    jitai-tasks editor shop
    """
    kept = write_settings(app, discover(app))
    tell(f"{app / FOLDER} is renewed" + (f"; left as they are: {', '.join(kept)}" if kept else ""))


def write_settings(root: Path, catalog: Catalog | None = None) -> list[str]:
    """Write the settings below `root`; answers the names of those that were there and are people's own."""
    shutil.rmtree(root / STUBS, ignore_errors=True)
    files = editor_files(catalog)
    kept = [name for name in ONCE if (root / name).exists()]
    for name in files.keys() - set(kept):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name], encoding="utf-8")
    return kept
