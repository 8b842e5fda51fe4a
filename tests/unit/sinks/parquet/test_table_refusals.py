"""What a table refuses, it refuses alone: of one bad event, of one schema, of anything."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import Unforeseen
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.sinks.parquet.hours import by_hour
from elfaust.sinks.parquet.table import CAPSULE, ParquetWriter, to_bytes
from elfaust.testing import make_record
from tests.unit.sinks.parquet.events import GOOD, PLAIN, SCHEMA, raw

LEVELS = b"[" * 3000 + b"1" + b"]" * 3000
BAD = {
    "first day, east of Greenwich": raw(dt='"0001-01-01T00:00:00+14:00"'),
    "last day, west of Greenwich": raw(dt='"9999-12-31T23:59:59-14:00"'),
    "year 0": raw(dt='"0000-01-01T00:00:00Z"'),
    "dt true": raw(dt="true"),
    "dt a number": raw(dt="1600000000"),
    "dt a list": raw(dt="[1]"),
    "dt no time": raw(dt='"yesterday"'),
    "no dt, no timestamp": raw(dt="null"),
    "timestamp of 400 digits": raw(dt='""', timestamp="1" + "0" * 400),
    "timestamp past the calendar": raw(dt='""', timestamp="1e300"),
    "deep": raw(event='{"text":%b}').replace(b"%b", LEVELS),
    "an integer past 64 bits": raw(event='{"whole":9223372036854775808}'),
    "an integer of 400 digits": raw(event=f'{{"whole":1{"0" * 400}}}'),
    "a text for an integer": raw(event='{"whole":"1"}'),
    "a lone surrogate": raw(event='{"text":"\\ud800"}'),
    "seqId of 400 digits": raw(seqId="1" + "0" * 400),
    "revision true": raw(revision='"x"'),
    "revision a list": raw(revision="[]"),
    "schema a list": raw(schema='["Test"]'),
    "event null": raw(event="null"),
    "event a list": raw(event="[]"),
    "event a text": raw(event='"{}"'),
    "no event": b'{"uuid":"u","dt":"2020-09-13T12:26:40Z"}',
    "no uuid": b'{"event":{},"dt":"2020-09-13T12:26:40Z"}',
    "uuid null": raw(uuid="null"),
    "uuid a number": raw(uuid="7"),
    "empty": b"",
    "two events": raw() + b"\n" + raw(),
    "a list": b"[1]",
    "a number": b"7",
    "null": b"null",
    "no JSON": b"{",
    "NUL": b"\x00",
    "no UTF-8": b'{"event":{},"uuid":"\xff","dt":"2020-09-13T12:26:40Z"}',
}


@pytest.mark.parametrize("schema", [PLAIN, SCHEMA], ids=["plain", "by rows"])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_event_is_refused_alone(schema: Schema, name: str) -> None:
    bad = make_record(BAD[name], 9, 0)
    table, refused = ParquetWriter(schema).table([*GOOD[:2], bad, *GOOD[2:]])
    stored = table["uuid"].to_pylist()
    assert stored == [f"good {n}" for n in range(4)]
    assert [(record, fault.code) for record, fault in refused] == [(bad, "consumer")]
    assert not any(isinstance(fault, Unforeseen) for _, fault in refused)
    pq.read_table(io.BytesIO(to_bytes(table)))


@pytest.mark.parametrize(
    "value", [b"null", b"true", b"[]", b"1", b"", b"\n", b"{}\n{}", b"{}\nnull"]
)
def test_what_is_no_object_is_refused_alone_wherever_it_stands(value: bytes) -> None:
    # Arrow's reader ends the process at a `null` in front, if it is asked: a plain schema.
    plain = Schema(SchemaKey("Plain", 1), {"properties": {"flag": {"type": "boolean"}}})
    good = make_record(b'{"uuid":"u","dt":"2020-09-13T12:26:40Z","event":{"flag":true}}', 1, 0)
    bad = make_record(value, 0, 0)
    for batch in ([bad], [bad, good], [good, bad]):
        table, refused = ParquetWriter(plain).table(batch)
        assert table.num_rows == len(batch) - 1
        assert [record for record, _ in refused] == [bad]


@pytest.mark.parametrize("between", [b"", b"\n"])
@pytest.mark.parametrize("nothing", [b"", b" "])
def test_two_events_in_a_record_do_not_stand_in_for_a_record_without(
    between: bytes, nothing: bytes
) -> None:
    values = [raw() + between + raw(), nothing]
    bad = [make_record(value, n, 0) for n, value in enumerate(values)]
    table, refused = ParquetWriter(PLAIN).table([*bad, *GOOD])
    assert table.num_rows == len(GOOD)
    assert [record for record, _ in refused] == bad


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text()
    | st.sampled_from(["2020-09-13T12:26:40Z", "0001-01-01T00:00:00+14:00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab."), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["text", "whole", "real", "flag", "words", "inner", "open"]
ANY_EVENTS = st.dictionaries(st.sampled_from(NAMES), JSON_VALUES)
ANY_CAPSULES = st.builds(
    lambda capsule, more: json.dumps({**capsule, **more}).encode(),
    st.fixed_dictionaries({"event": ANY_EVENTS, "uuid": st.just("u"), "dt": st.just("2020-09-13")}),
    st.dictionaries(
        st.sampled_from([key for _, _, key in CAPSULE] + ["timestamp", "event"]), JSON_VALUES
    ),
)


@given(
    st.lists(ANY_CAPSULES | st.binary(max_size=30), max_size=5), st.sampled_from([SCHEMA, PLAIN])
)
def test_whatever_events_hold_each_is_stored_or_refused_as_if_alone(
    values: list[bytes], schema: Schema
) -> None:
    writer = ParquetWriter(schema)
    records = [make_record(value, n, -1) for n, value in enumerate(values)]
    table, refused = writer.table(records)
    alone = [record for record in records if writer.table([record])[1]]
    assert sorted(record.offset for record, _ in refused) == [record.offset for record in alone]
    assert table.num_rows == len(records) - len(refused)
    if table.num_rows:
        to_bytes(table)
        hours = by_hour(table, [-1] * table.num_rows, 2012, 24)
        assert sum(rows.num_rows for _, rows in hours) == table.num_rows


def test_what_nobody_foresaw_is_the_fault_of_its_event(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = ParquetWriter(SCHEMA)
    by_itself = writer._row

    def strange(value: bytes) -> dict[str, Any]:
        if b"good 2" in value:
            raise ZeroDivisionError
        return by_itself(value)

    monkeypatch.setattr(writer, "_row", strange)
    table, [(refused, fault)] = writer.table(GOOD)
    assert (table.num_rows, refused) == (3, GOOD[2])
    assert isinstance(fault, Unforeseen)


def test_a_writer_that_fails_on_everything_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = ParquetWriter(SCHEMA)

    def broken(value: bytes) -> dict[str, Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(writer, "_row", broken)
    with pytest.raises(ZeroDivisionError):
        writer.table(GOOD)


def test_memory_that_has_run_out_is_no_events_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = ParquetWriter(SCHEMA)

    def full(rows: object) -> pa.Table:
        raise pa.ArrowMemoryError

    monkeypatch.setattr(writer, "_table_of", full)
    with pytest.raises(MemoryError):
        writer.table(GOOD[:1])
