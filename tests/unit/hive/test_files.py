"""Files in the folders of hours that elfaust has not written whole."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from elfaust.hive import files
from elfaust.records import Record
from elfaust.schema.lookup.registry import Registry
from elfaust.sinks.parquet.file_names import file_name
from elfaust.sinks.parquet.table import ParquetWriter, to_bytes
from tests.unit.hive.fakes import Place

WHOLE = to_bytes(pa.table({"uuid": ["u"]}))


def test_what_is_not_ours_or_not_whole_is_told_by_name(place: Place) -> None:
    folder = place.names.in_hour(place.add("Edit", 1, "2026-03-08T02"), "2026-03-08T02")

    def put(name: str, data: bytes) -> str:
        place.storage.write(f"{folder}/{name}", data)
        return f"{folder}/{name}"

    topic = "eventlogging_Edit_1"
    length = int.from_bytes(WHOLE[-8:-4], "little")
    zeroed = WHOLE[: -8 - length] + bytes(length) + WHOLE[-8:]
    put(file_name(topic, 0, 0, 9), WHOLE)
    put("_hidden", b"")
    wrong = {
        put(file_name(topic, 0, 10, 19), WHOLE[:-1]): "is no Parquet file",
        put(file_name(topic, 0, 20, 29), b""): "is no Parquet file",
        put(
            file_name(topic, 0, 30, 39), WHOLE[:-8] + b"\xff\xff\xff\x7fPAR1"
        ): "is no Parquet file",
        put(file_name(topic, 0, 40, 49), zeroed): "is no Parquet file",
        put(file_name(topic, 0, 50, 59), to_bytes(pa.table({"zzz": ["u"]}))): "has no column uuid",
        put(file_name(topic, 0, 60, 69), to_bytes(pa.table({"uuid": [1.5]}))): (
            "has column uuid as double"
        ),
        put("sub/x.parquet", WHOLE).rpartition("/")[0]: "is a folder in that of an hour",
        put("../loose.parquet", WHOLE).replace("hour=2/../", ""): "is in no folder of an hour",
        put("theirs.parquet", WHOLE): "was not written by elfaust",
    }
    place.sync.run()
    found = {of.name: of.what for of in place.sync.strange_files()}
    assert found.keys() == wrong.keys()
    assert all(what in found[name] for name, what in wrong.items())


def test_what_the_writer_wrote_is_told_never(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "TAIL", 100)
    key = place.add("Edit", 1, a={"type": "string"}, b={"type": "array", "items": {}})
    capsule = {"uuid": "u", "dt": "2026-03-08T02:00:00Z", "schema": "Edit", "revision": 1}
    data = json.dumps({**capsule, "seqId": 1, "event": {"a": "x"}}).encode()
    topic = "eventlogging_Edit_1"
    schema = Registry(place.settings.schemas).find(key)
    table, refused = ParquetWriter(schema).table([Record(topic, 0, 0, 1_772_937_000_000, data)])
    assert refused == []
    name = file_name(topic, 0, 0, 0)
    folder = place.names.in_hour(key, "2026-03-08T02")
    place.storage.write(f"{folder}/{name}", to_bytes(table))
    older = to_bytes(table.drop_columns(["received"]))
    place.storage.write(f"{folder}/{file_name(topic, 0, 1, 1)}", older)
    place.sync.run()
    assert list(place.sync.strange_files()) == []
