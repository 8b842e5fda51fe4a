"""Events that their topics do not take: what is kept, with which verdict, and tried again when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elfaust.errors import TooLong, TopicRefuses
from elfaust.events.verdict import Verdict
from elfaust.lanes.callbacks import Settled
from elfaust.lanes.event_topics import AGAIN_SECONDS, EventTopics
from elfaust.records import Outgoing, Record, SchemaKey, Source
from elfaust.testing import make_record

A, B = SchemaKey("A", 1), SchemaKey("B", 1)


class Judge:
    """Says of an event that is too long how long it may be."""

    def too_long(self, record: Record, event: Verdict, origin: str, most: int) -> Verdict:
        return Verdict(event.key, f"{origin}: {most}".encode())


def event(offset: int, key: SchemaKey) -> Settled:
    return make_record(b"line", offset, 0), Verdict(key, b"event")


def sent(settled: Settled) -> Outgoing:
    return Outgoing("topic", 0, b"event", 0, Source("raw", settled[0].offset))


async def test_each_event_is_published_or_kept_with_its_verdict_or_waits() -> None:
    now, long, refused, good = 0.0, event(0, A), event(1, A), event(2, B)
    answers = [TooLong({sent(long): 10}), TopicRefuses({sent(refused): "no"}), None]
    asked: list[list[Settled]] = []

    async def publish(events: Sequence[Settled]) -> None:
        asked.append(list(events))
        if answer := answers[len(asked) - 1]:
            raise answer

    judge: Any = Judge()
    topics = EventTopics(publish, judge, "raw/0", lambda: now)
    kept = await topics.publish([long, refused, good])
    assert asked == [[long, refused, good], [refused, good]]
    assert kept == [(*long, Verdict(A, b"raw/0: 10")), (*refused, None)]
    assert (topics.refusing, topics.resting, topics.why(A), topics.why(B)) == ({A}, {A}, "no", "")
    now = AGAIN_SECONDS
    assert (topics.refusing, topics.resting) == ({A}, set())
    assert await topics.publish([refused]) == []
    assert (topics.refusing, topics.why(A)) == (set(), "")


async def test_nothing_is_published_of_no_events() -> None:
    async def publish(events: Sequence[Settled]) -> None:
        raise AssertionError

    judge: Any = Judge()
    assert await EventTopics(publish, judge, "raw/0", lambda: 0.0).publish([]) == []
