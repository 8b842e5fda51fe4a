"""Events to Parquet: one table of a batch of one schema revision's events.

Top-level names are those of Wikimedia's Hive tables (Refine), in lower case; `event` and
`useragent` are nested structs. The client's IP is left out.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq

from elfaust.boundary import check_batch, unforeseen
from elfaust.errors import EventFault, SchemaUnfit
from elfaust.events.capsule import MAX_USER_AGENT, parse_user_agent
from elfaust.json_text import encode
from elfaust.records import UNKNOWN_TIME, Record
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import shape_of, unnamed_of
from elfaust.sinks.base import Rejected
from elfaust.sinks.parquet.moments import moment, moments
from elfaust.sinks.parquet.types import JSON_TEXT, event_shape
from elfaust.words.hints import CHANGED_SINCE

AGENT_TEXTS = (
    "browser_family",
    "browser_major",
    "browser_minor",
    "device_family",
    "os_family",
    "os_major",
    "os_minor",
    "wmf_app_version",
)
AGENT_FLAGS = ("is_bot", "is_mediawiki")
USER_AGENT = pa.struct(
    [
        *(pa.field(name, pa.string()) for name in AGENT_TEXTS),
        *(pa.field(name, pa.bool_()) for name in AGENT_FLAGS),
    ]
)
#: Column, type, key in the capsule.
CAPSULE = (
    ("dt", pa.string(), "dt"),
    ("recvfrom", pa.string(), "recvFrom"),
    ("revision", pa.int64(), "revision"),
    ("schema", pa.string(), "schema"),
    ("seqid", pa.int64(), "seqId"),
    ("useragent", USER_AGENT, "userAgent"),
    ("uuid", pa.string(), "uuid"),
    ("webhost", pa.string(), "webHost"),
    ("wiki", pa.string(), "wiki"),
)
#: Keys of a capsule that have no column, `timestamp` apart.
ELSEWHERE = ("ip", "clientIp", "topic")
#: Beside `event`: its keys that the schema's properties do not name, as one JSON text.
UNNAMED = "event_unnamed"
#: Behind all others, as older files lack it: when the raw line came into Kafka, UTC; NULL where
#: Kafka does not tell. Without a zone no engine shifts it.
RECEIVED = pa.field("received", pa.timestamp("ms"))
#: What a value raises that is not of its column's type, or no event.
UNFIT = (pa.ArrowException, OverflowError, ValueError, TypeError, KeyError, AttributeError)
#: An event that every schema revision can store.
FITTING = b'{"event":{},"uuid":"","dt":"2020-09-13T12:26:40Z"}'


class ParquetWriter:
    """Makes tables of the events of one schema revision.

    Raises SchemaUnfit for a schema whose events no table can hold.
    """

    def __init__(self, schema: Schema) -> None:
        self._key = schema.key
        try:
            self._event = event_shape(schema.key, schema.event)
            place = shape_of(schema.event)
            self._open = place if place.passes_unnamed else None
            event = pa.field("event", self._event.type)
            unnamed = [pa.field(UNNAMED, pa.string())] if self._open else []
            capsule = [pa.field(name, kind) for name, kind, _ in CAPSULE]
            self.schema = pa.schema([*capsule, event, *unnamed, RECEIVED])
            as_sent = [pa.field(key, kind) for _, kind, key in CAPSULE]
            elsewhere = [pa.field(name, pa.string()) for name in ELSEWHERE if self._open]
            timestamp = pa.field("timestamp", pa.float64())
            self._as_sent = pa.schema([*as_sent, event, timestamp, *elsewhere])
            to_bytes(self._table_of([self._row(FITTING)]))
        except (SchemaUnfit, MemoryError):
            raise
        except Exception as error:
            raise SchemaUnfit(schema.key, f"Parquet: {error!r}") from error

    def table(self, records: Sequence[Record]) -> tuple[pa.Table, list[Rejected]]:
        """Return a table of records' events, and those that do not fit with their faults.

        A row has the moment of its event in `dt`, ISO 8601 in UTC, and in `received` the time that
        Kafka has of its raw line.
        """
        if self._event.plain and records:
            try:
                return self._read(records), []
            except MemoryError:
                raise
            except Exception:
                # Whatever it is: the way by rows finds which event it is, and fits in some that
                # this one cannot.
                pass
        return self._table_of_rows(records)

    def _read(self, records: Sequence[Record]) -> pa.Table:
        if {record.value[:1] for record in records} != {b"{"}:
            # The reader takes two events of one record for those of two, if another has none, and a
            # `null` in front ends the process: it does not look whether it has an object.
            raise ValueError("not one event a line")
        lines = b"\n".join(record.value for record in records)
        table = pyarrow.json.read_json(
            pa.BufferReader(lines),
            # One block: an event cannot be larger than its block.
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=self._as_sent,
                # Where a key may have no name its event is read by rows.
                unexpected_field_behavior="error" if self._open else "ignore",
            ),
        )
        # An event without a uuid is refused by rows.
        if table.num_rows != len(records) or table["event"].null_count or table["uuid"].null_count:
            raise ValueError("not one event a line")
        table.validate(full=True)
        columns = [table[key] for _, _, key in CAPSULE]
        columns[0] = moments(table["dt"], table["timestamp"])
        unnamed = [pa.nulls(table.num_rows, pa.string())] if self._open else []
        times = [_received(record.timestamp) for record in records]
        received = pa.array(times, RECEIVED.type)
        columns += [table["event"], *unnamed, received]
        return pa.Table.from_arrays(columns, schema=self.schema)

    def _table_of_rows(self, records: Sequence[Record]) -> tuple[pa.Table, list[Rejected]]:
        rows, refused = [], []
        for record in records:
            try:
                row = self._row(record.value)
                row[RECEIVED.name] = _received(record.timestamp)
                rows.append((record, row))
            except Exception as error:
                refused.append(Rejected(record, self._fault(error)))
        table, unfit = self._convert(rows)
        refused += unfit
        stored: list[EventFault | None] = [None] * table.num_rows
        check_batch(
            stored + [fault for _, fault in refused],
            lambda: self._table_of([self._row(FITTING)]),
        )
        return table, refused

    def _row(self, value: bytes) -> dict[str, Any]:
        capsule = orjson.loads(value)
        row = {name: capsule.get(key) for name, _, key in CAPSULE}
        if row["uuid"] is None:
            raise ValueError("it has no uuid")
        row["dt"] = moment(row["dt"], capsule.get("timestamp"))
        row["useragent"] = _agent(row["useragent"])
        if not isinstance(capsule["event"], dict):
            raise TypeError("event is no object")
        row["event"] = self._event.cast(capsule["event"])
        if self._open:
            unnamed = unnamed_of(self._open, capsule["event"])
            row[UNNAMED] = unnamed and encode(unnamed).decode()
        return row

    def _convert(
        self, rows: list[tuple[Record, dict[str, Any]]]
    ) -> tuple[pa.Table, list[Rejected]]:
        """Convert rows; a batch that fails is halved until the bad row is alone."""
        try:
            return self._table_of([row for _, row in rows]), []
        except Exception as error:
            fault = self._fault(error) if len(rows) == 1 else None
        if fault is not None:
            return self.schema.empty_table(), [Rejected(rows[0][0], fault)]
        middle = len(rows) // 2
        first, unfit = self._convert(rows[:middle])
        second, more = self._convert(rows[middle:])
        return pa.concat_tables([first, second]), unfit + more

    def _table_of(self, rows: list[dict[str, Any]]) -> pa.Table:
        return pa.Table.from_pylist(rows, schema=self.schema)

    def _fault(self, error: Exception) -> EventFault:
        # Arrow's of memory is one of its exceptions.
        if isinstance(error, UNFIT) and not isinstance(error, MemoryError):
            cause = f"it is not as its schema is now: {error}"
            fault = ("consumer", f"Parquet: {error}", *self._key)
            return EventFault(*fault, hint=CHANGED_SINCE, cause=cause)
        return unforeseen(error, "consumer", *self._key)


def _agent(sent: Any) -> dict[str, Any] | None:
    """Return a user agent's map as its column has it: no event is refused for it.

    A text, which dialects leave as it was sent, is parsed. What a client sends for a part that is a
    text and is none is JSON text, what it sends for a flag is null, other keys have no column.
    """
    if isinstance(sent, str):
        return parse_user_agent(sent[: MAX_USER_AGENT + 1])
    if not isinstance(sent, dict):
        return None
    flags = {name: sent.get(name) for name in AGENT_FLAGS}
    return {
        **{name: JSON_TEXT.cast(sent.get(name)) for name in AGENT_TEXTS},
        **{name: flag if isinstance(flag, bool) else None for name, flag in flags.items()},
    }


def _received(time: int) -> int | None:
    """Return a record's time, ms, as its column has it."""
    return None if time == UNKNOWN_TIME else time


def to_bytes(table: pa.Table) -> bytes:
    """Return a table as a Parquet file."""
    out = io.BytesIO()
    pq.write_table(table, out, compression="snappy")
    return out.getvalue()
