"""Which line a sink's refusal is about: the one that all sinks, and each of their repeats, name.

An event is refused by its raw line, topic and offset, however often the processor has written it:
the EventErrors of all sinks and of all repeats are one error of that line.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from elfaust.records import Record, Source
from elfaust.roles import SINKS


def refused_line(record: Record, raw: Collection[str]) -> Source:
    """Return the topic and offset by which a rejected record is known, in its lane.

    They are those of its line in one of the `raw` topics; what was made of none, or says so of
    some other topic, is known by its own.
    """
    if record.source and topic_of(record.source.name) in raw:
        return record.source
    return Source(record.topic, record.offset)


def topic_source(topic: str, topic_id: str) -> str:
    """Return the source of what is made of a raw topic's lines: `<topic>@<id>`.

    A topic that was deleted and made anew has another id: its lines are others, though they have
    the same offsets. The name stands alone where brokers give topics no id.
    """
    return f"{topic}@{topic_id}" if topic_id else topic


def topic_of(source: str) -> str:
    """Return the topic of a source that is one, with its id or, from older versions, without."""
    # Kafka's names have no such sign; a forwarder's source has a slash before any.
    return source.partition("@")[0]


def refusal_source(role: str, topic: str) -> str:
    """Return the source of the EventError of a refused record; `refused_line` gives `topic`."""
    return f"{role}/{topic}"


@lru_cache(maxsize=1024)
def split_source(source: str) -> tuple[str, str]:
    """Return the sink that an EventError of this source is by, and the topic of the line.

    The topic has its id where the source has one (`topic_of`). The sink is empty for the
    processor's own errors, whose source is the raw topic.
    """
    role, slash, topic = source.partition("/")
    return (role, topic) if slash and role in SINKS else ("", source)
