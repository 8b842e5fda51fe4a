"""A table, files and topics in memory and on disk, of which all is right until a test spoils it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson

from elfaust.audit.comparison import Comparison
from elfaust.audit.topics import Scanned
from elfaust.delivery.lag import LaneLag
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.audit_finding import Finding
from elfaust.sinks.mysql.reading.reader import MysqlReader
from elfaust.sinks.parquet.file_names import FileNames, file_name
from elfaust.sinks.parquet.table import ParquetWriter, to_bytes
from elfaust.sinks.reading import Reader
from elfaust.sinks.stores import enabled_stores
from elfaust.storage.local import LocalStorage
from elfaust.testing import make_record

KEY = SchemaKey("SpecialMuteSubmit", 19679477)
NAME = "SpecialMuteSubmit_19679477"
TOPIC = f"eventlogging_{NAME}"
ERRORS = "eventlogging_EventError"
RAW = "eventlogging-client-side"
#: Raw lines are so much further than their events.
AHEAD = 100
EVENTS = 6
#: When events are, and when they came.
HOUR, NOW = "2020-09-13T12", 1_600_000_000_000


class Fakes:
    """A table, files and topics, all of them right until somebody spoils them."""

    def __init__(self, folder: Path) -> None:
        base = Settings()
        hdfs = replace(base.hdfs, storage="local", root=f"{folder}/event")
        workers = replace(base.workers, state=f"{folder}/workers")
        self.settings = replace(base, hdfs=hdfs, workers=workers)
        self.storage = LocalStorage()
        self.values = [event(n) for n in range(EVENTS)]
        self.rows = [row(n) for n in range(EVENTS)]
        #: Records by lane: the first half is in lane 0.
        self.lanes = {0: self.records(0, 3), 1: self.records(3, EVENTS)}
        self.errors: list[Record] = []
        self.acknowledged = 99
        #: Topics of which Kafka has let records go.
        self.older: list[str] = []
        self.writer = ParquetWriter(Registry(self.settings.schemas).find(KEY))
        for lane, records in self.lanes.items():
            self.write(lane, records)

    def records(self, first: int, last: int) -> list[Record]:
        return [
            make_record(self.values[n], n - first, NOW, (RAW, n - first + AHEAD))
            for n in range(first, last)
        ]

    def path(self, lane: int) -> str:
        folder = FileNames(self.settings).in_hour(KEY, HOUR)
        return f"{folder}/{file_name(TOPIC, lane, 0, 2)}"

    def write(self, lane: int, records: Sequence[Record], path: str = "") -> None:
        table, refused = self.writer.table(records)
        assert not refused
        self.storage.write(path or self.path(lane), to_bytes(table))

    def comparison(self) -> Comparison:
        lags = [
            LaneLag(TOPIC, lane, role, 99, self.acknowledged)
            for role in ("mysql", "hdfs")
            for lane in self.lanes
        ]
        lanes = [Scanned(TOPIC, lane, records) for lane, records in self.lanes.items()]
        scanned = [Scanned(ERRORS, 0, self.errors), *lanes]
        return compared(self.settings, scanned, lags, self.rows, self.older)

    def findings(self) -> list[Finding]:
        return self.comparison().findings


class Table:
    """A table whose rows are in memory; `types` are those that its columns have."""

    def __init__(self, held: list[dict[str, Any]], **types: str) -> None:
        self.held = held
        self.types = types

    def rows(self, uuids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        return {uuid: [row for row in self.held if row["uuid"] == uuid] for uuid in uuids}

    def count(self) -> int:
        return len(self.held)

    def uuids(self) -> Iterator[str]:
        return (row["uuid"] for row in self.held)


def readers_of(
    settings: Settings, held: list[dict[str, Any]] | None, table: Any = None
) -> dict[str, Reader]:
    """Return what reads the stores; `held` are MySQL's rows, or `table` gives its table."""
    give = table or (lambda *_: None if held is None else Table(held))
    tables: Any = SimpleNamespace(table=give, count=lambda *_: len(held or ()), close=lambda: None)
    return {
        role: MysqlReader(tables, settings.mysql) if role == "mysql" else store.read()
        for role, store in enabled_stores(settings).items()
    }


def compared(
    settings: Settings,
    scanned: Sequence[Scanned],
    lags: Sequence[LaneLag],
    held: list[dict[str, Any]] | None,
    older: Sequence[str] = (),
    stored: Callable[[Mapping[str, Reader]], None] = lambda _: None,
) -> Comparison:
    """Return a comparison that has seen all lanes; `held` are MySQL's rows, None: no table.

    `stored` is called with the readers when it has.
    """
    with ExitStack() as opened:
        readers = readers_of(settings, held)
        for reader in readers.values():
            opened.enter_context(closing(reader))
            reader.begin({lane.topic for lane in scanned})
        comparison = Comparison(settings, lags, enabled_stores(settings), readers, older)
        assert list(comparison.watch(scanned)) == list(scanned)
        stored(readers)
    return comparison


def uuid(n: int) -> str:
    return f"{n:032x}"


def event(n: int, **more: Any) -> bytes:
    sent = {"emailsBefore": True, "emailsAfter": False}
    capsule = {
        "event": sent,
        "schema": KEY.schema,
        "revision": KEY.revision,
        "uuid": uuid(n),
        "dt": "2020-09-13T12:26:40Z",
    }
    return orjson.dumps({**capsule, **more})


def row(n: int, **more: Any) -> dict[str, Any]:
    held = {
        "uuid": uuid(n),
        "dt": datetime(2020, 9, 13, 12, 26, 40),
        "timestamp": "20200913122640",
        "userAgent": None,
        "webHost": None,
        "wiki": None,
        "event_emailsBefore": 1,
        "event_emailsAfter": 0,
        "event_notificationsBefore": None,
        "event_notificationsAfter": None,
    }
    return {**held, **more}
