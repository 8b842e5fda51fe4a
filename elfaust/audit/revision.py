"""The events of one schema revision against its table and its files, lane by lane.

Of a lane it holds all that there is, of the whole topic only the uuids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from elfaust.audit.account import Scanned
from elfaust.audit.file_columns import columns_of
from elfaust.audit.files import Row
from elfaust.audit.finding import EXAMPLES, Finding, more, some
from elfaust.audit.in_mysql import RowReading
from elfaust.audit.in_parquet import FileReading, is_kept_in_part
from elfaust.audit.of_files import Files
from elfaust.audit.side import Event, Side
from elfaust.audit.stores import Stores
from elfaust.audit.table import Table, TableUnreadable
from elfaust.audit.values import event_of
from elfaust.errors import SchemaUnfit
from elfaust.names import table_name
from elfaust.records import Record, Source
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import shape_of
from elfaust.schema.validation.references import expanded
from elfaust.sinks.mysql.ddl import table_columns
from elfaust.sinks.parquet.reader import ParquetFile
from elfaust.sinks.parquet.types import event_shape

PLACES = {"mysql": "MySQL", "hdfs": "Parquet"}


class Revision:
    """Compares the events of one schema revision; feed it the lanes of its topic."""

    def __init__(self, stores: Stores, schema: Schema) -> None:
        """Look for the table; raises ServerAway when MySQL does not answer."""
        self._stores = stores
        self.name = f"{schema.key.schema}_{schema.key.revision}"
        self._event = expanded(schema.event)
        #: Of the stores that keep events.
        self._sides = {
            role: Side(f"{PLACES[role]} {self.name}", by_record=role == "hdfs")
            for role in stores.settings.processor.stores.split()
        }
        self._seen: set[bytes] = set()
        self._elsewhere: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        #: How many events Parquet has in part, and some of them.
        self._in_part, self._examples = 0, list[str]()
        self._unreadable: list[Finding] = []
        self._in_table = 0
        #: Lanes whose files are compared.
        self._lanes: set[int] = set()
        self._topic = ""
        self._reading, self._table = self._mysql(schema)
        self._of_files, self._files = self._parquet(schema)

    def _mysql(self, schema: Schema) -> tuple[RowReading | None, Table | None]:
        """Return how rows are read, and their table; no table where no event can have a row."""
        key, mysql = schema.key, self._stores.settings.mysql
        if "mysql" not in self._sides or self._stores.rows is None:
            return None, None
        try:
            name = table_name(mysql.table, key)
            columns = table_columns(schema, mysql.number)
            reading = RowReading(columns, self._event)
        except SchemaUnfit:
            return None, None
        try:
            table = self._stores.rows.table(name, key, reading.columns)
        except TableUnreadable as error:
            self._unreadable_table(error)
            return None, None
        if table is not None:
            held = [of._replace(sql_type=table.types.get(of.name, of.sql_type)) for of in columns]
            reading = RowReading(held, self._event)
        return reading, table

    def _unreadable_table(self, error: TableUnreadable) -> None:
        self._unreadable.append(Finding("unreadable", f"MySQL {self.name}", 1, str(error)))

    def _parquet(self, schema: Schema) -> tuple[FileReading | None, Files | None]:
        """Return how rows of files are read, and the files; no files where none are kept."""
        if "hdfs" not in self._sides:
            return None, None
        columns, reading = None, None
        try:
            kind = event_shape(schema.key, schema.event).type
            columns = columns_of(kind, shape_of(schema.event).passes_unnamed)
            reading = FileReading(kind, self._event)
        except SchemaUnfit:
            pass
        return reading, Files(self._stores, schema.key, self._sides["hdfs"].where, columns)

    @property
    def files(self) -> Mapping[str, ParquetFile]:
        """The files that were read, for an account."""
        return self._files.read if self._files else {}

    def take(self, scanned: Scanned) -> None:
        """Compare a lane; raises ServerAway when a store does not answer."""
        topic, lane, records = scanned
        self._topic = topic
        self._lanes.add(lane)
        events: defaultdict[str, list[Event]] = defaultdict(list)
        strange: list[Record] = []
        for record in records:
            if (capsule := event_of(record.value)) is None:
                strange.append(record)
                continue
            source = record.source or Source("", record.offset)
            events[capsule["uuid"]].append(
                Event(capsule, lane, record.offset, source, record.timestamp)
            )
        self._taken_unread(scanned, strange)
        in_table = self._rows(list(events))
        in_files = self._files.rows(topic, lane, events) if self._files else {}
        held = {"mysql": in_table, "hdfs": in_files}
        for uuid, of in events.items():
            self._compare(uuid, of, {role: rows.get(uuid, ()) for role, rows in held.items()})
        self._seen.update(map(_short, events))

    def _compare(
        self, uuid: str, events: Sequence[Event], rows: Mapping[str, Sequence[Row]]
    ) -> None:
        before = _short(uuid) in self._seen
        self._in_table += 0 if before else len(rows["mysql"])
        if rows["hdfs"] and is_kept_in_part(events[0].capsule.get("userAgent")):
            self._in_part += 1
            self._examples = [*self._examples, uuid][:EXAMPLES]
        for role, reading in (("mysql", self._reading), ("hdfs", self._of_files)):
            if (side := self._sides.get(role)) is None:
                continue
            other, due = "hdfs" if role == "mysql" else "mysql", []
            for event in events:
                if self._is_refused(role, event):
                    place = PLACES[other] if rows[other] else ""
                    self._elsewhere[role, place].append(uuid)
                elif self._is_acknowledged(role, event.lane, event.offset):
                    due.append(event)
            if role == "mysql" and self._table is None and self._unreadable:
                continue
            if reading is not None:
                side.take(uuid, due, events, rows[role], before, reading.differences)
            elif due:
                side.lost.append(uuid)

    def _is_refused(self, role: str, event: Event) -> bool:
        refused = self._stores.refused.get(role, set())
        source, position = event.source
        return (self._topic, event.lane, event.offset) in refused or (
            bool(source) and (source, event.lane, position) in refused
        )

    def _is_acknowledged(self, role: str, lane: int, offset: int) -> bool:
        return offset < self._stores.acknowledged.get((role, self._topic, lane), 0)

    def _taken_unread(self, scanned: Scanned, strange: Sequence[Record]) -> None:
        """Keep the records that no audit can follow, unless each sink has refused or awaits it."""
        topic, lane, _ = scanned
        taken = []
        for record in strange:
            event = Event({}, lane, record.offset, record.source or Source("", -1))
            if any(
                self._is_acknowledged(role, lane, record.offset)
                and not self._is_refused(role, event)
                for role in self._sides
            ):
                taken.append(record)
        if taken:
            offsets = ", ".join(str(record.offset) for record in taken[:EXAMPLES])
            detail = f"no event with a uuid, offsets {offsets}{more(len(taken))}"
            self._unreadable.append(Finding("unreadable", f"{topic}/{lane}", len(taken), detail))

    def _rows(self, uuids: Sequence[str]) -> Mapping[str, Sequence[Row]]:
        if self._table is None:
            return {}
        try:
            return self._table.rows(uuids)
        except TableUnreadable as error:
            self._unreadable_table(error)
            self._table = None
            return {}

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong, once all lanes were taken."""
        if self._files:
            for lane in sorted(self._stores.listing.lanes.get(self._topic, set()) - self._lanes):
                self._files.rows(self._topic, lane, {})
            self._sides["hdfs"].unknown = self._files.unknown
        for side in self._sides.values():
            side.unknown = {uuid for uuid in side.unknown if _short(uuid) not in self._seen}
        if self._table is not None:
            try:
                if self._table.count() > self._in_table:
                    missing = (of for of in self._table.uuids() if _short(of) not in self._seen)
                    self._sides["mysql"].unknown.update(missing)
            except TableUnreadable as error:
                self._unreadable_table(error)
        yield from self._unreadable
        if self._files:
            yield from self._files.findings()
        for side in self._sides.values():
            yield from side.findings()

    def told(self) -> Iterator[Finding]:
        """Yield what sinks have refused, and where else it is, and what Parquet has in part."""
        if self._in_part:
            detail = f"userAgent has more than its parts: {', '.join(self._examples)}"
            detail += more(self._in_part)
            yield Finding("in part", self._sides["hdfs"].where, self._in_part, detail)
        for (role, place), uuids in sorted(self._elsewhere.items()):
            where = f"stored in {place}" if place else "in no store"
            detail = f"refused here, {where}: {some(uuids)}"
            yield Finding("refused", f"{PLACES[role]} {self.name}", len(uuids), detail)


def _short(uuid: str | None) -> bytes:
    """Return a uuid in half its bytes, if it is one."""
    try:
        return bytes.fromhex(uuid or "")
    except ValueError:
        return (uuid or "").encode("utf-8", "surrogatepass")
