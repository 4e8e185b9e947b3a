"""Hosts that are none: network namespaces with an address of their own, a name of their own, processes of their own."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

NEEDED = ("ip", "unshare")


def impossible() -> str:
    """Why there can be no such hosts here; "" if there can."""
    if os.geteuid() != 0:
        return "hosts are not tested: network namespaces need root"
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing:
        return f"hosts are not tested: {', '.join(missing)} not found; install iproute2 and util-linux"
    tried = subprocess.run(["ip", "netns", "add", "jtprobe"], capture_output=True, text=True, check=False)
    subprocess.run(["ip", "netns", "del", "jtprobe"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else f"hosts are not tested: {tried.stderr.strip()}"


@dataclass(frozen=True, slots=True)
class Host:
    """One namespace, and the cable to it."""

    name: str
    #: Where programs inside it find this machine.
    gateway: str

    @property
    def command(self) -> list[str]:
        """The words before a command line that is to run there, under another host name, seeing only its own
        processes."""
        inside = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        return ["ip", "netns", "exec", self.name, *inside, "sh", "-c", 'hostname "$0" && exec "$@"', self.name]

    def unplug(self) -> None:
        """Nothing arrives any more, and nobody is told."""
        _ip("link", "set", f"{self.name}o", "down")

    def plug(self) -> None:
        _ip("link", "set", f"{self.name}o", "up")


@contextmanager
def hosts(count: int) -> Iterator[list[Host]]:
    """Some hosts, each with a cable to this machine; gone at the end."""
    mark = secrets.token_hex(2)
    made = [Host(f"jt{mark}{n}", f"10.231.{n}.1") for n in range(count)]
    try:
        for host in made:
            _make(host)
        yield made
    finally:
        for host in made:
            subprocess.run(["ip", "netns", "del", host.name], capture_output=True, check=False)
            subprocess.run(["ip", "link", "del", f"{host.name}o"], capture_output=True, check=False)


def _make(host: Host) -> None:
    outside, inside = f"{host.name}o", f"{host.name}i"
    _ip("netns", "add", host.name)
    _ip("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", host.name)
    _ip("addr", "add", f"{host.gateway}/24", "dev", outside)
    _ip("link", "set", outside, "up")
    _ip("-n", host.name, "addr", "add", f"{host.gateway[:-1]}2/24", "dev", inside)
    _ip("-n", host.name, "link", "set", inside, "up")
    _ip("-n", host.name, "link", "set", "lo", "up")


def _ip(*words: str) -> Sequence[str]:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"
    return done.stdout.splitlines()
