"""The forwarder on a real Kafka: every line once, wherever it was cut off."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.delivery.publisher import Publisher, make_producer
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import ServerAway, SettingsError
from elfaust.records import Outgoing
from elfaust.settings import Settings
from elfaust.sources.forwarder import Forwarder

LINES = [b"%d %s" % (number, b"x" * 900) for number in range(1_500)]


class CutOff:
    """A publisher that Kafka hears, but which hears nothing back after some batches."""

    def __init__(self, publisher: Publisher, batches: int) -> None:
        self._publisher = publisher
        self._left = batches

    async def publish(self, records: Sequence[Outgoing]) -> dict[tuple[str, int], int]:
        offsets = await self._publisher.publish(records)
        self._left -= 1
        if self._left < 0:
            raise ServerAway("Kafka", "the answer was lost")
        return offsets


@asynccontextmanager
async def publishing(settings: Settings) -> AsyncIterator[Publisher]:
    admin, producer = TopicAdmin(settings), make_producer(settings.kafka)
    await admin.ensure([settings.forwarder.topic])
    await producer.start()
    try:
        yield Publisher(settings, producer, admin)
    finally:
        await producer.stop()
        await admin.close()


async def in_kafka(settings: Settings) -> list[bytes]:
    lanes = [TopicPartition(settings.forwarder.topic, n) for n in range(settings.topics.lanes)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign(lanes)
        ends, values = await consumer.end_offsets(lanes), list[bytes]()
        while len(values) < sum(ends.values()):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                values += [record.value for record in records]
        return values
    finally:
        await consumer.stop()


def source(settings: Settings, name: str) -> Settings:
    return replace(settings, forwarder=replace(settings.forwarder, source=name))


async def test_a_file_is_forwarded_once_however_often_it_is_cut_off(
    fresh: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "raw.log"
    file.write_bytes(b"\n".join(LINES))
    settings = source(fresh, str(file))
    async with publishing(settings) as publisher:
        for batches in (0, 1):
            with pytest.raises(ServerAway):
                await Forwarder(settings, tmp_path).run(CutOff(publisher, batches))
        await Forwarder(settings, tmp_path).run(publisher)
        await Forwarder(settings, tmp_path).run(publisher)
    assert sorted(await in_kafka(settings)) == sorted(LINES)


async def test_files_of_one_name_are_two_sources(fresh: Settings, tmp_path: Path) -> None:
    async with publishing(fresh) as publisher:
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir()
            file = tmp_path / folder / "raw.log"
            file.write_bytes(folder.encode() + b"1\n" + folder.encode() + b"2\n")
            await Forwarder(source(fresh, str(file)), tmp_path).run(publisher)
    assert sorted(await in_kafka(fresh)) == [b"a1", b"a2", b"b1", b"b2"]


async def test_a_file_that_was_replaced_begins_again(fresh: Settings, tmp_path: Path) -> None:
    file = tmp_path / "raw.log"
    settings = source(fresh, str(file))
    async with publishing(settings) as publisher:
        for data in (b"one\ntwo\n", b"three\n", b"three\nfour\n"):
            file.write_bytes(data)
            await Forwarder(settings, tmp_path).run(publisher)
    assert sorted(await in_kafka(settings)) == [b"four", b"one", b"three", b"two"]


async def test_more_lanes_leave_no_line_out(fresh: Settings, tmp_path: Path) -> None:
    file = tmp_path / "raw.log"
    file.write_bytes(b"\n".join(LINES))
    settings = source(fresh, str(file))
    fewer = replace(settings, topics=replace(settings.topics, lanes=2))
    async with publishing(settings) as publisher:
        with pytest.raises(ServerAway):
            await Forwarder(fewer, tmp_path).run(CutOff(publisher, 1))
        await Forwarder(settings, tmp_path).run(publisher)
    assert sorted(await in_kafka(settings)) == sorted(LINES)


async def test_a_stop_leaves_the_rest_of_a_file_for_the_next_start(
    fresh: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "raw.log"
    file.write_bytes(b"\n".join(LINES))
    settings = source(fresh, str(file))
    slow = replace(settings, forwarder=replace(settings.forwarder, rate=200.0))
    async with publishing(settings) as publisher:
        forwarder = Forwarder(slow, tmp_path)
        running = asyncio.create_task(forwarder.run(publisher))
        async with asyncio.timeout(20):
            while not await in_kafka(settings):
                await asyncio.sleep(0.05)
            await forwarder.stop()
            await running
        assert 0 < len(await in_kafka(settings)) < len(LINES)
        await Forwarder(settings, tmp_path).run(publisher)
    assert sorted(await in_kafka(settings)) == sorted(LINES)


async def test_a_spool_that_was_wiped_forwards_what_comes_after(
    fresh: Settings, tmp_path: Path
) -> None:
    settings = source(fresh, "stdin")
    async with publishing(settings) as publisher:
        for text in (b"one\ntwo\n", b"three\n"):
            shutil.rmtree(tmp_path / "spool", ignore_errors=True)
            forwarder = Forwarder(settings, tmp_path)
            await with_stdin(text, forwarder.run(publisher))
    assert sorted(await in_kafka(settings)) == [b"one", b"three", b"two"]


async def with_stdin(text: bytes, running: Awaitable[None]) -> None:
    """Await something while stdin has a text and then ends."""
    reader, writer = os.pipe()
    os.write(writer, text)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe, patch("sys.stdin", pipe):
        await running


async def test_what_comes_by_udp_is_in_kafka_when_the_forwarder_stops(
    fresh: Settings, tmp_path: Path
) -> None:
    settings = source(fresh, "udp")
    forwarder = Forwarder(settings, tmp_path)
    async with publishing(settings) as publisher:
        running = asyncio.create_task(forwarder.run(publisher))
        spool = tmp_path / "spool" / "udp"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            async with asyncio.timeout(20):
                while not list(spool.glob("*.lines")):
                    client.sendto(b"0 first", ("127.0.0.1", settings.forwarder.port))
                    await asyncio.sleep(0.05)
            for line in LINES[1:200]:
                client.sendto(line + b"\n", ("127.0.0.1", settings.forwarder.port))
                await asyncio.sleep(0)
        await asyncio.sleep(0)
        await forwarder.stop()
        await running
    assert set(await in_kafka(settings)) == {b"0 first", *LINES[1:200]}


def test_a_file_that_is_not_there_is_named(fresh: Settings, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no file"):
        Forwarder(source(fresh, str(tmp_path / "none")), tmp_path)
