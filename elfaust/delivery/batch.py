"""A batch: the records that one fetch brought from one lane of a topic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from elfaust.delivery import header_keys
from elfaust.records import UNKNOWN_TIME, Record, Source

header_keys.install()

T = TypeVar("T")

#: Header of every produced record: `<topic>:<offset>` of the record that it was made from, in the
#: same lane. See docs/architecture.md, "Lanes".
SOURCE_HEADER = "source"
#: Longest name of a source, bytes: a host's name and a forwarder's are at most 255 and 64.
SOURCE_BYTES = 300
#: Sources of one topic that are told apart by who keeps their positions; ours has a few.
MAX_SOURCES = 64
#: Sources that are forwarders: `<host>/<name>-<identity>`; what they send may come twice.
FORWARDED = re.compile(r".+/.+-[0-9a-f]{12}", re.DOTALL)
#: Kafka's times that are believed, ms, from the first to before the last: 2001-09-09, before which
#: they are seconds that somebody took for milliseconds, and the end of the calendar.
FIRST_TIME, END_OF_TIME = 10**12, 253_402_300_800_000
#: A third of the cost of `Record(...)`, on the way of every event.
_new = tuple.__new__


def source_header(source: Source | None) -> list[tuple[str, bytes]]:
    """Return the headers that carry a record's source; none where it has none."""
    return [(SOURCE_HEADER, b"%s:%d" % (source[0].encode(), source[1]))] if source else []


class Batch(Generic[T]):
    """The fetched records of one topic and lane, oldest first.

    `records` is what the hot path uses: bytes and positions, no decoding. Iterating gives the
    values as `model` instances (see models/), each decoded when it is asked for.
    """

    def __init__(self, model: type[T] | None, records: list[Record]) -> None:
        self.model = model
        self.records = records

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[T]:
        model: Any = self.model
        for record in self.records:
            yield model.loads(record.value)

    @property
    def size(self) -> int:
        """Bytes of the records' values."""
        return sum(len(record.value) for record in self.records)


def records_of(fetched: Sequence[Any]) -> list[Record]:
    """Return the records of one lane that aiokafka's consumer has handed out."""
    return read_records(fetched[0].topic, fetched[0].partition, fetched) if fetched else []


def read_records(topic: str, lane: int, fetched: Iterable[Any]) -> list[Record]:
    """Return aiokafka's records of a lane as ours, whichever of its classes they are of.

    A source or a time that none of ours can have is none. One loop without a call for each record:
    it is on the way of every event, in every role.
    """
    names: dict[bytes, str] = {}
    records: list[Record] = []
    for record in fetched:
        timestamp = record.timestamp
        if timestamp is None or not FIRST_TIME <= timestamp < END_OF_TIME:
            timestamp = UNKNOWN_TIME
        made_from = None
        for key, header in record.headers:
            if key == SOURCE_HEADER:
                source, _, digits = (header or b"").rpartition(b":")
                name = names.get(source)
                if name is None:
                    name = names[source] = _name(source)
                # Kafka's offsets have 63 bits.
                if (
                    name
                    and digits.isdigit()
                    and len(digits) < 20
                    and (position := int(digits)) < 2**63
                ):
                    made_from = _new(Source, (name, position))
                break
        value = record.value or b""
        offset = record.offset
        records.append(_new(Record, (topic, lane, offset, timestamp, value, made_from)))
    return records


def _name(source: bytes) -> str:
    """Return the name of a source, empty for what is none."""
    try:
        return source.decode() if len(source) <= SOURCE_BYTES else ""
    except UnicodeDecodeError:
        return ""
