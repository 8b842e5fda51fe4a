"""Places of a lane: the order is kept, what waits is found by its schema, and bytes add up."""

from __future__ import annotations

from elfaust.errors import EventFault
from elfaust.events.verdict import Verdict
from elfaust.lanes.outcomes import Outcomes
from elfaust.lanes.waiting_lines import OpenBatch, WaitingLine, WaitingLines
from elfaust.records import SchemaKey
from elfaust.testing import make_record

A, B = SchemaKey("A", 1), SchemaKey("B", 1)
BATCH, NEXT = (OpenBatch(end, 3, {}, Outcomes("raw", 3)) for end in (3, 6))
EVENT = Verdict(A, b"event")
ERROR = Verdict(A, b"an error", EventFault("validation", "no"))


def line(offset: int, batch: OpenBatch = BATCH, key: SchemaKey | None = None) -> WaitingLine:
    verdict = None if key else ERROR
    return WaitingLine(make_record(b"raw", offset, 0), batch, key, verdict=verdict)


def placed(*lines: WaitingLine) -> WaitingLines:
    places = WaitingLines()
    for each in lines:
        places.take(each)
    return places


def test_only_what_nothing_waits_before_is_ready_batch_by_batch() -> None:
    first, waits, last, later = line(0), line(1, key=A), line(2), line(3, NEXT)
    places = placed(first, waits, last, later)
    assert places.ready() == [first]
    places.leave([first])
    assert places.ready() == []
    places.settle(waits, ERROR)
    assert places.ready() == [waits, last]
    places.leave([waits, last])
    assert places.ready() == [later]
    places.leave([later])
    assert (places.ready(), places.first, places.size) == ([], None, 0)


def test_lines_that_wait_are_found_by_their_schema_in_order() -> None:
    lines = [line(0, key=A), line(1, key=B), line(2, key=A)]
    places = placed(*lines)
    assert places.waiting(A) == [lines[0], lines[2]]
    places.settle(lines[0], EVENT)
    assert places.waiting(A) == [lines[2]]
    places.settle(lines[2], EVENT)
    assert set(places.keys) == {B}


def test_the_bytes_are_those_of_lines_and_verdicts() -> None:
    waits = line(0, key=A)
    places = placed(waits, line(1))
    assert places.size == len(b"raw") + len(b"an error")
    places.settle(waits, EVENT)
    assert places.size == len(b"event") + len(b"an error")
    places.judge(waits, ERROR)
    assert places.size == 2 * len(b"an error")


def test_what_cannot_be_an_event_is_squeezed_in_by_its_offset() -> None:
    places = placed(line(0), line(4))
    late = line(2)
    places.insert([late])
    assert [each.record.offset for each in places] == [0, 2, 4]
    assert places.size == 3 * len(b"an error")
