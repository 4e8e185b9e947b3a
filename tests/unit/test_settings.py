"""Where settings come from, which goes before which, and what is said about nonsense."""

from __future__ import annotations

from pathlib import Path

import pytest

from jitai_tasks.config import AppConfig
from jitai_tasks.errors import AppError
from jitai_tasks.settings import database_url, settings_for, zone_name
from jitai_tasks.testing import write_files


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("DATABASE_URL", "JITAI_TASKS_DATABASE", "JITAI_TASKS_WORKERS", "JITAI_TASKS_TIMEZONE"):
        monkeypatch.delenv(name, raising=False)


def test_without_any_word_the_defaults_hold(tmp_path):
    settings = settings_for(tmp_path)
    assert (settings.database, settings.workers, settings.queues, settings.drain_seconds) == (
        None,
        None,
        ("default",),
        25,
    )


def test_what_is_passed_goes_before_the_environment_and_that_before_the_file(tmp_path, monkeypatch):
    write_files(
        tmp_path, {"pyproject.toml": "[tool.jitai_tasks]\nworkers = 1\nhistory-days = 7\ntimezone = 'Asia/Tokyo'\n"}
    )
    app = tmp_path / "shop"
    app.mkdir()
    assert settings_for(app).workers == 1
    monkeypatch.setenv("JITAI_TASKS_WORKERS", "2")
    assert settings_for(app).workers == 2
    settings = settings_for(app, {"workers": 3, "timezone": None})
    assert (settings.workers, settings.history_days, settings.timezone) == (3, 7, "Asia/Tokyo")


def test_the_database_is_found_in_the_order_that_the_docs_say(tmp_path, monkeypatch):
    config = AppConfig(appId="a.B", database="sqlite:///from-app.db")
    assert database_url(tmp_path, settings_for(tmp_path), AppConfig(appId="a.B")).endswith(
        "/appData/jitai_tasks.sqlite3"
    )
    assert database_url(tmp_path, settings_for(tmp_path), config) == "sqlite:///from-app.db"
    monkeypatch.setenv("DATABASE_URL", "sqlite:///from-env.db")
    assert database_url(tmp_path, settings_for(tmp_path), config) == "sqlite:///from-env.db"
    monkeypatch.setenv("JITAI_TASKS_DATABASE", "sqlite:///from-ours.db")
    assert database_url(tmp_path, settings_for(tmp_path), config) == "sqlite:///from-ours.db"
    passed = settings_for(tmp_path, {"database": "sqlite:///passed.db"})
    assert database_url(tmp_path, passed, config) == "sqlite:///passed.db"


def test_the_zone_is_that_of_the_settings_then_of_the_app_then_utc(tmp_path):
    config = AppConfig(appId="a.B", timezone="Europe/Berlin")
    assert zone_name(settings_for(tmp_path, {"timezone": "Asia/Tokyo"}), config) == "Asia/Tokyo"
    assert zone_name(settings_for(tmp_path), config) == "Europe/Berlin"
    assert zone_name(settings_for(tmp_path), AppConfig(appId="a.B")) == "UTC"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"workers": 0}, "setting workers: .*greater than or equal to 1, got 0; see JITAI_TASKS_WORKERS"),
        ({"workers": "many"}, "setting workers: .*integer"),
        ({"timezone": "Mars/Olympus"}, "setting timezone: .*no such time zone"),
        ({"timezone": "localtime"}, "setting timezone: .*no such time zone"),
    ],
)
def test_nonsense_is_named_with_its_setting(tmp_path, given, said):
    with pytest.raises(AppError, match=said):
        settings_for(tmp_path, given)


def test_nonsense_in_the_environment_is_named_with_its_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("JITAI_TASKS_WORKERS", "-1")
    with pytest.raises(AppError, match="the environment variable JITAI_TASKS_WORKERS"):
        settings_for(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    path = write_files(tmp_path, {"pyproject.toml": "[tool\n"}) / "pyproject.toml"
    with pytest.raises(AppError, match=f"{Path(path).name} cannot be read"):
        settings_for(tmp_path)


def test_queues_may_be_given_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("JITAI_TASKS_QUEUES", '["mail", "default"]')
    assert settings_for(tmp_path).queues == ("mail", "default")
