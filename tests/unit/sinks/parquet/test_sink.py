"""A lane's files: each event once, whatever step a worker dies at, whoever else owns the lane."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import orjson
import pyarrow as pa
import pytest

from elfaust.delivery.batch import END_OF_TIME, MAX_SOURCES
from elfaust.errors import CommitTorn, FolderTrouble, LaneLost, Unacknowledged
from elfaust.hints import OTHERS_PLACE
from elfaust.names import TopicNames
from elfaust.records import UNKNOWN_TIME, Record, SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.base import Events, Rejected
from elfaust.sinks.parquet.commit_files import Progress
from elfaust.sinks.parquet.reader import parquet_files
from elfaust.sinks.parquet.sink import ParquetSink, advance, by_hour
from elfaust.storage.local import LocalStorage
from elfaust.testing import make_events, make_record

KEYS = [SchemaKey("SpecialMuteSubmit", 19679477), SchemaKey("EchoMail", 19089329)]
NAMES = TopicNames(Settings())
EVENTS = {
    "SpecialMuteSubmit": {"emailsBefore": True},
    "EchoMail": {"version": "1", "recipientUserId": 1, "emailDeliveryMode": "single"},
}

#: When the tests' records came into Kafka, ms: 2020-09-13T12:26:40Z.
ARRIVED = 1_600_000_000_000


class Death(Exception):
    """The worker is killed."""


class Mortal(LocalStorage):
    """A storage that lets a worker die before its n-th change."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def _step(self) -> None:
        self.steps -= 1
        if self.steps <= 0:
            raise Death

    def write(self, path: str, data: bytes) -> None:
        self._step()
        super().write(path, data)

    def rename(self, source: str, target: str) -> bool:
        self._step()
        return super().rename(source, target)

    def delete(self, path: str) -> None:
        self._step()
        super().delete(path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    base = Settings()
    # One writer, so that the order of steps is the same each time.
    hdfs = dataclasses.replace(base.hdfs, root=f"{tmp_path}/event", storage="local", writers=1)
    return dataclasses.replace(base, hdfs=hdfs)


def records(key: SchemaKey, numbers: range, hours: int = 2) -> list[Record]:
    made = []
    for number in numbers:
        capsule = {
            "event": EVENTS[key.schema],
            "schema": key.schema,
            "revision": key.revision,
            "uuid": f"{key.schema}-{number}",
            "dt": f"2020-09-13T{number % hours:02}:00:00Z",
        }
        made.append(make_record(orjson.dumps(capsule), number, ARRIVED, ("raw", number * 10)))
    return made


def batches(numbers: range, lane: int = 0) -> list[Events]:
    return [
        make_events(key, records(key, numbers), topic=NAMES.event(key), lane=lane) for key in KEYS
    ]


def uuids(settings: Settings) -> Counter[str]:
    storage = LocalStorage()
    return Counter(
        uuid for file in parquet_files(storage, settings.hdfs.root) for uuid in file.uuids
    )


def everything(numbers: range) -> Counter[str]:
    return Counter(f"{key.schema}-{number}" for key in KEYS for number in numbers)


def nothing(refused: Sequence[Rejected]) -> None:
    raise AssertionError(refused)


def sink_of(settings: Settings, storage: LocalStorage) -> ParquetSink:
    sink = ParquetSink(settings, Registry(settings.schemas), storage)
    # Takes the lane over, and stores nothing.
    sink.write([make_events(KEYS[0], [], topic=NAMES.event(KEYS[0]))], nothing)
    return sink


def test_a_flush_is_files_by_schema_revision_and_hour(settings: Settings) -> None:
    sink_of(settings, LocalStorage()).write(batches(range(4)), nothing)
    assert uuids(settings) == everything(range(4))
    [first, *_] = [f.path for f in parquet_files(LocalStorage(), settings.hdfs.root)]
    assert first.removeprefix(settings.hdfs.root) == (
        "/echomail_19089329/year=2020/month=9/day=13/hour=0/"
        f"eventlogging_EchoMail_19089329.0.{0:020d}-{3:020d}.parquet"
    )


def test_sources_that_somebody_makes_up_are_not_kept_without_end() -> None:
    progress = Progress()
    ours = [make_record(b"", 0, ARRIVED, ("raw", 7))]
    made_up = [make_record(b"", n, ARRIVED, (f"source {n}", 0)) for n in range(1, 1_000)]
    assert advance(progress, "topic", ours + made_up) == ours + made_up
    assert len(progress.positions["topic"]) == MAX_SOURCES
    assert progress.positions["topic"]["raw"] == 7
    assert advance(progress, "topic", ours + made_up) == []
    later = [
        make_record(b"", 1_000, ARRIVED, ("another", 0)),
        make_record(b"", 1_001, ARRIVED, ("raw", 7)),
    ]
    assert advance(progress, "topic", later) == later[:1]


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


def test_a_worker_that_dies_at_any_step_loses_and_doubles_nothing(settings: Settings) -> None:
    for step in range(1, 60):
        root = f"{settings.hdfs.root}/{step}"
        mine = dataclasses.replace(settings, hdfs=dataclasses.replace(settings.hdfs, root=root))
        died = False
        try:
            sink = sink_of(mine, Mortal(step))
            sink.write(batches(range(4)), nothing)
            sink.write(batches(range(4, 8)), nothing)
        except Death:
            died = True
        # The next owner is given everything again, cut otherwise, some of it repeated.
        again = sink_of(mine, LocalStorage())
        again.write(batches(range(3)), nothing)
        again.write(batches(range(2, 8)), nothing)
        assert uuids(mine) == everything(range(8)), f"step {step}"
        assert LocalStorage().list(f"{root}/_temporary/lane=0") == [], f"step {step}"
        if not died:
            assert step > 20
            return
    raise AssertionError("the steps did not end")


def test_of_two_owners_one_fails(settings: Settings) -> None:
    zombie = sink_of(settings, LocalStorage())
    owner = sink_of(settings, LocalStorage())
    owner.write(batches(range(4)), nothing)
    with pytest.raises(LaneLost):
        zombie.write(batches(range(4)), nothing)
    sink_of(settings, LocalStorage()).write(batches(range(6)), nothing)
    assert uuids(settings) == everything(range(6))


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


def test_what_a_restarted_processor_repeats_is_skipped() -> None:
    progress = Progress()
    first = records(KEYS[0], range(3))
    assert advance(progress, "t", first) == first
    repeated = [record._replace(offset=record.offset + 3) for record in first]
    new = records(KEYS[0], range(6, 7))
    assert advance(progress, "t", [*repeated, *new]) == new
    assert progress.offsets == {"t": 7}


def test_a_topic_made_anew_is_stored_beside_the_old_one(settings: Settings) -> None:
    sink, key = sink_of(settings, LocalStorage()), KEYS[0]
    sink.write([make_events(key, records(key, range(4), hours=1))], nothing)
    later = [
        record._replace(offset=record.offset - 4, timestamp=ARRIVED + 5)
        for record in records(key, range(4, 8), hours=1)
    ]
    sink.write([make_events(key, later)], nothing)
    sink.write([make_events(key, later)], nothing)
    assert uuids(settings) == Counter(f"{key.schema}-{number}" for number in range(8))


def test_records_without_a_source_are_new_by_their_offset() -> None:
    progress = Progress()
    bare = [record._replace(source=None) for record in records(KEYS[0], range(3))]
    assert advance(progress, "t", bare[:2]) == bare[:2]
    assert advance(progress, "t", bare) == bare[2:]


def unfit(key: SchemaKey, numbers: Sequence[int], wrong: Sequence[int]) -> list[Record]:
    """Return records of which those numbered `wrong` hold no event."""
    made = records(key, range(max(numbers) + 1))
    return [made[n]._replace(value=b"no event %d" % n) if n in wrong else made[n] for n in numbers]


class Told:
    """The error topic: offsets of the records that it tells of. A worker may die around it."""

    def __init__(self, storage: Mortal) -> None:
        self.storage = storage
        self.offsets: list[int] = []

    def __call__(self, refused: Sequence[Rejected]) -> None:
        self.storage._step()
        self.offsets += [r.record.offset for r in refused]
        self.storage._step()


@pytest.mark.parametrize("wrong", [(1, 5), tuple(range(8))])
def test_a_worker_that_dies_at_any_step_has_told_what_it_refused(
    settings: Settings, wrong: Sequence[int]
) -> None:
    key = KEYS[0]
    for step in range(1, 60):
        root = f"{settings.hdfs.root}/{step}"
        mine = dataclasses.replace(settings, hdfs=dataclasses.replace(settings.hdfs, root=root))
        told = Told(Mortal(step))
        acknowledged, died = 0, False
        try:
            sink = sink_of(mine, told.storage)
            for end in (4, 8):
                batch = unfit(key, range(acknowledged, end), wrong)
                sink.write([make_events(key, batch)], told)
                acknowledged = end
        except Death:
            died = True
        # The next owner is given what was not acknowledged, and it alone.
        told.storage = Mortal(1000)
        again = sink_of(mine, LocalStorage())
        if acknowledged < 8:
            again.write([make_events(key, unfit(key, range(acknowledged, 8), wrong))], told)
        stored = Counter(f"{key.schema}-{n}" for n in range(8) if n not in wrong)
        assert uuids(mine) == stored, f"step {step}"
        assert set(told.offsets) == set(wrong), f"step {step}"
        if not died:
            return
    raise AssertionError("the steps did not end")


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


def test_what_was_refused_is_not_told_again_under_another_offset(settings: Settings) -> None:
    key, told = KEYS[0], list[Rejected]()
    batch = unfit(key, range(2), [0, 1])
    sink_of(settings, LocalStorage()).write([make_events(key, batch)], told.extend)
    # The processor was killed and repeats itself; the sink's lane has moved.
    repeated = [record._replace(offset=record.offset + 2) for record in batch]
    sink_of(settings, LocalStorage()).write([make_events(key, repeated)], nothing)
    assert len(told) == 2


def test_a_lane_whose_last_commit_is_torn_waits_and_others_go_on(settings: Settings) -> None:
    sink, storage = sink_of(settings, LocalStorage()), LocalStorage()
    sink.write(batches(range(2)), nothing)
    folder = f"{settings.hdfs.root}/_commits/lane=0"
    last = f"{folder}/{storage.list(folder)[-1]}"
    whole = storage.read(last)
    storage.write(last, whole[:-9])
    sink.on_revoked()
    with pytest.raises(CommitTorn, match="lane=0"):
        sink.write(batches(range(2, 4)), nothing)
    sink.write(batches(range(4, 5), lane=1), nothing)
    assert uuids(settings) == everything(range(2)) + everything(range(4, 5))
    storage.write(last, whole)
    sink.write(batches(range(2, 4)), nothing)
    assert uuids(settings) == everything(range(5))


def test_the_way_out_of_a_torn_commit_stores_each_event_once(settings: Settings) -> None:
    """The steps of docs/operating.md, "A torn commit file"."""
    sink, storage = sink_of(settings, LocalStorage()), LocalStorage()
    for start in (0, 4, 8):
        sink.write(batches(range(start, start + 4)), nothing)
    folder = f"{settings.hdfs.root}/_commits/lane=0"
    readable, torn = [f"{folder}/{name}" for name in storage.list(folder)[-2:]]
    storage.write(torn, b"")
    offsets = orjson.loads(storage.read(readable))["offsets"]
    for file in list(parquet_files(storage, settings.hdfs.root)):
        topic, lane, span, _ = file.path.rpartition("/")[2].split(".")
        if lane == "0" and int(span.partition("-")[0]) >= offsets[topic]:
            storage.delete(file.path)
    storage.delete(torn)
    assert set(offsets.values()) == {8}
    sink_of(settings, storage).write(batches(range(8, 14)), nothing)
    assert uuids(settings) == everything(range(14))


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


@pytest.mark.parametrize(
    ("moment", "hour"),
    [
        ("1970-01-01T00:00:00Z", "2020-09-13T12"),
        ("2011-12-31T23:59:59Z", "2020-09-13T12"),
        ("2012-01-01T00:00:00Z", "2012-01-01T00"),
        ("2020-09-13T11:26:40Z", "2020-09-13T11"),
        ("2020-09-13T13:26:40Z", "2020-09-13T13"),
        ("2020-09-14T12:59:59Z", "2020-09-14T12"),
        ("2020-09-14T13:00:00Z", "2020-09-13T12"),
        ("9999-12-31T23:59:59Z", "2020-09-13T12"),
    ],
)
def test_a_clock_that_is_wrong_makes_no_folder(moment: str, hour: str) -> None:
    table = pa.table({"dt": ["2020-09-13T12:00:00Z", moment]})
    made = by_hour(table, [ARRIVED, ARRIVED], first_year=2012, ahead_hours=24)
    rows = {of: part["dt"].to_pylist() for of, part in made}
    assert moment in rows[hour]
    assert sum(map(len, rows.values())) == 2
    assert rows.keys() == {"2020-09-13T12", hour}


@pytest.mark.parametrize(
    ("moment", "hour"),
    [
        ("1970-01-01T00:00:00Z", "2012-01-01T00"),
        ("2012-01-01T00:00:00Z", "2012-01-01T00"),
        ("2031-01-01T05:00:00Z", "2031-01-01T05"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23"),
    ],
)
def test_an_event_decides_its_hour_where_kafka_does_not_tell_when_it_came(
    moment: str, hour: str
) -> None:
    table = pa.table({"dt": ["2020-09-13T12:00:00Z", moment]})
    made = by_hour(table, [ARRIVED, UNKNOWN_TIME], first_year=2012, ahead_hours=24)
    assert {of: part["dt"].to_pylist() for of, part in made} == {
        "2020-09-13T12": ["2020-09-13T12:00:00Z"],
        hour: [moment],
    }


def test_the_last_arrival_of_the_calendar_has_an_hour() -> None:
    table = pa.table({"dt": ["9999-12-31T23:59:59Z"]})
    [(hour, _)] = by_hour(table, [END_OF_TIME - 1], first_year=2012, ahead_hours=24)
    assert hour == "9999-12-31T23"


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
    EVENTS.update(Foo={}, foo={})
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
