"""The class that users write."""

from __future__ import annotations

from typing import ClassVar

from ...errors import FilterError
from .nodes import AND, OR, Negation, Node, build, joined
from .parsing import parse


class Q:
    """A filter. Three spellings, freely nested; none of them touches a database:

    * `Q(status="active", age__gt=18)`: suffixes name the operator;
    * `Q("age", ">", 18)`: one condition; `Q(Q("age", ">", 18), Q.AND, Q("name", "like", "Ann"))`;
    * `Q(a=1) & ~Q(b=2) | Q(c=3)`.

    `Q()` filters nothing. Raises FilterError for an unknown operator or a part that is no condition.
    """

    __slots__ = ("node",)
    AND: ClassVar[str] = AND
    OR: ClassVar[str] = OR

    #: None filters nothing.
    node: Node | None

    def __init__(self, *parts: object, **conditions: object) -> None:
        self.node = build(parts, conditions, node_of)

    @classmethod
    def of(cls, given: object) -> Q:
        """The Q behind whatever may stand for a filter: a Q, the text of one, or None or "" for no filter."""
        made = cls()
        made.node = node_of(given)
        return made

    def __and__(self, other: object) -> Q:
        return _around(joined(AND, [self.node, node_of(other)]))

    def __or__(self, other: object) -> Q:
        theirs = node_of(other)
        return _around(None if self.node is None or theirs is None else joined(OR, [self.node, theirs]))

    def __invert__(self) -> Q:
        return _around(None if self.node is None else Negation(self.node))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Q) and self.node == other.node

    def __hash__(self) -> int:
        return hash(repr(self.node))

    def __bool__(self) -> bool:
        return self.node is not None

    def __repr__(self) -> str:
        return "Q()" if self.node is None else f"Q({self.node!r})"


def node_of(given: object) -> Node | None:
    """The tree behind a Q, its text, or None."""
    if isinstance(given, Q):
        return given.node
    if given is None:
        return None
    if isinstance(given, str):
        return parse(given)
    raise FilterError(f"a filter is a Q or the text of one, not a {type(given).__name__}")


def _around(node: Node | None) -> Q:
    made = Q()
    made.node = node
    return made
