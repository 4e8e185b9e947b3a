"""Plain sentences, in English and Chinese, and what clock changes and days off do."""

from __future__ import annotations

import pytest

from jitai_tasks.schedule import effects, explain, parse_calendar, parse_timer
from tests.unit.schedule.vectors import at, timer

FROM = "from 2024-01-01."


@pytest.mark.parametrize(
    ("repeat", "english", "chinese"),
    [
        ({"repeatType": "normal"}, "Once, on 2024-01-01 at 09:00 (UTC).", "只在 2024-01-01 09:00 运行一次（UTC）。"),
        ({"repeatType": "minute"}, f"Every minute, counted from 09:00 (UTC), {FROM}", "每分钟运行一次，从 09:00 起算"),
        (
            {"repeatType": "hour", "period": 2},
            f"Every 2 hours, counted from 09:00 (UTC), {FROM}",
            "每 2 小时运行一次，从 09:00 起算",
        ),
        ({"repeatType": "day"}, f"Every day at 09:00 (UTC), {FROM}", "每天 09:00 运行"),
        ({"repeatType": "day", "period": 3}, f"Every 3 days at 09:00 (UTC), {FROM}", "每 3 天 09:00 运行"),
        (
            {"repeatType": "week", "weekday": [1, 3, 5]},
            f"Every week on Monday, Wednesday and Friday at 09:00 (UTC), {FROM}",
            "每周的周一、周三、周五 09:00 运行",
        ),
        (
            {"repeatType": "month", "period": 2, "day": [15, "last"]},
            f"Every 2 months on day 15 and the last day at 09:00 (UTC), {FROM}",
            "每 2 个月的 15 日、最后一天 09:00 运行",
        ),
        (
            {"repeatType": "month", "day": 31, "monthOverflow": "skip"},
            f"Every month on day 31 (shorter months are left out) at 09:00 (UTC), {FROM}",
            "每月的 31 日（月份较短时跳过） 09:00 运行",
        ),
        (
            {"repeatType": "year", "month": 6, "week": 1, "weekday": 1},
            f"Every year in June on the first Monday of the month at 09:00 (UTC), {FROM}",
            "每年 6 月的第一个周一 09:00 运行",
        ),
        (
            {"repeatType": "cron", "cron": "30 2 * * 1-5"},
            f"At 02:30 on Monday, Tuesday, Wednesday, Thursday and Friday (UTC), {FROM}",
            "每个周一、周二、周三、周四、周五 02:30 运行",
        ),
        (
            {"repeatType": "cron", "cron": "*/15 9-17 * * *"},
            f"Every 15 minutes of hours 9 to 17 every day (UTC), {FROM}",
            "每天 9 至 17 点内每 15 分钟运行",
        ),
        (
            {"repeatType": "cron", "cron": "0 8 LW 1,7 *"},
            f"At 08:00 on the last workday of the month in January and July (UTC), {FROM}",
            "每年 1、7 月最后一个工作日 08:00 运行",
        ),
        (
            {"repeatType": "cron", "cron": "0 8 1 * 5#2"},
            f"At 08:00 on day 1 and also on the second Friday of the month (UTC), {FROM}",
            "每月 1 日以及当月第二个周五 08:00 运行",
        ),
        (
            {"repeatType": "cron", "cron": "*/10 * * * * *"},
            f"Every 10 seconds every day (UTC), {FROM}",
            "每天 每分钟内每 10 秒运行",
        ),
    ],
)
def test_a_rule_in_one_sentence(repeat: dict[str, object], english: str, chinese: str) -> None:
    schedule = timer(repeat)
    assert explain(schedule) == english
    assert explain(schedule, "zh-CN").startswith(chinese)
    assert explain(schedule, "fr") == english


def test_a_sentence_says_end_days_off_and_jitter() -> None:
    schedule = parse_timer(
        {
            "startTime": "2026-01-05 09:00:00",
            "endTime": "2026-12-31 18:00:00",
            "repeat": {"repeatType": "day"},
            "skipHoliday": 1,
            "holidayPolicy": "nextWorkday",
        },
        zone="Europe/Berlin",
        calendar=parse_calendar({"country": "DE"}, name="calendars.Germany"),
        jitter=30,
    )
    assert explain(schedule) == (
        "Every day at 09:00 (Europe/Berlin), from 2026-01-05, until 2026-12-31 18:00; a run on a day off moves to the "
        "next workday (calendar: calendars.Germany); each run up to 30 seconds later, always by the same delay."
    )
    assert explain(schedule, "zh") == (
        "每天 09:00 运行（Europe/Berlin），自 2026-01-05 起，至 2026-12-31 18:00 止；遇休息日顺延到下一个工作日"
        "（日历：calendars.Germany）；每次运行固定延后至多 30 秒。"
    )


