"""Text of a Q expression → its tree, by allow-list. Nothing is evaluated; limits hold before Python parses."""

from __future__ import annotations

import ast
import math
import re

from ...errors import FilterError
from .nodes import AND, OR, F, Negation, Node, build, is_condition, joined

MAX_CHARS = 8192
MAX_TOKENS = 2000
MAX_DEPTH = 32

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<text>'(?:[^'\\\n]|\\[\\'"nrt])*'|"(?:[^"\\\n]|\\[\\'"nrt])*")
      | (?P<number>(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w))
      | (?P<word>[^\W\d]\w*)
      | (?P<open>[(\[])
      | (?P<close>[)\]])
      | (?P<prefix>[~+-])
      | (?P<sign>[,=.&|])
    """,
    re.VERBOSE | re.DOTALL,
)


def parse(text: str) -> Node | None:
    """The tree that `text` spells; None if it is empty. FilterError says what is not allowed, and where."""
    stripped = text.strip()
    if not stripped:
        return None
    try:
        _check_limits(stripped)
        return _filter(_syntax(stripped))
    except FilterError as error:
        raise FilterError(error.reason, text=stripped) from None


def _syntax(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FilterError(f"not a Q expression: {error}") from None


def _check_limits(text: str) -> None:
    if len(text) > MAX_CHARS:
        raise FilterError(f"{len(text)} characters are over the limit of {MAX_CHARS}")
    depth = tokens = position = prefixes = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise FilterError(f"{text[position]!r} at character {position + 1} has no place in a filter")
        position = found.end()
        if found.lastgroup == "space":
            continue
        tokens += 1
        prefixes = prefixes + 1 if found.lastgroup == "prefix" else 0
        depth += (found.lastgroup == "open") - (found.lastgroup == "close")
        if depth + prefixes > MAX_DEPTH:
            raise FilterError(f"nested deeper than {MAX_DEPTH} levels")
    if tokens > MAX_TOKENS:
        raise FilterError(f"{tokens} words and signs are over the limit of {MAX_TOKENS}")


def _filter(node: ast.expr) -> Node | None:
    """The meaning of an expression that stands for a filter."""
    if _is_call_of(node, "Q"):
        return _call(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        return joined(AND, [_filter(side) for side in _chain(node, ast.BitAnd)])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = [_filter(side) for side in _chain(node, ast.BitOr)]
        return None if None in sides else joined(OR, sides)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        member = _filter(node.operand)
        return None if member is None else Negation(member)
    raise _refused(node, "a filter is made of Q(…), &, | and ~")


def _chain(node: ast.BinOp, operator: type[ast.operator]) -> list[ast.expr]:
    """The operands of `a & b & c` from left to right, without recursion: such chains nest to the left."""
    operands: list[ast.expr] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp) and isinstance(left.op, operator):
        operands.append(left.right)
        left = left.left
    return [left, *reversed(operands)]


def _call(node: ast.expr) -> Node | None:
    assert isinstance(node, ast.Call)
    if any(keyword.arg is None for keyword in node.keywords):
        raise _refused(node, "** has no place in a filter")
    named = {str(keyword.arg): _value(keyword.value) for keyword in node.keywords}
    if len(named) < len(node.keywords):
        raise _refused(node, "a condition stands twice")
    parts = [_part(part) for part in node.args]
    if not is_condition(parts) and any(isinstance(part, str) and part not in (AND, OR) for part in parts):
        raise _refused(node, "the parts of Q(…) are Q(…), Q.AND and Q.OR, or a field, an operator and a value")
    return build(parts, named, _nested)


def _nested(part: object) -> Node | None:
    if part is None or isinstance(part, Node):
        return part
    raise FilterError(f"{part!r} is no condition")


def _part(node: ast.expr) -> object:
    """A positional part of Q(…): a filter, a joiner, or a literal."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Q":
        if node.attr in (AND, OR):
            return node.attr
        raise _refused(node, "Q has AND and OR")
    is_filter = isinstance(node, ast.BinOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert))
    return _filter(node) if is_filter or _is_call_of(node, "Q") else _value(node)


def _value(node: ast.expr) -> object:
    if isinstance(node, ast.Constant):
        return _literal(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return _signed(node)
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item) for item in node.elts]
    if _is_call_of(node, "F"):
        return _other_field(node)
    raise _refused(node, "a value is a literal, a list of literals, or F('field')")


def _literal(node: ast.Constant) -> object:
    value = node.value
    if value is not None and not isinstance(value, str | int | float):
        raise _refused(node, f"a value of type {type(value).__name__} is none of a filter")
    if isinstance(value, float) and not math.isfinite(value):
        raise _refused(node, "the number is too large")
    return value


def _signed(node: ast.UnaryOp) -> object:
    value = _value(node.operand)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(node, "only a number has a sign")
    return -value if isinstance(node.op, ast.USub) else value


def _other_field(node: ast.expr) -> F:
    assert isinstance(node, ast.Call)
    names = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if len(names) != 1 or len(node.args) != 1 or node.keywords:
        raise _refused(node, "F takes one field name: F('total')")
    return F(names[0])


def _is_call_of(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _refused(node: ast.expr, allowed: str) -> FilterError:
    return FilterError(f"{type(node).__name__} at character {node.col_offset + 1} is not allowed: {allowed}")
