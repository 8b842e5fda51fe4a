"""The way behind the topics of events: rows, Parquet, counts, account and audit."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow.parquet as pq

from elfaust.audit.account_entries import Entries
from elfaust.counts.entry import CountKey, merge
from elfaust.counts.tally import tally
from elfaust.counts.view import View
from elfaust.errors import EventFault, SchemaAway, Unforeseen
from elfaust.models.count import Count
from elfaust.names import TopicNames
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.base import Events, Rejected
from elfaust.sinks.parquet.commit_files import Progress
from elfaust.sinks.parquet.sink import ParquetSink, advance
from elfaust.sinks.stores import enabled_stores
from elfaust.storage import Storage, open_storage
from elfaust.workers.rejecter import rejecter
from tests.fuzz.faults import Broken, Faults
from tests.fuzz.kafka import MemoryStorage, Topics
from tests.fuzz.tables import Stored, rows_of, shown
from tests.fuzz.values import Row, Values, parquet_rows
from tests.oracle.values import exact
from tests.stand_in import stand_in

Refusals = list[tuple[str, Record, EventFault]]


class Sinks:
    """The sinks of one case."""

    def __init__(
        self,
        settings: Settings,
        faults: Faults,
        topics: Topics,
        stores: bool,
        seen: dict[str, int],
        values: Values,
    ) -> None:
        self.settings = settings
        self.faults = faults
        self.topics = topics
        self.names = TopicNames(settings)
        self.registry = Registry(settings.schemas)
        self.stores = stores
        self.seen = seen
        self.values = values
        #: How many records of each topic the judge made, the first ones.
        self.judged: Mapping[str, int] = {}

    def take(self, by_topic: Mapping[str, list[Record]], judged: Mapping[str, int]) -> None:
        """Take the records of all topics of a lane through everything behind them.

        `judged` is how many of each topic the processor has made, the first ones.
        """
        self.judged = judged
        events = {
            t: records for t, records in by_topic.items() if self.names.schema_of(t) and records
        }
        rows = {topic: self._rows(topic, records) for topic, records in events.items()}
        for topic, files in self._files(events).items():
            self._compare(topic, events[topic], rows.get(topic), files)
        errors = self.topics.records[self.names.error]
        self._count(events, errors)

    def _rows(self, topic: str, records: list[Record]) -> Stored | None:
        """Store a topic's records as MySQL's sink does."""
        key = self._key(topic)

        def store(some: Sequence[Record]) -> Stored | None:
            try:
                return rows_of(self.settings, self.registry, key, some)
            except SchemaAway:
                return None

        stored = self.faults.attempt("rows", store, records)
        if stored is None:
            for record in records:
                self.faults.attempt("rows", store, [record])
            return None
        total = len(stored.rows) + stored.repeats + len(stored.refused)
        self.faults.promise("rows", total == len(records), "a record gets no row and no fault")
        self.seen["rows"] = self.seen.get("rows", 0) + len(stored.rows)
        self._report("mysql", [(topic, record, fault) for record, fault in stored.refused])
        return stored

    def _files(self, events: Mapping[str, list[Record]]) -> dict[str, dict[str, Row]]:
        """Write the Parquet files of a lane; return each topic's rows by uuid."""
        written = {}
        storage = self._write(events)
        if storage is None:
            for topic, records in events.items():
                if (alone := self._write({topic: records})) is not None:
                    written[topic] = self._stored(topic, records, *alone)
                    continue
                for record in records:
                    self._write({topic: [record]})
        else:
            for topic, records in events.items():
                written[topic] = self._stored(topic, records, *storage)
        return written

    def _write(self, events: Mapping[str, list[Record]]) -> tuple[Storage, Refusals] | None:
        storage: Any = open_storage(self.settings.hdfs) if self.stores else MemoryStorage()
        sink = ParquetSink(self.settings, self.registry, storage)
        lane = [Events(self._key(topic), topic, 0, records) for topic, records in events.items()]
        refused: Refusals = []

        def write() -> tuple[Storage, Refusals] | None:
            try:
                refused.extend(_write(sink, lane))
                before = list(storage.walk(self.settings.hdfs.root))
                again = _write(sink, lane)
            except SchemaAway:
                return None
            if again or before != list(storage.walk(self.settings.hdfs.root)):
                raise Broken("what is stored is stored again", str(again)[:300])
            return storage, refused

        found = self.faults.attempt("files", write)
        self._report("hdfs", refused)
        return found

    def _key(self, topic: str) -> SchemaKey:
        key = self.names.schema_of(topic)
        assert key is not None
        return key

    def _stored(
        self, topic: str, records: list[Record], storage: Storage, refused: Refusals
    ) -> dict[str, Row]:
        key, root = self._key(topic), self.settings.hdfs.root
        folder = f"{root}/{key.schema.lower()}_{key.revision}"
        rows = self.faults.attempt("files", parquet_rows, storage, folder, key.schema)
        if rows is None:
            return {}
        mine = {id(record) for of, record, _ in refused if of == topic}
        fresh = advance(Progress(), topic, records)
        # `Edit` and `EDIT` share a folder: there may be more.
        total = sum(
            pq.read_metadata(io.BytesIO(storage.read(path))).num_rows
            for path in storage.walk(folder)
        )
        self.faults.promise(
            "files",
            total + len(mine) >= len(fresh),
            "a record is in no file and not refused",
            f"{topic}: {total} rows, {len(mine)} refused, {len(fresh)} new",
        )
        self.seen["files"] = self.seen.get("files", 0) + total
        return rows

    def _compare(
        self, topic: str, records: list[Record], stored: Stored | None, files: dict[str, Row]
    ) -> None:
        """Compare rows and files of events that were judged with what the oracle wants."""
        if stored is None or stored.schema is None:
            return
        capsules = _of_processor(records, self.judged.get(topic, 0))
        rows = {uuid: shown(stored.columns, row) for uuid, row in stored.rows.items()}
        self.values.stored(self._key(topic), capsules, rows, files)

    def _report(self, role: str, refused: Refusals) -> None:
        """Report refused records to the error topic, as a sink does."""
        for topic, record, fault in refused:
            judged = record.offset < self.judged.get(topic, 0)
            fits = not judged or self.values.may_refuse(role, self._key(topic))
            self.faults.promise(role, fits, "it refuses what the judge took", fault.message)
            if isinstance(fault, Unforeseen):
                self.faults.caught(role, fault.error)
            self.faults.promise(role, fault.code == "consumer", "a sink's fault has another code")

        async def publisher() -> Any:
            return self.topics.publisher

        app = stand_in(publisher=publisher, names=self.names, role=role, settings=self.settings)
        given = [Rejected(record, fault) for _, record, fault in refused]

        async def report() -> None:
            app.loop = asyncio.get_running_loop()
            await asyncio.to_thread(rejecter(app), given)

        self.faults.attempt("report", lambda: asyncio.run(report()))

    def _count(self, events: Mapping[str, list[Record]], errors: Sequence[Any]) -> None:
        from elfaust.delivery.batch import records_of

        of_errors = self.faults.attempt("batch", lambda: records_of(errors)) or []
        # What else may stand in the error topic.
        strays = [record for records in events.values() for record in records if not record.source]
        topics = {**events, self.names.error: of_errors, "": strays}
        stores = enabled_stores(self.settings)
        view, entries = View(), Entries(stores)
        for topic, records in topics.items():
            self.faults.attempt("counts", self._tally, topic, records, view)
            if key := self.names.schema_of(topic):
                self.faults.attempt("account", entries.add_events, key, records, topic)
        self.faults.attempt("account", lambda: entries.add_errors(of_errors))
        self.faults.attempt("account", lambda: [of.problems(stores) for of in entries.sorted()])
        self.faults.attempt("view", lambda: orjson.dumps(view.as_json()))

    def _tally(self, topic: str, records: Sequence[Record], view: View) -> None:
        counted: Counter[str] = Counter()
        for entry, added in tally(0, topic, self.names.schema_of(topic), records).items():
            if CountKey.decode(entry.encode()) != entry:
                raise Broken("a key of the counts is read as another", entry.encode())
            value = merge(None, added)
            if value is None or merge(value, added) is not None:
                raise Broken("what is counted is counted again", entry.encode())
            kept = Count.loads(Count(**value).dumps()).asdict()
            if kept != value:
                raise Broken("a count is read as another", str(value))
            view.apply(entry, value)
            counted["all" if entry.is_total else "times"] += value["count"]
        # Within a minute positions may begin again: only then are there more.
        sources = {record.source.name for record in records if record.source}
        if (
            all(record.source for record in records)
            and sources <= set(self.names.raw)
            and counted["all"] != len(records)
        ):
            raise Broken("a record is not counted", f"{counted} of {len(records)}")


def _of_processor(records: Sequence[Record], judged: int) -> dict[str, Any]:
    """Return the first `judged` capsules by their uuids, without those that share a uuid."""
    uuids = [_uuid(record.value) for record in records]
    times = Counter(uuids)
    made = zip(uuids[:judged], records, strict=False)
    return {uuid: exact(record.value) for uuid, record in made if uuid and times[uuid] == 1}


def _uuid(value: bytes) -> Any:
    try:
        return str(orjson.loads(value)["uuid"])
    except (ValueError, LookupError, TypeError):
        return None


def _write(sink: ParquetSink, lane: Sequence[Events]) -> Refusals:
    refused: list[Rejected] = []
    sink.write(lane, refused.extend)
    return [(one.record.topic, one.record, one.fault) for one in refused]
