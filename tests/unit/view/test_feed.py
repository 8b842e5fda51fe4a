"""The memory of a feed: the last events, bounded, and who waits for later ones."""

from __future__ import annotations

import asyncio

from elfaust.records import Record, Source
from elfaust.view.feed import NoRecord, Ring
from elfaust.view.seen import Seen, seen


def event(offset: int, topic: str = "eventlogging_Edit_7", size: int = 2) -> Seen:
    return seen(Record(topic, 0, offset, 1, b" " * (size - 2) + b"{}"), "errors")


def offsets(ring: Ring, number: int = 0, status: str = "") -> list[int]:
    return [one.seen.offset for one in ring.after(number, status)]


def test_a_flood_of_events_leaves_the_errors() -> None:
    ring = Ring(most=3)
    ring.add([event(0, "errors"), *map(event, range(1, 9))])
    assert offsets(ring) == [8, 7, 6, 0]
    assert offsets(ring, status="failed") == [0]
    assert offsets(ring, status="valid", number=8) == [8]
    assert ring.last == 9


def test_long_records_push_out_more() -> None:
    ring = Ring(most_bytes=1_000)
    ring.add(event(n, size=400) for n in range(5))
    assert offsets(ring) == [4, 3]


def made_from(
    offset: int, position: int, source: str = "raw", topic: str = "e", lane: int = 0
) -> Seen:
    return seen(Record(topic, lane, offset, 1, b"{}", Source(source, position)), "errors")


def test_what_a_worker_has_written_again_is_shown_once() -> None:
    ring = Ring()
    # Lanes moved before the processor had committed: it wrote both lines of its batch again.
    ring.add([made_from(0, 5), made_from(1, 6)])
    ring.add([made_from(2, 5), made_from(3, 6), made_from(4, 7)])
    assert offsets(ring) == [4, 1, 0]
    assert ring.last == 3
    others = [("e", 1, "raw"), ("errors", 0, "raw"), ("errors", 0, "hdfs/raw"), ("e", 0, "other")]
    ring.add(made_from(9, 5, source, topic, lane) for topic, lane, source in others)
    # Who names no line repeats none.
    ring.add([event(1), event(1)])
    assert len(offsets(ring)) == 3 + len(others) + 2


def test_lines_of_forgotten_events_are_forgotten() -> None:
    ring = Ring(most=2)
    ring.add(made_from(n, n) for n in range(3))
    ring.add([made_from(3, 2), made_from(4, 0)])
    assert offsets(ring) == [4, 2]


async def test_who_waits_hears_of_the_next_event() -> None:
    ring = Ring()
    await ring.wait(0, 0.001)
    waiting = asyncio.create_task(ring.wait(0, 30))
    await asyncio.sleep(0)
    ring.add([event(1)])
    await asyncio.wait_for(waiting, 5)
    # What came before is not waited for.
    await asyncio.wait_for(ring.wait(0, 30), 5)


async def test_a_record_that_is_remembered_is_found() -> None:
    ring = Ring()
    ring.add([event(4)])
    found = await ring.record("eventlogging_Edit_7", 0, 4)
    assert isinstance(found, Record)
    assert found.offset == 4
    gone = await ring.record("eventlogging_Edit_7", 0, 3)
    assert isinstance(gone, NoRecord)
    assert gone.is_past
