"""Which sources are remembered where there is room for so many: the newest of each raw topic.

A raw topic that was deleted and made anew is another source (refusals.py, `topic_source`), and
nothing comes of the old one any more but what a worker repeats within minutes. So what makes room
is the oldest source of a topic that has a later one. Names that somebody makes up make none: they
would have those forgotten that events come from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from elfaust.events.refusals import topic_of

T = TypeVar("T")


def superseded(sources: Iterable[str]) -> list[str]:
    """Return the sources, of those in the order in which they came, whose topic has a later one."""
    known = list(sources)
    latest = {topic_of(source): source for source in known}
    return [source for source in known if latest[topic_of(source)] != source]


def at_most(known: dict[str, T], most: int) -> dict[str, T]:
    """Return what is known of so many sources at most: of the topics that came first."""
    if (excess := len(known) - most) <= 0:
        return known
    old = set(superseded(known)[:excess])
    topics = {topic: at for at, topic in enumerate(dict.fromkeys(map(topic_of, known)))}
    left = [source for source in known if source not in old]
    left.sort(key=lambda source: topics[topic_of(source)])
    return {source: known[source] for source in left[:most]}


def make_room(known: dict[str, T], source: str, most: int) -> bool:
    """Have room for a source that is not known yet, in place; tell whether there is."""
    if len(known) < most:
        return True
    if old := superseded([*known, source]):
        del known[old[0]]
    return bool(old)
