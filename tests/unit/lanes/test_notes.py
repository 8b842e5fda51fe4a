"""Notes beside committed offsets: what is written is read again, and foreign texts are none."""

from __future__ import annotations

import base64
import json
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.lanes.notes import MAX_BYTES, MAX_KNOWN, MAX_SOURCES, Note, decode, identity_of

IDENTITIES = st.text("0123456789abcdef", min_size=12, max_size=12)


@given(
    st.dictionaries(IDENTITIES, st.integers(0, 2**63 - 1), max_size=MAX_SOURCES),
    st.integers(0, 2**62),
    st.dictionaries(st.integers(0, 5_000), st.booleans(), max_size=50),
)
def test_a_note_is_read_as_it_was_written(
    seen: dict[str, int], base: int, decided: dict[int, bool]
) -> None:
    note = Note(seen, {base + n: given_up for n, given_up in decided.items()})
    assert decode(note.encode(base)) == note


def test_what_the_offset_has_passed_is_left_out() -> None:
    note = Note({}, {7: True, 9: False})
    assert decode(note.encode(8)) == Note({}, {9: False})
    assert note.encode(10) == ""


def test_the_worst_batch_fits_into_kafkas_limit() -> None:
    draw = random.Random(7)
    seen = {f"{draw.getrandbits(48):012x}": 2**63 - 1 for _ in range(MAX_SOURCES + 5)}
    decided = {n: draw.random() < 0.5 for n in range(10_000) if draw.random() < 0.5}
    assert len(Note(seen, decided).encode(0)) < MAX_BYTES


def bits(raw: bytes) -> str:
    return base64.b85encode(zlib.compress(raw)).decode()


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "x", "[]", "[" * 4_000, '{"seen": 3}', '{"seen": {"a": 1e999}}'),
        *('{"seen": {"a": -1}}', '{"seen": {"a": true}}', '{"base": 1}', '{"base": 1e999}'),
        '{"base":1,"open":"","unknown":""}',
        json.dumps({"base": 1e999, "open": bits(b""), "unknown": bits(b"")}),
        # Unpacked bit by bit these would take hours.
        json.dumps({"base": 1, "open": bits(b""), "unknown": bits(b"\xff" * 2_000_000)}),
        json.dumps({"base": 1, "open": bits(b"")[:-5], "unknown": bits(b"")}),
    ],
)
def test_a_foreign_text_is_no_note(text: str) -> None:
    assert decode(text) == Note()


def test_lines_far_from_each_other_are_noted_at_once() -> None:
    note = Note({}, dict.fromkeys(range(0, 1_000_000, 1_000), True))
    assert decode(note.encode(0)) == note


def test_a_forwarders_repeats_are_known() -> None:
    note, source = Note(), "host/udp-0123456789ab"
    assert note.saw(source, 5)
    assert not note.saw(source, 5)
    assert not note.saw(source, 4)
    assert note.saw(source, 6)
    assert note.saw("other/udp-0123456789ac", 1)


def test_a_machine_that_was_cloned_with_its_spool_is_another_forwarder() -> None:
    note = Note()
    assert note.saw("one/udp-0123456789ab", 500)
    assert note.saw("two/udp-0123456789ab", 7)
    assert not note.saw("one/udp-0123456789ab", 500)


def test_the_forwarder_that_is_silent_longest_is_forgotten_first() -> None:
    note = Note()
    for n in range(MAX_SOURCES + 1):
        note.saw(f"h/udp-{n:012x}", 1)
    note.saw(f"h/udp-{0:012x}", 2)
    kept = decode(note.encode(0)).seen
    assert identity_of(f"h/udp-{0:012x}") in kept
    assert identity_of(f"h/udp-{1:012x}") not in kept


def test_names_without_end_are_not_kept_without_end() -> None:
    note = Note()
    for n in range(10_000):
        note.saw(f"h/udp-{n:012x}", 1)
    assert len(note.seen) == MAX_KNOWN
