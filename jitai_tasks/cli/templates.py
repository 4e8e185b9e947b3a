"""The files that `init` writes."""

from __future__ import annotations

GREETING_E_JSON = """\
{
  "$schema": "../../.jitai/e.schema.json",
  "type": "tasks.NormalType",
  "title": "Greet the world",
  "enable": 1,
  "funcType": "Inner",
  "timerCfg": {
    "startTime": "2026-01-01 00:00:00",
    "repeat": {"repeatType": "second", "period": 5}
  }
}
"""

GREETING_INNER_PY = """\
def customFunc():
    print("Hello from a task")
    return "greeted"
"""


def app_json(name: str, timezone: str) -> str:
    """The app.json of a new app; `name` like "Shop"."""
    return f"""\
{{
  "$schema": ".jitai/app.schema.json",
  "appId": "local.{name}",
  "name": "{name}",
  "title": "{name}",
  "version": "1.0.0",
  "timezone": "{timezone}"
}}
"""
