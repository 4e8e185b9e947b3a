"""The catalog of an app: which definition each name means, what is shadowed by what, and what is broken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from .definition import Access, Definition, Kind, Layer, access_of, config_hash, frozen_config
from .errors import did_you_mean, nearest
from .jsonsource import Source
from .problems import Problem, Severity
from .schemas import check_element

LOADER_FILE = "loader.py"
SCHEMA_FILE = "schema.json"
#: What only a task that runs by itself says.
_OF_INSTANCES = frozenset({"enable", "timerCfg"})

#: The Types whose timerCfg is looked at; that of the second one is about dates in rows.
_TIMED = ("tasks.NormalType", "tasks.DateFieldType")
_OF_ROWS = _TIMED[1]

#: Modification and change time, size and inode of a file: differs whenever the file does.
Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All that the layers of an app hold."""

    #: Nearest first.
    layers: tuple[Layer, ...]
    #: By full name; the nearest layer that has a name wins.
    definitions: Mapping[str, Definition]
    #: By full name, nearest first: what a nearer layer overrides.
    shadowed: Mapping[str, list[Definition]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    #: Folders that override a protected element, or would override one but are none: nothing is imported from them
    #: under the name they claim.
    refused: frozenset[Path] = frozenset()

    def find(self, full_name: str) -> Definition | None:
        """The definition a name means; `<layer id>.<full name>` reaches that layer's own, even if shadowed."""
        return self.definitions.get(full_name) or self._of_layer(full_name)

    def _of_layer(self, name: str) -> Definition | None:
        for layer in self.layers:
            if name.startswith(f"{layer.id}."):
                full_name = name[len(layer.id) + 1 :]
                known = [self.definitions.get(full_name), *self.shadowed.get(full_name, [])]
                return next((found for found in known if found is not None and found.layer is layer), None)
        return None

    def chain(self, definition: Definition) -> list[Definition]:
        """The Type of a definition, that Type's Type, and so on to the Meta."""
        links: list[Definition] = []
        while definition.type and (found := self.find(definition.type)) is not None and found not in links:
            links.append(found)
            definition = found
        return links

    def chain_names(self, definition: Definition) -> list[str]:
        """The full names along `chain`."""
        return [link.full_name for link in self.chain(definition)]

    def broken(self, full_name: str) -> list[Problem]:
        """The errors that keep an element out, if it is there but broken."""
        return [problem for problem in self.problems if problem.element == full_name and problem.is_error]


@dataclass(slots=True, kw_only=True, eq=False)
class Candidate:
    """An e.json that was read, on its way to becoming a definition."""

    full_name: str
    layer: Layer
    folder: Path
    #: Its value is already normalised.
    source: Source
    has_loader: bool = False
    #: The state of the schema.json beside it; None if there is none.
    schema: Stamp | None = None
    problems: list[Problem] = field(default_factory=list)
    #: Full name of the Type; "" for a Meta and for anything that is no text.
    type: str = ""

    def __post_init__(self) -> None:
        self.add(self.source.problems)
        value = self.source.value.get("type", "")
        self.type = value if isinstance(value, str) else ""

    @property
    def access(self) -> Access:
        """Its accessModifier."""
        return access_of(self.source.value)

    @property
    def is_broken(self) -> bool:
        """True once an error has been reported."""
        return any(problem.is_error for problem in self.problems)

    def add(self, problems: Sequence[Problem]) -> None:
        """Take in problems that others found in the file."""
        if not problems:
            return
        self.problems += [problem.within(self.layer.root, self.full_name) for problem in problems]

    def report(self, pointer: str, message: str, advice: str, severity: Severity = "error") -> None:
        """Add a problem, placed at the value at `pointer`."""
        self.add([self.source.problem(pointer, message, advice, severity=severity)])


def catalog_of(layers: Sequence[Layer], candidates: Iterable[Candidate], problems: list[Problem]) -> Catalog:
    """Decide what every name means, check Type chains and schemas, and keep what holds."""
    by_name: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_name.setdefault(candidate.full_name, []).append(candidate)
    board = _Board(layers[0], by_name)
    board.check_chains()
    board.check_schemas()
    board.check_times(layers[0].config.timezone or "UTC")
    board.check_chains()
    found = [problem for group in by_name.values() for candidate in group for problem in candidate.problems]
    return Catalog(
        layers=tuple(layers),
        definitions={name: board.define(entry) for name, entry in board.winners.items() if not entry.is_broken},
        shadowed={name: [board.define(entry) for entry in line] for name, line in board.shadowed.items()},
        problems=[*problems, *found],
        refused=frozenset(board.refused | _left_out(problems, by_name)),
    )


def _left_out(problems: Iterable[Problem], names: Iterable[str]) -> set[Path]:
    """Folders that are no elements because of links that leave the app, and whose names mean those of other layers."""
    known = frozenset(names)
    found = {each.path for each in problems if each.element in known and each.path is not None}
    return {path if path.is_dir() else path.parent for path in found}


class _Board:
    """All candidates, sorted into winners and shadowed ones. A broken override still hides what it overrides."""

    def __init__(self, app: Layer, by_name: Mapping[str, list[Candidate]]) -> None:
        self.winners: dict[str, Candidate] = {}
        self.shadowed: dict[str, list[Candidate]] = {}
        self.refused: set[Path] = set()
        for name, group in by_name.items():
            visible = [entry for entry in group if entry.layer is app or entry.access is not Access.PRIVATE]
            if visible:
                self._settle(name, visible)
        self._with_instances = {entry.type for entry in self.winners.values() if _is_of_family(entry)}
        #: By Type: thousands of elements are of few Types.
        self._chains: dict[str, list[Candidate]] = {}
        self._kinds: dict[Candidate, Kind] = {}

    def _settle(self, name: str, visible: list[Candidate]) -> None:
        winner = visible[0]
        for nearer, below in pairwise(visible):
            if below.access is Access.PROTECTED:
                _refuse_override(nearer, below)
                self.refused.update(entry.folder for entry in visible[: visible.index(below)])
                winner = below
        self.winners[name] = winner
        rest = [entry for entry in visible[visible.index(winner) + 1 :] if not entry.is_broken]
        if rest:
            self.shadowed[name] = rest

    def parent(self, entry: Candidate) -> Candidate | None:
        """The candidate that an entry's `type` names, also as `<layer id>.<full name>`."""
        if entry.type in self.winners:
            return self.winners[entry.type]
        for name, line in self.shadowed.items():
            for other in line:
                if entry.type == f"{other.layer.id}.{name}":
                    return other
        return None

    def chain(self, entry: Candidate) -> list[Candidate]:
        """The parents of an entry; ends before one that comes a second time."""
        if entry.type not in self._chains:
            self._chains[entry.type] = self._chain(entry)
        return self._chains[entry.type]

    def _chain(self, entry: Candidate) -> list[Candidate]:
        links: list[Candidate] = []
        while entry.type and (found := self.parent(entry)) is not None and found not in links:
            links.append(found)
            entry = found
        return links

    def check_chains(self) -> None:
        """Report elements whose Type is missing, broken, or derives from itself; again until nothing new breaks."""
        everything = [*self.winners.values(), *(entry for line in self.shadowed.values() for entry in line)]
        while [entry for entry in everything if not entry.is_broken and self._breaks(entry)]:
            pass

    def _breaks(self, entry: Candidate) -> bool:
        if not entry.type:
            return False
        parent = self.parent(entry)
        chain = self.chain(entry)
        if parent is None:
            guess = did_you_mean(nearest(entry.type, self.winners))
            entry.report("type", f"there is no element {entry.type}{guess}", "name a Type that exists")
        elif chain[-1].type and self.parent(chain[-1]) is not None:
            circle = " -> ".join(link.full_name for link in (entry, *chain))
            entry.report("type", f"the chain of Types never ends: {circle} -> …", 'end it in a Meta, whose type is ""')
        elif parent.is_broken:
            entry.report("type", f"its Type {entry.type} is broken", f"repair {entry.type} first")
        elif self.kind(parent) is Kind.INSTANCE:
            entry.report("type", f"{entry.type} is an instance, not a Type", f"name a Type, like {parent.type}")
        return entry.is_broken

    def check_schemas(self) -> None:
        """Hold every entry against the schemas of its family, and against those that its Types bring along."""
        for entry in [*self.winners.values(), *(entry for line in self.shadowed.values() for entry in line)]:
            if entry.is_broken:
                continue
            chain = self.chain(entry)
            own = [link.folder / SCHEMA_FILE for link in chain if link.schema is not None]
            types = [link.full_name for link in chain]
            instance = self.kind(entry) is Kind.INSTANCE
            entry.add(check_element(entry.source, type_chain=types, own_schemas=own, instance=instance))

    def check_times(self, zone: str) -> None:
        """Report tasks whose times make no sense or never come, in an app of this zone."""
        for entry in self.winners.values():
            if entry.is_broken or "timerCfg" not in entry.source.value or self.kind(entry) is not Kind.INSTANCE:
                continue
            base = next((link.full_name for link in self.chain(entry) if link.full_name in _TIMED), None)
            if base is not None:
                entry.add(_mistakes(entry.source, zone, of_rows=base == _OF_ROWS))

    def define(self, entry: Candidate) -> Definition:
        """The frozen form of an entry."""
        config = entry.source.value
        name = entry.full_name.rpartition(".")[2]
        return Definition(
            full_name=entry.full_name,
            title=str(config.get("title") or name),
            type=entry.type,
            kind=self.kind(entry),
            access=entry.access,
            layer=entry.layer,
            folder=entry.folder,
            config=frozen_config(config),
            hash=config_hash(config),
        )

    def kind(self, entry: Candidate) -> Kind:
        """A Type derives from a Meta, brings a Loader, or has elements of its own; the rest are instances."""
        if entry not in self._kinds:
            self._kinds[entry] = self._kind(entry)
        return self._kinds[entry]

    def _kind(self, entry: Candidate) -> Kind:
        if not entry.type:
            return Kind.META
        parent = self.parent(entry)
        if parent is not None and not parent.type:
            return Kind.TYPE
        is_type = entry.has_loader or (entry.full_name in self._with_instances and not _is_in_use(entry))
        return Kind.TYPE if is_type else Kind.INSTANCE


def _mistakes(source: Source, zone: str, *, of_rows: bool) -> list[Problem]:
    # The calendar arithmetic is only loaded where there are times to calculate.
    from .schedule.refusing import refusal  # noqa: PLC0415

    found = refusal(source.value, zone=zone, of_rows=of_rows)
    return [] if found is None else [replace(source.problem(*found), rule="time")]


def _is_of_family(entry: Candidate) -> bool:
    """Whether its Type is of its own family: a slip like the name of a service makes nothing a Type."""
    return entry.type.partition(".")[0] == entry.full_name.partition(".")[0]


def _is_in_use(entry: Candidate) -> bool:
    """Whether it says what only instances say."""
    return not _OF_INSTANCES.isdisjoint(entry.source.value)


def _refuse_override(nearer: Candidate, below: Candidate) -> None:
    pointer = "accessModifier" if "accessModifier" in nearer.source.value else ""
    message = f"{nearer.full_name} is protected in {below.layer.id}: it may be used, not overridden"
    nearer.report(pointer, message, "give this element another name")
