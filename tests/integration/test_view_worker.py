"""The view's worker beside a processor: from a raw line to the page, and its end."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
import requests
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner

from elfaust.commands import main
from elfaust.delivery.publisher import publishing
from elfaust.names import TopicNames
from elfaust.records import Outgoing, SchemaKey, Source
from elfaust.settings import Settings, as_environ
from elfaust.workers.state import web_port
from tests.integration.running import READERS, working

ADDRESS, AGENT = "203.0.113.77", '"Mozilla/5.0 (X11) Secret/1"'
RED = quote(json.dumps({"schema": "SaveTiming", "revision": 1, "wiki": "w", "event": {}}))
LINE = f"?{RED};\tcp1\t1\t2026-11-26T10:00:00\t{ADDRESS}\t{AGENT}".encode()


@pytest.mark.long
def test_a_line_is_on_the_page_and_its_raw_line_a_link_away(fresh: Settings) -> None:
    fresh = replace(fresh, web=replace(fresh.web, view=True))
    base = f"http://127.0.0.1:{web_port(fresh, 'view')}"
    with working(fresh, **dict.fromkeys(("forwarder", "mysql", "hdfs", "throughput"), 0)) as ran:
        found: list[Any] = []
        sent, until = False, time.monotonic() + 60
        while not found and time.monotonic() < until:
            try:
                found = get(f"{base}/events?format=json&show=failed")["events"]
            except requests.ConnectionError:
                time.sleep(0.1)
                continue
            if not sent:
                asyncio.run(send(fresh, LINE))
                sent = True
        (error,) = found
        assert (error["code"], error["schema"]) == ("processor", "SaveTiming")
        raw = error["line"]
        shown = get(f"{base}/raw/{raw['topic']}/{raw['lane']}/{raw['offset']}?format=json")
        assert "<address>" in shown["line"]
        assert shown["verdict_now"][0]["code"] == "processor"
        for secret in (ADDRESS, "Secret"):
            assert secret not in json.dumps([found, shown])
        # An open stream holds up no stop.
        stream = requests.get(f"{base}/events/stream", stream=True, timeout=30)
        assert next(stream.iter_content(8))
        before = time.monotonic()
    assert time.monotonic() - before < 30
    assert set(ran.values()) == {0}
    assert not ran.ended


@pytest.mark.long
def test_an_event_is_followed_to_its_row_and_its_file(quick: Settings) -> None:
    quick = replace(quick, web=replace(quick.web, view=True))
    base = f"http://127.0.0.1:{web_port(quick, 'view')}"
    with working(quick, forwarder=0, throughput=0):
        until = time.monotonic() + 90
        found = dict[str, Any]()
        assert sent_one(quick) == 0
        while time.monotonic() < until and not (found.get("file") or {}).get("rows"):
            time.sleep(0.2)
            with suppress(requests.ConnectionError):
                events = get(f"{base}/events?format=json&show=valid")["events"]
                uuid = events[0]["uuid"] if events else ""
                found = get(f"{base}/event/{uuid}?format=json") if uuid else {}
        schema = get(f"{base}/schemas/SaveTiming/18481943?format=json")
    assert found["row"]["columns"]["event_saveTiming"] == 7
    assert (found["file"]["rows"], found["file"]["why"]) == (1, "")
    assert found["file"]["path"].startswith(f"{quick.hdfs.root}/savetiming_18481943/year=")
    assert found["line"]["verdict_now"][0]["status"] == "valid"
    assert schema["rate"] == {"minute": 1, "hour": 1}


@pytest.mark.long
def test_what_a_processor_has_written_twice_is_shown_once(fresh: Settings) -> None:
    fresh = replace(fresh, web=replace(fresh.web, view=True))
    base = f"http://127.0.0.1:{web_port(fresh, 'view')}"
    topic = TopicNames(fresh).event(SchemaKey("SaveTiming", 18481943))

    async def write(*positions: int) -> None:
        values = [Source(fresh.topics.raw_server, of) for of in positions]
        async with publishing(fresh) as publisher:
            await publisher.publish(
                [Outgoing(topic, 0, b"{}", int(time.time() * 1000), of) for of in values]
            )

    def shown() -> list[int]:
        with suppress(requests.ConnectionError):
            return [of["line"]["offset"] for of in get(f"{base}/events?format=json")["events"]]
        return []

    with working(fresh, **dict.fromkeys((*READERS, "forwarder"), 0)):
        until = time.monotonic() + 90
        asyncio.run(write(5, 6))
        while shown() != [6, 5] and time.monotonic() < until:
            time.sleep(0.1)
        # As after lanes have moved: both once more, and what came then.
        asyncio.run(write(5, 6, 7))
        while len(found := shown()) < 3 and time.monotonic() < until:
            time.sleep(0.1)
    assert found == [7, 6, 5]


def sent_one(settings: Settings) -> int:
    event = {"schema": "SaveTiming", "revision": 18481943, "wiki": "w", "event": {"saveTiming": 7}}
    given = json.dumps(event, indent=1)
    return CliRunner().invoke(main, ["send"], input=given, env=as_environ(settings)).exit_code


def get(address: str) -> Any:
    return requests.get(address, timeout=30).json()


async def send(settings: Settings, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka.bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(settings.topics.raw_client, value, partition=0)
    finally:
        await producer.stop()
