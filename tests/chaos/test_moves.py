"""Counts while lanes move all the time, and while what there is of the counts is long.

Workers are killed, frozen, told to stop and started so close one after the other that lanes move
again before they are taken over, and topics of new schemas come in between.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest

from elfaust.counts.reader import read_counts
from elfaust.delivery.publisher import publishing
from elfaust.names import TopicNames
from elfaust.records import Outgoing, SchemaKey, Source
from elfaust.settings import Settings
from elfaust.workers.state import alive
from tests.chaos.trial import Outcome, lags, until
from tests.integration.running import EVERY, working

MOVES = int(os.environ.get("ELFAUST_TEST_MOVES", "300"))
#: What makes 15,000 entries a lane: each of so many schemas has errors of each code in each hour,
#: and their total.
SCHEMAS, CODES, HOURS = 150, ("processor", "validation", "consumer", "unresolved"), 24
HOUR_MS = 3_600_000
#: Records of a lane between two moves.
SOME = 20

#: How many there are of a schema and a code; that of valid events is "".
Counted = Counter[tuple[str, str]]


class Sender:
    """Sends errors and events as a processor does, and knows what it has sent."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self.random = random.Random(seed)
        self.sent: Counted = Counter()
        self.new: list[str] = []
        self._settings, self._names = settings, TopicNames(settings)
        self._position = 0

    def fill(self) -> None:
        """Send an error of each schema, code and hour in each lane."""
        now = int(time.time() * 1000)
        for hour in range(HOURS):
            errors = [(f"Moves{n}", code) for n in range(SCHEMAS) for code in CODES]
            self._send(errors, now - hour * HOUR_MS)

    def some(self) -> None:
        """Send a few errors and, of the schemas that are new, events."""
        errors = [
            (f"Moves{self.random.randrange(SCHEMAS)}", self.random.choice(CODES))
            for _ in range(SOME)
        ]
        self._send(errors + [(schema, "") for schema in self.new], int(time.time() * 1000))

    def _send(self, what: list[tuple[str, str]], at: int) -> None:
        records = []
        for schema, code in what:
            self._position += 1
            source = Source(self._settings.topics.raw_client, self._position)
            topic = self._names.event(SchemaKey(schema, 1)) if not code else self._names.error
            value = orjson.dumps({"event": {"code": code, "schema": schema, "revision": 1}})
            records += [
                Outgoing(topic, lane, value, at, source)
                for lane in range(self._settings.topics.lanes)
            ]
            self.sent[schema, code] += self._settings.topics.lanes

        async def publish() -> None:
            async with publishing(self._settings) as publisher:
                for n in range(0, len(records), 5_000):
                    await publisher.publish(records[n : n + 5_000])

        asyncio.run(publish())


def move(settings: Settings, sender: Sender) -> str:
    """Have lanes move in one of four ways; return which."""
    how = sender.random.choices(("KILL", "TERM", "STOP", "new topic"), (2, 1, 1, 8))[0]
    workers = [worker for worker in alive(settings) if worker.role == "throughput"]
    if how == "new topic" or not workers:
        sender.new.append(f"New{len(sender.new)}")
        return "new topic"
    pid = sender.random.choice(workers).pid
    try:
        os.kill(pid, getattr(signal, f"SIG{how}"))
    except ProcessLookupError:
        return "gone"
    if how == "STOP":
        thaw = threading.Timer(sender.random.uniform(0.5, 9.0), _thaw, (pid,))
        thaw.start()
    return how


def _thaw(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return


def counted(settings: Settings) -> Counted:
    """Return what the table of counts has."""
    found: Counted = Counter()
    for row in asyncio.run(read_counts(settings)).rows():
        found += Counter({(row.schema, ""): row.valid})
        found += Counter({(row.schema, code): n for code, n in row.errors.items()})
    return found


def behind(settings: Settings) -> int:
    """Return how many records are not counted yet."""
    return sum(lag.lag for lag in lags(settings) if lag.role == "throughput")


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_counts_are_exact_however_often_lanes_move(
    quick: Settings, note: Callable[[Outcome], None]
) -> None:
    settings = replace(quick, workers=replace(quick.workers, backoff_max_seconds=0.5))
    sender, moves = Sender(settings, seed=18), Counter[str]()
    sender.fill()
    with working(settings, **{**dict.fromkeys(EVERY, 0), "throughput": 2}):
        until(lambda: behind(settings) == 0, "what was there is counted")
        while moves.total() < MOVES:
            moves[move(settings, sender)] += 1
            sender.some()
            time.sleep(sender.random.expovariate(2.0))
        undone = time.monotonic()
        until(lambda: behind(settings) == 0, "all is counted", 180.0)
        recovery = time.monotonic() - undone
    found = counted(settings)
    off = {key: (found[key], n) for key, n in sender.sent.items() if found[key] != n}
    print(f"moves {dict(moves)}, {sender.sent.total()} records, counts off (is, should): {off}")
    lost = sum(max(0, should - has) for has, should in off.values())
    twice = sum(max(0, has - should) for has, should in off.values())
    note(Outcome("lanes move", moves.total(), sender.sent.total(), lost, twice, [], recovery))
