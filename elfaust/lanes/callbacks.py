"""What a lane asks of the worker that has it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from elfaust.events.verdict import Verdict
from elfaust.records import Record, SchemaKey

#: A record of the raw topic and its verdict.
Settled = tuple[Record, Verdict]


@dataclass(frozen=True)
class LaneCallbacks:
    """What a lane asks of its worker.

    `publish` returns when all is durable. It raises TooLong with the records that no topic takes,
    or TopicRefuses with those that their topics do not take at present; all others are durable.
    `acknowledge` acknowledges the batch that ends at an offset, with the note to commit beside it;
    what it is given besides is called once that is committed.
    `commit_note` commits a note beside the offset acknowledged so far. It raises what Kafka refuses
    it with: LaneLost where the lane has another owner.
    `is_published` tells whether anybody has ever published events of a schema revision.
    """

    publish: Callable[[Sequence[Settled]], Awaitable[None]]
    acknowledge: Callable[[int, str, Callable[[], object]], object]
    commit_note: Callable[[str], Awaitable[None]]
    is_published: Callable[[SchemaKey], Awaitable[bool]]
