"""A schema wiki in trouble: what is known goes on, and what only the wiki knows waits alone."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from elfaust.audit.topics import scan
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from tests.chaos.trial import (
    Load,
    Outcome,
    by_topic,
    judged,
    lags,
    one_topic_waits,
    until,
    workers_of,
)
from tests.chaos.wiki import Wiki
from tests.integration.running import READERS, working

Note = Callable[[Outcome], None]
#: The schema that only the wiki knows.
KEY = SchemaKey("HelpPanel", 18731791)
#: How the wiki misbehaves; the last is an answer, which is final.
TROUBLES = ("500", "slow", "429", "html", "rate limited", "wrong revision")
TROUBLE_SECONDS = 4.0
#: Least share of the lines that come in during a trouble which must be events or errors by its end.
PACE = 0.7
SINKS = ("mysql", "hdfs")


@pytest.fixture
def wiki(quick: Settings) -> Iterator[Wiki]:
    with Wiki(Path(quick.schemas.folder)).running() as served:
        yield served


@pytest.fixture
def asking(quick: Settings, wiki: Wiki, tmp_path: Path) -> Settings:
    """Settings with a folder of every schema but one, which the wiki has."""
    folder = tmp_path / "schemas"
    shutil.copytree(quick.schemas.folder, folder, ignore=shutil.ignore_patterns(KEY.schema))
    schemas = replace(
        quick.schemas, folder=str(folder), wiki_url=wiki.url, wiki_timeout=1.0, negative_ttl=4.0
    )
    processor = replace(quick.processor, unresolved_seconds=3.0)
    return replace(quick, schemas=schemas, processor=processor)


def topic(settings: Settings) -> str:
    return TopicNames(settings).event(KEY)


def have_lanes(settings: Settings, *roles: str) -> None:
    until(lambda: all(workers_of(settings, role) for role in roles), "all have lanes")


def has_events(settings: Settings) -> bool:
    return any(lag.topic == topic(settings) and lag.records for lag in lags(settings))


def stored(settings: Settings) -> int:
    """Return how many events of the schema are in both stores."""
    return min(by_topic(settings, role).get(topic(settings), 0) for role in SINKS)


def made(settings: Settings) -> int:
    """Return how many events and EventErrors the processor has made."""
    return sum(lag.records for lag in lags(settings) if lag.role == "throughput")


def refusals(settings: Settings) -> dict[str, set[str]]:
    """Return the messages of EventErrors that are the wiki's fault, by their codes."""
    error = TopicNames(settings).error
    events = [
        orjson.loads(record.value)["event"]
        for lane in asyncio.run(scan(settings))
        if lane.topic == error
        for record in lane.records
    ]
    found = defaultdict[str, set[str]](set)
    for event in events:
        if event["schema"] == KEY.schema and "schema wiki" in event["message"]:
            found[event["code"]].add(event["message"])
    return found


def keep_pace(settings: Settings, load: Load, wiki: Wiki) -> None:
    """Let a trouble last; lines become events meanwhile, and the wiki is seldom asked."""
    asked, before = wiki.asked[KEY], made(settings)
    sent, started = load.sent, time.monotonic()
    time.sleep(TROUBLE_SECONDS)
    came, became = load.sent - sent, made(settings) - before
    assert became >= PACE * came, f"{became} of {came} lines go on while it is {wiki.behaves}"
    # What gave no answer is asked again after pauses from one second on.
    most = 2 + (time.monotonic() - started)
    assert wiki.asked[KEY] - asked <= most, f"asked {wiki.asked[KEY] - asked} times"


@pytest.mark.long
@pytest.mark.timeout(300)
def test_known_schemas_go_on_while_the_wiki_is_in_trouble(
    asking: Settings, wiki: Wiki, note: Note
) -> None:
    wiki.behaves = "500"
    with working(asking, forwarder=0), Load(asking).running() as load:
        have_lanes(asking, *READERS)
        for wiki.behaves in TROUBLES:
            keep_pace(asking, load, wiki)
        until(lambda: refusals(asking)["processor"], "its answer is believed")
        assert not has_events(asking)
        wiki.behaves = "well"
        undone = time.monotonic()
        until(lambda: stored(asking), f"{KEY.schema} is stored")
        note(judged(asking, "schema wiki in trouble", len(TROUBLES), load.stop(), undone))
    refused = refusals(asking)
    assert all("no answer in time" in message for message in refused["unresolved"])
    assert any("status 500" in message for message in refused["unresolved"])
    assert all("nosuchrevid" in message for message in refused["processor"])


@pytest.mark.long
@pytest.mark.timeout(300)
def test_sinks_wait_for_the_one_schema_that_only_the_wiki_knows(
    asking: Settings, wiki: Wiki, note: Note
) -> None:
    with working(asking, forwarder=0, mysql=0, hdfs=0), Load(asking).running() as load:
        until(lambda: has_events(asking), f"{KEY.schema} has events")
        wiki.behaves = "500"
        # The sinks are on another machine.
        shutil.rmtree(Path(asking.workers.state) / "schemas")
        with working(asking, forwarder=0, processor=0, throughput=0):
            have_lanes(asking, *SINKS)
            for role in SINKS:
                one_topic_waits(asking, role, topic(asking), "is not available: the schema wiki")
            wiki.behaves = "well"
            undone = time.monotonic()
            note(judged(asking, "schema wiki away from sinks", 1, load.stop(), undone))


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_restart_without_the_wiki_knows_what_it_has_told(
    asking: Settings, wiki: Wiki, note: Note
) -> None:
    with working(asking, forwarder=0), Load(asking).running() as load:
        until(lambda: stored(asking), f"{KEY.schema} is stored")
        sent = load.stop()
    wiki.behaves, asked, before = "500", wiki.asked[KEY], stored(asking)
    with working(asking, forwarder=0), Load(asking).running() as load:
        until(lambda: stored(asking) > before, f"more of {KEY.schema} is stored")
        sent += load.stop()
        note(judged(asking, "restart without schema wiki", 1, sent, time.monotonic()))
    assert (wiki.asked[KEY], refusals(asking)) == (asked, {})
