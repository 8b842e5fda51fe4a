"""What settled lines are in Kafka: an event each in its schema's topic, or an EventError."""

from __future__ import annotations

from collections.abc import Sequence

from elfaust.events.event_error import shortened
from elfaust.lanes.callbacks import Settled
from elfaust.names import TopicNames
from elfaust.records import Outgoing, SchemaKey, Source

#: A third of the cost of `Outgoing(...)`, on the way of every event.
_new = tuple.__new__


def outgoing(
    settled: Sequence[Settled], names: TopicNames, source: str, lane: int
) -> dict[tuple[str, int], list[Outgoing]]:
    """Return the records of lines of one lane of a source, by the topic and lane that they go to.

    Events and EventErrors keep their order in each. The name of a topic is looked up once for all
    events of a schema revision.
    """
    groups: dict[tuple[str, int], list[Outgoing]] = {}
    by_key: dict[SchemaKey, tuple[str, list[Outgoing]]] = {}
    errors: list[Outgoing] = []
    for record, verdict in settled:
        key, value, fault, user_agent, _ = verdict
        made_from = _new(Source, (source, record.offset))
        at = record.timestamp
        more = () if user_agent is None else verdict.headers
        if fault is not None:
            errors.append(Outgoing(names.error, lane, value, at, made_from, more, shortened))
            continue
        known = by_key.get(key)
        if known is None:
            topic = names.event(key)
            known = by_key[key] = topic, groups.setdefault((topic, lane), [])
        topic, events = known
        events.append(_new(Outgoing, (topic, lane, value, at, made_from, more, None)))
    if errors:
        groups.setdefault((names.error, lane), []).extend(errors)
    return groups
