"""What settled lines are in Kafka: an event each in its schema's topic, or an EventError."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from elfaust.delivery.batch import SOURCE_HEADER
from elfaust.delivery.lots import Lot, Row
from elfaust.events.event_error import shortened
from elfaust.lanes.callbacks import Settled
from elfaust.names import TopicNames
from elfaust.records import Outgoing, SchemaKey, Source


def lots_of_lines(
    settled: Sequence[Settled], names: TopicNames, source: str, lane: int
) -> list[Lot]:
    """Return lines of one lane of a source as lots: those of a topic, in their order.

    The name of a topic is looked up once for all events of a schema revision.
    """
    events: dict[SchemaKey, list[Settled]] = {}
    errors: list[Settled] = []
    for one in settled:
        verdict = one[1]
        if verdict.fault is not None:
            errors.append(one)
        elif (of_key := events.get(verdict.key)) is None:
            events[verdict.key] = [one]
        else:
            of_key.append(one)
    lots = [_lot(names.event(key), lane, lines, source) for key, lines in events.items()]
    return [*lots, _lot(names.error, lane, errors, source)] if errors else lots


def _lot(topic: str, lane: int, lines: Sequence[Settled], source: str) -> Lot:
    def record(n: int) -> Outgoing:
        line, verdict = lines[n]
        shorten = None if verdict.fault is None else shortened
        return Outgoing(
            *(topic, lane, verdict.value, line.timestamp),
            *(Source(source, line.offset), verdict.headers, shorten),
        )

    return Lot(topic, lane, len(lines), partial(_rows, lines, source), record)


def _rows(lines: Sequence[Settled], source: str) -> Iterator[Row]:
    for record, verdict in lines:
        headers = [(SOURCE_HEADER, f"{source}:{record.offset}".encode())]
        if verdict.user_agent is not None:
            headers += verdict.headers
        yield verdict.value, record.timestamp, headers
