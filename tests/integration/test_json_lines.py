"""A third sink that is turned on: the worked example of docs/extending.md at work."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from elfaust.audit.account import read_account
from elfaust.delivery.topics import TopicAdmin, TopicNames
from elfaust.settings import Settings
from elfaust.sinks.json_lines import JsonLinesStore
from elfaust.trial.job import landed, send
from tests.integration.running import EVERY, working

LINES = 3_000


async def topics(settings: Settings) -> set[str]:
    admin = TopicAdmin(settings)
    try:
        return await admin.names()
    finally:
        await admin.close()


def test_every_valid_event_is_in_the_folder_once_though_its_worker_starts_again(
    quick: Settings,
) -> None:
    settings = replace(quick, processor=replace(quick.processor, stores="mysql hdfs lines"))
    with working(settings) as codes:
        asyncio.run(send(settings, LINES))
        asyncio.run(landed(settings, LINES, timeout=90.0))
    assert codes == {f"{role}-0": 0 for role in (*EVERY, "lines")}
    with working(settings):
        asyncio.run(send(settings, LINES))
        asyncio.run(landed(settings, 2 * LINES, timeout=90.0))
    account = asyncio.run(read_account(settings))
    assert account.problems == []
    names, store = TopicNames(settings), JsonLinesStore(settings)
    keys = {key for topic in asyncio.run(topics(settings)) if (key := names.schema_of(topic))}
    stored = {key: of for key, of in store.stored(list(keys)).items() if of.events}
    assert {key: of.events for key, of in stored.items()} == {
        line.key: line.valid for line in account.lines if line.valid
    }
    assert sum(of.events for of in stored.values()) == 2 * LINES * 19 // 20
    assert not any(of.twice for of in stored.values())
