"""Parquet files of events in a folder, as the hdfs sink writes them, and their settings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from elfaust.records import UNKNOWN_TIME, Record, SchemaKey
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings
from elfaust.sinks.parquet.table import ParquetWriter, to_bytes
from elfaust.storage import open_storage

EDIT = {
    "description": "An edit, or what would have been one",
    "properties": {
        "action": {"type": "string", "description": "What was done"},
        "fooBar": {
            "type": "object",
            "properties": {"innerMost": {"type": "object", "properties": {"deepEst": {}}}},
        },
        "tries": {"type": "integer", "description": "How often", "unit": "times"},
        "items": {"type": "array", "items": {"type": "string"}},
    },
}
#: The same fields in another order, one of another type, one more, one less.
EDIT_2 = {
    "title": "Edit",
    "properties": {
        "tries": {"type": "number"},
        "more": {"type": "boolean"},
        "action": {"type": "string"},
        "fooBar": EDIT["properties"]["fooBar"],  # type: ignore[index]
    },
}


def settings_of(folder: Path) -> Settings:
    """Return settings of a store and of schemas in a folder."""
    base = Settings()
    return replace(
        base,
        hdfs=replace(base.hdfs, storage="local", root=str(folder / "event")),
        schemas=replace(base.schemas, folder=str(folder / "schemas")),
        workers=replace(base.workers, state=str(folder / "state")),
    )


def publish(settings: Settings, key: SchemaKey, schema: dict[str, Any]) -> None:
    """Write a schema into the folder of schemas."""
    path = Path(settings.schemas.folder) / key.schema / f"{key.revision}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema))


def store(
    settings: Settings,
    key: SchemaKey,
    schema: dict[str, Any],
    events: list[dict[str, Any]],
    dt: str = "2026-03-08T02:30:00.5Z",
    name: str = "a",
) -> Path:
    """Publish a schema, and write a file with events of it into the folder of their hour."""
    publish(settings, key, schema)
    capsule = {"schema": key.schema, "revision": key.revision, "wiki": "enwiki", "dt": dt}
    records = [
        Record(
            *("t", 0, number, UNKNOWN_TIME),
            json.dumps({**capsule, "uuid": f"{number:032}", "event": of}).encode(),
        )
        for number, of in enumerate(events)
    ]
    writer = ParquetWriter(Schema(key, schema, DIALECTS[settings.schemas.compatibility]))
    table, refused = writer.table(records)
    assert not refused
    hour = f"year={int(dt[:4])}/month={int(dt[5:7])}/day={int(dt[8:10])}/hour={int(dt[11:13])}"
    folder = f"{key.schema.lower()}_{key.revision}"
    path = Path(settings.hdfs.root) / folder / hour / f"{name}.parquet"
    storage = open_storage(settings.hdfs)
    storage.write(str(path), to_bytes(table))
    return path
