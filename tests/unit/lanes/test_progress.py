"""Batches are acknowledged in their order, with a note that a successor goes on from."""

from __future__ import annotations

from collections.abc import Sequence

from elfaust.errors import EventFault
from elfaust.events.verdict import Verdict
from elfaust.lanes.callbacks import LaneCallbacks, Settled
from elfaust.lanes.progress import Progress
from elfaust.records import SchemaKey, Source
from elfaust.testing import make_record

FORWARDER = "host/udp-0123456789ab"
UNRESOLVED = Verdict(
    SchemaKey("A", 1), b"an error", EventFault("unresolved", "nobody knows it"), unknown=True
)


class Worker:
    """Keeps what a lane acknowledges and notes."""

    def __init__(self) -> None:
        self.acknowledged: list[tuple[int, str]] = []
        self.notes: list[str] = []

    def progress(self, note: str = "") -> Progress:
        def acknowledge(end: int, text: str, _: object) -> None:
            self.acknowledged.append((end, text))

        async def commit_note(text: str) -> None:
            self.notes.append(text)

        async def publish(settled: Sequence[Settled]) -> None:
            raise AssertionError("nothing is published here")

        async def is_published(key: SchemaKey) -> bool:
            raise AssertionError("nothing is asked here")

        return Progress(LaneCallbacks(publish, acknowledge, commit_note, is_published), note)


def test_a_batch_is_acknowledged_after_all_before_it() -> None:
    worker = Worker()
    progress = worker.progress()
    first = progress.open_batch([make_record(offset=0), make_record(offset=1)])
    second = progress.open_batch([make_record(offset=2)])
    second.left = 0
    progress.acknowledge()
    assert worker.acknowledged == []
    first.left = 0
    progress.acknowledge()
    assert [end for end, _ in worker.acknowledged] == [2, 3]


def test_a_successor_knows_what_a_forwarder_has_sent() -> None:
    worker = Worker()
    progress = worker.progress()
    batch = progress.open_batch([make_record()])
    assert not progress.is_repeat(Source(FORWARDER, 5))
    assert not progress.is_repeat(Source("somebody", 5))
    progress.end_batch(batch)
    batch.left = 0
    progress.acknowledge()
    [(_, note)] = worker.acknowledged
    successor = worker.progress(note)
    assert successor.is_repeat(Source(FORWARDER, 5))
    assert not successor.is_repeat(Source("somebody", 5))
    assert not successor.is_repeat(Source(FORWARDER, 6))


async def test_what_was_given_up_is_noted_once_and_before_the_offset() -> None:
    worker = Worker()
    progress = worker.progress()
    progress.open_batch([make_record(offset=3), make_record(offset=4)])
    lines = [(make_record(offset=3), UNRESOLVED)]
    await progress.decide(lines)
    await progress.decide(lines)
    [note] = worker.notes
    successor = worker.progress(note)
    assert successor.was_given_up(3) is True
    assert successor.was_given_up(4) is None
