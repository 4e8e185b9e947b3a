"""One element as the checks see it: its definition, and its e.json with the place of every value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..definition import OFFICIAL, Definition
from ..discovery import E_JSON
from ..jsonsource import Source, read_json
from ..normalise import normalised
from ..problems import Problem, Severity

if TYPE_CHECKING:
    from ..catalog import Catalog


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A definition whose file has passed the schemas."""

    catalog: Catalog
    definition: Definition

    @property
    def name(self) -> str:
        """Its full name."""
        return self.definition.full_name

    @property
    def config(self) -> Mapping[str, Any]:
        """The normalised e.json."""
        return self.definition.config

    @cached_property
    def source(self) -> Source:
        """The file, read again for its places: most files have nothing to be placed."""
        return normalised(read_json(self.definition.folder / E_JSON), family=self.definition.family)

    @cached_property
    def types(self) -> list[Definition]:
        """Its Types, nearest first."""
        return self.catalog.chain(self.definition)

    @cached_property
    def base(self) -> str:
        """The nearest official Type above it, whether the app overrides that or not; "" if there is none."""
        known = {"tasks", "events", "services", "models"}
        named = (link.full_name for link in self.types if self._was_official(link))
        return next((name for name in named if name.partition(".")[0] in known), "")

    @property
    def own_types(self) -> list[Definition]:
        """The Types above it that the app or an app it extends has written."""
        return [link for link in self.types if link.layer.id != OFFICIAL]

    def _was_official(self, link: Definition) -> bool:
        everyone = [link, *self.catalog.shadowed.get(link.full_name, [])]
        return any(each.layer.id == OFFICIAL for each in everyone)

    def problem(
        self, rule: str, pointer: str, message: str, advice: str, *, severity: Severity = "error", at_key: bool = False
    ) -> Problem:
        """A problem of this file, placed at the value (or the key) at `pointer`."""
        found = self.source.problem(pointer, message, advice, severity=severity, at_key=at_key)
        return replace(found, rule=rule).within(self.definition.layer.root, self.name)
