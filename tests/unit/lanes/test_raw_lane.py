"""A lane of raw lines: what waits holds up no other, and each line has one outcome, always.

Kafka and the workers are a model here: topics are lists, a commit is an offset with a note, and a
worker may end at each step that another could see.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from elfaust.errors import LaneLost, TooLong, TopicRefuses
from elfaust.events.verdict import Judge
from elfaust.lanes.event_topics import Settled
from elfaust.lanes.raw_lane import LaneCallbacks, RawLane, WaitLimits
from elfaust.records import Outgoing, Record, SchemaKey, Source
from elfaust.schema.lookup.registry import Kind, Schema, State
from elfaust.settings import Settings
from elfaust.testing import make_record

SETTINGS = Settings()
FORWARDER = "host/udp-0123456789ab"


TOLD = [SchemaKey(name, 1) for name in ("A", "B", "C", "D", "Late", "Other")]


class Killed(Exception):
    """The worker ends here."""


class Knowledge:
    """A registry whose answers a test sets: FOUND, MISSING, or ASKING for all others."""

    def __init__(self, **known: Kind) -> None:
        self.known = known
        self.asked: Counter[SchemaKey] = Counter()

    def state(self, key: SchemaKey) -> State:
        kind = self.known.get(key.schema, Kind.ASKING)
        return State(kind, _schema(key) if kind is Kind.FOUND else None, "as the test has it")

    def get(self, key: SchemaKey) -> Schema | None:
        return self.state(key).schema

    def reason(self, key: SchemaKey) -> str:
        return self.state(key).reason

    def ask(self, keys: Any) -> None:
        self.asked.update(list(keys))


SCHEMAS: dict[SchemaKey, Schema] = {}


def _schema(key: SchemaKey) -> Schema:
    return SCHEMAS.setdefault(key, Schema(key, {"properties": {"n": {"type": "integer"}}}))


def line(offset: int, schema: str, n: object = 1, source: str = "", position: int = -1) -> Record:
    capsule = {
        "schema": schema,
        "revision": 1,
        "wiki": "w",
        "recvFrom": "h",
        "dt": "2020-09-13T12:26:40Z",
        "event": {"n": n},
    }
    text = b"%d EventLogging %s" % (offset, json.dumps(capsule, separators=(",", ":")).encode())
    return make_record(text, offset, 1_600_000_000_000, (source, position) if source else None)


class Kafka:
    """The topics of events and errors, the committed offset, and how a worker may end."""

    def __init__(self, draw: random.Random | None = None) -> None:
        self.events: dict[str, list[int]] = {}
        self.errors: list[tuple[int, dict[str, Any]]] = []
        self.committed, self.note = 0, ""
        self.acknowledged: list[tuple[int, str]] = []
        self.moved = False
        self.refusing = set[str]()
        self._draw = draw

    def step(self) -> None:
        if self._draw and self._draw.random() < 0.05:
            raise Killed

    async def publish(self, settled: Sequence[Settled]) -> None:
        long = [(r, v) for r, v in settled if v.fault is None and b"too-long" in v.value]
        if long:
            raise TooLong(
                {Outgoing("t", 0, v.value, 0, Source("raw", r.offset)): 10 for r, v in long}
            )
        refused = [(r, v) for r, v in settled if v.fault is None and v.key.schema in self.refusing]
        for record, verdict in settled:
            self.step()
            if (record, verdict) in refused:
                continue
            if verdict.fault is None:
                self.events.setdefault(verdict.key.schema, []).append(record.offset)
            else:
                self.errors.append((record.offset, orjson.loads(verdict.value)["event"]))
        self.step()
        if refused:
            why = {
                Outgoing("t", 0, v.value, 0, Source("raw", r.offset)): "compacted"
                for r, v in refused
            }
            raise TopicRefuses(why)

    def acknowledge(self, end: int, note: str) -> None:
        self.acknowledged.append((end, note))

    async def commit_note(self, note: str) -> None:
        if self.moved:
            raise LaneLost(0, "another owner")
        self.commit()
        self.note = note
        self.step()

    def commit(self) -> None:
        if self.acknowledged:
            self.committed, self.note = self.acknowledged[-1]
            self.acknowledged.clear()

    async def is_published(self, key: SchemaKey) -> bool:
        return key.schema in self.events

    def outcomes(self) -> Counter[int]:
        """Return how often a reader sees each raw line, who skips positions that do not rise."""
        seen: Counter[int] = Counter()
        for offsets in [*self.events.values(), [offset for offset, _ in self.errors]]:
            highest = -1
            for offset in offsets:
                if offset > highest:
                    highest = offset
                    seen[offset] += 1
        return seen

    def codes(self) -> list[tuple[int, str]]:
        return [(offset, event["code"]) for offset, event in self.errors]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def judge_with(registry: Any) -> Judge:
    return Judge(SETTINGS.processor.server_format, registry, SETTINGS)


def lane(
    kafka: Kafka,
    registry: Knowledge,
    clock: Clock | None = None,
    size: int = 10**9,
    to: int = 0,
    judge: Judge | None = None,
) -> RawLane:
    given: Any = registry
    judge = judge or judge_with(registry)
    return RawLane(
        "raw/0",
        judge,
        given,
        LaneCallbacks(kafka.publish, kafka.acknowledge, kafka.commit_note, kafka.is_published),
        WaitLimits(60.0, size),
        note=kafka.note,
        judged_to=to,
        clock=clock or Clock(),
    )


async def take(lane: RawLane, kafka: Kafka, *records: Record) -> None:
    await lane.take(records)


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


def raw_lines(draw: random.Random) -> list[Record]:
    """Return lines of four schemas; some are a forwarder's, which repeats itself now and then."""
    lines, position = [], 0
    for offset in range(60):
        schema, n = draw.choice("AABCD"), draw.choice([1, 1, "bad"])
        if draw.random() < 0.7:
            lines.append(line(offset, schema, n))
            continue
        position += 10
        again = draw.choice([0, 0, 0, 15])
        lines.append(line(offset, schema, n, FORWARDER, max(0, position - again)))
    return lines


