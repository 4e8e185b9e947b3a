"""What a task does, in plain words: its rule, its policies, its next runs, and what clock changes and holidays do."""

from __future__ import annotations

from dataclasses import dataclass

from ..app import App
from ..definition import Definition
from ..errors import JitaiTasksError
from ..newjobs import config_of, is_on
from ..schedule import Effect, Kind, effects
from ..schedule import explain as rule_sentence
from ..schedule.civil import DAY
from ..store.records import TaskState
from ..timetables import decides_itself, schedule_of
from .future import FutureRun, next_runs
from .rowsentences import sentence_of_rows
from .tasks import now_of, states_of, task_of

#: How far ahead clock changes and days off are told.
HORIZON = 400 * DAY
LANGUAGES = ("en", "zh")
_BY_CODE = {"en": "Its Type decides in code when it runs.", "zh": "由其类型的代码决定何时运行。"}
_BY_HAND = {"en": "It has no times of its own: it only runs by hand.", "zh": "没有定时规则：只能手动运行。"}
_STATE = {
    "on": {"en": "It is on.", "zh": "已启用。"},
    "off": {"en": "It is off.", "zh": "未启用。"},
    "paused": {"en": "It is paused.", "zh": "已暂停。"},
}
_HOWEVER_LATE = {"en": "It runs, however late.", "zh": "无论迟到多久都会运行。"}
_MISFIRE = {
    "skip": {
        "en": "A run more than {grace:g} s late is skipped.",
        "zh": "迟到超过 {grace:g} 秒的运行会被跳过。",
    },
    "runOnce": {"en": "Missed runs are made up for by one.", "zh": "错过的运行合并补跑一次。"},
    "runAll": {"en": "Missed runs are all made up for, at most {most}.", "zh": "错过的运行全部补跑，最多 {most} 次。"},
}
_OVERLAP = {
    "skip": {"en": "A run that comes while one is at work is skipped.", "zh": "上一次尚未结束时，新的运行会被跳过。"},
    "queue": {"en": "A run that comes while one is at work waits.", "zh": "上一次尚未结束时，新的运行会排队等待。"},
    "allow": {"en": "Several runs may be at work at once.", "zh": "允许多次运行同时进行。"},
    "cancelPrevious": {"en": "A new run ends the one at work.", "zh": "新的运行会终止正在进行的运行。"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A task in plain words. Texts are by language: "en", "zh"."""

    task: str
    title: str
    #: The rule in one sentence.
    sentence: dict[str, str]
    #: "on", "off" or "paused", as a sentence.
    state: dict[str, str]
    #: What becomes of late and of overlapping runs.
    policies: dict[str, tuple[str, ...]]
    next: tuple[FutureRun, ...]
    #: What the next clock changes and days off do.
    effects: dict[str, tuple[Effect, ...]]


def explain(app: App, task: str, *, count: int = 5) -> Explanation:
    """A task in plain words, with its next `count` runs. Raises ElementNotFound, InvalidTime or ElementBroken."""
    definition = task_of(app, task)
    now = now_of(app)
    scheduled = "tasks.DateFieldType" not in app.catalog.chain_names(definition)
    return Explanation(
        task=definition.full_name,
        title=definition.title,
        sentence={lang: _sentence(app, definition, lang) for lang in LANGUAGES},
        state=_STATE[_state(definition, states_of(app).get(definition.full_name))],
        policies={lang: _policies(app, definition, lang) if scheduled else () for lang in LANGUAGES},
        next=tuple(_next(app, definition, count)),
        effects={lang: _effects(app, definition, now, lang) for lang in LANGUAGES},
    )


def _sentence(app: App, definition: Definition, lang: str) -> str:
    if "tasks.DateFieldType" in app.catalog.chain_names(definition):
        return sentence_of_rows(app, definition, lang)
    if decides_itself(app, definition):
        return _BY_CODE[lang]
    schedule = schedule_of(app, definition)
    return _BY_HAND[lang] if schedule is None else rule_sentence(schedule, lang)


def _state(definition: Definition, state: TaskState | None) -> str:
    state = state or TaskState(task=definition.full_name)
    if not is_on(definition, state):
        return "off"
    return "paused" if state.paused else "on"


def _policies(app: App, definition: Definition, lang: str) -> tuple[str, ...]:
    config = config_of(definition)
    schedule = None if decides_itself(app, definition) else schedule_of(app, definition)
    if schedule is not None and schedule.rule.kind is Kind.NORMAL:
        return (_HOWEVER_LATE[lang],)
    misfire = _MISFIRE[config.misfire][lang].format(grace=config.misfireGrace, most=config.misfireMax)
    return misfire, _OVERLAP[config.overlap][lang]


def _next(app: App, definition: Definition, count: int) -> list[FutureRun]:
    try:
        return next_runs(app, definition.full_name, count)
    except JitaiTasksError:
        if "tasks.DateFieldType" in app.catalog.chain_names(definition):
            return []
        raise


def _effects(app: App, definition: Definition, now: int, lang: str) -> tuple[Effect, ...]:
    schedule = None if decides_itself(app, definition) else schedule_of(app, definition)
    return () if schedule is None else tuple(effects(schedule, now, now + HORIZON, lang=lang))
