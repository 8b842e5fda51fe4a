"""The files of a schema revision: where they lie, what is none of ours, what no event has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from elfaust.records import SchemaKey, Source
from elfaust.schema.dialect import LATEST
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.sinks.parquet.reading.reader import ParquetReader
from elfaust.sinks.parquet.reading.revision import received_otherwise
from elfaust.sinks.reading import RevisionReader, SentEvent, Stored
from elfaust.storage.local import LocalStorage
from elfaust.testing import make_record
from tests.unit.audit.fakes import EVENTS, KEY, NAME, NOW, RAW, TOPIC, Fakes, event, uuid

PARQUET = f"Parquet {NAME}"


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return Fakes(tmp_path)


@pytest.fixture
def reader(fakes: Fakes) -> Iterator[ParquetReader]:
    with closing(ParquetReader(fakes.settings, LocalStorage())) as reader:
        reader.begin({TOPIC})
        yield reader


def read(fakes: Fakes, schema: Schema | None = None) -> RevisionReader:
    """Return what has read all lanes of the topic, and those that it lacks."""
    with closing(ParquetReader(fakes.settings, LocalStorage())) as reader:
        reader.begin({TOPIC})
        revision = reader.revision(schema or Registry(fakes.settings.schemas).find(KEY))
        for lane in fakes.lanes:
            revision.rows(TOPIC, lane, events_of(fakes, lane))
        revision.unknown(EVENTS, lambda _: True)
        return revision


def found(fakes: Fakes) -> list[tuple[str, str, int]]:
    return [(of.kind, of.where, of.number) for of in read(fakes).findings()]


def events_of(fakes: Fakes, lane: int) -> dict[str, list[SentEvent]]:
    events = defaultdict(list)
    for record in fakes.lanes[lane]:
        capsule, source = orjson.loads(record.value), record.source or Source("", 0)
        sent = SentEvent(capsule, lane, record.offset, source, record.timestamp)
        events[capsule["uuid"]].append(sent)
    return dict(events)


def test_rows_come_by_uuid_and_by_lane(fakes: Fakes, reader: ParquetReader) -> None:
    revision = reader.revision(Registry(fakes.settings.schemas).find(KEY))
    for lane, uuids in ((0, [uuid(0), uuid(1), uuid(2)]), (1, [uuid(3), uuid(4), uuid(5)])):
        events = events_of(fakes, lane)
        rows = revision.rows(TOPIC, lane, events)
        assert rows is not None
        assert sorted(rows) == uuids
        for name in uuids:
            [row] = rows[name]
            assert list(revision.differences(events[name][0].capsule, row)) == []
            assert list(revision.differences({**events[name][0].capsule, "wiki": "x"}, row))
    assert revision.unknown(EVENTS, lambda _: True) == set()
    assert [*revision.findings(), *revision.notes()] == []
    assert reader.stored([KEY, SchemaKey("Other", 1)]) == {
        KEY: Stored(EVENTS),
        SchemaKey("Other", 1): Stored(),
    }


def test_rows_that_no_event_has_are_unknown_in_whichever_lane(fakes: Fakes) -> None:
    fakes.write(7, [make_record(event(78), 0, NOW, (RAW, 0))])
    with closing(ParquetReader(fakes.settings, LocalStorage())) as reader:
        reader.begin({TOPIC})
        revision = reader.revision(Registry(fakes.settings.schemas).find(KEY))
        revision.rows(TOPIC, 0, {})
        unknown = revision.unknown(0, lambda of: of == uuid(1))
    assert unknown == {uuid(n) for n in (0, 2, 3, 4, 5, 78)}


def test_of_a_schema_that_can_have_no_file_no_row_is_an_event_s(fakes: Fakes) -> None:
    unfit = Schema(KEY, {"properties": {"a-b": {}, "a b": {}}}, LATEST)
    with closing(ParquetReader(fakes.settings, LocalStorage())) as reader:
        reader.begin({TOPIC})
        revision = reader.revision(unfit)
        assert revision.rows(TOPIC, 0, events_of(fakes, 0)) == {}
        assert list(revision.differences({}, {})) == []
        assert len(revision.unknown(0, lambda _: False)) == 3
    assert list(revision.findings()) == []


@pytest.mark.parametrize(
    ("arrived", "hour"),
    [(NOW, "2020-09-13T12"), (NOW - 10**9, "2020-09-01T22"), (-1, "2020-09-13T12")],
)
def test_a_file_is_in_the_hour_of_its_events_or_of_their_arrival(
    fakes: Fakes, arrived: int, hour: str
) -> None:
    fakes.lanes[1] = [record._replace(timestamp=arrived) for record in fakes.lanes[1]]
    path = fakes.path(1)
    right = f"{FileNames(fakes.settings).in_hour(KEY, hour)}/{path.rpartition('/')[2]}"
    for wrong in ("2020-09-13T11", "1999-01-01T00"):
        fakes.storage.delete(path)
        path = f"{FileNames(fakes.settings).in_hour(KEY, wrong)}/{path.rpartition('/')[2]}"
        fakes.write(1, fakes.lanes[1], path)
        assert found(fakes) == [("misplaced", PARQUET, 1)]
    fakes.storage.rename(path, right)
    assert found(fakes) == []


def test_another_time_of_a_line_than_kafka_s_is_told(fakes: Fakes) -> None:
    right = fakes.lanes[0]
    fakes.lanes[0] = [right[0]._replace(timestamp=NOW + 1), *right[1:]]
    fakes.lanes[1] = [record._replace(timestamp=-1) for record in fakes.lanes[1]]
    first, second = read(fakes).findings(), [record.timestamp for record in fakes.lanes[1]]
    [finding] = first
    assert (finding.kind, finding.where) == ("differs", PARQUET)
    assert finding.number == 1 + len(second)
    assert f"{uuid(0)}: received: topic {NOW + 1} ms, Parquet 2020-09-13" in finding.detail
    fakes.write(1, fakes.lanes[1], fakes.path(1))
    assert found(fakes) == [("differs", PARQUET, 1)]
    # A line that is in the topic twice came twice.
    one = SentEvent({}, 0, 0, Source("", 0), NOW)
    came = datetime.fromtimestamp(NOW / 1000, UTC).replace(tzinfo=None)
    assert not received_otherwise({"received": came}, [one._replace(arrived=-1), one])
    assert not received_otherwise({}, [one])
    assert received_otherwise({"received": "then"}, [one])


def test_files_that_are_none_of_ours_are_one_finding(fakes: Fakes) -> None:
    for name in "dcba":
        fakes.storage.write(f"{fakes.settings.hdfs.root}/{NAME.lower()}/{name}", b"")
    [bad] = read(fakes).findings()
    assert (bad.kind, bad.where, bad.number) == ("unreadable", PARQUET, 4)
    assert bad.detail.endswith("/c and 1 more")


def test_what_a_column_has_no_place_for_is_a_note(fakes: Fakes) -> None:
    for n, record in enumerate(fakes.lanes[0]):
        value = event(n, userAgent={"os_family": "x", "own": n})
        fakes.lanes[0][n] = record._replace(value=value)
    fakes.write(0, fakes.lanes[0])
    [note] = read(fakes).notes()
    detail = f"userAgent has more than its parts: {uuid(0)}, {uuid(1)}, {uuid(2)}"
    assert (note.kind, note.where, note.number, note.detail) == ("in part", PARQUET, 3, detail)