def expected(lines: Sequence[Record]) -> dict[int, int]:
    """Return the outcomes that there must be: one a line, none of what a forwarder repeats."""
    highest, wanted = -1, {}
    for record in lines:
        position = record.source.position if record.source else -1
        repeat = record.source is not None and position <= highest
        wanted[record.offset] = 0 if repeat else 1
        highest = max(highest, position)
    return wanted


#: What the workers that are played know, and their judge, which is dear to make and keeps nothing.
PLAYED = Knowledge()
JUDGE = judge_with(PLAYED)


async def play(seed: int, lines: Sequence[Record], apart: bool) -> Kafka:
    """Run lines through workers that end at random while schemas are told, or said not to be.

    Those that are `apart` know nothing of what others were told.
    """
    draw, clock = random.Random(seed), Clock()
    PLAYED.known = {"A": Kind.FOUND}
    kafka, wiki = Kafka(draw), Knowledge(A=Kind.FOUND) if apart else PLAYED
    # Topics that nobody has made yet, and the name or a policy is against them.
    kafka.refusing = set(draw.sample("ABCD", draw.randint(0, 2)))
    while kafka.committed < len(lines):
        if apart:
            PLAYED.known = {"A": Kind.FOUND}
        one = lane(kafka, PLAYED, clock, to=len(lines), judge=JUDGE)
        at = kafka.committed
        try:
            while kafka.committed < len(lines):
                await turn(draw, clock, wiki, one)
                if draw.random() < 0.02:
                    kafka.refusing.clear()
                if at < len(lines) and draw.random() < 0.5:
                    end = min(len(lines), at + draw.randint(1, 10))
                    await take(one, kafka, *lines[at:end])
                    at = end
                if draw.random() < 0.3:
                    kafka.commit()
                kafka.step()
        except Killed:
            kafka.acknowledged.clear()
    return kafka


async def turn(draw: random.Random, clock: Clock, wiki: Knowledge, one: RawLane) -> None:
    clock.now += draw.choice([0.0, 1.0, 70.0])
    name = draw.choice("BCD")
    if draw.random() < 0.1:
        if wiki.known.get(name) is not Kind.FOUND:
            wiki.known[name] = draw.choice([Kind.FOUND, Kind.MISSING])
        PLAYED.known[name] = wiki.known[name]
    if draw.random() < 0.5:
        await one.settle(TOLD if draw.random() < 0.5 else ())


@pytest.mark.parametrize("apart", [False, True])
def test_each_line_has_one_outcome_whatever_is_killed_and_whenever_schemas_are_told(
    apart: bool,
) -> None:
    for seed in range(150):
        lines = raw_lines(random.Random(seed))
        seen = asyncio.run(play(seed, lines, apart)).outcomes()
        wrong = {at: seen[at] for at, wanted in expected(lines).items() if seen[at] != wanted}
        assert not wrong, f"seed {seed}: {wrong}"
