"""Settings of one opened app: what the program was told, then the environment, then pyproject.toml, then app.json."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from .clock import NO_ZONES
from .config import AppConfig
from .errors import AppError

PREFIX = "JITAI_TASKS_"
DATABASE_VARIABLE = "DATABASE_URL"
#: Inside the app's folder; JitAi keeps its runtime data there too.
EMBEDDED_DATABASE = Path("appData") / "jitai_tasks.sqlite3"


class Settings(BaseSettings):
    """What can be set from outside; each as JITAI_TASKS_<NAME>, or under [tool.jitai_tasks] in pyproject.toml."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    #: URL of the database; None means DATABASE_URL, app.json, then SQLite inside the app's folder.
    database: str | None = None
    #: IANA zone; None means app.json, then UTC.
    timezone: str | None = None
    #: Worker processes; None means one per core.
    workers: int | None = Field(default=None, ge=1, le=1024)
    #: Run tasks in threads of this process instead; nothing can be killed then.
    threads: bool = False
    #: The queues to work on.
    queues: tuple[str, ...] = ("default",)
    #: Reload elements when their files change.
    reload: bool = True
    #: Seconds that running jobs get to end after SIGTERM.
    drain_seconds: float = Field(default=25.0, ge=0)
    #: Runs are kept this long.
    history_days: int = Field(default=30, ge=1)
    #: Extra information in errors and logs.
    debug: bool = False

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str | None) -> str | None:
        if name is not None and name not in available_timezones() - NO_ZONES:
            raise ValueError("there is no such time zone; names are like Europe/Berlin")
        return name

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was passed, then the environment; `settings_for` adds the file below them as defaults."""
        return init_settings, env_settings


def settings_for(app_root: Path, overrides: Mapping[str, object] | None = None) -> Settings:
    """The settings of the app in a folder. AppError names the setting that makes no sense, and where it comes from."""
    written = _from_pyproject(app_root)
    unset = {key: value for key, value in written.items() if f"{PREFIX}{key}".upper() not in _environment()}
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    try:
        return Settings.model_validate({**_from_environment(), **unset, **given})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise AppError(f"setting {name}: {first['msg']}, got {first['input']!r}; see {PREFIX}{name.upper()}") from None


def _environment() -> set[str]:
    return {name.upper() for name in os.environ}


def _from_environment() -> dict[str, Any]:
    try:
        return Settings().model_dump(exclude_unset=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = f"{PREFIX}{first['loc'][0]}".upper()
        raise AppError(f"the environment variable {name}: {first['msg']}, got {first['input']!r}") from None


def _from_pyproject(app_root: Path) -> dict[str, Any]:
    """[tool.jitai_tasks] of the nearest pyproject.toml at the app or above it."""
    for folder in (app_root, *app_root.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            try:
                table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("jitai_tasks", {})
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise AppError(f"{path} cannot be read: {error}") from None
            return {key.replace("-", "_"): value for key, value in table.items()}
    return {}


def database_url(app_root: Path, settings: Settings, config: AppConfig) -> str:
    """The URL of the app's database: settings, DATABASE_URL, app.json, else the SQLite file inside the app."""
    return named_database(settings) or config.database or f"sqlite:///{app_root / EMBEDDED_DATABASE}"


def named_database(settings: Settings) -> str | None:
    """The URL that is known without the app: settings, DATABASE_URL."""
    return settings.database or os.environ.get(DATABASE_VARIABLE)


def make_room(app_root: Path, url: str) -> None:
    """Make the folder of the embedded database; a database elsewhere is somebody else's to prepare."""
    if url == f"sqlite:///{app_root / EMBEDDED_DATABASE}":
        (app_root / EMBEDDED_DATABASE).parent.mkdir(exist_ok=True)


def zone_name(settings: Settings, config: AppConfig) -> str:
    """The app's IANA zone: settings, app.json, else UTC: the same on every machine that runs the app."""
    return settings.timezone or config.timezone or "UTC"
