"""Date-field tasks in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..app import App
from ..definition import Definition

_UNITS = {
    "en": {"second": "second", "minute": "minute", "hour": "hour", "day": "day"},
    "zh": {"second": "秒", "minute": "分钟", "hour": "小时", "day": "天"},
}
_REPEATED = {"en": ", and again every {unit} after that", "zh": "，此后每{unit}重复"}
_KINDS = {
    "en": {"minute": "minute", "hour": "hour", "day": "day", "week": "week", "month": "month", "year": "year"},
    "zh": {"minute": "分钟", "hour": "小时", "day": "天", "week": "周", "month": "月", "year": "年"},
}


def sentence_of_rows(app: App, definition: Definition, lang: str) -> str:
    """When the task runs for a row, like "For each row of models.Meeting: 15 minutes before `start`."."""
    config: Mapping[str, Any] = definition.config
    timer: Mapping[str, Any] = config.get("timerCfg") or {}
    field, model = timer.get("startField", "?"), config.get("modelPath", "?")
    when = _when(timer.get("startOffset") or {}, str(field), lang)
    again = _again(timer.get("repeat") or {}, lang)
    passing = str(config.get("filter") or "")
    if lang == "zh":
        condition = f"满足 {passing} 的" if passing else ""
        return f"对 {model} {condition}每一行：{when}运行{again}（{app.timezone}）。"
    condition = f" that passes {passing}" if passing else ""
    return f"For each row of {model}{condition}: {when}{again} ({app.timezone})."


def _when(offset: Mapping[str, Any], field: str, lang: str) -> str:
    amount, unit = int(offset.get("offset") or 0), str(offset.get("offsetUnit") or "hour").rstrip("s")
    amount *= int(offset.get("offsetType", 1)) if offset.get("offsetType") in (-1, 0, 1) else 1
    clock = str(offset.get("time") or "")
    if lang == "zh":
        side = "前" if amount < 0 else "后"
        shift = f"{field} {side} {abs(amount)} {_UNITS[lang][unit]}" if amount else f"{field} 到时"
        return f"{shift} {clock} " if clock else shift
    plural = "" if abs(amount) == 1 else "s"
    shift = f"{abs(amount)} {unit}{plural} {'before' if amount < 0 else 'after'} {field}" if amount else f"at {field}"
    if clock and amount:
        return f"{shift}, at {clock}"
    return f"on the day of {field}, at {clock}" if clock else shift


def _again(repeat: Mapping[str, Any], lang: str) -> str:
    kind = str(repeat.get("repeatType") or "normal")
    return _REPEATED[lang].format(unit=_KINDS[lang][kind]) if kind in _KINDS[lang] else ""
