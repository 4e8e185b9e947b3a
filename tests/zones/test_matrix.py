"""Every zone × all transitions 2000 to 2037 × every kind of rule equals a scan of every minute.

The sample runs with all tests; the rest with `make zones`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from jitai_tasks.clock import instant
from jitai_tasks.schedule import zone
from tests.zones.matrix import Cell
from tests.zones.oracle import MINUTE
from tests.zones.transitions import all_zones, distinct_zones, transitions

#: The whole matrix runs in so many pieces, side by side.
PARTS = 64

SAMPLE = [
    ("Europe/Berlin", "2026-03-29 01:00"),
    ("Europe/Berlin", "2026-10-25 01:00"),
    ("Africa/Cairo", "2024-04-25 22:00"),
    ("Africa/Cairo", "2024-10-31 21:00"),
    ("Australia/Lord_Howe", "2026-04-04 15:00"),
    ("Australia/Lord_Howe", "2026-10-03 15:30"),
    ("Pacific/Apia", "2011-12-30 10:00"),
    ("America/Sao_Paulo", "2018-11-04 03:00"),
    ("America/Caracas", "2016-05-01 07:00"),
    ("Antarctica/Troll", "2026-03-29 01:00"),
    ("Asia/Pyongyang", "2015-08-14 15:00"),
    ("Africa/Casablanca", "2026-02-15 02:00"),
]


@pytest.mark.parametrize(("zone", "moment"), SAMPLE)
def test_a_sample_of_transitions_equals_a_scan_of_every_minute(zone: str, moment: str) -> None:
    transition = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert transition in transitions(zone)
    assert list(Cell(zone, transition).differences()) == []


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_every_transition_equals_a_scan_of_every_minute(part: int) -> None:
    differences = [
        difference
        for zone in distinct_zones()[part::PARTS]
        for transition in transitions(zone)
        for difference in Cell(zone, transition).differences()
    ]
    assert differences == []


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Asia/Gaza", "Europe/Dublin", "Africa/Cairo"])
def test_the_rule_of_a_zone_goes_on_after_its_last_listed_year(name: str) -> None:
    table, info, first = zone(name), ZoneInfo(name), datetime(2038, 1, 1, 12, tzinfo=UTC)
    for moment in (first + timedelta(days=n) for n in range(70 * 365)):
        assert table.local(instant(moment)) == moment.astimezone(info).replace(tzinfo=None)


@pytest.mark.parametrize("name", all_zones()[::7])
def test_the_table_of_a_zone_says_what_zoneinfo_says(name: str) -> None:
    table, info = zone(name), ZoneInfo(name)
    moments = [moment + n * MINUTE for moment in transitions(name) for n in (-1, 0, 1)]
    for moment in [*moments, datetime(1900, 1, 1, tzinfo=UTC), datetime(2090, 7, 1, tzinfo=UTC)]:
        assert table.local(instant(moment)) == moment.astimezone(info).replace(tzinfo=None)
