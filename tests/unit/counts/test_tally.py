"""What a batch adds to which entries, and under what an error is counted."""

from __future__ import annotations

import json
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.counts.entry import CountKey, Tally, merge
from elfaust.counts.tally import named_by, tally
from elfaust.records import UNKNOWN_TIME, SchemaKey, Source
from elfaust.testing import make_record
from tests.unit.counts.building import (
    EDIT,
    ERROR_TOPIC,
    MINUTE,
    TOPIC,
    Table,
    count,
    refusal,
    refused,
    valid,
)


def marks(*positions: int) -> list[tuple[str, int]]:
    return [("raw", position) for position in positions]


def test_tally_of_valid_events_has_the_minutes_of_the_hour() -> None:
    batch = [valid(1, 5), valid(2, MINUTE + 7), valid(3, 4)]
    assert tally(0, TOPIC, EDIT, batch) == {
        CountKey(0, TOPIC, *EDIT, "", None): Tally(marks(1, 2, 3), MINUTE + 7, minutes=[]),
        CountKey(0, TOPIC, *EDIT, "", None, 0): Tally(marks(1, 2, 3), 0, minutes=[0, 1, 0]),
    }


def test_an_hour_has_its_records_in_the_order_of_the_lane() -> None:
    times = (5, 2 * MINUTE, 61 * MINUTE, UNKNOWN_TIME, 7)
    batch = [valid(n, time) for n, time in enumerate(times, 1)]
    made = tally(0, TOPIC, EDIT, batch)
    hours = {key.hour: new for key, new in made.items() if key.hour is not None}
    assert hours == {
        0: Tally(marks(1, 2, 5), 0, minutes=[0, 2, 0]),
        1: Tally(marks(3), 0, minutes=[1]),
    }


def test_refusals_of_sinks_have_minutes_of_their_own() -> None:
    batch = [refusal("mysql", 2), refused(7, "consumer"), refusal("hdfs", 4)]
    made = tally(0, ERROR_TOPIC, None, batch)
    [of_hour] = [new for key, new in made.items() if key.hour is not None]
    sinks = [("mysql/raw", 2), ("hdfs/raw", 4)]
    assert of_hour == Tally(marks(7), 0, sinks, [0], [2, 1])


def test_tally_of_nothing_is_empty() -> None:
    assert tally(0, TOPIC, EDIT, []) == {}
    assert tally(0, ERROR_TOPIC, None, []) == {}


def test_errors_are_counted_under_what_they_name() -> None:
    table: Table = {}
    batch = [
        refused(1, "validation"),
        refused(2, "processor", "unknown", -1),
        refused(3, "validation"),
        make_record(b"no json", 4, 0, ("raw", 4)),
        make_record(b'{"event": 1}', 5, 0, ("raw", 5)),
    ]
    count(table, 0, ERROR_TOPIC, None, batch)
    totals = {key[2:5]: value["count"] for key, value in table.items() if key.is_total}
    assert totals == {
        ("Edit", 1, "validation"): 2,
        ("unknown", -1, "processor"): 1,
        ("unknown", -1, "unknown"): 2,
    }


def test_counting_costs_little() -> None:
    batch = [valid(n, n) for n in range(50_000)]
    started = time.process_time()
    for new in tally(0, TOPIC, EDIT, batch).values():
        merge(None, new)
    # 2 us a record is the budget; the rest is room for a slow machine.
    assert time.process_time() - started < 50_000 * 10e-6


def test_what_came_at_an_unknown_time_is_counted_in_no_minute() -> None:
    batch = [valid(1, UNKNOWN_TIME), valid(2, MINUTE + 7), valid(3, UNKNOWN_TIME)]
    assert tally(0, TOPIC, EDIT, batch) == {
        CountKey(0, TOPIC, *EDIT, "", None): Tally(marks(1, 2, 3), MINUTE + 7, minutes=[]),
        CountKey(0, TOPIC, *EDIT, "", None, 0): Tally(marks(2), 0, minutes=[1]),
    }
    assert tally(0, TOPIC, EDIT, batch[:1]) == {
        CountKey(0, TOPIC, *EDIT, "", None): Tally(marks(1), 0, minutes=[])
    }


def capsule(**event: object) -> bytes:
    return orjson.dumps({"event": {"code": "validation", "schema": "Edit", "revision": 1, **event}})


