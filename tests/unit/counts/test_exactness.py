"""Counts are exact, however a lane's records are cut into batches and repeated."""

from __future__ import annotations

from collections import Counter

import orjson
from hypothesis import given
from hypothesis import strategies as st

from elfaust.counts.entry import EMPTY, CountKey
from elfaust.records import Record, Source
from elfaust.testing import make_record
from tests.unit.counts.building import (
    EDIT,
    ERROR_TOPIC,
    HOUR,
    MINUTE,
    TOPIC,
    Table,
    count,
    refusal,
    refused,
    with_minutes,
)


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
                source=Source(source, 2 * n), timestamp=draw(st.integers(0, 3)) * 20 * MINUTE + n
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
    assert {k: v["count"] for k, v in with_minutes(table).items()} == expected(lanes)


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
            counts[entry._replace(hour=record.timestamp // HOUR)] += 1
    return dict(counts)


LINE_OF_A_SINK = st.tuples(st.sampled_from(["mysql", "hdfs"]), st.integers(0, 60))


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
        for when in ((None, None), (position % 3, None), (None, 0)):
            wanted[CountKey(0, ERROR_TOPIC, "Edit", 1, "consumer", *when)] += 1
    assert {key: value["count"] for key, value in with_minutes(table).items()} == wanted
    assert {key: value["refused"] for key, value in with_minutes(table).items()} == wanted


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
        "minutes": [],
        "refused_minutes": [],
    }
