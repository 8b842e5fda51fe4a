"""A raw topic that is deleted and made anew: its lines are no repeats of those of the old one."""

from __future__ import annotations

import asyncio
import io
import time
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from elfaust.audit.topics import scan
from elfaust.counts.reader import read_counts
from elfaust.delivery.publisher import publishing
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import ServerAway
from elfaust.names import TopicNames
from elfaust.records import Outgoing, SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.storage import open_storage
from tests.chaos.trial import until
from tests.integration.running import working

KEY = SchemaKey("Good", 1)
#: Lines of one round in each lane, every fourth of which is refused.
EACH = 8


@pytest.fixture
def mine(quick: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "schemas" / KEY.schema
    folder.mkdir(parents=True)
    (folder / "1.json").write_bytes(orjson.dumps({"properties": {"n": {"type": "integer"}}}))
    return replace(quick, schemas=replace(quick.schemas, folder=str(tmp_path / "schemas")))


def line(number: int) -> bytes:
    event = {"n": number if number % 4 else "none"}
    capsule = {"schema": "Good", "revision": 1, "wiki": "w", "webHost": "h", "recvFrom": "h"}
    more = {"timestamp": int(time.time()), "event": event}
    return b"%d EventLogging %s" % (number, orjson.dumps(capsule | more))


async def send(settings: Settings, first: int, each: int) -> int:
    """Send so many lines to each lane, numbered from `first` on; return the next number."""
    lanes, topic = settings.topics.lanes, settings.topics.raw_server
    end, now = first + each * lanes, int(time.time() * 1000)
    async with publishing(settings) as publisher:
        await publisher.publish(
            [Outgoing(topic, n % lanes, line(n), now) for n in range(first, end)]
        )
    return end


async def make_anew(settings: Settings) -> None:
    """Delete the raw topic, and create it again as soon as Kafka lets that be."""
    topic = settings.topics.raw_server
    async with TopicAdmin(settings) as admin:
        [before] = (await admin.ids([topic])).values()
        await admin.delete(topic)
    while True:
        # Another one each time: each keeps in mind which topics it has made.
        async with TopicAdmin(settings) as admin:
            with suppress(ServerAway):
                await admin.ensure([topic])
            if (await admin.ids([topic])).get(topic, before) != before:
                return


def stored(settings: Settings) -> dict[str, tuple[int, int]]:
    """Return what there is of lines in each place: events and errors."""
    names = TopicNames(settings)
    lanes = asyncio.run(scan(settings))
    in_kafka = {lane.topic: 0 for lane in lanes}
    uuids = set()
    for lane in lanes:
        in_kafka[lane.topic] += len(lane.records)
        if lane.topic == names.error:
            uuids |= {orjson.loads(record.value)["uuid"] for record in lane.records}
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM `Good_1`")
        [(rows,)] = cursor.fetchall()
    [counted] = asyncio.run(read_counts(settings)).as_json()["schemas"]
    return {
        "kafka": (in_kafka[names.event(KEY)], in_kafka[names.error]),
        "different errors": (0, len(uuids)),
        "mysql": (rows, 0),
        "parquet": parquet(settings),
        "counts": (counted["stored"], sum(counted["errors"].values())),
    }


def parquet(settings: Settings) -> tuple[int, int]:
    storage, names = open_storage(settings.hdfs), FileNames(settings)
    paths = [path for path in storage.walk(settings.hdfs.root) if path.endswith(".parquet")]
    rows = {path: pq.read_table(io.BytesIO(storage.read(path))) for path in paths}
    errors = sum(len(of) for path, of in rows.items() if names.has_errors(path))
    return sum(map(len, rows.values())) - errors, errors


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize("each", [EACH // 2, EACH, 2 * EACH], ids=["fewer", "as many", "more"])
@pytest.mark.parametrize("meanwhile", ["running", "stopped"])
def test_lines_of_a_topic_made_anew_are_stored_and_counted_once(
    mine: Settings, meanwhile: str, each: int
) -> None:
    def have(lines: int) -> dict[str, tuple[int, int]]:
        bad = lines // 4
        events = dict.fromkeys(["kafka", "parquet", "counts"], (lines - bad, bad))
        return {**events, "mysql": (lines - bad, 0), "different errors": (0, bad)}

    def all_stored(lines: int) -> None:
        found: dict[str, tuple[int, int]] = {}

        def look() -> bool:
            found.clear()
            with suppress(Exception):
                found.update(stored(mine))
            return found == have(lines)

        try:
            until(look, "all is stored once", 90)
        finally:
            assert found == have(lines)

    with ExitStack() as workers:
        workers.enter_context(working(mine, forwarder=0))
        end = asyncio.run(send(mine, 0, EACH))
        all_stored(end)
        if meanwhile == "stopped":
            workers.close()
        asyncio.run(make_anew(mine))
        end = asyncio.run(send(mine, end, each))
        if meanwhile == "stopped":
            workers.enter_context(working(mine, forwarder=0))
        all_stored(end)
