"""An event's way through the judge and into both stores."""

from __future__ import annotations

from typing import Any

import orjson

from elfaust.errors import EventFault
from elfaust.events.storable import check_of
from elfaust.json_text import encode
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import shape_of
from elfaust.settings import Settings
from elfaust.sinks.mysql.ddl import table_columns
from elfaust.sinks.mysql.rows import RowMaker
from elfaust.sinks.parquet.table import ParquetWriter
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record

KEY = SchemaKey("Any", 1)
CAPSULE = {"uuid": "a" * 32, "dt": "2020-09-13T12:26:40Z", "wiki": "w", "recvFrom": "h", "seqId": 1}


def of(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


def written(event: dict[str, Any]) -> bytes:
    return encode({**CAPSULE, "event": event})


def judged(schema: dict[str, Any], event: dict[str, Any], settings: Settings | None = None) -> str:
    """Return the path at which the judge refuses an event, "" where it does not."""
    value = written(event)
    try:
        check_of(Schema(KEY, schema), enabled_stores(settings or Settings()).values())(
            event, len(value), False
        )
    except EventFault as fault:
        return fault.path if fault.code == "consumer" and fault.hint else "no cure"
    return ""


def in_mysql(schema: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    found = Schema(KEY, schema)
    maker = RowMaker(table_columns(found), shape_of(schema))
    row = dict(zip([c.name for c in maker.columns], maker.row(written(event)), strict=True))
    return {n.removeprefix("event_"): v for n, v in row.items() if n.startswith("event_")}


def in_parquet(schema: dict[str, Any], event: dict[str, Any]) -> tuple[Any, Any]:
    """Return the columns `event` and `event_unnamed`; None where there is no such column."""
    writer = ParquetWriter(Schema(KEY, schema))
    table, refused = writer.table([make_record(written(event), 0, 0)])
    assert not refused
    [row] = table.to_pylist()
    unnamed = row.get("event_unnamed")
    return row["event"], unnamed and orjson.loads(unnamed)


ANY: dict[str, Any] = {"type": "any"}
