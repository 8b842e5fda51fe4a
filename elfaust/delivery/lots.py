"""Lots: what goes to one topic and lane together, without an object of ours for each record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.producer.message_accumulator import BatchBuilder

from elfaust.delivery import privates
from elfaust.delivery.batch import source_header
from elfaust.records import UNKNOWN_TIME, Outgoing

#: How far ahead of this machine's clock a record's time may be, ms. Brokers refuse what is an hour
#: ahead (message.timestamp.after.max.ms), and with it all records of its batch.
AHEAD_MS = 600_000

#: The headers of a record, in their order.
Headers = list[tuple[str, bytes]]
#: A record as a batch takes it: its value, its time in ms (UNKNOWN_TIME among them), its headers.
Row = tuple[bytes, int, Headers]


@dataclass(frozen=True)
class Lot:
    """Records for one topic and lane in their order, of which there is at least one.

    `rows` gives them anew at each call; `record` is asked for one by its place, where it does not
    go out as it is.
    """

    topic: str
    lane: int
    size: int
    rows: Callable[[], Iterable[Row]]
    record: Callable[[int], Outgoing]

    def records(self, start: int = 0) -> list[Outgoing]:
        """Return the records from a place on."""
        return [self.record(n) for n in range(start, self.size)]


def lots_of(records: Iterable[Outgoing]) -> list[Lot]:
    """Return records as lots, in the order in which their topics and lanes come first."""
    groups: dict[tuple[str, int], list[Outgoing]] = {}
    for record in records:
        groups.setdefault((record.topic, record.lane), []).append(record)
    return [lot_of(group) for group in groups.values()]


def lot_of(records: Sequence[Outgoing]) -> Lot:
    """Return records of one topic and lane as a lot."""
    topic, lane = records[0][:2]
    return Lot(topic, lane, len(records), lambda: _rows(records), records.__getitem__)


def _rows(records: Iterable[Outgoing]) -> Iterator[Row]:
    for record in records:
        yield record.value, record.timestamp, headers_of(record)


def headers_of(record: Outgoing) -> Headers:
    """Return the headers with which a record goes out."""
    return [*source_header(record.source), *record.headers]


def fill(rows: Iterable[Row], size: int, codec: int) -> list[Any]:
    """Return batches of at most `size` bytes; `codec` is a place in CODECS.

    A batch takes its first record however long that is, and then no other. One loop without a call
    of ours for each record: it is on the way of every event.
    """
    latest = int(time.time() * 1000) + AHEAD_MS
    batch = BatchBuilder(size, codec)
    batches = [batch]
    append, count = privates.appending(batch), 0
    for value, at, headers in rows:
        if at > latest:
            at = UNKNOWN_TIME
        if append(count, at, None, value, headers) is None:
            privates.end_filling(batch, count)
            batch = BatchBuilder(size, codec)
            batches.append(batch)
            append, count = privates.appending(batch), 0
            append(0, at, None, value, headers)
        count += 1
    privates.end_filling(batch, count)
    return batches
