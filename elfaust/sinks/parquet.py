"""Events to Parquet: columns typed by the schema, never by what a batch happens to hold.

Names and types are those of Wikimedia's Hive tables (Refine): top-level names in lower case,
`event` and `useragent` nested structs, integers int64, numbers double, all nullable. What the
schema leaves open (any, unions, free objects) is JSON text. The client's IP is left out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from elfaust.capsule import iso8601
from elfaust.errors import EventFault
from elfaust.registry import Schema
from elfaust.types import Record

SCALARS = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
}
USER_AGENT = pa.struct(
    [
        *(
            pa.field(name, pa.string())
            for name in (
                "browser_family",
                "browser_major",
                "browser_minor",
                "device_family",
                "os_family",
                "os_major",
                "os_minor",
                "wmf_app_version",
            )
        ),
        pa.field("is_bot", pa.bool_()),
        pa.field("is_mediawiki", pa.bool_()),
    ]
)
#: Column, type, key in the capsule.
CAPSULE = (
    ("dt", pa.string(), "dt"),
    ("recvfrom", pa.string(), "recvFrom"),
    ("revision", pa.int64(), "revision"),
    ("schema", pa.string(), "schema"),
    ("seqid", pa.int64(), "seqId"),
    ("useragent", USER_AGENT, "userAgent"),
    ("uuid", pa.string(), "uuid"),
    ("webhost", pa.string(), "webHost"),
    ("wiki", pa.string(), "wiki"),
)
Cast = Callable[[Any], Any]


class ParquetWriter:
    """Makes Parquet files of the events of one schema revision."""

    def __init__(self, schema: Schema) -> None:
        self._key = schema.key
        event_type, self._event = _typed({**schema.event, "type": "object"})
        self.schema = pa.schema(
            [*(pa.field(name, kind) for name, kind, _ in CAPSULE), pa.field("event", event_type)]
        )

    def table(self, records: Sequence[Record]) -> tuple[pa.Table, list[tuple[Record, EventFault]]]:
        """Return a table of records' events, and those that do not fit with their faults."""
        rows, refused = [], []
        for record in records:
            try:
                rows.append((record, self._row(record.value)))
            except (ValueError, KeyError, TypeError) as error:
                refused.append((record, EventFault("consumer", f"Parquet: {error}", *self._key)))
        table, unfit = self._convert(rows)
        return table, refused + unfit

    def _row(self, value: bytes) -> dict[str, Any]:
        capsule = orjson.loads(value)
        if capsule.get("dt") is None:
            capsule["dt"] = iso8601(capsule["timestamp"])
        row = {name: capsule.get(key) for name, _, key in CAPSULE}
        if not isinstance(row["useragent"], dict):
            row["useragent"] = None
        row["event"] = self._event(capsule["event"])
        return row

    def _convert(
        self, rows: list[tuple[Record, dict[str, Any]]]
    ) -> tuple[pa.Table, list[tuple[Record, EventFault]]]:
        """Convert rows; a batch that fails is halved until the bad row is alone."""
        try:
            return pa.Table.from_pylist([row for _, row in rows], schema=self.schema), []
        except (pa.ArrowException, OverflowError, ValueError, TypeError) as error:
            if len(rows) == 1:
                fault = EventFault("consumer", f"Parquet: {error}", *self._key)
                return self.schema.empty_table(), [(rows[0][0], fault)]
        middle = len(rows) // 2
        first, unfit = self._convert(rows[:middle])
        second, more = self._convert(rows[middle:])
        return pa.concat_tables([first, second]), unfit + more


def to_bytes(table: pa.Table) -> bytes:
    """Return a table as a Parquet file."""
    out = io.BytesIO()
    pq.write_table(table, out, compression="snappy")
    return out.getvalue()


def column_name(name: str) -> str:
    """Return a property's name as Hive can have it."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def _typed(schema: dict[str, Any]) -> tuple[pa.DataType, Cast]:
    """Return the type of a schema's values and what makes a value one."""
    kind = schema.get("type")
    default = schema.get("default")
    if isinstance(kind, str) and kind in SCALARS:
        return SCALARS[kind], lambda value: default if value is None else value
    if kind == "object" and schema.get("properties"):
        return _struct(schema["properties"])
    if kind == "array" and isinstance(schema.get("items"), dict) and "type" in schema["items"]:
        item_type, cast = _typed(schema["items"])
        return pa.list_(
            item_type
        ), lambda value: default if value is None else [cast(item) for item in value]
    return pa.string(), lambda value: _json_text(default if value is None else value)


def _struct(properties: dict[str, Any]) -> tuple[pa.DataType, Cast]:
    fields = []
    casts: list[tuple[str, str, Cast]] = []
    for name, of in sorted(properties.items()):
        kind, cast = _typed(of)
        fields.append(pa.field(column_name(name), kind))
        casts.append((column_name(name), name, cast))

    def convert(value: Any) -> Any:
        value = value or {}
        return {column: cast(value.get(name)) for column, name, cast in casts}

    return pa.struct(fields), convert


def _json_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
