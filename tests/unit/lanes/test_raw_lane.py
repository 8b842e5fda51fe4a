"""A lane of raw lines: what waits holds up no other, and each line has one outcome, always."""

from __future__ import annotations

import pytest

from elfaust.errors import LaneLost
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Kind
from tests.unit.lanes.played import (
    FORWARDER,
    TOLD,
    Clock,
    Kafka,
    Knowledge,
    lane,
    line,
    take,
)


async def test_lines_of_a_known_schema_are_settled_at_once() -> None:
    kafka = Kafka()
    await take(lane(kafka, Knowledge(A=Kind.FOUND)), kafka, line(0, "A"), line(1, "A", "no"))
    assert kafka.events == {"A": [0]}
    assert kafka.codes() == [(1, "validation")]
    assert kafka.acknowledged == [(2, "")]


async def test_a_line_that_waits_holds_up_no_other_event_and_its_commit_stays() -> None:
    kafka, registry = Kafka(), Knowledge(A=Kind.FOUND)
    one = lane(kafka, registry)
    await take(one, kafka, line(0, "A"), line(1, "Late"), line(2, "A"), line(3, "A", "bad"))
    await take(one, kafka, line(4, "Late"), line(5, "A"))
    assert kafka.events == {"A": [0, 2, 5]}
    assert (kafka.errors, kafka.acknowledged) == ([], [])
    assert registry.asked[SchemaKey("Late", 1)]
    registry.known["Late"] = Kind.FOUND
    await one.settle(TOLD)
    assert kafka.events == {"A": [0, 2, 5], "Late": [1, 4]}
    assert kafka.codes() == [(3, "validation")]
    assert [end for end, _ in kafka.acknowledged] == [4, 6]


async def test_what_nobody_tells_is_given_up_in_the_order_of_its_lane() -> None:
    kafka, clock = Kafka(), Clock()
    one = lane(kafka, Knowledge(A=Kind.FOUND), clock)
    await take(one, kafka, line(0, "Late"), line(1, "A", "bad"))
    clock.now = 30.0
    await take(one, kafka, line(2, "Late"), line(3, "A"))
    await one.settle(TOLD)
    assert kafka.errors == []
    clock.now = 60.0
    await one.settle(TOLD)
    assert kafka.codes() == [(0, "unresolved"), (1, "validation")]
    assert kafka.errors[0][1]["unknown"] is True
    assert "unknown" not in kafka.errors[1][1]
    assert [end for end, _ in kafka.acknowledged] == [2]
    clock.now = 90.0
    await one.settle(TOLD)
    assert kafka.codes()[2:] == [(2, "unresolved")]


async def test_a_definite_answer_is_a_verdict_and_marks_the_name_as_unknown() -> None:
    kafka = Kafka()
    await take(
        lane(kafka, Knowledge(Gone=Kind.MISSING, Bad=Kind.UNFIT)),
        kafka,
        line(0, "Gone"),
        line(1, "Bad"),
    )
    assert kafka.codes() == [(0, "processor"), (1, "processor")]
    assert [event.get("unknown") for _, event in kafka.errors] == [True, None]


@pytest.mark.parametrize("before", [Kind.ASKING, Kind.MISSING])
async def test_a_line_that_was_given_up_stays_so_for_whoever_judges_it_again(before: Kind) -> None:
    kafka, clock, registry = Kafka(), Clock(), Knowledge(Late=before)
    one = lane(kafka, registry, clock)
    await take(one, kafka, line(0, "Late"), line(1, "Other"))
    clock.now = 60.0
    await one.settle(TOLD)
    first = kafka.codes()
    # Killed before the commit of the batch; the wiki is back.
    kafka.acknowledged.clear()
    registry.known |= {"Late": Kind.FOUND, "Other": Kind.FOUND}
    await take(lane(kafka, registry, clock), kafka, line(0, "Late"), line(1, "Other"))
    assert kafka.events == {}
    assert kafka.codes() == first * 2


async def test_who_has_lost_the_lane_makes_no_event_of_what_others_may_have_given_up() -> None:
    kafka, registry = Kafka(), Knowledge()
    one = lane(kafka, registry)
    await take(one, kafka, line(0, "Late"))
    kafka.moved = True
    registry.known["Late"] = Kind.FOUND
    with pytest.raises(LaneLost):
        await one.settle(TOLD)
    assert (kafka.events, kafka.errors, kafka.acknowledged) == ({}, [], [])


