"""Compiled zone files: the forms of their last line, against `zoneinfo`, and what is no such file."""

from __future__ import annotations

import io
import struct
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from jitai_tasks.clock import instant
from jitai_tasks.schedule import tzfile
from jitai_tasks.schedule.zones import Zone


def compiled(footer: str, version: bytes = b"2") -> bytes:
    """A file of one offset, no transitions, and this last line."""
    header = struct.pack(">4sc15x6l", b"TZif", version, 0, 0, 0, 0, 1, 4)
    body = struct.pack(">lBB", 3600, 0, 0) + b"AAA\0"
    return header + body + header + body + f"\n{footer}\n".encode()


@pytest.mark.parametrize(
    "footer",
    [
        "AAA-1",
        "AAA-1BBB,M3.5.0,M10.5.0/3",
        "AAA5BBB4,J60/0,J300/1:30",
        "XXX3EDT4,0/0,J365/23",
        "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1",
        "IST-1GMT0,M10.5.0,M3.5.0/1",
        "AAA9:30BBB10:30:15,M10.1.0,M4.1.0/3",
    ],
)
def test_the_last_line_means_what_zoneinfo_says(footer: str) -> None:
    data = compiled(footer)
    table, info = Zone("Test/Zone", data), ZoneInfo.from_file(io.BytesIO(data))
    hours = (datetime(2023, 1, 10, tzinfo=UTC) + timedelta(hours=n) for n in range(5 * 8766))
    for moment in hours:
        offset = moment.astimezone(info).utcoffset()
        assert table.offset(instant(moment)) == (offset or timedelta()) // timedelta(microseconds=1), moment


@pytest.mark.parametrize("data", [b"", b"TZif", b"hello" * 20, compiled("no rule at all!")])
def test_what_is_no_zone_file_is_refused(data: bytes) -> None:
    with pytest.raises((ValueError, struct.error)):
        tzfile.parse(data)
