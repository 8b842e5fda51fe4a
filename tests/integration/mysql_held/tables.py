"""Two schemas, their events, and what is in their tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson

from elfaust.records import Record, SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.testing import make_record, write

GOOD, BAD = SchemaKey("Good", 1), SchemaKey("Bad", 1)
EVENT = {
    "properties": {
        "i": {"type": "integer"},
        "n": {"type": "number"},
        "s": {"type": "string"},
    }
}


def publish(settings: Settings, key: SchemaKey, schema: dict[str, Any]) -> None:
    folder = Path(settings.schemas.folder) / key.schema
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{key.revision}.json").write_text(json.dumps(schema))


def events(first: int, count: int) -> list[Record]:
    """Return events; those from 10 on share the values of others."""
    return [
        make_record(
            orjson.dumps(
                {
                    "uuid": f"{n:032x}",
                    "dt": "2020-09-13T12:26:40Z",
                    "wiki": "enwiki",
                    "event": {"i": n % 10, "n": n % 10 + 0.125, "s": f"s{n % 10}"},
                }
            ),
            n,
            0,
        )
        for n in range(first, first + count)
    ]


def stored(cursor: Any, table: str) -> list[tuple[str, int, float, str]]:
    cursor.execute(f"SELECT uuid, event_i, event_n, event_s FROM {table} ORDER BY uuid")
    return list(cursor.fetchall())


def others_go_on(sink: MysqlSink, cursor: Any) -> None:
    """Show that the next write to another table is stored."""
    before = len(stored(cursor, "Good_1")) if "Good_1" in tables(cursor) else 0
    assert write(sink, GOOD, events(before, 3)) == []
    assert len(stored(cursor, "Good_1")) == before + 3


def tables(cursor: Any) -> set[str]:
    cursor.execute("SHOW TABLES")
    return {name for (name,) in cursor.fetchall()}
