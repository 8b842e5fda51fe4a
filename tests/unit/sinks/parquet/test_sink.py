"""What the Parquet sink stores, and what it refuses or has wait, by schema and by folder."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from elfaust.errors import FolderTrouble, Unacknowledged
from elfaust.metrics.table import SINK_BYTES, SINK_FILES, SINK_ROWS
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.base import Rejected
from elfaust.sinks.parquet.reader import parquet_files
from elfaust.sinks.parquet.sink import ParquetSink
from elfaust.storage.local import LocalStorage
from elfaust.testing import make_events
from elfaust.words.hints import OTHERS_PLACE
from tests.counted import counted
from tests.unit.sinks.parquet.fakes import (
    KEYS,
    NAMES,
    batches,
    everything,
    nothing,
    records,
    sink_of,
    unfit,
    uuids,
)


def test_a_flush_is_files_by_schema_revision_and_hour(settings: Settings) -> None:
    sink_of(settings, LocalStorage()).write(batches(range(4)), nothing)
    assert uuids(settings) == everything(range(4))
    [first, *_] = [f.path for f in parquet_files(LocalStorage(), settings.hdfs.root)]
    assert first.removeprefix(settings.hdfs.root) == (
        "/echomail_19089329/year=2020/month=9/day=13/hour=0/"
        f"eventlogging_EchoMail_19089329.0.{0:020d}-{3:020d}.parquet"
    )


def test_files_and_their_rows_and_bytes_are_counted_by_schema(settings: Settings) -> None:
    sink = sink_of(settings, LocalStorage())
    for _ in range(2):
        sink.write(batches(range(4)), nothing)
    sink.write(batches(range(4, 6)), nothing)
    files = [*parquet_files(LocalStorage(), settings.hdfs.root)]
    of = [("hdfs", key.schema, str(key.revision)) for key in KEYS]
    assert counted(SINK_ROWS) == dict.fromkeys(of, 6)
    assert set(counted(SINK_FILES)) == set(of)
    assert sum(counted(SINK_FILES).values()) == len(files)
    sizes = sum(Path(file.path).stat().st_size for file in files)
    assert sum(counted(SINK_BYTES).values()) == sizes


def test_a_folder_that_takes_no_files_holds_its_schema_alone(settings: Settings) -> None:
    sink = sink_of(settings, LocalStorage())
    mute, mail = batches(range(4))
    assert sink.group_of(mute.topic, 0) == sink.group_of(mail.topic, 0) == (0, "")
    in_the_way = Path(settings.hdfs.root) / "specialmutesubmit_19679477"
    in_the_way.write_bytes(b"not ours")
    for _ in range(2):
        with pytest.raises(FolderTrouble, match=r"specialmutesubmit.* its schema's events wait"):
            sink.write([mute, mail], nothing)
    assert sink.group_of(mute.topic, 0) == (0, mute.topic)
    assert sink.group_of(mail.topic, 0) == (0, "")
    sink.write([mail], nothing)
    assert uuids(settings) == Counter(f"EchoMail-{number}" for number in range(4))
    in_the_way.unlink()
    sink.write([mute], nothing)
    assert uuids(settings) == everything(range(4))


def test_a_topic_that_waited_for_its_schema_keeps_its_order(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "schemas"
    schemas = dataclasses.replace(settings.schemas, folder=str(folder))
    registry = Registry(dataclasses.replace(schemas, negative_ttl=0.0))
    sink = ParquetSink(settings, registry, LocalStorage())
    edit, other = (NAMES.event(SchemaKey("Edit", revision)) for revision in (7, 8))
    assert sink.group_of(edit, 3) == (3, edit)
    (folder / "Edit").mkdir(parents=True)
    (folder / "Edit" / "7.json").write_text("{}")
    (folder / "Edit" / "8.json").write_text("{}")
    assert sink.group_of(edit, 3) == (3, edit)
    assert sink.group_of(other, 3) == (3, "")


def test_an_event_that_does_not_fit_is_refused_alone(settings: Settings) -> None:
    key = KEYS[1]
    good = records(key, range(3))
    capsule = orjson.loads(good[1].value)
    capsule["event"]["recipientUserId"] = 2**63
    bad = good[1]._replace(value=orjson.dumps(capsule))
    sink = sink_of(settings, LocalStorage())
    told: list[Rejected] = []
    sink.write([make_events(key, [good[0], bad, good[2]], lane=3)], told.extend)
    [(record, fault)] = told
    assert (record, fault.code) == (bad, "consumer")
    assert uuids(settings) == Counter(["EchoMail-0", "EchoMail-2"])


def test_nothing_is_committed_where_refusals_cannot_be_told(settings: Settings) -> None:
    def away(refused: Sequence[Rejected]) -> None:
        raise Unacknowledged("Kafka", "no answer")

    key, told = KEYS[0], list[Rejected]()
    sink, batch = sink_of(settings, LocalStorage()), unfit(key, range(4), [2])
    with pytest.raises(Unacknowledged):
        sink.write([make_events(key, batch)], away)
    assert uuids(settings) == Counter()
    sink.write([make_events(key, batch)], told.extend)
    assert [r.record.offset for r in told] == [2]
    assert sum(uuids(settings).values()) == 3


def test_a_schema_that_no_table_can_be_made_of_is_its_events_fault(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("of this schema")

    monkeypatch.setattr("elfaust.sinks.parquet.table.event_shape", broken)
    told = list[Rejected]()
    sink_of(settings, LocalStorage()).write(batches(range(1)), told.extend)
    assert {r.fault.code for r in told} == {"consumer"}
    assert all("of this schema" in r.fault.message for r in told)
    assert uuids(settings) == Counter()


def test_a_schema_whose_folder_another_has_is_refused_with_a_cure(
    settings: Settings, tmp_path: Path
) -> None:
    one, other = SchemaKey("Foo", 1), SchemaKey("foo", 1)
    for key in (one, other):
        folder = tmp_path / "schemas" / key.schema
        folder.mkdir(parents=True)
        (folder / "1.json").write_text('{"properties": {}}')
    schemas = dataclasses.replace(settings.schemas, folder=str(tmp_path / "schemas"))
    settings = dataclasses.replace(settings, schemas=schemas)
    told: list[Rejected] = []
    mine = make_events(one, records(one, range(2)), topic=NAMES.event(one))
    sink_of(settings, LocalStorage()).write([mine], nothing)
    others = make_events(other, records(other, range(3)), topic=NAMES.event(other), lane=1)
    sink_of(settings, LocalStorage()).write([others], told.extend)
    assert uuids(settings) == {"Foo-0": 1, "Foo-1": 1}
    assert [(r.record.offset, r.fault.code, r.fault.schema) for r in told] == [
        (n, "consumer", "foo") for n in range(3)
    ]
    assert told[0].fault.message == "its folder foo_1 has the files of Foo_1"
    assert told[0].fault.hint == OTHERS_PLACE
