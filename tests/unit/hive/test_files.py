"""Files in the folders of hours that elfaust has not written whole."""

from __future__ import annotations

import pyarrow as pa

from elfaust.sinks.parquet.file_names import file_name
from elfaust.sinks.parquet.table import to_bytes
from tests.unit.hive.fakes import Place

WHOLE = to_bytes(pa.table({"uuid": ["u"]}))


def test_what_is_not_ours_or_not_whole_is_told_by_name(place: Place) -> None:
    folder = place.names.in_hour(place.add("Edit", 1, "2026-03-08T02"), "2026-03-08T02")

    def put(name: str, data: bytes) -> str:
        place.storage.write(f"{folder}/{name}", data)
        return f"{folder}/{name}"

    topic = "eventlogging_Edit_1"
    put(file_name(topic, 0, 0, 9), WHOLE)
    put("_hidden", b"")
    wrong = {
        put(file_name(topic, 0, 10, 19), WHOLE[:-1]): "is no Parquet file",
        put(file_name(topic, 0, 20, 29), b""): "is no Parquet file",
        put("theirs.parquet", WHOLE): "was not written by elfaust",
    }
    place.sync.run()
    found = {of.name: of.what for of in place.sync.strange_files()}
    assert found.keys() == wrong.keys()
    assert all(what in found[name] for name, what in wrong.items())
