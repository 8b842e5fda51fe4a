"""The columns of a file are those of its schema, or the audit says which are not."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from elfaust.records import SchemaKey
from elfaust.schema.dialect import LATEST
from elfaust.schema.lookup.registry import Schema
from elfaust.sinks.parquet.reading.columns import columns_of, unlike
from elfaust.sinks.parquet.table import ParquetWriter, to_bytes

MEMBERS = {
    "a": {"type": "string"},
    "l": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "number"}}}},
}
OPEN = ParquetWriter(
    Schema(SchemaKey("T", 1), {"properties": MEMBERS, "additionalProperties": True}, LATEST)
).schema
CLOSED = ParquetWriter(
    Schema(SchemaKey("T", 1), {"properties": {"a": MEMBERS["a"]}}, LATEST)
).schema
WANTED = columns_of(OPEN.field("event").type, True)


def read_back(schema: pa.Schema) -> pa.Schema:
    return pq.ParquetFile(io.BytesIO(to_bytes(schema.empty_table()))).schema_arrow


def changed(name: str, kind: pa.DataType | None) -> pa.Schema:
    columns = {field.name: field.type for field in OPEN}
    columns[name] = kind
    return read_back(pa.schema({name: of for name, of in columns.items() if of is not None}))


def without(struct: str, name: str) -> pa.DataType:
    return pa.struct([field for field in OPEN.field(struct).type if field.name != name])


def test_what_the_sink_writes_is_as_it_should_be() -> None:
    assert list(unlike(read_back(OPEN), WANTED)) == []
    closed = columns_of(CLOSED.field("event").type, False)
    assert list(unlike(read_back(CLOSED), closed)) == []


def test_the_order_is_nobody_s_business() -> None:
    turned = pa.schema(sorted(OPEN, key=lambda field: str(field.name), reverse=True))
    assert list(unlike(read_back(turned), WANTED)) == []


def test_older_files_have_no_column_of_what_is_not_named() -> None:
    assert list(unlike(changed("event_unnamed", None), WANTED)) == []
    closed = columns_of(OPEN.field("event").type, False)
    assert list(unlike(read_back(OPEN), closed)) == ["event_unnamed: one too many"]


def test_older_files_have_no_column_of_when_their_lines_were_received() -> None:
    assert list(unlike(changed("received", None), WANTED)) == []
    older = pa.schema([OPEN.field("uuid")])
    assert not [said for said in unlike(read_back(older), WANTED) if "received" in said]


LIST = pa.list_(pa.struct({"n": pa.float64(), "more": pa.string()}))


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("wiki", None, "wiki: missing"),
        ("more", pa.string(), "more: one too many"),
        ("seqid", pa.float64(), "seqid: double, not int64"),
        ("revision", pa.bool_(), "revision: bool, not int64"),
        ("dt", pa.timestamp("us"), "dt: timestamp[us], not string"),
        ("received", pa.int64(), "received: int64, not timestamp[ms]"),
        ("received", pa.timestamp("us"), "received: timestamp[us], not timestamp[ms]"),
        ("event_unnamed", pa.int64(), "event_unnamed: int64, not string"),
        ("useragent", without("useragent", "os_family"), "useragent.os_family: missing"),
        ("useragent", None, "useragent: missing"),
        ("event", without("event", "l"), "event.l: missing"),
        ("event", pa.struct({"a": pa.string(), "l": LIST}), "event.l[].more: one too many"),
    ],
)
def test_a_column_too_many_too_few_or_of_another_type_is_said(
    name: str, kind: Any, says: str
) -> None:
    assert list(unlike(changed(name, kind), WANTED)) == [says]
