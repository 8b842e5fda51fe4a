"""Each raw line has one outcome, whatever is killed and whenever schemas become known.

Kafka and the workers are a model here: topics are lists, a commit is an offset with a note, and a
worker may end at each step that another could see.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest

from elfaust.errors import EventFault
from elfaust.events.parsing import Parsed
from elfaust.events.verdict import Judge, Verdict
from elfaust.lanes.raw_lane import RawLane
from elfaust.metrics.table import EVENTS, RAW_LINES, REPEATED_LINES
from elfaust.records import Record
from elfaust.schema.lookup.registry import Kind
from elfaust.sinks.stores import enabled_stores
from tests.counted import counted
from tests.unit.lanes.played import (
    FORWARDER,
    SETTINGS,
    TOLD,
    Clock,
    Kafka,
    Killed,
    Knowledge,
    lane,
    line,
    take,
)


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


class Remembering(Judge):
    """A judge that says again what it has said of the same line and schema: it is asked often."""

    def __init__(self, registry: Any) -> None:
        stores = enabled_stores(SETTINGS).values()
        super().__init__(SETTINGS.processor.server_format, registry, SETTINGS, stores)
        self._parsed: dict[bytes, Parsed | EventFault] = {}
        self._judged: dict[tuple[bytes, int, int, str], Verdict | None] = {}

    def parse(self, record: Record) -> Parsed | EventFault:
        if record.value not in self._parsed:
            self._parsed[record.value] = super().parse(record)
        return self._parsed[record.value]

    def verdict(self, record: Record, found: Parsed | EventFault, origin: str) -> Verdict | None:
        if isinstance(found, EventFault) or self._registry.get(found.key) is None:
            return super().verdict(record, found, origin)
        line = record.value, record.offset, record.timestamp, origin
        if line not in self._judged:
            self._judged[line] = super().verdict(record, found, origin)
        return self._judged[line]


#: What the workers that are played know, and their judge.
PLAYED = Knowledge()
JUDGE = Remembering(PLAYED)


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
            kafka.forget()
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


@pytest.mark.parametrize(("apart", "seeds"), [(False, 100), (True, 60)])
def test_each_line_has_one_outcome_whatever_is_killed_and_whenever_schemas_are_told(
    apart: bool, seeds: int
) -> None:
    for seed in range(seeds):
        lines = raw_lines(random.Random(seed))
        seen = asyncio.run(play(seed, lines, apart)).outcomes()
        wrong = {at: seen[at] for at, wanted in expected(lines).items() if seen[at] != wanted}
        assert not wrong, f"seed {seed}: {wrong}"
    counts = [sum(counted(metric).values()) for metric in (RAW_LINES, EVENTS, REPEATED_LINES)]
    assert counts[0] == counts[1] + counts[2] == seeds * 60
