"""Counts are exact, however a lane's records are cut into batches and repeated."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.counts.tally import EMPTY, CountKey, Tally, is_entry, merge, named_by, tally
from elfaust.delivery.batch import MAX_SOURCES
from elfaust.names import changelog_topic
from elfaust.records import UNKNOWN_TIME, Record, SchemaKey, Source
from elfaust.settings import Settings
from elfaust.testing import make_record

EDIT = SchemaKey("Edit", 13457736)
TOPIC = "eventlogging_Edit_13457736"
ERROR_TOPIC = "eventlogging_EventError"
MINUTE = 60_000

Table = dict[CountKey, dict[str, Any]]


def count(
    table: Table, lane: int, topic: str, key: SchemaKey | None, batch: Sequence[Record]
) -> None:
    for entry, new in tally(lane, topic, key, batch).items():
        value = merge(table.get(entry), new)
        if value is not None:
            table[entry] = value


def valid(position: int, timestamp: int = 0, source: str = "raw") -> Record:
    return make_record(b"{}", position, timestamp, (source, position))


def refused(position: int, code: str, schema: str = "Edit", revision: int = 1) -> Record:
    event = {"event": {"code": code, "schema": schema, "revision": revision}}
    return make_record(orjson.dumps(event), position, 0, ("raw", position))


names = st.text(max_size=12)
keys = st.builds(
    CountKey,
    st.integers(0, 99),
    st.from_regex(r"[A-Za-z0-9._-]{1,30}", fullmatch=True),
    names,
    st.integers(),
    names,
    st.none() | st.integers(0),
)


@given(keys)
def test_key_survives_encoding(key: CountKey) -> None:
    assert CountKey.decode(key.encode()) == key


def test_key_of_an_ordinary_schema_is_readable() -> None:
    key = CountKey(3, TOPIC, *EDIT, "", 26666667)
    assert key.encode() == "3|eventlogging_Edit_13457736|Edit|13457736||26666667"
    assert key._replace(minute=None).encode().endswith("||all")


@pytest.mark.parametrize("text", ["", "a|b", "x|t|s|1||all", "1|t|s|1||noon", "1|t|s|1||all|"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        CountKey.decode(text)


def test_minutes_expire_and_totals_do_not() -> None:
    key = CountKey(0, TOPIC, *EDIT, "", 100)
    assert not key.expired(now=110 * 60.0, keep_minutes=10)
    assert key.expired(now=111 * 60.0, keep_minutes=10)
    assert not key._replace(minute=None).expired(now=1e9, keep_minutes=1)


def test_minutes_far_in_the_future_expire() -> None:
    key = CountKey(0, TOPIC, *EDIT, "", 100)
    assert not key.expired(now=90 * 60.0, keep_minutes=10)
    assert key.expired(now=89 * 60.0, keep_minutes=10)


def test_changelog_is_named_as_faust_names_it() -> None:
    assert changelog_topic(Settings()) == "elfaust-throughput-counts-changelog"


def test_tally_of_valid_events_groups_by_minute() -> None:
    batch = [valid(1, 5), valid(2, MINUTE + 7), valid(3, 4)]
    assert tally(0, TOPIC, EDIT, batch) == {
        CountKey(0, TOPIC, *EDIT, "", None): Tally([("raw", n) for n in (1, 2, 3)], MINUTE + 7),
        CountKey(0, TOPIC, *EDIT, "", 0): Tally([("raw", 1), ("raw", 3)], 5),
        CountKey(0, TOPIC, *EDIT, "", 1): Tally([("raw", 2)], MINUTE + 7),
    }


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
    totals = {key[2:5]: value["count"] for key, value in table.items() if key.minute is None}
    assert totals == {
        ("Edit", 1, "validation"): 2,
        ("unknown", -1, "processor"): 1,
        ("unknown", -1, "unknown"): 2,
    }


def test_a_repeat_changes_nothing_and_says_so() -> None:
    value = merge(None, Tally([("raw", 4), ("raw", 7)], 99))
    assert value == {**EMPTY, "count": 2, "last": 99, "positions": {"raw": 7}}
    assert merge(value, Tally([("raw", 4), ("raw", 7)], 99)) is None
    assert merge(value, Tally([("raw", 7), ("raw", 8)], 100)) == {
        **EMPTY,
        "count": 3,
        "last": 100,
        "positions": {"raw": 8},
    }
    assert value == {**EMPTY, "count": 2, "last": 99, "positions": {"raw": 7}}


def test_sources_do_not_hide_one_another() -> None:
    marks = [("client", 9), ("server", 1), ("client", 10), ("server", 2)]
    value = merge(None, Tally(marks, 1))
    assert value == {**EMPTY, "count": 4, "last": 1, "positions": {"client": 10, "server": 2}}


def test_records_without_a_source_are_counted_once_by_their_offset() -> None:
    table: Table = {}
    batch = [make_record(b"", offset, 0) for offset in range(3)]
    count(table, 0, TOPIC, EDIT, batch)
    count(table, 0, TOPIC, EDIT, [*batch, make_record(b"", 3, 0)])
    assert {value["count"] for value in table.values()} == {4}


class Lane:
    """A lane of a topic with what its writers appended, repeats included."""

    def __init__(self, originals: list[Record], repeats: list[int]) -> None:
        self.originals = originals
        log = list(originals)
        for start in repeats:
            # A writer that starts again at an earlier point goes on to where the log had come.
            cut = start % (len(originals) + 1)
            log.extend(originals[cut:])
        self.log = [record._replace(offset=n) for n, record in enumerate(log)]


@st.composite
def lanes(draw: st.DrawFn) -> Lane:
    sources = draw(st.lists(st.sampled_from(["client", "server"]), max_size=30))
    codes = st.sampled_from(["validation", "processor"])
    originals = []
    for n, source in enumerate(sources):
        schema = draw(st.sampled_from(["Edit", "NavigationTiming"]))
        record = refused(2 * n, draw(codes), schema)
        originals.append(
            record._replace(
                source=Source(source, 2 * n), timestamp=draw(st.integers(0, 3)) * MINUTE + n
            )
        )
    return Lane(originals, draw(st.lists(st.integers(0, 30), max_size=3)))


@given(st.lists(lanes(), min_size=1, max_size=3), st.data())
def test_totals_are_exact_under_any_cuts_repeats_and_restarts(
    lanes: list[Lane], data: st.DataObject
) -> None:
    table: Table = {}
    at = [0] * len(lanes)
    while any(n < len(lane.log) for n, lane in zip(at, lanes, strict=True)):
        waiting = [n for n in range(len(lanes)) if at[n] < len(lanes[n].log)]
        lane = data.draw(st.sampled_from(waiting))
        end = data.draw(st.integers(at[lane] + 1, len(lanes[lane].log)))
        batch = lanes[lane].log[at[lane] : end]
        key = None if lane % 2 == 0 else EDIT
        count(table, lane, ERROR_TOPIC if key is None else TOPIC, key, batch)
        # Delivered again from any earlier point: a crash before the commit.
        at[lane] = data.draw(st.just(end) | st.integers(at[lane], end))
        # The table as the next worker recovers it.
        table = {
            CountKey.decode(k.encode()): orjson.loads(orjson.dumps(v)) for k, v in table.items()
        }
    assert {k: v["count"] for k, v in table.items()} == expected(lanes)


def expected(lanes: list[Lane]) -> dict[CountKey, int]:
    counts: Counter[CountKey] = Counter()
    for number, lane in enumerate(lanes):
        for record in lane.originals:
            event = orjson.loads(record.value)["event"]
            entry = CountKey(number, ERROR_TOPIC, event["schema"], 1, event["code"], None)
            if number % 2:
                entry = CountKey(number, TOPIC, *EDIT, "", None)
            counts[entry] += 1
            counts[entry._replace(minute=record.timestamp // MINUTE)] += 1
    return dict(counts)


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
        CountKey(0, TOPIC, *EDIT, "", None): Tally([("raw", n) for n in (1, 2, 3)], MINUTE + 7),
        CountKey(0, TOPIC, *EDIT, "", 1): Tally([("raw", 2)], MINUTE + 7),
    }
    assert tally(0, TOPIC, EDIT, batch[:1]) == {
        CountKey(0, TOPIC, *EDIT, "", None): Tally([("raw", 1)], 0)
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
        CountKey(0, ERROR_TOPIC, "unknown", -1, "validation", minute) for minute in (None, 1)
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
    totals = [len(new.marks) for key, new in made.items() if key.minute is None]
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


def test_an_entry_does_not_grow_with_sources_that_somebody_makes_up() -> None:
    value = merge(None, Tally([("raw", 7)], 1))
    for start in range(0, 1_000, 10):
        marks = [(f"source {n}", 0) for n in range(start, start + 10)]
        value = merge(value, Tally(marks, 1))
    assert value is not None
    assert (value["count"], len(value["positions"])) == (1_001, MAX_SOURCES)
    assert merge(value, Tally([("raw", 7)], 1)) is None


LINE_OF_A_SINK = st.tuples(st.sampled_from(["mysql", "hdfs"]), st.integers(0, 60))


def refusal(role: str, position: int, topic: str = "raw") -> Record:
    record = refused(position, "consumer")
    return record._replace(
        source=Source(f"{role}/{topic}", position), timestamp=position % 3 * MINUTE
    )


@given(st.lists(st.lists(LINE_OF_A_SINK, max_size=20), max_size=8), st.data())
def test_a_line_is_one_error_in_whatever_order_sinks_refuse_it(
    batches: list[list[tuple[str, int]]], data: st.DataObject
) -> None:
    table: Table = {}
    at = 0
    while at < len(batches):
        batch = [refusal(*line) for line in batches[at]]
        count(table, 0, ERROR_TOPIC, None, batch)
        # Delivered again from any earlier batch on: a worker that has died or lost its lane.
        at = (
            data.draw(st.just(at + 1) | st.integers(0, at + 1), label="next") if at < 20 else at + 1
        )
        table = {key: orjson.loads(orjson.dumps(value)) for key, value in table.items()}
    lines = {position for batch in batches for _, position in batch}
    wanted: Counter[CountKey] = Counter()
    for position in lines:
        for minute in (None, position % 3):
            wanted[CountKey(0, ERROR_TOPIC, "Edit", 1, "consumer", minute)] += 1
    assert {key: value["count"] for key, value in table.items()} == wanted
    assert {key: value["refused"] for key, value in table.items()} == wanted


@given(st.lists(LINE_OF_A_SINK, max_size=40), st.data())
def test_of_two_workers_that_count_the_same_lane_either_goes_on(
    log: list[tuple[str, int]], data: st.DataObject
) -> None:
    """A worker that has lost the lane writes late; the entry that counts more is kept."""
    began, first, second = sorted(data.draw(st.integers(0, len(log))) for _ in range(3))
    records = [refusal(*line) for line in log]
    common: Table = {}
    count(common, 0, ERROR_TOPIC, None, records[:began])
    lost, owner = dict(common), dict(common)
    for record in records[began:first]:
        count(lost, 0, ERROR_TOPIC, None, [record])
    count(owner, 0, ERROR_TOPIC, None, records[began:second])
    pairs = [(lost.get(key), owner.get(key), key) for key in lost.keys() | owner.keys()]
    kept = {key: max(filter(None, both), key=lambda v: v["count"]) for *both, key in pairs}
    count(kept, 0, ERROR_TOPIC, None, records[began:])
    total = kept.get(CountKey(0, ERROR_TOPIC, "Edit", 1, "consumer", None), EMPTY)
    assert total["count"] == len({position for _, position in log})


def test_what_sinks_refuse_hides_no_error_of_the_processor() -> None:
    table: Table = {}
    batch = [
        refused(5, "consumer"),
        refusal("mysql", 9),
        refused(7, "consumer"),
        refusal("hdfs", 2),
        refusal("hdfs", 9),
        # Below the processor's highest position: it repeats itself.
        refused(5, "consumer"),
    ]
    count(table, 0, ERROR_TOPIC, None, [record._replace(timestamp=-1) for record in batch])
    [value] = table.values()
    assert value == {
        "count": 4,
        "last": 0,
        "positions": {"raw": 7},
        "refused": 2,
        "ranges": {"raw": [2, 3, 9, 10]},
    }


def test_an_entry_of_old_goes_on() -> None:
    """It has the highest position of each sink's refusals, by the event's own topic."""
    old = {"count": 3, "last": 9, "positions": {"raw": 4, "mysql/events": 7}}
    again = Tally([("raw", 3)], 9, [("mysql/events", 7), ("mysql/events", 2)])
    assert merge(old, again) is None
    assert merge(old, Tally([("raw", 5)], 9, [("mysql/raw", 2), ("hdfs/raw", 2)])) == {
        "count": 5,
        "last": 9,
        "positions": {"raw": 5, "mysql/events": 7},
        "refused": 1,
        "ranges": {"raw": [2, 3]},
    }
    assert old == {"count": 3, "last": 9, "positions": {"raw": 4, "mysql/events": 7}}


def test_a_valid_event_is_no_refusal_whatever_source_it_names() -> None:
    [(_, new)] = tally(0, TOPIC, EDIT, [valid(3, UNKNOWN_TIME, "mysql/raw")]).items()
    value = merge(None, new)
    assert value is not None
    assert (value["count"], value["refused"]) == (1, 0)


@pytest.mark.parametrize(
    "more",
    [
        {"refused": "1"},
        {"refused": True},
        {"ranges": []},
        {"ranges": {"raw": 4}},
        {"ranges": {"raw": [1]}},
        {"ranges": {"raw": [2, 1]}},
        {"ranges": {"raw": [1, 2.5]}},
    ],
)
def test_an_entry_with_refusals_of_another_shape_is_none(more: dict[str, object]) -> None:
    key = CountKey(0, ERROR_TOPIC, *EDIT, "consumer", None).encode()
    old = {"count": 1, "last": 0, "positions": {}}
    assert is_entry(key, old)
    assert is_entry(key, {**old, "refused": 1, "ranges": {"raw": [1, 2]}})
    assert not is_entry(key, {**old, **more})
