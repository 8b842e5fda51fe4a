"""A trial of verdicts: lines of schemas that are known, found late or made up, and their outcome.

What each raw line became is read from the topics by code of the trial's own.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import orjson

from elfaust.audit.topics import scan
from elfaust.delivery.publisher import publishing
from elfaust.events.refusals import topic_of
from elfaust.names import TopicNames
from elfaust.records import Outgoing, SchemaKey
from elfaust.settings import Settings
from elfaust.trial.recorded import cases
from tests.beside import beside
from tests.chaos.trial import Sends
from tests.chaos.wiki import Wiki

KNOWN, TOLD = 10, 3
#: A server-side capsule whose schema anybody may make up.
MADE_UP = {
    "revision": 1,
    "wiki": "enwiki",
    "webHost": "en.wikipedia.org",
    "recvFrom": "mw1",
    "timestamp": 1_600_000_000,
    "event": {},
}
#: How the wiki is while it is not well, each as likely as the others.
TROUBLES = ("500", "slow", "429", "html", "rate limited")
#: Of a hundred lines so many are of each kind; the others are of known schemas.
TOLD_PERCENT, MADE_UP_PERCENT, REFUSED_PERCENT, UNREADABLE_PERCENT = 8, 1, 5, 1


def schemas() -> list[SchemaKey]:
    """Return the schemas of the trial: those that the workers' folder has, then the wiki's own."""
    valid, _ = cases()
    return sorted({line.key for line in valid if line.kind == "client"})[: KNOWN + TOLD]


def asking(settings: Settings, folder: Path) -> tuple[Settings, Wiki]:
    """Return settings whose folder lacks what only the wiki has, and that wiki."""
    for at, key in enumerate(schemas()):
        file = f"{key.schema}/{key.revision}.json"
        for place in ("wiki",) if at >= KNOWN else ("wiki", "schemas"):
            (folder / place / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(settings.schemas.folder) / file, folder / place / file)
    wiki = Wiki(folder / "wiki")
    lookups = replace(
        settings.schemas,
        folder=str(folder / "schemas"),
        wiki_url=wiki.url,
        wiki_timeout=0.5,
        negative_ttl=2.0,
    )
    processor = replace(settings.processor, unresolved_seconds=3.0)
    return replace(settings, schemas=lookups, processor=processor), wiki


def lines(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Yield lines without end, each with its kind, `client` or `server`."""
    valid, invalid = cases()
    of = {key: [line for line in valid if line.key == key] for key in schemas()}
    known, told = schemas()[:KNOWN], schemas()[KNOWN:]
    for number in itertools.count(int(time.time()) * 1_000_000):
        lot = chance.randrange(100)
        if (lot := lot - REFUSED_PERCENT) < 0:
            refused = chance.choice(invalid)
            yield refused.kind, refused.line
        elif (lot := lot - MADE_UP_PERCENT) < 0:
            capsule = MADE_UP | {"schema": f"Made{chance.randrange(1_000)}Up"}
            yield "server", b"%d EventLogging %s" % (number, orjson.dumps(capsule))
        else:
            unreadable = (lot := lot - UNREADABLE_PERCENT) < 0
            key = chance.choice(told if lot < TOLD_PERCENT else known)
            line = chance.choice(of[key])
            # A number that is none leaves a capsule that names its schema.
            end = b"x" if unreadable and line.kind == "client" else b""
            moment = time.strftime("\t%Y-%m-%dT%H:%M:%S\t", time.gmtime()).encode()
            after = line.after.replace(b"\t@\t", moment, 1)
            yield line.kind, b"%s%d%s%s" % (line.before, number, end, after)


def sending(seed: int) -> Sends:
    """Return what sends these lines, a few at a time, from lane to lane."""

    async def send(
        settings: Settings, count: int | None, rate: float, sent: Callable[[int], None]
    ) -> int:
        assert count is None
        total, began = 0, time.monotonic()
        topics = settings.raw_topics
        source, size = lines(random.Random(seed)), int(rate / 10)
        async with publishing(settings) as publisher:
            for lane, chunk in enumerate(iter(lambda: list(itertools.islice(source, size)), [])):
                now, lane_of = int(time.time() * 1000), lane % settings.topics.lanes
                await publisher.publish(
                    [Outgoing(topics[kind], lane_of, line, now) for kind, line in chunk]
                )
                total += len(chunk)
                sent(total)
                await asyncio.sleep(max(0.0, began + total / rate - time.monotonic()))
        return total

    return send


@contextmanager
def moody(wiki: Wiki, seed: int) -> Iterator[None]:
    """Make a wiki fail and answer by turns, at random, until the block ends; then it answers."""
    chance = random.Random(seed)

    def change(over: threading.Event) -> None:
        while not over.wait(chance.uniform(0.3, 6.0)):
            well = wiki.behaves != "well" and chance.random() < 0.5
            wiki.behaves = "well" if well else chance.choice(TROUBLES)

    try:
        with beside(change):
            yield
    finally:
        wiki.behaves = "well"


def outcomes(settings: Settings) -> tuple[Counter[str], dict[str, list[str]]]:
    """Return how many lines became what, and those that have not one outcome, by how many.

    A record whose position is not above the highest seen of its source in its topic and lane is a
    repeat.
    """
    names = TopicNames(settings)
    raw: set[tuple[str, int, int]] = set()
    became: dict[tuple[str, int, int], list[str]] = {}
    for topic, lane, records in asyncio.run(scan(settings)):
        if topic in names.raw:
            raw |= {(topic, lane, record.offset) for record in records}
            continue
        highest: dict[str, int] = {}
        for record in records:
            source, position = record.source or ("", -1)
            if topic_of(source) not in names.raw or position <= highest.get(source, -1):
                continue
            highest[source] = position
            what = orjson.loads(record.value)["event"]["code"] if topic == names.error else "event"
            became.setdefault((topic_of(source), lane, position), []).append(f"{what} {topic}")
    wrong = {
        "none": [f"{line}" for line in sorted(raw - became.keys())],
        "two": [f"{line}: {what}" for line, what in sorted(became.items()) if len(what) > 1],
        "unknown": [f"{line}: {what}" for line, what in became.items() if line not in raw],
    }
    return Counter(what.split()[0] for all_of in became.values() for what in all_of), wrong
