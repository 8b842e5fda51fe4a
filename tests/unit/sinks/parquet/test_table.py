"""Events to Parquet and back: typed by the schema, whatever a batch holds."""

from __future__ import annotations

import contextlib
import io
import json
from collections import defaultdict
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from elfaust.errors import SchemaUnfit, Unforeseen
from elfaust.events.capsule import parse_user_agent
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.settings import Settings
from elfaust.sinks.parquet.sink import by_hour
from elfaust.sinks.parquet.table import CAPSULE, ParquetWriter, to_bytes
from elfaust.testing import make_record
from elfaust.trial.recorded import RECORDED

CASES = [json.loads(line) for line in RECORDED.read_text().splitlines()]
SCHEMA = Schema(
    SchemaKey("Test", 1),
    {
        "properties": {
            "text": {"type": "string", "default": "none"},
            "whole": {"type": "integer"},
            "real": {"type": "number"},
            "flag": {"type": "boolean"},
            "words": {"type": "array", "items": {"type": "string"}},
            "inner": {"type": "object", "properties": {"deep.key": {"type": "integer"}}},
            "open": {"type": "any"},
        }
    },
)


def record(event: dict[str, Any], **capsule: Any) -> Record:
    value = {"event": event, "uuid": "u", "dt": "2020-09-13T12:26:40Z", **capsule}
    return make_record(orjson.dumps(value), 0, 0)


def back(records: list[Record], writer: ParquetWriter) -> list[dict[str, Any]]:
    table, refused = writer.table(records)
    assert refused == []
    rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(to_bytes(table))).to_pylist()
    return rows


EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "text": st.text(st.characters(exclude_categories=["Cs"])),
        "whole": st.integers(-(2**63), 2**63 - 1),
        "real": st.floats(allow_nan=False, allow_infinity=False),
        "flag": st.booleans(),
        "words": st.lists(st.text("ab")),
        "inner": st.fixed_dictionaries({}, optional={"deep.key": st.integers(0, 9)}),
        "open": st.integers(0, 9) | st.lists(st.booleans()),
    },
)


@given(st.lists(EVENTS, min_size=1, max_size=5))
def test_events_come_back(events: list[dict[str, Any]]) -> None:
    rows = back([record(event) for event in events], ParquetWriter(SCHEMA))
    for row, event in zip(rows, events, strict=True):
        got = row["event"]
        assert got["text"] == event.get("text", "none")
        for name in ("whole", "real", "flag", "words"):
            assert got[name] == event.get(name)
        assert (got["inner"] or {}).get("deep_key") == event.get("inner", {}).get("deep.key")
        assert (None if got["open"] is None else json.loads(got["open"])) == event.get("open")


def test_the_types_are_the_schemas_though_all_values_are_missing() -> None:
    table, _ = ParquetWriter(SCHEMA).table([record({})])
    kinds = {field.name: field.type for field in table.schema.field("event").type}
    assert kinds["whole"] == pa.int64()
    assert kinds["real"] == pa.float64()
    assert kinds["words"] == pa.list_(pa.string())
    assert kinds["open"] == pa.string()


def test_every_recorded_event_comes_back() -> None:
    registry = Registry(Settings().schemas)
    by_key: defaultdict[SchemaKey, list[dict[str, Any]]] = defaultdict(list)
    for case in CASES:
        if case["outcome"] == "valid" and str(2**63) not in case["line"]:
            event = case["event"]
            by_key[SchemaKey(event["schema"], event["revision"])].append(event)
    for key, events in by_key.items():
        schema = registry.get(key)
        assert schema is not None
        records = [make_record(orjson.dumps(event), 0, 0) for event in events]
        for row, event in zip(back(records, ParquetWriter(schema)), events, strict=True):
            assert row["uuid"] == event["uuid"]
            assert row["webhost"] == event["webHost"]
            assert "ip" not in row
            for name, value in event["event"].items():
                got = row["event"][name]
                if isinstance(value, dict):
                    got = json.loads(got) if isinstance(got, str) else got
                    got = {k: v for k, v in got.items() if v is not None}
                assert got == value, (key, name)


