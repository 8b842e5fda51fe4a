"""A lane's events and their files, and a storage that a worker dies at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import orjson

from elfaust.names import TopicNames
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.base import Events, Rejected
from elfaust.sinks.parquet.reader import parquet_files
from elfaust.sinks.parquet.sink import ParquetSink
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


def records(key: SchemaKey, numbers: range, hours: int = 2) -> list[Record]:
    made = []
    for number in numbers:
        capsule = {
            "event": EVENTS.get(key.schema, {}),
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


def unfit(key: SchemaKey, numbers: Sequence[int], wrong: Sequence[int]) -> list[Record]:
    """Return records of which those numbered `wrong` hold no event."""
    made = records(key, range(max(numbers) + 1))
    return [made[n]._replace(value=b"no event %d" % n) if n in wrong else made[n] for n in numbers]
