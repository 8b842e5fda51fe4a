"""A schema that changes under a Parquet sink: events are stored as they were judged."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import orjson
import pyarrow.parquet

from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.parquet.reader import parquet_files
from elfaust.storage.local import LocalStorage
from elfaust.testing import make_events, make_record
from tests.unit.sinks.parquet.fakes import ARRIVED, nothing, sink_of

CAT = SchemaKey("Cat", 1)


def test_a_file_has_the_fields_of_the_schema_as_it_is_now(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "schemas" / "Cat" / "1.json"
    file.parent.mkdir(parents=True)
    schemas = dataclasses.replace(settings.schemas, folder=str(file.parents[1]), reload=True)
    settings = dataclasses.replace(settings, schemas=schemas)
    sink, topic = sink_of(settings, LocalStorage()), TopicNames(settings).event(CAT)
    for offset, names in enumerate((["a"], ["a", "b"])):
        file.write_text(json.dumps({"properties": {name: {"type": "string"} for name in names}}))
        event = dict.fromkeys(names, "x")
        capsule = {"event": event, "schema": "Cat", "revision": 1, "uuid": f"u{offset}"}
        value = orjson.dumps({**capsule, "dt": "2020-09-13T12:00:00Z"})
        record = make_record(value, offset, ARRIVED, ("raw", offset))
        sink.write([make_events(CAT, [record], topic=topic)], nothing)
    paths = sorted(file.path for file in parquet_files(LocalStorage(), settings.hdfs.root))
    rows = [pyarrow.parquet.ParquetFile(path).read().to_pylist()[0]["event"] for path in paths]
    assert rows == [{"a": "x"}, {"a": "x", "b": "x"}]
