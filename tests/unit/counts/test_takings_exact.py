"""Counts are exact and known to be whole, whoever dies, freezes, wakes and writes late."""

from __future__ import annotations

import os
from random import Random

import pytest

from elfaust.counts.checks import claims, looked_at
from elfaust.counts.entry import without_minutes
from elfaust.counts.place import Place
from elfaust.records import Record
from tests.unit.counts.building import (
    ERROR_TOPIC,
    HOUR,
    MINUTE,
    TOPIC,
    Table,
    refusal,
    refused,
    valid,
)
from tests.unit.counts.group import KEPT_HOURS, KEPT_MINUTES, LANE, Group, true_counts

#: How many interleavings are tried.
INTERLEAVINGS = int(os.environ.get("ELFAUST_TEST_INTERLEAVINGS", "50"))
NOW_HOUR = 480_000
NOW = NOW_HOUR * 3600.0 + 1800
#: What happens, and how often.
STEPS = (
    *["count"] * 6,
    *["land"] * 8,
    *["commit"] * 4,
    *["take"] * 3,
    *["assign", "assign", "tidy", "tidy", "compact", "time"],
)


def events(random: Random, number: int) -> list[Record]:
    """Return events, errors and refusals, repeated at times as by a writer that starts again."""
    made: list[Record] = []
    for position in range(number):
        kind = random.choice(["valid", "valid", "error", "mysql", "hdfs"])
        if kind == "valid":
            record = valid(position)
        elif kind == "error":
            record = refused(position, "validation", random.choice(["Edit", "Other"]))
        else:
            record = refusal(kind, random.randrange(number))
        topic = TOPIC if kind == "valid" else ERROR_TOPIC
        # Of a line that several sinks refuse the time is the line's own.
        line = record.source.position if record.source else 0
        time = (NOW_HOUR - line % 3) * HOUR + line % 60 * MINUTE
        made.append(record._replace(topic=topic, timestamp=time))
        if random.random() < 0.1:
            again = [of for of in made[-6:] if of.source and "/" not in of.source.name]
            made += [of for of in again if of.topic == topic]
    return [record._replace(offset=at) for at, record in enumerate(made)]


def play(random: Random, group: Group, steps: int) -> None:
    for _ in range(steps):
        step = random.choice(STEPS)
        # Mostly the owner, at times one of those that it has superseded.
        member = group.members[-1 - min(int(random.expovariate(1.2)), len(group.members) - 1)]
        cuts = [random.randint(1, 4) for _ in range(random.choice([0, 0, 1, 3]))]
        if step == "count":
            member.count(random.randint(1, 6), cuts)
        elif step == "tidy":
            member.tidy(cuts)
        elif step == "assign":
            group.assign()
        elif step == "time":
            group.now += random.choice([60, 60, 3600])
        elif step == "compact":
            group.log.compact(
                random.randint(0, len(group.log.records)), tombstones=random.random() < 0.3
            )
        else:
            getattr(member, step)()


@pytest.mark.parametrize("first", range(0, INTERLEAVINGS, 50))
def test_counts_are_those_of_one_who_counts_all_once_and_nobody_cries(first: int) -> None:
    for seed in range(first, first + 50):
        random = Random(seed)
        group = Group(events(random, random.choice([12, 40])), NOW)
        play(random, group, 120)
        counted, now = group.finish(), group.now
        assert kept(counted, now) == kept(true_counts(group.events), now), seed
        assert group.cries == [], seed


@pytest.mark.parametrize("first", range(0, INTERLEAVINGS // 2, 25))
def test_a_hole_is_found_by_who_takes_the_lane_next(first: int) -> None:
    holes = 0
    for seed in range(first, first + 25):
        random = Random(seed)
        group = Group(events(random, 40), NOW)
        play(random, group, 120)
        # What was committed and said last; those that were superseded have said theirs.
        group.owner.take()
        for step in ("settle", "count", "settle", "tidy", "settle"):
            if step == "settle":
                group.settle()
            else:
                getattr(group.owner, step)(*[4, ()] if step == "count" else [()])
        play_late(random, group)
        if not (claimed := said(group)):
            continue
        hole = random.choice(claimed)
        group.log.records = [
            (key, value)
            for key, value in group.log.records
            if not key.decode().startswith(f"{hole.lane}|{hole.name}|{hole.when}")
        ]
        holes += 1
        group.assign()
        group.owner.take()
        taking = group.owner.taking
        assert taking is not None
        assert [(of.when, of.name, of.have) for of in taking.missing] == [(hole.when, hole.name, 0)]
    assert holes > 7


def kept(table: Table, now: float) -> Table:
    """Return what is kept at a time: entries that nobody has forgotten, and their minutes."""
    found = {}
    for key, value in table.items():
        if not key.expired(now, KEPT_MINUTES, KEPT_HOURS):
            # Whoever is the first to write after their time has minutes, the next one drops them.
            old = key.hour is not None and now - key.hour * 3600 > 60 * KEPT_MINUTES + 7200
            found[key] = without_minutes(value) if old else value
    return found


def play_late(random: Random, group: Group) -> None:
    """Have those that were superseded do whatever they still can."""
    for _ in range(20):
        late = random.choice(group.members[:-1] or group.members)
        late.take()
        late.count(random.randint(1, 6), ())
        late.land()


def said(group: Group) -> list[Place]:
    """Return the places of which is said what there should be, those of hours about to go aside."""
    lane, hours = group.log.read().lane(LANE), looked_at(group.now, KEPT_HOURS)
    places = [
        Place(LANE, when, name)
        for when, writers in lane.checks.items()
        for name in claims(writers.values())
    ]
    return [of for of in places if of.key.is_total or of.key.hour in hours]