@pytest.mark.parametrize(
    ("value", "code", "schema", "revision"),
    [
        (capsule(), "validation", "Edit", 1),
        (capsule(code="unresolved"), "unresolved", "Edit", 1),
        (capsule(unknown=True), "validation", "unknown", -1),
        (capsule(unknown=False), "validation", "Edit", 1),
        (capsule(code="made up"), "unknown", "Edit", 1),
        (capsule(code=["validation"]), "unknown", "unknown", -1),
        (capsule(schema="a.b"), "validation", "unknown", -1),
        (capsule(schema="n" * 64), "validation", "unknown", -1),
        (capsule(schema=None), "validation", "unknown", -1),
        (capsule(schema=["Edit"]), "unknown", "unknown", -1),
        (capsule(revision="1"), "validation", "unknown", -1),
        (capsule(revision=True), "validation", "unknown", -1),
        (capsule(revision=0), "validation", "unknown", -1),
        (capsule(revision=2**63), "validation", "unknown", -1),
        (capsule(revision=1.0), "validation", "unknown", -1),
        (capsule(revision=[1]), "unknown", "unknown", -1),
        (capsule(unknown={}), "unknown", "unknown", -1),
        (b'{"event":{"code":"processor","schema":"E","revision":1e400}}', "unknown", "unknown", -1),
        (b"", "unknown", "unknown", -1),
        (b"[1]", "unknown", "unknown", -1),
        (b'{"event":null}', "unknown", "unknown", -1),
        (b'{"event":{}}', "unknown", "unknown", -1),
        (b"[" * 3_000, "unknown", "unknown", -1),
    ],
)
def test_an_error_is_counted_under_a_key_that_can_be(
    value: bytes, code: str, schema: str, revision: int
) -> None:
    assert named_by(value) == (code, (schema, revision))


def test_made_up_names_share_one_entry() -> None:
    batch = [
        make_record(
            capsule(schema=f"Name{n}", revision=n + 1, unknown=True), n, MINUTE, Source("raw", n)
        )
        for n in range(500)
    ]
    assert tally(0, ERROR_TOPIC, None, batch).keys() == {
        CountKey(0, ERROR_TOPIC, "unknown", -1, "validation", *when)
        for when in ((None, None), (None, 0))
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)

FIELDS = st.sampled_from(["event", "code", "schema", "revision", "unknown"])

CAPSULES = st.dictionaries(FIELDS, JSON | st.dictionaries(FIELDS, JSON))


@given(
    st.lists(
        st.tuples(
            st.binary() | (CAPSULES | JSON).map(lambda value: json.dumps(value).encode()),
            st.integers(-1, 253_402_300_799_999),
        ),
        max_size=5,
    )
)
def test_each_record_is_counted_once_whatever_it_holds(given: list[tuple[bytes, int]]) -> None:
    batch = [make_record(value, n, time, ("raw", n)) for n, (value, time) in enumerate(given)]
    made = tally(0, ERROR_TOPIC, None, batch)
    totals = [len(new.marks) for key, new in made.items() if key.is_total]
    assert sum(totals) == len(batch)
    assert all(CountKey.decode(key.encode()) == key for key in made)


def test_what_nobody_foresaw_of_one_error_is_counted_as_unreadable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def strange(value: bytes) -> tuple[str, SchemaKey]:
        if value == b"strange":
            raise ZeroDivisionError
        return named_by(value)

    monkeypatch.setattr("elfaust.counts.tally.named_by", strange)
    record = make_record(b"strange", 0, 0, ("raw", 0))
    assert {key[2:5] for key in tally(0, ERROR_TOPIC, None, [record])} == {
        ("unknown", -1, "unknown")
    }
    monkeypatch.setattr("elfaust.counts.tally.READABLE", b"strange")
    with pytest.raises(ZeroDivisionError):
        tally(0, ERROR_TOPIC, None, [record])


def test_a_valid_event_is_no_refusal_whatever_source_it_names() -> None:
    [(_, new)] = tally(0, TOPIC, EDIT, [valid(3, UNKNOWN_TIME, "mysql/raw")]).items()
    value = merge(None, new)
    assert value is not None
    assert (value["count"], value["refused"]) == (1, 0)
