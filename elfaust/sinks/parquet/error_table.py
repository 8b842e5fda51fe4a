"""EventErrors to Parquet: a row for each record of their topic, whatever the record holds.

The folder is `eventerror` below `hdfs.root` (elfaust/names.py, `of_errors`), by the hour of
`received`; Hive's table of the same name is made of ERROR_COLUMNS. A processor's repeats are
skipped by the positions of their raw lines, as with events. What sinks refuse comes in no order of
positions: each such record is a row, and those of one line have one uuid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
import pyarrow as pa

from elfaust.events.event_error import is_revision
from elfaust.events.refusals import split_source
from elfaust.json_text import encode
from elfaust.logs.masking import masked
from elfaust.records import UNKNOWN_TIME, Record

#: The columns, and what they hold, as people are told in comments.
COLUMNS: Mapping[str, tuple[pa.DataType, str]] = {
    "dt": (pa.string(), "When Kafka got the raw line, to the second: ISO 8601, UTC"),
    "uuid": (pa.string(), "Identity of the error: one of each raw line, whoever refused it"),
    "code": (pa.string(), "Why: processor, validation, consumer or unresolved"),
    "schema": (pa.string(), "Schema that the refused event names, as far as it is known"),
    "revision": (pa.int64(), "Revision that the refused event names, -1 where it is not known"),
    "path": (pa.string(), "Place in the event that is wrong, as $.event.action"),
    "message": (pa.string(), "What is wrong, in the words of EventLogging"),
    "cause": (pa.string(), "What is wrong, in words for people"),
    "hint": (pa.string(), "What to change"),
    "raw_line": (pa.string(), "The raw line, cut; addresses and user agents of clients masked"),
    "raw_topic": (pa.string(), "Topic of the raw line"),
    "lane": (pa.int64(), "Partition of the raw line, and of the error"),
    "raw_offset": (pa.int64(), "Offset of the raw line"),
    "refused_by": (pa.string(), "Role that refused it: processor, or the sink"),
    "error_offset": (pa.int64(), "Offset of the error in its own topic"),
    "received": (pa.timestamp("ms"), "When Kafka got the raw line: a timestamp in UTC"),
    # Later columns stand at the end, as Hive adds them.
    "raw_topic_id": (pa.string(), "Kafka's id of that topic: one made anew has another"),
}
ERROR_COLUMNS = pa.schema([pa.field(name, kind) for name, (kind, _) in COLUMNS.items()])
#: Columns whose texts may quote an event: what is masked in logs is masked here.
QUOTING = ("message", "cause", "hint", "path")
#: Errors of a kind say the same, each a thousand times: a look at a text takes some 50 us.
_masked = lru_cache(4_096)(masked)


def error_table(records: Sequence[Record], with_line: bool) -> pa.Table:
    """Return the rows of records of the topic of EventErrors, in their order."""
    rows = [_row(record, with_line) for record in records]
    return pa.Table.from_pylist(rows, schema=ERROR_COLUMNS)


def ordered(record: Record) -> Record:
    """Return a record as `advance` is to know it: by its source only if positions of that rise."""
    is_refusal = record.source is not None and split_source(record.source.name)[0]
    return record._replace(source=None) if is_refusal else record


def _row(record: Record, with_line: bool) -> dict[str, Any]:
    capsule = _object(record.value)
    event = capsule.get("event")
    event = event if isinstance(event, dict) else {}
    role, source = split_source(record.source.name) if record.source else ("", "")
    topic, _, topic_id = source.partition("@")
    revision = event.get("revision")
    line = _text(event.get("rawEvent")) if with_line else None
    texts = {name: _text(event.get(name)) for name in ("code", "schema", *QUOTING)}
    return {
        **texts,
        **{name: text and _masked(text) for name, text in texts.items() if name in QUOTING},
        "dt": _text(capsule.get("dt")),
        "uuid": _text(capsule.get("uuid")),
        "revision": revision if is_revision(revision) else None,
        "raw_line": line and masked(line),
        "raw_topic": topic or None,
        "lane": record.lane,
        "raw_offset": record.source.position if record.source else None,
        # An error without a source is somebody else's.
        "refused_by": role or ("processor" if record.source else None),
        "error_offset": record.offset,
        "received": None if record.timestamp == UNKNOWN_TIME else record.timestamp,
        "raw_topic_id": topic_id or None,
    }


def _object(value: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(value)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else encode(value).decode()
