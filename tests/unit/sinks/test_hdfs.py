"""A lane's files: each event once, whatever step a worker dies at, whoever else owns the lane."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import orjson
import pyarrow as pa
import pytest

from elfaust.errors import LaneLost
from elfaust.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.commits import Progress
from elfaust.sinks.hdfs import HdfsSink, advance, by_hour
from elfaust.sinks.parquet_reader import parquet_files
from elfaust.storage import LocalStorage
from elfaust.types import Record, SchemaKey

KEYS = [SchemaKey("SpecialMuteSubmit", 19679477), SchemaKey("EchoMail", 19089329)]
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
        made.append(Record(orjson.dumps(capsule), number, ARRIVED, "raw", number * 10))
    return made


def batches(numbers: range) -> dict[str, tuple[SchemaKey, list[Record]]]:
    return {f"topic-{key.schema}": (key, records(key, numbers)) for key in KEYS}


def uuids(settings: Settings) -> Counter[str]:
    storage = LocalStorage()
    return Counter(
        uuid for file in parquet_files(storage, settings.hdfs.root) for uuid in file.uuids
    )


def everything(numbers: range) -> Counter[str]:
    return Counter(f"{key.schema}-{number}" for key in KEYS for number in numbers)


def sink_of(settings: Settings, storage: LocalStorage) -> HdfsSink:
    sink = HdfsSink(settings, Registry(settings.schemas), storage)
    sink.write(0, {})
    return sink


def test_a_flush_is_files_by_schema_revision_and_hour(settings: Settings) -> None:
    assert sink_of(settings, LocalStorage()).write(0, batches(range(4))) == []
    assert uuids(settings) == everything(range(4))
    [first, *_] = [f.path for f in parquet_files(LocalStorage(), settings.hdfs.root)]
    assert first.removeprefix(settings.hdfs.root) == (
        "/echomail_19089329/year=2020/month=9/day=13/hour=0/"
        f"topic-EchoMail.0.{0:020d}-{3:020d}.parquet"
    )


def test_a_worker_that_dies_at_any_step_loses_and_doubles_nothing(settings: Settings) -> None:
    for step in range(1, 60):
        root = f"{settings.hdfs.root}/{step}"
        mine = dataclasses.replace(settings, hdfs=dataclasses.replace(settings.hdfs, root=root))
        died = False
        try:
            sink = sink_of(mine, Mortal(step))
            sink.write(0, batches(range(4)))
            sink.write(0, batches(range(4, 8)))
        except Death:
            died = True
        # The next owner is given everything again, cut otherwise, some of it repeated.
        again = sink_of(mine, LocalStorage())
        again.write(0, batches(range(3)))
        again.write(0, batches(range(2, 8)))
        assert uuids(mine) == everything(range(8)), f"step {step}"
        assert LocalStorage().list(f"{root}/_temporary/lane=0") == [], f"step {step}"
        if not died:
            assert step > 20
            return
    raise AssertionError("the steps did not end")


def test_of_two_owners_one_fails(settings: Settings) -> None:
    zombie = sink_of(settings, LocalStorage())
    owner = sink_of(settings, LocalStorage())
    owner.write(0, batches(range(4)))
    with pytest.raises(LaneLost):
        zombie.write(0, batches(range(4)))
    sink_of(settings, LocalStorage()).write(0, batches(range(6)))
    assert uuids(settings) == everything(range(6))


def test_a_topic_that_waited_for_its_schema_keeps_its_order(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "schemas"
    schemas = dataclasses.replace(settings.schemas, folder=str(folder))
    registry = Registry(dataclasses.replace(schemas, negative_ttl=0.0))
    sink, key = HdfsSink(settings, registry, LocalStorage()), SchemaKey("Edit", 7)
    assert sink.group(3, "edit", key) == (3, "edit")
    (folder / "Edit").mkdir(parents=True)
    (folder / "Edit" / "7.json").write_text("{}")
    (folder / "Edit" / "8.json").write_text("{}")
    assert sink.group(3, "edit", key) == (3, "edit")
    assert sink.group(3, "other", SchemaKey("Edit", 8)) == (3, "")


def test_an_event_that_does_not_fit_is_refused_alone(settings: Settings) -> None:
    key = KEYS[1]
    good = records(key, range(3))
    capsule = orjson.loads(good[1].value)
    capsule["event"]["recipientUserId"] = 2**63
    bad = good[1]._replace(value=orjson.dumps(capsule))
    sink = sink_of(settings, LocalStorage())
    [(topic, record, fault)] = sink.write(0, {"topic": (key, [good[0], bad, good[2]])})
    assert (topic, record, fault.code) == ("topic", bad, "consumer")
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
    sink.write(0, {"t": (key, records(key, range(4), hours=1))})
    later = [
        record._replace(offset=record.offset - 4, timestamp=ARRIVED + 5)
        for record in records(key, range(4, 8), hours=1)
    ]
    sink.write(0, {"t": (key, later)})
    sink.write(0, {"t": (key, later)})
    assert uuids(settings) == Counter(f"{key.schema}-{number}" for number in range(8))


def test_records_without_a_source_are_new_by_their_offset() -> None:
    progress = Progress()
    bare = [record._replace(source="") for record in records(KEYS[0], range(3))]
    assert advance(progress, "t", bare[:2]) == bare[:2]
    assert advance(progress, "t", bare) == bare[2:]


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