async def test_lines_a_predecessor_may_have_made_events_of_wait_on() -> None:
    kafka, clock, registry = Kafka(), Clock(), Knowledge(A=Kind.FOUND)
    await take(lane(kafka, registry, clock), kafka, line(0, "A"), line(1, "A"))
    kafka.acknowledged.clear()
    elsewhere = Knowledge()
    other = lane(kafka, elsewhere, clock, to=2)
    await take(other, kafka, line(0, "A"), line(1, "A"), line(2, "A"))
    for _ in range(3):
        clock.now += 100.0
        await other.settle(TOLD)
    assert kafka.errors == []
    elsewhere.known["A"] = Kind.FOUND
    await other.settle(TOLD)
    assert kafka.outcomes() == {0: 1, 1: 1, 2: 1}


async def test_a_line_that_cannot_be_read_keeps_the_mark_of_its_schema() -> None:
    kafka, clock = Kafka(), Clock()
    unreadable = line(1, "A")._replace(value=b"x" + line(1, "A").value)
    await take(lane(kafka, Knowledge(A=Kind.FOUND), clock), kafka, line(0, "A"), unreadable)
    kafka.acknowledged.clear()
    elsewhere = Knowledge()
    other = lane(kafka, elsewhere, clock, to=2)
    await take(other, kafka, line(0, "A"), unreadable)
    clock.now = 100.0
    await other.settle(TOLD)
    elsewhere.known["A"] = Kind.FOUND
    await other.settle(TOLD)
    assert [(at, event["code"], event.get("unknown")) for at, event in kafka.errors] == [
        (1, "processor", None)
    ] * 2
    # Nobody has judged the lines after those of which the end was known: none of them waits.
    again = lane(kafka, Knowledge(), clock, to=1)
    await take(again, kafka, unreadable)
    assert kafka.errors[2][1]["unknown"] is True


async def test_what_waits_is_bounded_in_bytes_and_the_oldest_are_given_up() -> None:
    kafka, registry = Kafka(), Knowledge(A=Kind.FOUND)
    size = 5 * len(line(0, "Late").value)
    one = lane(kafka, registry, size=size)
    await take(one, kafka, *(line(n, f"Late{n % 3}") for n in range(20)))
    given_up = len(kafka.errors)
    assert given_up >= 15
    assert kafka.codes() == [(n, "unresolved") for n in range(given_up)]
    assert one.held == [
        f"raw/0: {20 - given_up} lines wait for schema Late{given_up % 3}, revision 1 and 2 more:"
        " as the test has it"
    ]
    # EventErrors that wait for their place count as well.
    await take(one, kafka, *(line(n, "A", "bad") for n in range(20, 40)))
    assert one.held == []
    assert len(kafka.errors) == 40


async def test_a_forwarders_repeat_is_skipped_and_a_foreign_header_says_nothing() -> None:
    kafka, registry = Kafka(), Knowledge(A=Kind.FOUND)
    one = lane(kafka, registry)
    await take(one, kafka, line(0, "A", 1, FORWARDER, 0), line(1, "A", 1, FORWARDER, 50))
    await take(one, kafka, line(2, "A", 1, FORWARDER, 0), line(3, "A", 1, FORWARDER, 51))
    await take(one, kafka, line(4, "A", 1, "x", 5), line(5, "A", 1, "x", 5))
    assert kafka.events == {"A": [0, 1, 3, 4, 5]}
    assert [end for end, _ in kafka.acknowledged] == [2, 4, 6]
    kafka.commit()
    again = lane(kafka, registry)
    await take(again, kafka, line(6, "A", 1, FORWARDER, 51), line(7, "A", 1, FORWARDER, 52))
    assert kafka.events == {"A": [0, 1, 3, 4, 5, 7]}


async def test_a_forwarders_positions_are_noted_as_of_the_offset_that_is_committed() -> None:
    kafka, registry = Kafka(), Knowledge(A=Kind.FOUND)
    one = lane(kafka, registry)
    await take(one, kafka, line(0, "A", 1, FORWARDER, 0))
    await take(one, kafka, line(1, "Late", 1, FORWARDER, 10))
    await take(one, kafka, line(2, "A", 1, FORWARDER, 20))
    kafka.commit()
    assert kafka.committed == 1
    registry.known["Late"] = Kind.FOUND
    again = lane(kafka, registry)
    await take(again, kafka, line(1, "Late", 1, FORWARDER, 10), line(2, "A", 1, FORWARDER, 20))
    assert kafka.outcomes() == {0: 1, 1: 1, 2: 1}
