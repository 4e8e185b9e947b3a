"""The short dialogue of `new`: what no flag says is asked for, if somebody is there to answer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import click

Value = TypeVar("Value")


def someone_is_there() -> bool:
    """Whether a person sits at a terminal that can be read from and written to."""
    return sys.stdin.isatty() and sys.stdout.isatty()


class Dialogue:
    """Asks for what is missing, or takes the defaults without asking."""

    def __init__(self, *, silent: bool) -> None:
        self.asks = not silent and someone_is_there()

    def name(self, given: str | None, example: str, read: Callable[[str], str]) -> str:
        """The name of the element; without a terminal it has to be given. `read` refuses what is no name."""
        if given:
            return given
        if not self.asks:
            raise click.UsageError(f"the NAME is missing; say it like: {example}")
        return str(click.prompt(f"Name, like {example}", value_proc=_again_if_wrong(read), err=True))

    def value(self, given: str | None, question: str, default: str, read: Callable[[str], Value]) -> Value:
        """What a flag says, or the answer to a question, or the default; `read` makes sense of it or refuses."""
        if given is not None or not self.asks:
            return read(default if given is None else given)
        return click.prompt(question, default=default, value_proc=_again_if_wrong(read), err=True)


def _again_if_wrong(read: Callable[[str], Value]) -> Callable[[str], Value]:
    """click asks again after a UsageError, with its message."""

    def converted(text: str) -> Value:
        try:
            return read(text)
        except click.BadParameter as error:
            raise click.UsageError(error.message) from None

    return converted