@pytest.mark.parametrize("more", [{}, {"dt": ""}])
def test_the_hour_of_an_event_without_dt_is_that_of_its_timestamp(more: dict[str, str]) -> None:
    value = orjson.dumps({"event": {}, "uuid": "u", "timestamp": 1600000034, **more})
    [row] = back([make_record(value, 0, 0)], ParquetWriter(SCHEMA))
    assert row["dt"] == "2020-09-13T12:27:14Z"


GOOD = [record({"whole": n}, uuid=f"good {n}") for n in range(4)]
PLAIN = Schema(
    SchemaKey("Plain", 1),
    {"properties": {"whole": {"type": "integer"}, "text": {"type": "string"}}},
)
LEVELS = b"[" * 3000 + b"1" + b"]" * 3000


def raw(**more: str) -> bytes:
    """Return an event as JSON; the values of `more` are JSON as it stands."""
    parts = {"event": "{}", "uuid": '"u"', "dt": '"2020-09-13T12:26:40Z"', **more}
    inside = ",".join(f'"{key}":{value}' for key, value in parts.items())
    return b"{%b}" % inside.encode()


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


@pytest.mark.parametrize("schema", [PLAIN, SCHEMA], ids=["plain", "by rows"])
def test_no_event_is_refused_for_the_user_agent_that_its_client_sent(schema: Schema) -> None:
    sent = {"is_bot": 5, "browser_major": 7, "os_family": {"a": 1}, "device_family": "d", "z": []}
    writer = ParquetWriter(schema)
    table, refused = writer.table([make_record(raw(userAgent=json.dumps(sent)), 9, 0)])
    assert not refused
    [agent] = table["useragent"].to_pylist()
    kept = {name: value for name, value in agent.items() if value is not None}
    assert kept == {"browser_major": "7", "os_family": '{"a":1}', "device_family": "d"}
    pq.read_table(io.BytesIO(to_bytes(table)))


@pytest.mark.parametrize("schema", [PLAIN, SCHEMA], ids=["plain", "by rows"])
def test_a_user_agent_that_is_text_fills_the_column_of_its_parts(schema: Schema) -> None:
    sent = ["Mozilla/5.0 (X11; Linux x86_64; rv:90.0) Gecko/20100101 Firefox/90.0", "", "f" * 900]
    records = [make_record(raw(userAgent=json.dumps(agent)), n, 0) for n, agent in enumerate(sent)]
    table, refused = ParquetWriter(schema).table(records)
    assert not refused
    firefox, *empty = table["useragent"].to_pylist()
    assert (firefox["browser_family"], firefox["browser_major"]) == ("Firefox", "90")
    assert (firefox["os_family"], firefox["is_bot"]) == ("Linux", False)
    assert empty == [parse_user_agent("")] * 2


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


@hypothesis(max_examples=200)
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


@pytest.mark.parametrize(
    "event",
    [
        {"properties": {"a b": {}, "a_b": {}}},
        {"properties": {"a": {"type": "integer", "default": 2**63}}},
        {"properties": {"a": {"$ref": "#/properties/a"}}},
        {"properties": []},
        {"properties": {"a": {"$ref": 5}}},
    ],
)
def test_a_schema_makes_a_writer_or_is_unfit(event: dict[str, Any]) -> None:
    with contextlib.suppress(SchemaUnfit):
        ParquetWriter(Schema(SchemaKey("Odd", 1), event))


def test_no_schema_makes_more_than_itself_unfit(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(table: object) -> bytes:
        raise ZeroDivisionError("no such file")

    monkeypatch.setattr("elfaust.sinks.parquet.table.to_bytes", broken)
    with pytest.raises(SchemaUnfit, match="no such file"):
        ParquetWriter(SCHEMA)
