"""One schema's bad lines are its own trouble: each is one EventError, and all others go on."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Sequence

import orjson
import pytest

from elfaust.audit.topics import scan
from elfaust.delivery.publisher import publishing
from elfaust.events.refusals import topic_of
from elfaust.names import TopicNames
from elfaust.records import Outgoing, SchemaKey
from elfaust.settings import Settings
from tests.chaos.trial import Load, Outcome, judged, lags, until, workers_of
from tests.integration.running import READERS, working

Note = Callable[[Outcome], None]
KEY = SchemaKey("AutoblockIpBlock", 19098752)
#: Who sent the bad lines: they are known by it in EventErrors.
SENDER = "isolation"
BAD_LINES = 3_000
#: Seconds for which others are watched, with the bad lines and without.
WATCH_SECONDS = 10.0
#: Least that others must come on with the trouble, of what they did without.
SHARE = 0.6
#: Events of others that each reader must have had before: tables and topics are made by then.
WARM = 1_000
GOOD: object = 17
#: Trouble: the values that an integer has in turn, the EventErrors' code, and how many refuse it.
TROUBLES: dict[str, tuple[list[object], str, int]] = {
    "invalid lines of one schema": (["no_number"], "validation", 1),
    "events that no store holds": ([2**63], "consumer", 1),
    "such events among good ones": ([GOOD, 2**63, GOOD], "consumer", 1),
}


def one_line(value: object) -> bytes:
    capsule = {
        "schema": KEY.schema,
        "revision": KEY.revision,
        "wiki": "enwiki",
        "webHost": "en.wikipedia.org",
        "recvFrom": SENDER,
        "timestamp": int(time.time()),
        "event": {"blockId": value, "ip": "::1"},
    }
    return orjson.dumps(capsule)


def lines_with(values: list[object]) -> list[bytes]:
    """Return BAD_LINES lines that have the values in turn."""
    texts = itertools.islice(itertools.cycle(map(one_line, values)), BAD_LINES)
    return [b"%d EventLogging %s" % (number, text) for number, text in enumerate(texts)]


async def publish(settings: Settings, lines: Sequence[bytes]) -> None:
    now, lanes = int(time.time() * 1000), settings.topics.lanes
    async with publishing(settings) as publisher:
        await publisher.publish(
            [
                Outgoing(settings.topics.raw_server, number % lanes, line, now)
                for number, line in enumerate(lines)
            ]
        )


def others(settings: Settings) -> Counter[str]:
    """Return how many events of other schemas each reader of events has acknowledged."""
    names, done = TopicNames(settings), Counter[str]()
    for lag in lags(settings):
        if names.schema_of(lag.topic) not in (None, KEY):
            done[lag.role] += lag.acknowledged
    return done


def come_on(settings: Settings) -> Counter[str]:
    """Return how many events of other schemas each reader acknowledges in a while."""
    before = others(settings)
    time.sleep(WATCH_SECONDS)
    return others(settings) - before


def refused(settings: Settings) -> list[tuple[str, str]]:
    """Return the code and origin of each EventError of a bad line; repeats are one."""
    error = TopicNames(settings).error
    found = {
        (*record.source, lane.lane): orjson.loads(record.value)["event"]["code"]
        for lane in asyncio.run(scan(settings))
        if lane.topic == error
        for record in lane.records
        if record.source and SENDER.encode() in record.value
    }
    return [(code, topic_of(source.partition("/")[0])) for (source, _, _), code in found.items()]


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", TROUBLES)
def test_bad_lines_of_one_schema_hold_up_no_other(quick: Settings, note: Note, fault: str) -> None:
    values, code, refuse = TROUBLES[fault]
    bad = BAD_LINES * sum(value is not GOOD for value in values) // len(values)
    with working(quick, forwarder=0), Load(quick).running() as load:
        until(lambda: all(workers_of(quick, role) for role in READERS), "all have lanes")
        until(lambda: min(others(quick).values(), default=0) >= WARM, "all are at work")
        without = come_on(quick)
        asyncio.run(publish(quick, lines_with(values)))
        with_trouble = come_on(quick)
        assert all(with_trouble[r] >= SHARE * without[r] for r in without), (with_trouble, without)
        outcome = judged(quick, fault, bad, load.stop() + BAD_LINES, time.monotonic())
    note(outcome)
    found = Counter(refused(quick))
    assert {of for of, _ in found} == {code}
    assert list(found.values()) == [bad] * refuse
