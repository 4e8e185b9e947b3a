"""The control channel between supervisor and template: small messages, one JSON line each, over a socket pair."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

_CHUNK = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The template has opened the app and can fork."""

    app_id: str
    database: str
    generation: str
    tasks: int
    problems: int
    #: Full names of the tasks that could not be loaded.
    failing: list[str] = field(default_factory=list)
    #: Who listens to the end of runs; see `events.listeners`.
    listeners: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The template could not open the app; `kind` is the name of the error class."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The template could not load what has changed: by unit, what is wrong with it."""

    failures: dict[str, str]
    #: They do not compile: no change of other files can make them right.
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """Supervisor to template: fork a process with this role into this seat."""

    role: str
    seat: int
    worker: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forked:
    """The process of this seat lives."""

    seat: int
    worker: int
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Died:
    """The process of this seat has ended; `status` is its exit status, negative for a signal."""

    seat: int
    worker: int
    pid: int
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Supervisor to template: end."""


Message = Opened | Failed | Rejected | Fork | Forked | Died | Leave
_KINDS: dict[str, type[Message]] = {
    kind.__name__: kind for kind in (Opened, Failed, Rejected, Fork, Forked, Died, Leave)
}


class ChannelClosed(Exception):
    """The other end is gone."""


class Channel:
    """One end of the control channel."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._rest = b""

    @classmethod
    def pair(cls) -> tuple[Channel, Channel]:
        """Two connected ends."""
        here, there = socket.socketpair()
        return cls(here), cls(there)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, message: Message) -> None:
        """Send one message; raises ChannelClosed when the other end is gone."""
        line = json.dumps([type(message).__name__, asdict(message)]) + "\n"
        try:
            self._socket.sendall(line.encode())
        except OSError as error:
            raise ChannelClosed from error

    def receive(self) -> list[Message]:
        """The messages that have arrived, waiting for at least a part of one; raises ChannelClosed at the end."""
        try:
            chunk = self._socket.recv(_CHUNK)
        except ConnectionError as error:
            raise ChannelClosed from error
        if not chunk:
            raise ChannelClosed
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return list(_decoded(lines))


def _decoded(lines: list[bytes]) -> Iterator[Message]:
    for line in lines:
        kind, facts = json.loads(line)
        yield _KINDS[kind](**facts)
