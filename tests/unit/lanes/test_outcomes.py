"""Each raw line is counted once, with its result, when its batch is committed."""

from __future__ import annotations

import pytest

from elfaust.errors import LaneLost
from elfaust.metrics.table import EVENTS, RAW_LINES, REPEATED_LINES, VALID_LINES
from elfaust.metrics.values import values
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Kind
from tests.counted import counted
from tests.unit.lanes.played import (
    FORWARDER,
    STATES,
    TOLD,
    Clock,
    Kafka,
    Knowledge,
    found_state,
    lane,
    line,
    take,
)


def lines(kafka: Kafka) -> float:
    kafka.commit()
    return counted(RAW_LINES).get(("topic",), 0)


async def test_lines_are_counted_by_schema_and_result() -> None:
    kafka, registry = Kafka(), Knowledge(A=Kind.FOUND, B=Kind.FOUND, Bad=Kind.UNFIT)
    one = lane(kafka, registry)
    await take(one, kafka, line(0, "A"), line(1, "A", "no"), line(2, "B"), line(3, "Bad"))
    await take(one, kafka, line(4, "A"), line(5, "A", "no"), line(6, "A", "too-long"))
    assert lines(kafka) == 7
    assert counted(EVENTS) == {
        ("A", "1", "valid"): 2,
        ("A", "1", "validation"): 3,
        ("B", "1", "valid"): 1,
        ("Bad", "1", "processor"): 1,
    }
    existing = values().look().numbers[EVENTS]
    assert existing["B", "1", "unresolved"] == 0


async def test_an_event_that_is_too_long_for_its_topic_is_an_error_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kafka, key = Kafka(), SchemaKey("A", 1)
    monkeypatch.setitem(STATES, key, found_state(key, {}))
    one = lane(kafka, Knowledge(A=Kind.FOUND))
    await take(one, kafka, line(0, "A"), line(1, "A", "too-long"), line(2, "A"))
    kafka.commit()
    assert counted(EVENTS) == {("A", "1", "valid"): 2, ("A", "1", "processor"): 1}


async def test_what_no_registry_knows_shares_one_name() -> None:
    kafka, registry = Kafka(), Knowledge(Gone=Kind.MISSING, Lost=Kind.MISSING)
    await take(lane(kafka, registry), kafka, line(0, "Gone"), line(1, "Lost"), line(2, "no name!"))
    assert lines(kafka) == 3
    assert counted(EVENTS) == {("unknown", "-1", "processor"): 3}


async def test_a_line_that_waits_is_counted_as_what_it_becomes() -> None:
    kafka, clock, registry = Kafka(), Clock(), Knowledge(A=Kind.FOUND)
    one = lane(kafka, registry, clock)
    await take(one, kafka, line(0, "A"), line(1, "Late"), line(2, "Other"), line(3, "A"))
    assert (lines(kafka), counted(EVENTS)) == (0, {})
    registry.known["Late"] = Kind.FOUND
    await one.settle(TOLD)
    assert (lines(kafka), counted(EVENTS)) == (0, {})
    clock.now = 60.0
    await one.settle(TOLD)
    assert lines(kafka) == 4
    assert counted(EVENTS) == {
        ("A", "1", "valid"): 2,
        ("Late", "1", "valid"): 1,
        ("unknown", "-1", "unresolved"): 1,
    }


async def test_an_event_whose_topic_takes_nothing_is_counted_when_it_does() -> None:
    kafka, clock, registry = Kafka(), Clock(), Knowledge(A=Kind.FOUND, B=Kind.FOUND)
    one = lane(kafka, registry, clock)
    kafka.refusing = {"B"}
    await take(one, kafka, line(0, "A"), line(1, "B"), line(2, "A"))
    assert (lines(kafka), counted(EVENTS)) == (0, {})
    kafka.refusing, clock.now = set(), 10.0
    await one.settle()
    assert lines(kafka) == 3
    assert counted(EVENTS) == {("A", "1", "valid"): 2, ("B", "1", "valid"): 1}


async def test_what_a_forwarder_has_sent_twice_is_a_line_without_a_result() -> None:
    kafka = Kafka()
    one = lane(kafka, Knowledge(A=Kind.FOUND))
    twice = [line(n, "A", source=FORWARDER, position=at) for n, at in enumerate((5, 9, 5, 9, 12))]
    await take(one, kafka, *twice)
    assert lines(kafka) == 5
    assert counted(REPEATED_LINES) == {("topic",): 2}
    assert counted(EVENTS) == {("A", "1", "valid"): 3}
    assert counted(VALID_LINES) == {("topic",): 3}


async def test_a_lane_that_moves_counts_nothing_of_what_comes_again() -> None:
    """Its event is in Kafka; whoever has the lane next counts the line."""
    kafka, registry = Kafka(), Knowledge(A=Kind.FOUND, Gone=Kind.MISSING)
    one = lane(kafka, registry)
    kafka.moved = True
    with pytest.raises(LaneLost):
        await take(one, kafka, line(0, "A"), line(1, "Gone"))
    assert kafka.events == {"A": [0]}
    assert (lines(kafka), counted(EVENTS)) == (0, {})
    kafka.moved = False
    await take(lane(kafka, registry), kafka, line(0, "A"), line(1, "Gone"))
    assert lines(kafka) == 2
    assert counted(EVENTS) == {("A", "1", "valid"): 1, ("unknown", "-1", "processor"): 1}


async def test_what_was_acknowledged_and_never_committed_is_counted_by_who_has_it_next() -> None:
    kafka, registry = Kafka(), Knowledge(A=Kind.FOUND)
    await take(lane(kafka, registry), kafka, line(0, "A"), line(1, "A", "no"))
    assert [end for end, _ in kafka.acknowledged] == [2]
    kafka.forget()
    assert (lines(kafka), counted(EVENTS)) == (0, {})
    await take(lane(kafka, registry), kafka, line(0, "A"), line(1, "A", "no"))
    assert lines(kafka) == 2
    assert counted(EVENTS) == {("A", "1", "valid"): 1, ("A", "1", "validation"): 1}
