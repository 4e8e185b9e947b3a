"""What people answer to the questions of `new`, and say in its options: read, or refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Collection

import click

from ..errors import did_you_mean, nearest
from .authoring import element_path

OPERATES = (
    "AddBefore", "AddAfter", "UpdateBefore", "UpdateAfter", "DeleteBefore", "DeleteAfter", "FieldUpdateAfter",
)  # fmt: skip
#: The Types of tasks that a Type of the app can be made from, and their classes.
BASES = {
    "tasks.NormalType": "NormalTask",
    "tasks.DateFieldType": "DateFieldTask",
    "tasks.TemporaryType": "TemporaryTask",
    "tasks.Meta": "BaseTask",
}
_FIELD = re.compile(r"([A-Za-z_]\w*):([A-Z]\w*)")


def full(name: str, family: str) -> str:
    """ "Meeting" → "models.Meeting"."""
    return name if name.startswith(f"{family}.") else f"{family}.{name}"


def sound_name(name: str) -> str:
    """A name for an element."""
    return name if element_path(name) else ""


def identifier(name: str, hint: str = "--function") -> str:
    """A name for a function."""
    if "." in name:
        raise click.BadParameter(f"{name!r} is no Python name; use letters, digits and _", param_hint=hint)
    return element_path(name, "", hint=hint)[0]


def field_name(name: str) -> str:
    """A name for a field."""
    return identifier(name, "--field")


def fields_of(text: str, *, known: Collection[str]) -> dict[str, str]:
    """ "title:Stext begins:Datetime" → {"title": "Stext", "begins": "Datetime"}; `id` is there anyway."""
    found = [_FIELD.fullmatch(word) for word in text.replace(",", " ").split()]
    if not found or None in found:
        raise click.BadParameter(f'{text!r}: say it like "title:Stext begins:Datetime"', param_hint="--fields")
    if strange := next((match[2] for match in found if match and match[2] not in known), None):
        guess = did_you_mean(nearest(strange, known))
        raise click.BadParameter(f"there is no datatype {strange}{guess}", param_hint="--fields")
    names = ["id", *(match[1] for match in found if match)]
    if twice := next((name for name in names if names.count(name) > 1), None):
        said = "is there already" if twice == "id" else "stands there twice"
        raise click.BadParameter(f"the field {twice} {said}", param_hint="--fields")
    return {match[1]: match[2] for match in found if match}


def sender_name(text: str) -> str:
    """A full name with at least one dot."""
    if "." not in text.strip("."):
        raise click.BadParameter(
            f"{text!r}: say a model, like models.Order, or SERVICE.EVENT, like services.OrderSvc.orderPaid",
            param_hint="--sender",
        )
    element_path(text.strip(), "", hint="--sender")
    return text.strip()


def operate_of(text: str) -> str:
    """One of the seven."""
    if text not in OPERATES:
        raise click.BadParameter(f"{text!r} is not one of {', '.join(OPERATES)}", param_hint="--operate")
    return text


def country_of(text: str) -> str:
    """Two capital letters, or nothing."""
    code = text.strip().upper()
    if code and not re.fullmatch("[A-Z]{2}", code):
        raise click.BadParameter(f"{text!r} is no country code of two letters, like DE", param_hint="--country")
    return code


def days_of(text: str) -> list[int]:
    """ "6,7" → [6, 7]."""
    found = re.split(r"[,\s]+", text.strip()) if text.strip() else []
    if any(not re.fullmatch("[0-7]", day) for day in found):
        raise click.BadParameter(f'{text!r}: weekdays are 1 (Monday) to 7, like "6,7"', param_hint="--weekend")
    return [int(day) for day in found]


def base_of(text: str) -> str:
    """One of `BASES`; "NormalType" is short for "tasks.NormalType"."""
    found = full(text.strip(), "tasks")
    if found not in BASES:
        raise click.BadParameter(f"{text!r} is not one of {', '.join(BASES)}", param_hint="--base")
    return found
