"""A lane whose events their topics do not take."""

from __future__ import annotations

import pytest

from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Kind, Schema
from tests.unit.lanes.played import (
    SCHEMAS,
    TOLD,
    Clock,
    Kafka,
    Knowledge,
    lane,
    line,
    take,
)


async def test_what_its_topic_does_not_take_is_one_error_in_its_place() -> None:
    kafka, registry = Kafka(), Knowledge(A=Kind.FOUND)
    one = lane(kafka, registry)
    long = [line(n, name, "too-long") for n, name in ((1, "A"), (3, "Late"))]
    SCHEMAS[SchemaKey("A", 1)] = Schema(SchemaKey("A", 1), {"properties": {"n": {}}})
    SCHEMAS[SchemaKey("Late", 1)] = Schema(SchemaKey("Late", 1), {"properties": {"n": {}}})
    await take(one, kafka, line(0, "A"), long[0], line(2, "Late"), long[1], line(4, "A"))
    registry.known["Late"] = Kind.FOUND
    await one.settle(TOLD)
    SCHEMAS.clear()
    assert kafka.events == {"A": [0, 4], "Late": [2]}
    assert kafka.codes() == [(1, "processor"), (3, "processor")]
    assert "longer than its topic takes, 10" in kafka.errors[0][1]["message"]
    assert [end for end, _ in kafka.acknowledged] == [5]


async def test_what_its_topic_refuses_waits_holds_up_no_other_and_keeps_its_order() -> None:
    kafka, clock = Kafka(), Clock()
    one = lane(kafka, Knowledge(A=Kind.FOUND, B=Kind.FOUND), clock)
    kafka.refusing = {"A"}
    await take(one, kafka, line(0, "A"), line(1, "B"), line(2, "B", "bad"), line(3, "A"))
    assert (kafka.events, kafka.errors, kafka.acknowledged) == ({"B": [1]}, [], [])
    assert one.held == ["raw/0: 2 lines wait for schema A, revision 1: compacted"]
    await take(one, kafka, line(4, "A"), line(5, "B"))
    kafka.refusing = set()
    await one.settle()
    assert "A" not in kafka.events  # It is not tried at every look.
    clock.now = 10.0
    await one.settle()
    assert kafka.events == {"A": [0, 3, 4], "B": [1, 5]}
    assert kafka.codes() == [(2, "validation")]
    assert [end for end, _ in kafka.acknowledged] == [4, 6]
    await take(one, kafka, line(6, "A"))
    assert kafka.events["A"] == [0, 3, 4, 6]


async def test_what_its_topic_goes_on_refusing_is_given_up_and_stays_so() -> None:
    kafka, clock, registry = Kafka(), Clock(), Knowledge(A=Kind.FOUND, B=Kind.FOUND)
    one = lane(kafka, registry, clock, to=2)
    # It took records before: nobody waits for ever because of that.
    kafka.refusing, kafka.events = {"A"}, {"A": []}
    await take(one, kafka, line(0, "A"), line(1, "B", "bad"))
    for clock.now in (20.0, 59.0):
        await one.settle()
        assert kafka.errors == []
    clock.now = 60.0
    await one.settle()
    assert kafka.codes() == [(0, "unresolved"), (1, "validation")]
    assert kafka.errors[0][1]["message"] == "compacted"
    assert [end for end, _ in kafka.acknowledged] == [2]
    kafka.acknowledged.clear()
    kafka.refusing = set()
    await take(lane(kafka, registry, clock, to=2), kafka, line(0, "A"), line(1, "B", "bad"))
    assert kafka.events == {"A": []}
    assert kafka.outcomes() == {0: 1, 1: 1}


async def test_errors_keep_their_order_around_what_no_topic_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kafka, key = Kafka(), SchemaKey("B", 1)
    monkeypatch.setitem(SCHEMAS, key, Schema(key, {"properties": {"n": {}}}))
    one = lane(kafka, Knowledge(A=Kind.FOUND, B=Kind.FOUND))
    some = [line(0, "A", "no"), line(1, "B", "too-long"), line(2, "A", "no"), line(3, "A")]
    await take(one, kafka, *some)
    assert kafka.codes() == [(0, "validation"), (1, "processor"), (2, "validation")]
    assert (kafka.events, kafka.acknowledged) == ({"A": [3]}, [(4, "")])


async def test_errors_before_a_line_that_waits_are_told_at_once_and_those_behind_it_after_it() -> (
    None
):
    kafka, registry = Kafka(), Knowledge(A=Kind.FOUND)
    one = lane(kafka, registry)
    await take(one, kafka, line(0, "A", "no"), line(1, "Late"), line(2, "A", "no"))
    assert (kafka.codes(), kafka.acknowledged) == ([(0, "validation")], [])
    await take(one, kafka, line(3, "A", "no"))
    assert kafka.codes() == [(0, "validation")]
    registry.known["Late"] = Kind.FOUND
    await one.settle(TOLD)
    assert kafka.codes() == [(n, "validation") for n in (0, 2, 3)]
    assert [end for end, _ in kafka.acknowledged] == [3, 4]