def texts(
    schedule_zone: str, repeat: dict[str, object], start: str, after: str, until: str, **more: object
) -> list[str]:
    schedule = timer(repeat, start, zone=schedule_zone, **more)
    return [effect.text for effect in effects(schedule, at(after), at(until))]


def test_the_next_clock_changes_and_what_they_do() -> None:
    year = ("2026-01-01 00:00:00", "2027-01-01 00:00:00")
    assert texts("Europe/Berlin", {"repeatType": "day"}, "2026-01-01 02:30:00", *year) == [
        "The clock goes from 02:00 to 03:00: the run named for 2026-03-29 02:30 comes at 2026-03-29 03:00.",
        "The clock goes from 03:00 to 02:00 on 2026-10-25: no run moves.",
    ]
    assert texts("Europe/Berlin", {"repeatType": "hour", "period": 24}, "2026-01-01 02:30:00", *year) == [
        "The clock goes from 02:00 to 03:00 on 2026-03-29: runs show another time on the clock from then on.",
        "The clock goes from 03:00 to 02:00 on 2026-10-25: runs show another time on the clock from then on.",
    ]
    assert texts("Europe/Berlin", {"repeatType": "minute", "period": 30}, "2026-01-01 00:00:00", *year) == [
        "The clock goes from 02:00 to 03:00 on 2026-03-29: no run moves.",
        "The clock goes from 03:00 to 02:00 on 2026-10-25: no run moves.",
    ]
    assert texts("UTC", {"repeatType": "day"}, "2026-01-01 02:30:00", *year) == []


def test_the_next_days_off_and_what_they_do() -> None:
    week: dict[str, object] = {"repeatType": "week", "weekday": [3]}
    span = ("2025-09-20 00:00:00", "2025-10-20 00:00:00")
    assert texts("UTC", week, "2025-09-24 09:00:00", *span, skipHoliday=1) == [
        "2025-10-01 09:00 is on a day off: no run.",
        "2025-10-08 09:00 is on a day off: no run.",
    ]
    assert texts("UTC", week, "2025-09-24 09:00:00", *span, skipHoliday=1, holidayPolicy="nextWorkday") == [
        "2025-10-01 09:00 is on a day off: the run comes at 2025-10-09 09:00.",
        "2025-10-08 09:00 is on a day off: the run comes at 2025-10-09 09:00.",
    ]
    assert texts("UTC", {"repeatType": "year", "day": 2}, "2040-01-02 09:00:00", *LATER, skipHoliday=1)[0] == (
        "Calendar China (default) has no data for 2040: its days off in that year are a guess."
    )


LATER = ("2040-01-01 00:00:00", "2040-02-01 00:00:00")


@pytest.mark.parametrize(
    ("repeat", "dst", "gap", "overlap"),
    [
        ({"repeatType": "day"}, {"gap": "skip", "overlap": "both"}, "are left out", "come twice"),
        ({"repeatType": "day"}, {"overlap": "second"}, "", "come the second time"),
        ({"repeatType": "cron", "cron": "*/30 * * * *"}, {}, "are left out", "come twice"),
    ],
)
def test_runs_that_a_clock_change_leaves_out_or_doubles(
    repeat: dict[str, object], dst: dict[str, str], gap: str, overlap: str
) -> None:
    year = ("2026-01-01 00:00:00", "2027-01-01 00:00:00")
    first, last = texts("Europe/Berlin", repeat, "2026-01-01 02:30:00", *year, dst=dst)
    assert first.endswith(f"runs named for the time between {gap}." if gap else "comes at 2026-03-29 03:00.")
    assert last.endswith(f"runs named for the time between {overlap}.")
    schedule = timer(repeat, "2026-01-01 02:30:00", zone="Europe/Berlin", dst=dst)
    told = effects(schedule, at(year[0]), at(year[1]), lang="zh")
    assert "不受影响" not in "".join(effect.text for effect in told)


@pytest.mark.parametrize(
    ("days", "english", "chinese"),
    [
        ([-31], "the day 30 days before the last one (in shorter months the first day)", "月份较短时取第一天"),
        ([-30, 31], "(in shorter months the last day and the first day)", "月份较短时取最后一天、第一天"),
        ([-2], "on the day before the last one at", "倒数第 2 天"),
    ],
)
def test_days_from_the_end_of_shorter_months(days: list[int], english: str, chinese: str) -> None:
    schedule = timer({"repeatType": "month", "day": days})
    assert english in explain(schedule)
    assert chinese in explain(schedule, "zh")
