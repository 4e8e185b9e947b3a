"""Text functions: random text, identifiers, digests, templates."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import uuid
from collections.abc import Mapping

__all__ = ["getUuidStr", "md5Str", "randomNum", "randomString", "renderTemplateString"]

_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def randomString(length: int = 8) -> str:
    """Random letters and digits, fit for secrets."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def randomNum(length: int = 6) -> str:
    """Random digits, as text: leading zeros count."""
    return "".join(secrets.choice(string.digits) for _ in range(length))


def getUuidStr() -> str:
    """A new random UUID as 32 hex digits."""
    return uuid.uuid4().hex


def md5Str(text: str | bytes) -> str:
    """The MD5 digest as 32 hex digits: a checksum, not a protection."""
    data = text.encode() if isinstance(text, str) else text
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def renderTemplateString(template: str, values: Mapping[str, object]) -> str:
    """Fill `{{name}}` and `{{name.member}}`; an unknown name stays as it is."""

    def filled(found: re.Match[str]) -> str:
        value: object = values
        for part in found[1].split("."):
            if not isinstance(value, Mapping) or part not in value:
                return found[0]
            value = value[part]
        return str(value)

    return _PLACEHOLDER.sub(filled, template)
