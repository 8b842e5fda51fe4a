"""Events to Parquet: one table of a batch of one schema revision's events.

Top-level names are those of Wikimedia's Hive tables (Refine), in lower case; `event` and
`useragent` are nested structs. The client's IP is left out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
import pyarrow.parquet as pq

from elfaust.boundary import check_batch, unforeseen
from elfaust.errors import EventFault, SchemaUnfit
from elfaust.events.capsule import MAX_USER_AGENT, parse_user_agent
from elfaust.json_text import encode
from elfaust.records import Record
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import shape_of, unnamed_of
from elfaust.sinks.base import Rejected
from elfaust.sinks.parquet.types import JSON_TEXT, event_shape
from elfaust.times import iso8601
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
#: A time in UTC, as the pipeline writes it; the day is looked at apart.
MOMENT = r"^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z?$"
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
            self.schema = pa.schema([*capsule, event, *unnamed])
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

        A row has the moment of its event in `dt`, ISO 8601 in UTC.
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
        columns[0] = _moments(table["dt"], table["timestamp"])
        unnamed = [pa.nulls(table.num_rows, pa.string())] if self._open else []
        return pa.Table.from_arrays([*columns, table["event"], *unnamed], schema=self.schema)

    def _table_of_rows(self, records: Sequence[Record]) -> tuple[pa.Table, list[Rejected]]:
        rows, refused = [], []
        for record in records:
            try:
                rows.append((record, self._row(record.value)))
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
        row["dt"] = _moment(row["dt"], capsule.get("timestamp"))
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


def to_bytes(table: pa.Table) -> bytes:
    """Return a table as a Parquet file."""
    out = io.BytesIO()
    pq.write_table(table, out, compression="snappy")
    return out.getvalue()


def _hours(moments: Any) -> Any:
    return pc.utf8_slice_codeunits(moments, 0, 13)


def _moments(moments: Any, timestamps: Any) -> Any:
    """Return `dt`, made of the timestamp where there is none; raises as `_moment`, and oftener."""
    if moments.null_count or pc.any(pc.equal(moments, "")).as_py():
        pairs = zip(moments.to_pylist(), timestamps.to_pylist(), strict=True)
        moments = pa.chunked_array([[_moment(*pair) for pair in pairs]], pa.string())
    if not pc.all(pc.match_substring_regex(moments, MOMENT)).as_py():
        raise ValueError("a time that needs a closer look")
    for hour in pc.unique(_hours(moments)).to_pylist():
        datetime.fromisoformat(hour)
    return moments


def _moment(moment: Any, timestamp: Any) -> str:
    """Return the time of an event in UTC; raises ValueError or TypeError for what is no time."""
    if not moment:
        moment = iso8601(timestamp)
    parsed = datetime.fromisoformat(moment)
    if re.match(MOMENT, moment):
        return str(moment)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return parsed.astimezone(UTC).isoformat().replace("+00:00", "Z")
