"""Schedules in plain Chinese."""

from __future__ import annotations

from collections.abc import Iterable

from jitai_tasks.schedule.cron import Cron, CronDays, parse_cron
from jitai_tasks.schedule.phrases import Change, Facts, few_times, is_stretch, step_of
from jitai_tasks.schedule.rule import Kind, Overflow, Rule

_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_UNITS = {
    Kind.SECOND: "秒",
    Kind.MINUTE: "分钟",
    Kind.HOUR: "小时",
    Kind.DAY: "天",
    Kind.WEEK: "周",
    Kind.MONTH: "个月",
    Kind.YEAR: "年",
}
_ORDINALS = {1: "第一个", 2: "第二个", 3: "第三个", 4: "第四个", 5: "第五个", -1: "最后一个"}
_POLICIES = {
    "cycle": "遇休息日则跳过，等下一个周期",
    "nextWorkday": "遇休息日顺延到下一个工作日",
    "previousWorkday": "遇休息日提前到上一个工作日",
}

_CHANGES = {
    Change.NOTHING: "运行时间不受影响",
    Change.OTHER_TIME: "此后运行的钟面时间随之改变",
    Change.LEFT_OUT: "原定其间的运行被跳过",
    Change.TWICE: "原定其间的运行会执行两次",
    Change.SECOND: "原定其间的运行在第二次到点时执行",
}


class Chinese:
    """The phrases in Chinese."""

    def sentence(self, facts: Facts) -> str:
        text = f"{_rule(facts)}（{facts.zone}）"
        if facts.rule.kind is not Kind.NORMAL:
            text += f"，自 {facts.start_date} 起" if facts.start_date else ""
            text += f"，至 {facts.end} 止" if facts.end else ""
        if facts.policy:
            text += f"；{_POLICIES[facts.policy]}（日历：{facts.calendar}）"
        if facts.jitter:
            text += f"；每次运行固定延后至多 {facts.jitter} 秒"
        return text + "。"

    def gap(self, at: str, before: str, after: str, named: str) -> str:
        return f"时钟从 {before} 调到 {after}：原定 {named} 的运行改在 {at}。"

    def change(self, at: str, before: str, after: str, change: Change) -> str:
        return f"{at} 时钟从 {before} 调到 {after}：{_CHANGES[change]}。"

    def left_out(self, named: str) -> str:
        return f"{named} 是休息日：不运行。"

    def moved(self, named: str, to: str) -> str:
        return f"{named} 是休息日：改在 {to} 运行。"

    def unknown(self, calendar: str, year: int) -> str:
        return f"日历 {calendar} 没有 {year} 年的数据：该年的休息日只是推测。"


def _rule(facts: Facts) -> str:
    rule, time = facts.rule, facts.start_time
    if rule.kind is Kind.NORMAL:
        return f"只在 {facts.start_date} {time} 运行一次"
    if rule.kind is Kind.CRON:
        return _cron(parse_cron(rule.cron))
    if rule.kind in (Kind.SECOND, Kind.MINUTE, Kind.HOUR):
        return f"{_every(rule)}运行一次，从 {time} 起算"
    if rule.kind is Kind.DAY:
        return f"{_every(rule)} {time} 运行"
    if rule.kind is Kind.WEEK:
        return f"{_every(rule)}的{_list(_WEEKDAYS[day - 1] for day in rule.weekdays)} {time} 运行"
    months = f" {_list(str(month) for month in rule.months)} 月" if rule.months else ""
    return f"{_every(rule)}{months}的{_days(rule)} {time} 运行"


def _every(rule: Rule) -> str:
    unit = _UNITS[rule.kind]
    return f"每{unit.removeprefix('个')}" if rule.period == 1 else f"每 {rule.period} {unit}"


def _days(rule: Rule) -> str:
    if rule.weeks:
        weeks = _list(_ORDINALS.get(week) or f"倒数第 {-week} 个" for week in rule.weeks)
        return weeks + _list(_WEEKDAYS[day - 1] for day in rule.weekdays)
    plain = [str(day) for day in rule.days if day > 0]
    texts = [f" {_list(plain)} 日"] if plain else []
    texts += [_from_end(-day) for day in rule.days if day < 0]
    return _list(texts) + _overflow(rule)


def _overflow(rule: Rule) -> str:
    if not any(abs(day) > 28 for day in rule.days):
        return ""
    if rule.overflow is Overflow.SKIP:
        return "（月份较短时跳过）"
    texts = ["最后一天"] if rule.days[-1] > 28 else []
    texts += ["第一天"] if rule.days[0] < -28 else []
    return f"（月份较短时取{'、'.join(texts)}）"


def _from_end(day: int) -> str:
    return "最后一天" if day == 1 else f"倒数第 {day} 天"


def _cron(cron: Cron) -> str:
    months = "" if len(cron.months) == 12 else f" {_list(map(str, cron.months))} 月"
    times = _cron_times(cron)
    return f"{_cron_days(cron.days, months)} {times}{' ' if times[-1].isdigit() else ''}运行"


def _cron_times(cron: Cron) -> str:
    if times := few_times(cron):
        return _list(times)
    parts = [] if len(cron.hours) == 24 else [_steps(cron.hours, 24, "点")]
    parts += [_steps(cron.minutes, 60, "分")]
    parts += [] if cron.seconds == (0,) else [_steps(cron.seconds, 60, "秒")]
    return "内".join(parts)


def _steps(numbers: tuple[int, ...], size: int, unit: str) -> str:
    long_unit = {"点": "小时", "分": "分钟"}.get(unit, unit)
    if len(numbers) == size:
        return f"每{long_unit}"
    if step := step_of(numbers, size):
        return f"每 {step} {long_unit}"
    if is_stretch(numbers):
        return f"{numbers[0]} 至 {numbers[-1]} {unit}"
    return f"{_list(map(str, numbers))} {unit}"


def _cron_days(days: CronDays, months: str) -> str:
    by_day, by_weekday = _cron_month_days(days), _cron_weekdays(days)
    every = f"每年{months}" if months else "每月"
    if by_day and by_weekday:
        return f"{every}{by_day}{'且为' if days.both else '以及'}{by_weekday}"
    if by_day:
        return every + by_day
    if by_weekday:
        return f"{every}的每个{by_weekday}" if months else f"每个{by_weekday}"
    return f"{every}的每天" if months else "每天"


def _cron_month_days(days: CronDays) -> str:
    if len(days.days) == 31:
        return ""
    texts = [f" {_list(map(str, sorted(days.days)))} 日"] if days.days else []
    texts += [_from_end(before + 1) for before in sorted(days.before_last)]
    texts += [f"最接近 {day} 日的工作日" for day in sorted(days.near)]
    texts += ["最后一个工作日"] if days.last_workday else []
    return _list(texts)


def _cron_weekdays(days: CronDays) -> str:
    if len(days.weekdays) == 7:
        return ""
    texts = [_WEEKDAYS[day - 1] for day in sorted(days.weekdays)]
    return _list([*texts, *(f"当月{_ORDINALS[week]}{_WEEKDAYS[day - 1]}" for day, week in sorted(days.nth))])


def _list(texts: Iterable[str]) -> str:
    return "、".join(texts)
