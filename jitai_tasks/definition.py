"""A definition: one validated e.json, frozen, with its place among the layers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from .config import AppConfig

OFFICIAL = "official"


class Kind(StrEnum):
    """The three levels of an element family."""

    META = "meta"
    TYPE = "type"
    INSTANCE = "instance"


class Access(StrEnum):
    """Who may inherit and override: everybody, inherit only, the own layer only."""

    PUBLIC = "public"
    PROTECTED = "protected"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A folder of elements: the app, an app it extends, a plug-in's folder, or the official elements."""

    #: The appId, "official", or the name of a plug-in's folder.
    id: str
    root: Path
    config: AppConfig
    #: Where people edit it, if `root` is a copy of that folder as it was at one moment; else None.
    home: Path | None = None

    @property
    def place(self) -> Path:
        """The folder as people know it."""
        return self.home or self.root

    def holds(self, path: Path) -> bool:
        """Whether a file is one of this layer, by the name people know it by or by that of the copy."""
        return path.is_relative_to(self.place) or path.is_relative_to(self.root)

    def shown(self, path: Path) -> Path:
        """A file of this layer, by the name people know it by."""
        return self.place / path.relative_to(self.root) if path.is_relative_to(self.root) else path


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One element as its files describe it; nothing of it has been imported."""

    full_name: str
    title: str
    #: Full name of the Type or Meta; "" for a Meta.
    type: str
    kind: Kind
    access: Access
    layer: Layer
    folder: Path
    #: The normalised e.json, read-only all the way down.
    config: Mapping[str, object] = field(repr=False)
    #: Changes exactly if the e.json changes in meaning.
    hash: str

    @property
    def name(self) -> str:
        """The last segment of the full name."""
        return self.full_name.rpartition(".")[2]

    @property
    def family(self) -> str:
        """The first segment of the full name: "tasks", "services", …"""
        return self.full_name.partition(".")[0]


class FrozenDict(dict[str, object]):
    """A dict that refuses to change: JSON, equality and type tests work as with any dict."""

    __slots__ = ()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("the configuration of an element is read-only; copy it with dict(…) and change the copy")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type, tuple[dict[str, object]]]:
        return dict, (dict(self),)


class FrozenList(list[object]):
    """A list that refuses to change."""

    __slots__ = ()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("the configuration of an element is read-only; copy it with list(…) and change the copy")

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __reduce__(self) -> tuple[type, tuple[list[object]]]:
        return list, (list(self),)


def frozen(value: object) -> object:
    """`value` with every dict and list in it made read-only."""
    if isinstance(value, dict):
        return FrozenDict({key: frozen(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return FrozenList(frozen(item) for item in value)
    return value


def frozen_config(config: Mapping[str, object]) -> FrozenDict:
    """A read-only copy of an e.json's content."""
    return FrozenDict({key: frozen(item) for key, item in config.items()})


def config_hash(config: Mapping[str, object]) -> str:
    """A short fingerprint of a configuration, the same whatever the order of its keys."""
    text = json.dumps(config, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def access_of(config: Mapping[str, object]) -> Access:
    """The accessModifier; "protect" is the older spelling of "protected", anything else counts as public."""
    word = str(config.get("accessModifier", "")).lower()
    if word in ("protect", "protected"):
        return Access.PROTECTED
    return Access.PRIVATE if word == "private" else Access.PUBLIC


def name_problem(segments: Iterable[str]) -> str | None:
    """Why these path segments cannot be an element's full name, or None if they can."""
    for segment in segments:
        if segment in ("", ".", "..") or any(sign in segment for sign in "/\\\0"):
            return f"{segment!r} is not allowed in the name of an element"
        if not segment.isidentifier():
            return f"{segment!r} is no Python identifier; use letters, digits and _ only"
    return None
