"""Date-field tasks: jobs that follow the dates in rows."""

from .coming import Coming, coming
from .rules import Rule, Rules, rule_of, rules
from .saving import DateFields, delete_row, save_row
from .sweep import EVERY, sweep, sweep_task

__all__ = [
    "EVERY", "Coming", "DateFields", "Rule", "Rules", "coming", "delete_row", "rule_of", "rules", "save_row", "sweep",
    "sweep_task",
]  # fmt: skip
