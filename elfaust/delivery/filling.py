"""Batches of records for one topic and lane, filled without a step of aiokafka's between."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from aiokafka.producer.message_accumulator import BatchBuilder

from elfaust.delivery import privates
from elfaust.delivery.batch import SOURCE_HEADER, source_header
from elfaust.records import UNKNOWN_TIME, Outgoing

#: How far ahead of this machine's clock a record's time may be, ms. Brokers refuse what is an hour
#: ahead (message.timestamp.after.max.ms), and with it all records of its batch.
AHEAD_MS = 600_000

Header = tuple[str, bytes]


def fill(records: Sequence[Outgoing], size: int, codec: int) -> tuple[list[Any], list[Outgoing]]:
    """Return batches of at most `size` bytes, and the first record of each; there is at least one.

    A batch takes its first record however long that is, and then no other. `codec` is a place in
    CODECS. One loop without a call of ours for each record: it is on the way of every event.
    """
    latest = int(time.time() * 1000) + AHEAD_MS
    batch = BatchBuilder(size, codec)
    batches, firsts = [batch], list(records[:1])
    append, count = privates.appending(batch), 0
    for record in records:
        _, _, value, at, source, more, _ = record
        if at > latest:
            at = UNKNOWN_TIME
        headers: list[Header] = []
        if source is not None:
            name, position = source
            headers.append((SOURCE_HEADER, f"{name}:{position}".encode()))
        if more:
            headers += more
        if append(count, at, None, value, headers) is None:
            privates.end_filling(batch, count)
            batch = BatchBuilder(size, codec)
            batches.append(batch)
            firsts.append(record)
            append, count = privates.appending(batch), 0
            append(0, at, None, value, headers)
        count += 1
    privates.end_filling(batch, count)
    return batches, firsts


def headers_of(record: Outgoing) -> list[Header]:
    """Return the headers with which a record goes out."""
    return [*source_header(record.source), *record.headers]
