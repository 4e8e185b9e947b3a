"""Ids rise, never collide between processes, and read back from what users type."""

from __future__ import annotations

import os

from jitai_tasks import ids


def test_ids_rise_even_when_made_faster_than_the_clock_ticks() -> None:
    made = ids.new_ids(10_000)
    assert made == sorted(set(made))
    assert all(0 < one < 1 << 63 for one in made)


def test_a_forked_process_makes_other_ids_than_its_parent() -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, ",".join(map(str, ids.new_ids(500))).encode())
        os._exit(0)
    mine = set(ids.new_ids(500))
    os.waitpid(child, 0)
    theirs = {int(text) for text in os.read(reader, 65536).split(b",")}
    os.close(reader)
    os.close(writer)
    assert len(theirs) == 500
    assert not mine & theirs


def test_an_id_is_shown_as_24_hex_digits_and_read_back() -> None:
    one = ids.new_id()
    assert len(ids.shown(one)) == 24
    assert ids.parsed(ids.shown(one)) == one
    assert ids.parsed(str(one)) == one
    assert ids.parsed(one) == one


def test_what_cannot_be_an_id_is_none() -> None:
    assert [ids.parsed(text) for text in ("", "x", "-1", "z" * 24, "task_uuid_12345", str(1 << 70))] == [None] * 6


def test_tokens_are_random_and_never_zero() -> None:
    tokens = {ids.new_token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert 0 not in tokens
