"""Scheduled and date-field tasks with one mistake each."""

from __future__ import annotations

import pytest

START = '"startTime": "2026-01-05 09:00:00"'
ROWS = '"startField": "startTime"'


def scheduled(*, top: str = "", timer: str = START + ', "repeat": {"repeatType": "day"}') -> str:
    head = '{\n  "type": "tasks.NormalType",\n  "title": "Report",\n  "enable": 1,\n'
    return head + f'{top}  "timerCfg": {{{timer}}}\n}}\n'


def repeating(rule: str) -> str:
    return scheduled(timer=f'\n    {START},\n    "repeat": {{{rule}}}\n  ')


def of_rows(timer: str, *, top: str = '  "modelPath": "models.Meeting",\n') -> str:
    head = '{\n  "type": "tasks.DateFieldType",\n  "title": "Remind",\n  "enable": 1,\n'
    return head + f'{top}  "timerCfg": {{{timer}}}\n}}\n'


def error(pointer: str, message: str, advice: str) -> tuple[str, str, str, str]:
    return "error", pointer, message, advice


def warning(pointer: str, message: str, advice: str) -> tuple[str, str, str, str]:
    return "warning", pointer, message, advice


REPEAT = "timerCfg/repeat"
TASKS = {
    # the task itself
    "no title": ('§{"type": "tasks.TemporaryType"}', warning("", "the key 'title' is missing", 'add "title"')),
    "no enable": (
        f'§{{"type": "tasks.NormalType", "title": "x", "timerCfg": {{{START}, "repeat": {{"repeatType": "day"}}}}}}',
        warning("", "the key 'enable' is missing: the task is off", '"enable": 1'),
    ),
    "enabled without times": (
        '\n §{"type": "tasks.NormalType", "title": "x", "enable": true}',
        error("", "the key 'timerCfg' is missing: an enabled task needs", 'add "timerCfg": {"startTime"'),
    ),
    "enable as text": (
        '{"type": "tasks.NormalType", "title": "x", "enable": §"0", "timerCfg": {'
        + START
        + ', "repeat": {"repeatType": "day"}}}',
        error("enable", "'0' is not one of 0, 1, true, false", "write 0 without quotes"),
    ),
    "Global without func": (
        scheduled(top='  "funcType": "Global",\n').replace('{\n  "type', '§{\n  "type'),
        error("", "the key 'func' is missing: funcType Global needs", 'add "func": "services.'),
    ),
    "wrong funcType": (
        scheduled(top='  "funcType": §"Glboal",\n  "func": "services.A.b",\n'),
        error("funcType", "'Glboal' is not one of 'Inner', 'Global'", "did you mean 'Global'?"),
    ),
    "func with a slash": (
        scheduled(top='  "func": §"services/ReportSvc/send",\n'),
        error("func", "expected the path of a function", '"services.ReportSvc.send"'),
    ),
    "func is a number": (scheduled(top='  "func": §5,\n'), error("func", "expected a text, found 5", 'write "5"')),
    "func that is not used": (
        scheduled(top='  "funcType": "Inner",\n  §"func": "services.A.b",\n'),
        warning("func", "'func' is not used, because funcType is 'Inner'", "remove 'func'"),
    ),
    "unknown key": (
        scheduled(top='  §"tiemout": 5,\n'),
        warning("tiemout", "unknown key 'tiemout'", "did you mean 'timeout'?"),
    ),
    "unknown key without a neighbour": (
        scheduled(top='  §"zebra": 5,\n'),
        warning("zebra", "unknown key 'zebra'", "it is ignored; known here: accessModifier"),
    ),
    "timeout of zero": (
        scheduled(top='  "timeout": §0,\n'),
        error("timeout", "expected at least 0.001, found 0", "a value from 0.001 to 31536000"),
    ),
    "timeout as text": (
        scheduled(top='  "timeout": §"60",\n'),
        error("timeout", "expected a number, found '60'", "write 60 without quotes"),
    ),
    "argDict as list": (
        scheduled(top='  "argDict": §[1, 2],\n'),
        error("argDict", "expected an object {…}, found [1, 2]", 'write it like {"days": 7}'),
    ),
    "retry without max": (
        scheduled(top='  "retry": §{"delay": 5},\n'),
        error("retry", "the key 'max' is missing: How many times", 'add "max": 3'),
    ),
    "wrong misfire": (
        scheduled(top='  "misfire": §"runall",\n'),
        error("misfire", "'runall' is not one of", "did you mean 'runAll'?"),
    ),
    "unknown zone": (
        scheduled(top='  "timezone": §"Europe/Berln",\n'),
        error("timezone", "found 'Europe/Berln'", "did you mean Europe/Berlin?"),
    ),
    "zone of the machine": (
        scheduled(top='  "timezone": §"localtime",\n'),
        error("timezone", "found 'localtime'", "IANA name"),
    ),
    "zone that climbs": (
        scheduled(top='  "timezone": §"../../etc/passwd",\n'),
        error("timezone", "expected a time zone of the IANA database", "use an IANA name"),
    ),
    "deadline at 25 o'clock": (
        scheduled(top='  "expect": {"by": §"25:00"},\n'),
        error("expect/by", "expected a time of day as HH:mm", '"06:30"'),
    ),
    "tag that is a number": (
        scheduled(top='  "tags": ["a", §2],\n'),
        error("tags/1", "expected a text, found 2", 'write "2"'),
    ),
    # when it runs
    "no repeat": (
        scheduled(timer=START).replace("{" + START, "§{" + START),
        error("timerCfg", "the key 'repeat' is missing", 'add "repeat"'),
    ),
    "no startTime": (
        scheduled(timer='"repeat": {"repeatType": "day"}').replace('{"repeat', '§{"repeat'),
        error("timerCfg", "the key 'startTime' is missing: The first planned time", 'add "startTime": "2026'),
    ),
    "timerCfg as text": (
        scheduled().replace("{" + START + ', "repeat": {"repeatType": "day"}}', '§"daily"'),
        error("timerCfg", "expected an object {…}, found 'daily'", "write it like"),
    ),
    "30 February": (
        scheduled(timer='"startTime": §"2024-02-30 09:00:00", "repeat": {"repeatType": "day"}'),
        error("timerCfg/startTime", "2024-02 has 29 days", "correct the date"),
    ),
    "13th month": (
        scheduled(timer=START + ', "endTime": §"2027-13-01 09:00:00", "repeat": {"repeatType": "day"}'),
        error("timerCfg/endTime", "months go from 01 to 12", "correct the date"),
    ),
    "25 o'clock": (
        scheduled(timer='"startTime": §"2026-01-05 25:00:00", "repeat": {"repeatType": "day"}'),
        error("timerCfg/startTime", "hours go from 00 to 23", "correct the date"),
    ),
    "the year 24": (
        scheduled(timer='"startTime": §"0024-01-05 09:00:00", "repeat": {"repeatType": "day"}'),
        error("timerCfg/startTime", "years go from 1900 to 9999", "correct the date"),
    ),
    "a date in words": (
        scheduled(timer='"startTime": §"tomorrow at nine", "repeat": {"repeatType": "day"}'),
        error("timerCfg/startTime", "expected a local time as yyyy-MM-dd HH:mm:ss", '"2026-01-05 09:00:00"'),
    ),
    "end before start": (
        scheduled(timer=START + ', "endTime": §"2026-01-05 08:59:59", "repeat": {"repeatType": "day"}'),
        error("timerCfg/endTime", "expected a time after startTime 2026-01-05 09:00:00", "move endTime"),
    ),
    "wrong repeatType": (
        repeating('"repeatType": §"dya"'),
        error(f"{REPEAT}/repeatType", "'dya' is not one of 'normal'", "did you mean 'day'?"),
    ),
    "no repeatType": (
        repeating('"period": 1').replace('{"period', '§{"period'),
        error(REPEAT, "the key 'repeatType' is missing", 'add "repeatType": "day"'),
    ),
    "period 0": (
        repeating('"repeatType": "day", "period": §0'),
        error(f"{REPEAT}/period", "expected at least 1, found 0", "use a value from 1 to"),
    ),
    "period 1.5": (
        repeating('"repeatType": "hour", "period": §1.5'),
        error(f"{REPEAT}/period", "expected a whole number, found 1.5", "write it like 1"),
    ),
    "period as text": (
        repeating('"repeatType": "hour", "period": §"2"'),
        error(f"{REPEAT}/period", "expected a whole number, found '2'", "write 2 without quotes"),
    ),
    "absurd period": (
        repeating('"repeatType": "year", "period": §5000'),
        error(f"{REPEAT}/period", "expected at most 100, found 5000, here repeatType is 'year'", "from 1 to 100"),
    ),
    "selector without effect": (
        repeating('"repeatType": "day", §"weekday": [1, 2]'),
        error(
            f"{REPEAT}/weekday",
            "'weekday' goes only with repeatType week, month or year, here repeatType is 'day'",
            "remove",
        ),
    ),
    "month in a month": (
        repeating('"repeatType": "month", §"month": [2]'),
        error(f"{REPEAT}/month", "'month' goes only with repeatType year", "remove 'month'"),
    ),
    "day and week": (
        repeating('"repeatType": "month", "day": [1], §"week": 1'),
        error(f"{REPEAT}/week", "'week' does not go with \"day\"", "remove 'week'"),
    ),
    "weekday without week": (
        repeating('"repeatType": "month", "weekday": [5]').replace('{"repeatType', '§{"repeatType'),
        error(REPEAT, "the key 'week' is missing", 'add "week": 1'),
    ),
    "weekday 8": (
        repeating('"repeatType": "week", "weekday": [1, §8]'),
        error(f"{REPEAT}/weekday/1", "expected at most 7, found 8", "use a value from 0 to 7"),
    ),
    "weekday by name": (
        repeating('"repeatType": "week", "weekday": [§"Mon"]'),
        error(f"{REPEAT}/weekday/0", "expected a whole number, found 'Mon'", "1 for Monday"),
    ),
    "single weekday 9": (
        repeating('"repeatType": "week", "weekday": §9'),
        error(f"{REPEAT}/weekday/0", "expected at most 7, found 9", "use a value from 0 to 7"),
    ),
    "day 32": (
        repeating('"repeatType": "month", "day": [§32]'),
        error(f"{REPEAT}/day/0", "expected at most 31, found 32", "use a value from -31 to 31"),
    ),
    "day in words": (
        repeating('"repeatType": "month", "day": [§"first"]'),
        error(f"{REPEAT}/day/0", 'expected a day from 1 to 31, from -1 to -31, or "last"', "write it like"),
    ),
    "sixth week": (
        repeating('"repeatType": "month", "week": §6, "weekday": [1]'),
        error(f"{REPEAT}/week", "expected at most 5, found 6", "use a value from -5 to 5"),
    ),
    "week 0": (
        repeating('"repeatType": "month", "week": §0, "weekday": [1]'),
        error(f"{REPEAT}/week", "expected a week from 1 to 5 or from -5 to -1, found 0", "write -1 for the last"),
    ),
    "every second cron": (
        repeating('"repeatType": "cron", "cron": "0 9 * * *", "period": §2'),
        error(f"{REPEAT}/period", "expected at most 1, found 2, here repeatType is 'cron'", "from 1 to 1"),
    ),
    "a day that never comes": (
        repeating('"repeatType": "year", "month": [2], "day": §[30], "monthOverflow": "skip"'),
        error(f"{REPEAT}/day", "the longest has 29 days", "choose a day that exists"),
    ),
    "cron without expression": (
        repeating('"repeatType": "cron"').replace('{"repeatType', '§{"repeatType'),
        error(REPEAT, "the key 'cron' is missing", 'add "cron": "0 9 * * 1-5"'),
    ),
    "cron with three fields": (
        repeating('"repeatType": "cron", "cron": §"0 9 *"'),
        error(f"{REPEAT}/cron", "expected a cron expression of five or six fields", "0 9 * * 1-5"),
    ),
    "expression without cron": (
        repeating('"repeatType": "day", §"cron": "0 9 * * *"'),
        error(f"{REPEAT}/cron", "'cron' goes only with repeatType cron, here repeatType is 'day'", "remove 'cron'"),
    ),
    # rows
    "no model": (
        of_rows(ROWS, top="").replace('{\n  "type', '§{\n  "type'),
        error("", "the key 'modelPath' is missing: an enabled date-field task needs", 'add "modelPath": "models.'),
    ),
    "no field": (
        of_rows('"repeat": {"repeatType": "year"}').replace('{"repeat"', '§{"repeat"'),
        error("timerCfg", "the key 'startField' is missing", 'add "startField"'),
    ),
    "wrong unit": (
        of_rows(ROWS + ', "startOffset": {"offsetType": -1, "offset": 1, "offsetUnit": §"fortnight"}'),
        error("timerCfg/startOffset/offsetUnit", "'fortnight' is not one of 'second'", "use one of them"),
    ),
    "wrong direction": (
        of_rows(ROWS + ', "startOffset": {"offsetType": §2, "offset": 1, "offsetUnit": "day"}'),
        error("timerCfg/startOffset/offsetType", "2 is not one of -1, 0, 1", "use one of them"),
    ),
    "wrong time of day": (
        of_rows(ROWS + ', "startOffset": {"offset": 0, "offsetUnit": "day", "time": §"9 am"}'),
        error("timerCfg/startOffset/time", "expected a time of day as HH:mm", '"09:00"'),
    ),
    "an offset of a thousand years": (
        of_rows(ROWS + ', "startOffset": {"offset": §400000, "offsetUnit": "day"}'),
        error(
            "timerCfg/startOffset/offset", "expected at most 36525, found 400000, here offsetUnit is 'day'", "from 0 to"
        ),
    ),
    "end that is not used": (
        of_rows(ROWS + ', §"endField": "endTime"'),
        warning("timerCfg/endField", "'endField' is not used, because endTimeType is 0", "set endTimeType to 1"),
    ),
    "slip in a nested key": (
        of_rows(ROWS + ', "startOffset": {"offset": 1, §"offsetUnti": "day"}'),
        warning("timerCfg/startOffset/offsetUnti", "unknown key 'offsetUnti'", "did you mean 'offsetUnit'?"),
    ),
}


@pytest.mark.parametrize("name", TASKS)
def test_broken_task_is_reported_at_its_place(name, expect):
    marked, expected = TASKS[name]
    expect(marked, expected)
