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
    if record.source and record.source.name in raw:
        return record.source
    return Source(record.topic, record.offset)


def refusal_source(role: str, topic: str) -> str:
    """Return the source of the EventError of a refused record; `refused_line` gives `topic`."""
    return f"{role}/{topic}"


@lru_cache(maxsize=1024)
def split_source(source: str) -> tuple[str, str]:
    """Return the sink that an EventError of this source is by, and the topic of the line.

    The sink is empty for the processor's own errors, whose source is the raw topic.
    """
    role, slash, topic = source.partition("/")
    return (role, topic) if slash and role in SINKS else ("", source)
